//! Mails the link to a request to its requester, who has lost it.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{Ended, JobError, letter, tools::Tools};
use crate::{
    mail::permission::Purpose,
    store::jobs::{Job, Outcome},
    ticket::Fact,
};

/// The job's name.
pub const KIND: &str = "send_link";

/// The job's payload.
#[must_use]
pub fn payload(ticket: Uuid) -> Value {
    json!({ "ticket_id": ticket })
}

/// What the end of this job means for the ticket.
#[must_use]
pub fn fact_of(outcome: &Outcome) -> Option<Fact> {
    // Without it nobody counts the copies.
    matches!(outcome, Outcome::Unanswered { .. }).then_some(Fact::MailUnanswered)
}

/// Sends it, if it may go.
pub(super) async fn run(tools: &Tools, job: &Job) -> Result<Ended, JobError> {
    letter::send(tools, job, Purpose::Link).await
}
