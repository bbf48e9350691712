//! Asks the requester by mail for access to their account; runs a second time a day later. Only as long as this very request waits
//! for an answer.

use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Ended, JobError, acknowledge, letter, tools::Tools};
use crate::{
    grants,
    mail::permission::Purpose,
    store::{
        self,
        jobs::{Job, Outcome},
    },
    ticket::Fact,
};

/// The job's name.
pub const KIND: &str = "ask_for_access";

/// The job's payload; `asked_at` tells one request from the next.
#[must_use]
pub fn payload(ticket: Uuid, asked_at: Timestamp) -> Value {
    json!({ "ticket_id": ticket, "asked_at": asked_at.as_microsecond() })
}

/// When the request was made that a job is of.
fn asked_at(job: &Job) -> Option<Timestamp> {
    let microsecond = job.payload.get("asked_at")?.as_i64()?;
    Timestamp::from_microsecond(microsecond).ok()
}

/// What the end of this job means for the ticket.
#[must_use]
pub fn fact_of(job: &Job, outcome: &Outcome) -> Option<Fact> {
    let asked_at = asked_at(job)?;
    let not_asked = |reason: &str| Fact::AccessNotAsked {
        asked_at,
        reason: reason.to_owned(),
    };
    match outcome {
        Outcome::Done => Some(Fact::AccessAsked { asked_at }),
        Outcome::Withheld { reason } => Some(not_asked(reason.describe())),
        Outcome::Dead { reason } => Some(not_asked(reason)),
        Outcome::Unanswered { .. } => Some(Fact::MailUnanswered),
        Outcome::Unneeded
        | Outcome::Again { .. }
        | Outcome::TooEarly { .. }
        | Outcome::Later { .. } => None,
    }
}

/// Sends it, if it is still wanted and may go.
pub(super) async fn run(tools: &Tools, job: &Job) -> Result<Ended, JobError> {
    let (Some(ticket), Some(asked_at)) = (acknowledge::ticket_of(&job.payload), asked_at(job))
    else {
        return Err(JobError::Fail("the payload names no request".to_owned()));
    };
    let mut tx = tools.store.read_for(&job.site).await?;
    let timeline = store::timeline::list(&mut tx, &job.site, ticket).await?;
    tx.rollback().await?;
    // A later request has a mail and a reminder of its own.
    if grants::asked_for(&timeline).is_none_or(|asked| asked.at != asked_at) {
        return Ok(Ended::Unneeded);
    }
    letter::send(tools, job, Purpose::AccessRequest).await
}
