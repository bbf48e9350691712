//! Tells the requester by mail under which references a request goes on that was split.

use cornerdesk_shared::reference::Reference;
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
        acknowledgement::{self, Further, Letter, Particulars},
        permission::Purpose,
    },
    status::link::Holder,
    store::jobs::{Job, Outcome},
    ticket::Fact,
};

/// The job's name.
pub const KIND: &str = "tell_split";

/// The job's payload: the ticket that was split, and the references of its parts.
#[must_use]
pub fn payload(ticket: Uuid, references: &[String]) -> Value {
    json!({ "ticket_id": ticket, "references": references })
}

/// What the end of this job means for the ticket that was split.
#[must_use]
pub fn fact_of(outcome: &Outcome) -> Option<Fact> {
    match outcome {
        Outcome::Done => Some(Fact::SplitTold),
        Outcome::Withheld { reason } => Some(Fact::SplitNotTold {
            reason: reason.describe().to_owned(),
        }),
        Outcome::Dead { reason } => Some(Fact::SplitNotTold {
            reason: reason.clone(),
        }),
        Outcome::Unanswered { .. } => Some(Fact::MailUnanswered),
        Outcome::Unneeded
        | Outcome::Again { .. }
        | Outcome::TooEarly { .. }
        | Outcome::Later { .. } => None,
    }
}

/// Sends it, if it may go, under the rules of acknowledgements: it is one for the parts.
pub(super) async fn run(tools: &Tools, job: &Job) -> Result<Ended, JobError> {
    let (ticket, site) = letter::of_job(tools, job).await?;
    let purpose = Purpose::Acknowledgement;
    let links = match clearance::ask(tools, job, &ticket, &site, purpose).await? {
        Clearance::Given(links) => links,
        Clearance::Refused(reason) => return Ok(Ended::Withheld(reason)),
    };
    let further: Vec<Further> = references(&job.payload)
        .filter_map(|reference| Reference::parse(reference).ok())
        .map(|reference| Further {
            reference: reference.to_string(),
            url: tools.status_links.url(reference, Holder::Mailbox),
        })
        .collect();
    let status = tools.status_links.url(ticket.reference, Holder::Mailbox);
    let message = acknowledgement::render(
        &ticket,
        &site,
        Letter::Split,
        &Particulars {
            answer: links.link.as_deref(),
            status: status.as_deref(),
            further: &further,
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

fn references(payload: &Value) -> impl Iterator<Item = &str> {
    let list = payload.get("references").and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str)
}
