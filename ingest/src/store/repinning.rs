//! Tickets that come under another version of their site's policy, batch by batch.

use jiff::Timestamp;
use sqlx::types::Json;
use uuid::Uuid;

use super::{StoreError, Tx, expect_rows, instant, list_statements, tx::on};
use crate::ticket::{Entry, Fact};

list_statements! {
    NEXT = "
        select ticket_id
        from tickets
        where site_id = $1 and policy_version = $2 and ticket_id > $3 and status not in ('solved', 'closed')
        order by ticket_id
        limit $4
    ";
    TIMELINES = "
        select ticket_id, seq, at, data
        from timeline
        where site_id = $1 and ticket_id in (
            select ticket_id from tickets
            where site_id = $1 and policy_version = $2 and ticket_id > $3 and ticket_id <= $4 and status not in ('solved', 'closed')
        )
        order by ticket_id, seq
    ";
    APPEND = "
        insert into timeline (site_id, ticket_id, seq, at, kind, data)
        select tickets.site_id, tickets.ticket_id,
            (select coalesce(max(seq), 0) + 1 from timeline where timeline.site_id = tickets.site_id and timeline.ticket_id = tickets.ticket_id),
            $5, $6, $7
        from tickets
        where site_id = $1 and policy_version = $2 and ticket_id > $3 and ticket_id <= $4 and status not in ('solved', 'closed')
    ";
    PIN = "
        update tickets
        set policy_version = $5
        where site_id = $1 and policy_version = $2 and ticket_id > $3 and ticket_id <= $4 and status not in ('solved', 'closed')
    ";
}

/// A batch: the tickets of a site under a version, after one id and up to another.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a> {
    /// The site.
    pub site: &'a str,
    /// The version that they are pinned to.
    pub from: u32,
    /// After this ticket.
    pub after: Uuid,
    /// Up to this one.
    pub up_to: Uuid,
}

/// The next tickets of a site under a version that are still worked on, after `after`.
///
/// # Errors
/// When the database fails.
pub async fn next(
    tx: &mut Tx,
    site: &str,
    from: u32,
    after: Uuid,
    most: u32,
) -> Result<Vec<Uuid>, StoreError> {
    Ok(on!(tx, |conn| sqlx::query_scalar(NEXT)
        .bind(site)
        .bind(from.cast_signed())
        .bind(after)
        .bind(i64::from(most))
        .fetch_all(conn)
        .await)?)
}

#[derive(sqlx::FromRow)]
struct Row {
    ticket_id: Uuid,
    seq: i32,
    at: i64,
    data: Json<Fact>,
}

/// The timelines of a batch, ordered by ticket.
///
/// # Errors
/// When the database fails.
pub async fn timelines(
    tx: &mut Tx,
    batch: Batch<'_>,
) -> Result<Vec<(Uuid, Vec<Entry>)>, StoreError> {
    let rows: Vec<Row> = on!(tx, |conn| sqlx::query_as(TIMELINES)
        .bind(batch.site)
        .bind(batch.from.cast_signed())
        .bind(batch.after)
        .bind(batch.up_to)
        .fetch_all(conn)
        .await)?;
    let mut timelines: Vec<(Uuid, Vec<Entry>)> = Vec::new();
    for row in rows {
        let entry = Entry {
            seq: row.seq,
            at: instant("timeline", row.at)?,
            fact: row.data.0,
        };
        match timelines.last_mut() {
            Some((ticket, timeline)) if *ticket == row.ticket_id => timeline.push(entry),
            _ => timelines.push((row.ticket_id, vec![entry])),
        }
    }
    Ok(timelines)
}

/// Adds one fact to the timeline of each ticket of a batch.
///
/// # Errors
/// When the database fails, or somebody writes a fact of one of them at the same moment.
pub async fn append(
    tx: &mut Tx,
    batch: Batch<'_>,
    at: Timestamp,
    fact: &Fact,
) -> Result<u64, StoreError> {
    Ok(on!(tx, |conn| sqlx::query(APPEND)
        .bind(batch.site)
        .bind(batch.from.cast_signed())
        .bind(batch.after)
        .bind(batch.up_to)
        .bind(at.as_microsecond())
        .bind(fact.kind())
        .bind(Json(fact))
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?)
}

/// Pins a batch of `expected` tickets to a version.
///
/// # Errors
/// When the database fails or there are more or fewer of them.
pub async fn pin(
    tx: &mut Tx,
    batch: Batch<'_>,
    version: u32,
    expected: u64,
) -> Result<(), StoreError> {
    let rows = on!(tx, |conn| sqlx::query(PIN)
        .bind(batch.site)
        .bind(batch.from.cast_signed())
        .bind(batch.after)
        .bind(batch.up_to)
        .bind(version.cast_signed())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    expect_rows(rows, expected)
}
