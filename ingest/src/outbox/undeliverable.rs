//! Addresses that nobody can be reached under. Mail that is sent there again and again costs the reputation of whoever sends it, and with it the
//! delivery of all other mails.

use jiff::{SignedDuration, Timestamp};

use crate::{
    mail::recipient::Recipient,
    store::{self, StoreError, Tx},
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
