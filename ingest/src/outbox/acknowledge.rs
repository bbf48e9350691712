//! Tells the requester by mail that the ticket exists.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{Ended, JobError, letter, payload, tools::Tools};
use crate::{
    mail::permission::Purpose,
    store::jobs::{Job, Outcome},
    ticket::Fact,
};

/// The job's name.
pub const KIND: &str = "acknowledge";

/// The job's payload.
#[must_use]
pub fn payload(ticket: Uuid) -> Value {
    json!({ "ticket_id": ticket })
}

/// The ticket that a payload names.
#[must_use]
pub fn ticket_of(payload: &Value) -> Option<Uuid> {
    payload::id(payload, "ticket_id")
}

/// What the end of this job means for the ticket.
#[must_use]
pub fn fact_of(outcome: &Outcome) -> Option<Fact> {
    match outcome {
        Outcome::Done => Some(Fact::Acknowledged),
        Outcome::Withheld { reason } => Some(Fact::AcknowledgementWithheld { reason: *reason }),
        Outcome::Dead { reason } => Some(Fact::AcknowledgementFailed {
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
    letter::send(tools, job, Purpose::Acknowledgement).await
}
