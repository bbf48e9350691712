//! What of a ticket is told in a tracker, and what of what is said there comes back.

use serde::Deserialize;

/// What of a ticket stands in an issue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// What was written: summary, description, what the product said, names of files, the plan.
    pub content: bool,
    /// Who asks.
    pub requester: bool,
}

/// What becomes of what somebody says there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Comments {
    /// A note among staff here.
    #[default]
    Note,
    /// What people of the project say goes to the requester; what others say is a note.
    Reply,
    /// Nothing.
    Nothing,
}
