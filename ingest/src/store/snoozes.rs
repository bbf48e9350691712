//! Until when a ticket is out of the queue.

use jiff::Timestamp;
use uuid::Uuid;

use super::{
    StoreError, Tx, expect_rows, instant, list_statements,
    tickets::{AN_ANSWER, NEVER},
    tx::on,
};

list_statements! {
    OF = "
        select snoozed_until from tickets where site_id = $1 and ticket_id = $2
    ";
    DUE_OF = "
        select queue_at, awaits from tickets where site_id = $1 and ticket_id = $2
    ";
    PUT = "
        update tickets
        set snoozed_until = $3
        where site_id = $1 and ticket_id = $2
    ";
}

/// Until when it is out of the queue; nothing where it is in it.
///
/// # Errors
/// When the database fails.
pub async fn of(tx: &mut Tx, site: &str, ticket: Uuid) -> Result<Option<Timestamp>, StoreError> {
    let until: Option<Option<i64>> = on!(tx, |conn| sqlx::query_scalar(OF)
        .bind(site)
        .bind(ticket)
        .fetch_optional(conn)
        .await)?;
    let until = until.flatten();
    until.map(|until| instant("tickets", until)).transpose()
}

/// Takes it out of the queue until then, or puts it back.
///
/// # Errors
/// When the database fails or has no such ticket.
pub async fn put(
    tx: &mut Tx,
    site: &str,
    ticket: Uuid,
    until: Option<Timestamp>,
) -> Result<(), StoreError> {
    let rows = on!(tx, |conn| sqlx::query(PUT)
        .bind(site)
        .bind(ticket)
        .bind(until.map(Timestamp::as_microsecond))
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    expect_rows(rows, 1)
}

/// By when a person is to answer, by its clock; nothing where nothing is due.
///
/// # Errors
/// When the database fails.
pub async fn due_of(
    tx: &mut Tx,
    site: &str,
    ticket: Uuid,
) -> Result<Option<Timestamp>, StoreError> {
    let row: Option<(i64, Option<String>)> = on!(tx, |conn| sqlx::query_as(DUE_OF)
        .bind(site)
        .bind(ticket)
        .fetch_optional(conn)
        .await)?;
    let is_due =
        |(at, awaits): &(i64, Option<String>)| *at != NEVER && awaits.as_deref() != Some(AN_ANSWER);
    let due = row.filter(is_due).map(|(at, _)| instant("tickets", at));
    due.transpose()
}
