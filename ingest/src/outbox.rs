//! What has to happen outside, after the transaction that makes it necessary: one file per job.
//!
//! A job is ids, one outside effect and a verdict. It is safe to repeat: every effect is keyed, the mail by its Message-ID.

pub mod acknowledge;
pub mod ask_for_access;
mod attempting;
pub mod backoff;
pub mod breaker;
pub mod check_clock;
pub mod clearance;
pub mod confirm;
pub mod deliver_access_webhook;
pub mod deliver_event;
mod delivery;
pub mod examine_attachment;
pub mod expire_access;
pub mod file_job;
pub mod find_request;
pub mod forget;
pub mod forwarding;
pub mod give_notice;
pub mod invite_staff;
pub mod lane;
mod lease;
mod letter;
pub mod make_preview;
mod new_blob;
pub mod notify_digest;
pub mod notify_staff;
mod payload;
pub mod places;
pub mod poll_destinations;
pub mod route_ticket;
pub mod runner;
pub mod scan_attachment;
pub mod send_link;
pub mod send_page_code;
pub mod send_reply;
pub mod sweep;
pub mod sync_ticket;
pub mod tell_assignee;
pub mod tell_closing;
pub mod tell_mentioned;
pub mod tell_split;
pub mod tell_ticket;
pub mod tools;
pub mod undeliverable;
pub mod wake_ticket;

use jiff::Timestamp;

use crate::{destination::Fault, mail::permission::Withheld, store::jobs::UNANSWERED};

/// How an attempt ended that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The effect happened.
    Done,
    /// Nobody needs it any more, so nothing was done.
    Unneeded,
    /// It must not happen.
    Withheld(Withheld),
    /// What there was to do is done, and the next time is this.
    Until(Timestamp),
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
    /// A destination did not do what it was asked to.
    #[error(transparent)]
    Elsewhere(Fault),
    /// A destination did some of what it was asked to, and then something not: patience with the rest begins anew.
    #[error(transparent)]
    Further(Fault),
}

impl From<crate::store::StoreError> for JobError {
    fn from(error: crate::store::StoreError) -> Self {
        match error {
            crate::store::StoreError::Corrupt { .. } => Self::Fail(error.to_string()),
            _ => Self::Retry(error.to_string()),
        }
    }
}
