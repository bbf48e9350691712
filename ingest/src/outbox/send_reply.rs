//! Sends the requester by mail what staff wrote to them.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    Ended, JobError,
    clearance::{self, Clearance},
    delivery, letter, payload,
    tools::Tools,
};
use crate::{
    mail::{
        permission::Purpose,
        reply::{self, Particulars},
    },
    message::{Kind, Message},
    status::link::Holder,
    store::{
        self,
        jobs::{Job, Outcome},
    },
    ticket::{Fact, Ticket},
};

/// The job's name.
pub const KIND: &str = "send_reply";

/// The job's payload.
#[must_use]
pub fn payload(ticket: Uuid, message: Uuid) -> Value {
    json!({ "ticket_id": ticket, "message_id": message })
}

/// The message that a payload names.
#[must_use]
pub fn message_of(payload: &Value) -> Option<Uuid> {
    payload::id(payload, "message_id")
}

/// What the end of this job means for the ticket.
#[must_use]
pub fn fact_of(job: &Job, outcome: &Outcome) -> Option<Fact> {
    let message = message_of(&job.payload)?;
    match outcome {
        Outcome::Done => Some(Fact::ReplySent { message }),
        Outcome::Withheld { reason } => Some(Fact::ReplyNotSent {
            message,
            reason: reason.describe().to_owned(),
        }),
        Outcome::Dead { reason } => Some(Fact::ReplyNotSent {
            message,
            reason: reason.clone(),
        }),
        Outcome::Unanswered { .. } => Some(Fact::MailUnanswered),
        Outcome::Unneeded
        | Outcome::Again { .. }
        | Outcome::TooEarly { .. }
        | Outcome::Later { .. } => None,
    }
}

/// Sends it, if it may go. Every attempt has the same Message-ID.
pub(super) async fn run(tools: &Tools, job: &Job) -> Result<Ended, JobError> {
    let (ticket, site) = letter::of_job(tools, job).await?;
    let (message, conversation, files) = what_to_send(tools, job, &ticket).await?;
    let links = match clearance::ask(tools, job, &ticket, &site, Purpose::Reply).await? {
        Clearance::Given(links) => links,
        Clearance::Refused(reason) => return Ok(Ended::Withheld(reason)),
    };
    let status = tools.status_links.url(ticket.reference, Holder::Mailbox);
    let first = letter::first_mail_of(tools, &ticket).await?;
    let mail = reply::render(
        &ticket,
        &site,
        &Particulars {
            message: &message,
            conversation: &conversation,
            files: &files,
            status: status.as_deref(),
            object: links.link.as_deref(),
            is_heard: tools.mailer.reply_to(ticket.reference).is_some(),
            first: first.as_ref(),
        },
        &tools.words,
        &tools.pages,
        &tools.mailer.identity_about(ticket.reference),
    )
    .map_err(|error| JobError::Fail(error.to_string()))?;
    delivery::send_of_a_person(tools, job, mail, &ticket).await
}

/// The reply, everything that was said about its ticket, and the names of its files.
async fn what_to_send(
    tools: &Tools,
    job: &Job,
    ticket: &Ticket,
) -> Result<(Message, Vec<Message>, Vec<String>), JobError> {
    let id = message_of(&job.payload)
        .ok_or_else(|| JobError::Fail("the payload names no message".to_owned()))?;
    let mut tx = tools.store.read_for(&job.site).await?;
    let conversation = store::messages::list(&mut tx, &job.site, ticket.id).await?;
    let files = store::attachments::list(&mut tx, &job.site, ticket.id).await?;
    tx.rollback().await?;
    let message = conversation
        .iter()
        .find(|message| message.id == id)
        .cloned();
    let message = message.ok_or_else(|| JobError::Fail("the message is gone".to_owned()))?;
    if message.kind != Kind::Reply {
        return Err(JobError::Fail("the message is no reply".to_owned()));
    }
    let files = files.into_iter().filter(|file| file.message == Some(id));
    let names = files.map(|file| file.name).collect();
    Ok((message, conversation, names))
}
