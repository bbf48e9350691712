//! The one way by which jobs send mail to a requester.

use lettre::Message;

use super::{Ended, JobError, tools::Tools, undeliverable};
use crate::{
    mail::SendError,
    store::{self, StoreError, jobs::Job},
    ticket::{Fact, Ticket},
};

/// Sends a mail about `ticket` to its requester. An address that the mail server refuses for good gets no mail for a time.
///
/// # Errors
/// When it was not sent, with the words for staff.
pub(super) async fn send(
    tools: &Tools,
    job: &Job,
    message: Message,
    ticket: &Ticket,
) -> Result<Ended, JobError> {
    let sent = tools.mailer.send(message, ticket.reference).await;
    end(tools, job, sent, ticket).await
}

/// Sends what a person of staff wrote, likewise.
///
/// # Errors
/// When it was not sent, with the words for staff.
pub(super) async fn send_of_a_person(
    tools: &Tools,
    job: &Job,
    message: Message,
    ticket: &Ticket,
) -> Result<Ended, JobError> {
    let sent = (tools.mailer.send_of_a_person(message, ticket.reference)).await;
    end(tools, job, sent, ticket).await
}

async fn end(
    tools: &Tools,
    job: &Job,
    sent: Result<(), SendError>,
    ticket: &Ticket,
) -> Result<Ended, JobError> {
    match sent {
        Ok(()) => Ok(Ended::Done),
        Err(SendError::Temporary(reason)) => Err(JobError::Retry(reason)),
        Err(SendError::Unanswered) => {
            let times = unanswered_before(tools, job, ticket).await? + 1;
            Err(JobError::Unanswered { times })
        }
        Err(SendError::Permanent(reason)) => Err(JobError::Fail(reason)),
        Err(SendError::Undeliverable(reason)) => {
            // If this cannot be written, the job is tried again, and the server says the same again.
            let mut tx = tools.store.write().await?;
            undeliverable::mark(&mut tx, &ticket.email, tools.clock.now()).await?;
            tx.commit().await?;
            Err(JobError::Fail(format!(
                "{reason}. It gets no mail for 30 days."
            )))
        }
    }
}

/// How often the mail server has got a mail about the ticket without an answer since the job was made, or started again by hand.
async fn unanswered_before(tools: &Tools, job: &Job, ticket: &Ticket) -> Result<u32, StoreError> {
    let mut tx = tools.store.read_for(&ticket.site).await?;
    let facts = store::timeline::list(&mut tx, &ticket.site, ticket.id).await?;
    tx.rollback().await?;
    let since = facts
        .iter()
        .filter(|entry| entry.at >= job.created_at && entry.fact == Fact::MailUnanswered);
    Ok(u32::try_from(since.count()).unwrap_or(u32::MAX))
}
