//! Tells the requester by mail that what they ask for is out of scope: what the policy does not cover, where else they can turn, and how to disagree.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    Ended, JobError,
    clearance::{self, Clearance},
    delivery, letter,
    tools::Tools,
};
use crate::{
    mail::{
        acknowledgement::{self, Letter, Particulars},
        permission::Purpose,
    },
    policy::scope::Scope,
    status::link::Holder,
    store::{
        self,
        jobs::{Job, Outcome},
    },
    ticket::{ClosingReason, Fact, Ticket, findings::Findings},
};

/// The job's name.
pub const KIND: &str = "tell_closing";

/// The job's payload.
#[must_use]
pub fn payload(ticket: Uuid) -> Value {
    json!({ "ticket_id": ticket })
}

/// What the end of this job means for the ticket.
#[must_use]
pub fn fact_of(outcome: &Outcome) -> Option<Fact> {
    match outcome {
        Outcome::Done => Some(Fact::ClosingTold),
        Outcome::Withheld { reason } => Some(Fact::ClosingNotTold {
            reason: reason.describe().to_owned(),
        }),
        Outcome::Dead { reason } => Some(Fact::ClosingNotTold {
            reason: reason.clone(),
        }),
        Outcome::Unanswered { .. } => Some(Fact::MailUnanswered),
        Outcome::Unneeded
        | Outcome::Again { .. }
        | Outcome::TooEarly { .. }
        | Outcome::Later { .. } => None,
    }
}

/// Sends it, if it is still true and may go.
pub(super) async fn run(tools: &Tools, job: &Job) -> Result<Ended, JobError> {
    let (ticket, site) = letter::of_job(tools, job).await?;
    let Some(scope) = scope_of(tools, job, &ticket).await? else {
        return Err(JobError::Fail(
            "the ticket was opened again before the mail went out".to_owned(),
        ));
    };
    let purpose = Purpose::Closing;
    let links = match clearance::ask(tools, job, &ticket, &site, purpose).await? {
        Clearance::Given(links) => links,
        Clearance::Refused(reason) => return Ok(Ended::Withheld(reason)),
    };
    let status = tools.status_links.url(ticket.reference, Holder::Mailbox);
    let message = acknowledgement::render(
        &ticket,
        &site,
        Letter::OutOfScope,
        &Particulars {
            answer: links.link.as_deref(),
            status: status.as_deref(),
            scope: Some(&scope),
            // A ticket that was opened again may be closed again.
            which: Some(job.id),
            due_at: Some(job.created_at),
            ..Particulars::default()
        },
        &tools.words,
        &tools.pages,
        &tools.mailer.identity_about(ticket.reference),
    )
    .map_err(|error| JobError::Fail(error.to_string()))?;
    delivery::send(tools, job, message, &ticket).await
}

/// What the policy of the ticket says; nothing when the ticket is not closed for this reason any more.
async fn scope_of(tools: &Tools, job: &Job, ticket: &Ticket) -> Result<Option<Scope>, JobError> {
    let mut tx = tools.store.read_for(&job.site).await?;
    let timeline = store::timeline::list(&mut tx, &job.site, ticket.id).await?;
    let reason = Findings::of(&timeline).closing_reason;
    let policy = match ticket.policy_version {
        Some(version) => Some(tools.policies.pinned(&mut tx, &job.site, version).await?),
        None => None,
    };
    tx.rollback().await?;
    let is_so = reason == Some(ClosingReason::OutOfScope);
    Ok(is_so.then(|| policy.map(|policy| policy.scope()).unwrap_or_default()))
}
