//! What trackers of issues have in common: GitHub and GitLab. Engineers read there, and often everybody does.
//!
//! | module | what |
//! |---|---|
//! | [`text`] | titles and texts of issues in which nothing of what a requester wrote acts: pure |
//! | [`told`] | what of a ticket is told there, and what comes back |
//! | [`state`] | what is open or closed there, and what that means here: pure |
//! | [`refusal`] | what an answer that is not "done" means: pure |
//! | [`api`], [`form`], [`memory`], [`pace`] | one call; one with a file; what is remembered between calls, and how fast things are made |

pub mod api;
pub mod form;
pub mod memory;
pub mod pace;
pub mod refusal;
pub mod state;
pub mod text;
pub mod told;

pub use memory::Memory;

use super::{Fault, Finding};

/// A fault of a setting.
pub(super) fn fault(setting: impl Into<String>, words: impl Into<String>) -> Finding {
    Finding {
        setting: setting.into(),
        words: words.into(),
        is_fault: true,
    }
}

/// Something that an operator should know.
pub(super) fn told_of(words: impl Into<String>) -> Finding {
    Finding {
        setting: String::new(),
        words: words.into(),
        is_fault: false,
    }
}

/// A question failed that one with the right settings answers.
pub(super) fn failed(setting: &str, what: &str, why: &Fault) -> Finding {
    fault(setting, format!("{what}: {why}"))
}
