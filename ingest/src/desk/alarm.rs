//! What pages for staff show of the alarm that made a ticket.

use jiff::Timestamp;
use minijinja::{Value, context};

use crate::{
    alerts::{CHANNEL, decision},
    show::Moment,
    store::{self, StoreError, Tx, tickets::Listed},
    ticket::Entry,
};

/// For the template; nothing where a person made the ticket.
pub(super) fn view(timeline: &[Entry], now: Timestamp) -> Option<Value> {
    let standing = decision::standing(timeline)?;
    Some(context! {
        source => standing.source,
        severity => standing.severity,
        former => standing.former,
        repeats => standing.repeats,
        last => Moment::new(standing.last_at, now),
        is_firing => standing.is_firing,
    })
}

/// The same for a row of a list. Only tickets of alarms are asked about.
///
/// # Errors
/// When the database fails.
pub(super) async fn of_listed(
    tx: &mut Tx,
    listed: &Listed,
    now: Timestamp,
) -> Result<Option<Value>, StoreError> {
    let ticket = &listed.ticket;
    if ticket.channel.as_deref() != Some(CHANNEL) {
        return Ok(None);
    }
    let timeline = store::timeline::list(tx, &ticket.site, ticket.id).await?;
    Ok(view(&timeline, now))
}
