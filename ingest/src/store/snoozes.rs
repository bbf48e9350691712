//! Until when a ticket is out of the queue.

use jiff::Timestamp;
use uuid::Uuid;

use super::{
    StoreError, Tx, expect_rows, instant, list_statements,
    tickets::{AN_ANSWER, NEVER},
    tx::on,
};
use crate::staff::VisibleSites;

list_statements! {
    COUNT = "
        select count(*) from (
            select 1 from tickets
            where snoozed_until > $1 and held is null and status in ('new', 'open', 'waiting')
                and ($2 = 1 or site_id in (select staff_sites.site_id from staff_sites where staff_sites.staff_id = $3))
            limit 1001
        ) as counted
    ";
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

/// How many open tickets are out of the queue for a while, as far as [`super::lists::MOST_COUNTED`] and one more.
///
/// # Errors
/// When the database fails.
pub async fn count(tx: &mut Tx, visible: &VisibleSites, now: Timestamp) -> Result<u64, StoreError> {
    let count: i64 = on!(tx, |conn| sqlx::query_scalar(COUNT)
        .bind(now.as_microsecond())
        .bind(visible.all_flag())
        .bind(visible.staff())
        .fetch_one(conn)
        .await)?;
    super::unsigned("tickets", count)
}
