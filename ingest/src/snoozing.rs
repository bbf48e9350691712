//! Tickets that are out of the queue for a while: until a time, until an answer is due, until the requester writes; whichever comes first.

use jiff::{Timestamp, tz::TimeZone};

use crate::{
    handling, ids,
    outbox::wake_ticket,
    policies::Policies,
    store::{self, StoreError, Tx},
    ticket::{
        Fact, Ticket,
        snooze::{self, Fault, Waking, Wish},
    },
};

/// Why it was not done.
#[derive(Debug, thiserror::Error)]
pub enum NotSnoozed {
    /// The time.
    #[error(transparent)]
    Time(#[from] Fault),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Takes a ticket out of the queue, on the clock of its site. Who has committed calls `NewJobs::announce`.
///
/// # Errors
/// [`NotSnoozed`]; nothing was changed.
pub async fn snooze(
    tx: &mut Tx,
    policies: &Policies,
    ticket: &Ticket,
    (wish, zone): (Wish, &TimeZone),
    by: &str,
    now: Timestamp,
) -> Result<Timestamp, NotSnoozed> {
    let ticket = handling::locked(tx, ticket).await?;
    let due = store::snoozes::due_of(tx, &ticket.site, ticket.id).await?;
    let until = snooze::with_due(snooze::until(wish, now, zone)?, due, now)?;
    put(tx, &ticket, until).await?;
    let by = by.to_owned();
    handling::record(tx, policies, &ticket, &Fact::Snoozed { until, by }, now).await?;
    Ok(until)
}

/// Puts it back into the queue; `false` when it is there. The ticket is locked.
///
/// # Errors
/// When the database fails.
pub async fn wake(
    tx: &mut Tx,
    policies: &Policies,
    ticket: &Ticket,
    because: Waking,
    by: Option<&str>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    if store::snoozes::of(tx, &ticket.site, ticket.id)
        .await?
        .is_none()
    {
        return Ok(false);
    }
    store::snoozes::put(tx, &ticket.site, ticket.id, None).await?;
    let by = by.map(str::to_owned);
    handling::record(tx, policies, ticket, &Fact::Woken { because, by }, now).await?;
    Ok(true)
}

/// Lets a snoozed ticket come back when an answer is due, where a change of its clock has brought that forward.
///
/// # Errors
/// When the database fails.
pub async fn follow_clock(
    tx: &mut Tx,
    ticket: &Ticket,
    due: Option<Timestamp>,
) -> Result<(), StoreError> {
    let Some(due) = due else { return Ok(()) };
    let until = store::snoozes::of(tx, &ticket.site, ticket.id).await?;
    match until {
        Some(until) if due < until => put(tx, ticket, due).await,
        _ => Ok(()),
    }
}

async fn put(tx: &mut Tx, ticket: &Ticket, until: Timestamp) -> Result<(), StoreError> {
    store::snoozes::put(tx, &ticket.site, ticket.id, Some(until)).await?;
    // As old as its time: how long it is tried counts from then.
    let (id, payload) = (ids::new_id(), wake_ticket::payload(ticket.id));
    store::jobs::insert(
        tx,
        &ticket.site,
        id,
        wake_ticket::KIND,
        &payload,
        until,
        until,
    )
    .await
}
