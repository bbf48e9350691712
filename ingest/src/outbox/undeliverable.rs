//! Addresses that nobody can be reached under. Mail that is sent there again and again costs the reputation of whoever sends it, and with it the
//! delivery of all other mails.

use cornerdesk_shared::reference::Reference;
use jiff::{SignedDuration, Timestamp};

use crate::{
    mail::{delivery_report::Report, recipient::Recipient},
    store::{self, StoreError, Tx},
    ticket::Fact,
};

/// How long an address gets no mail. Long enough not to be a sender who never learns, short enough for a mailbox that was full or mended.
const REST: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Writes down that an address failed now, and forgets those that may get mail again.
///
/// # Errors
/// When the database fails.
pub async fn mark(tx: &mut Tx, address: &str, now: Timestamp) -> Result<(), StoreError> {
    let until = now.saturating_add(REST).unwrap_or(Timestamp::MAX);
    store::undeliverable::forget(tx, now).await?;
    store::undeliverable::mark(tx, &Recipient::exactly(address).key(), until).await
}

/// A person wants a mail to be tried again, so its address may get mail.
///
/// # Errors
/// When the database fails.
pub async fn lift(tx: &mut Tx, address: &str) -> Result<(), StoreError> {
    store::undeliverable::lift(tx, &Recipient::exactly(address).key()).await
}

/// Did an address fail so lately that it gets no mail?
///
/// # Errors
/// When the database fails.
pub async fn is_marked(tx: &mut Tx, address: &str, now: Timestamp) -> Result<bool, StoreError> {
    let key = Recipient::exactly(address).key();
    let until = store::undeliverable::until(tx, &key, now).await?;
    Ok(until.is_some())
}

/// Writes on a ticket what a mail server reports about a mail of it; a report that came twice is written once. Answers what was written, for the log, and nothing
/// when the ticket is gone.
///
/// # Errors
/// When the database fails.
pub async fn report(
    tx: &mut Tx,
    reference: Reference,
    report: &Report,
    now: Timestamp,
) -> Result<Option<&'static str>, StoreError> {
    let Some(ticket) = store::tickets::find_by_reference(tx, reference).await? else {
        return Ok(None);
    };
    let fact = match report {
        Report::Failed { status } => {
            mark(tx, &ticket.email, now).await?;
            Fact::DeliveryFailed {
                status: status.clone(),
            }
        }
        Report::Delayed { status } => Fact::DeliveryDelayed {
            status: status.clone(),
        },
        Report::Delivered => return Ok(Some("delivered")),
    };
    let timeline = store::timeline::list(tx, &ticket.site, ticket.id).await?;
    if timeline.iter().all(|entry| entry.fact != fact) {
        store::timeline::append(tx, &ticket.site, ticket.id, now, &fact).await?;
    }
    Ok(Some(fact.kind()))
}
