//! What has to happen outside, after the transaction that makes it necessary: one file per job.
//!
//! A job is ids, one outside effect and a verdict. It is safe to repeat: every effect is keyed, the mail by its Message-ID.

pub mod acknowledge;
pub mod backoff;
pub mod clearance;
pub mod confirm;
mod delivery;
pub mod examine_attachment;
pub mod file_job;
pub mod forget;
pub mod lane;
mod lease;
mod letter;
pub mod make_preview;
mod new_blob;
pub mod runner;
pub mod scan_attachment;
pub mod sweep;
pub mod tools;
pub mod undeliverable;

use crate::{mail::permission::Withheld, store::jobs::UNANSWERED};

/// How an attempt ended that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The effect happened.
    Done,
    /// It must not happen.
    Withheld(Withheld),
}

/// Why an attempt failed; the text is ours and holds nothing personal.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum JobError {
    /// It may work later.
    #[error("{0}")]
    Retry(String),
    /// The mail server got all of a mail and did not answer, this time and so many times in all. It may have taken it.
    #[error("{UNANSWERED}")]
    Unanswered {
        /// How often by now.
        times: u32,
    },
    /// It will never work by itself.
    #[error("{0}")]
    Fail(String),
}

impl From<crate::store::StoreError> for JobError {
    fn from(error: crate::store::StoreError) -> Self {
        match error {
            crate::store::StoreError::Corrupt { .. } => Self::Fail(error.to_string()),
            _ => Self::Retry(error.to_string()),
        }
    }
}
