//! The one way by which jobs send mail to a requester.

use lettre::Message;

use super::{Ended, JobError, tools::Tools, undeliverable};
use crate::{mail::SendError, ticket::Ticket};

/// Sends a mail about `ticket` to its requester. An address that the mail server refuses for good gets no mail for a time.
///
/// # Errors
/// When it was not sent, with the words for staff.
pub(super) async fn send(
    tools: &Tools,
    message: Message,
    ticket: &Ticket,
) -> Result<Ended, JobError> {
    match tools.mailer.send(message, ticket.reference).await {
        Ok(()) => Ok(Ended::Done),
        Err(SendError::Temporary(reason)) => Err(JobError::Retry(reason)),
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
