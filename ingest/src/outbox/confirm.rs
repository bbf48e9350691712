//! Asks the requester by mail whether the request is theirs.

use super::{Ended, JobError, letter, tools::Tools};
use crate::{
    mail::permission::Purpose,
    store::jobs::{Job, Outcome},
    ticket::Fact,
};

/// The job's name; its payload is the one of an acknowledgement.
pub const KIND: &str = "confirm";

/// What the end of this job means for the ticket.
#[must_use]
pub fn fact_of(outcome: &Outcome) -> Option<Fact> {
    match outcome {
        Outcome::Done => Some(Fact::ConfirmationAsked),
        Outcome::Withheld { reason } => Some(Fact::ConfirmationNotAsked {
            reason: reason.describe().to_owned(),
        }),
        Outcome::Dead { reason } => Some(Fact::ConfirmationNotAsked {
            reason: reason.clone(),
        }),
        Outcome::Unanswered { .. } => Some(Fact::MailUnanswered),
        Outcome::Unneeded
        | Outcome::Again { .. }
        | Outcome::TooEarly { .. }
        | Outcome::Later { .. } => None,
    }
}

/// Sends it, if it may go.
pub(super) async fn run(tools: &Tools, job: &Job) -> Result<Ended, JobError> {
    letter::send(tools, job, Purpose::Confirmation).await
}
