//! Monitoring systems, and what their alarms have come to.

use jiff::Timestamp;
use uuid::Uuid;

use super::{StoreError, Tx, expect_rows, list_statements, tx::on};

list_statements! {
    LOCK_SOURCE = "
        insert into alarm_sources (site_id, source, heard_at)
        values ($1, $2, $3)
        on conflict (site_id, source) do update
        set heard_at = excluded.heard_at
        returning overflow_ticket_id
    ";
    SET_OVERFLOW = "
        update alarm_sources
        set overflow_ticket_id = $3
        where site_id = $1 and source = $2
    ";
    FIND = "
        select ticket_id, is_firing, severity
        from alarms
        where site_id = $1 and source = $2 and alarm_key = $3
    ";
    PUT = "
        insert into alarms (site_id, source, alarm_key, ticket_id, is_firing, severity, heard_at)
        values ($1, $2, $3, $4, $5, $6, $7)
        on conflict (site_id, source, alarm_key) do update
        set ticket_id = excluded.ticket_id, is_firing = excluded.is_firing, severity = excluded.severity, heard_at = excluded.heard_at
    ";
    FORGET = "
        delete from alarms
        where heard_at < $1 and exists (
            select 1 from tickets
            where tickets.site_id = alarms.site_id and tickets.ticket_id = alarms.ticket_id and tickets.status in ('solved', 'closed')
        )
    ";
}

/// What an alarm has come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// The ticket that it has made last, or the one that counts what is over the limit.
    pub ticket: Uuid,
    /// Whether it is firing, as it was said last.
    pub is_firing: bool,
    /// How grave it is, as it was said last.
    pub severity: Option<String>,
}

#[derive(sqlx::FromRow)]
struct Row {
    ticket_id: Uuid,
    is_firing: i32,
    severity: Option<String>,
}

/// Takes a monitoring system for this transaction: whoever else takes it waits. Answers the ticket that counts what is over its limit.
///
/// # Errors
/// When the database fails.
pub async fn lock_source(
    tx: &mut Tx,
    site: &str,
    source: &str,
    now: Timestamp,
) -> Result<Option<Uuid>, StoreError> {
    Ok(on!(tx, |conn| sqlx::query_scalar(LOCK_SOURCE)
        .bind(site)
        .bind(source)
        .bind(now.as_microsecond())
        .fetch_one(conn)
        .await)?)
}

/// Says which ticket counts what is over the limit of a monitoring system, which is [locked](lock_source).
///
/// # Errors
/// When the database fails or does not know the source.
pub async fn set_overflow(
    tx: &mut Tx,
    site: &str,
    source: &str,
    ticket: Uuid,
) -> Result<(), StoreError> {
    let rows = on!(tx, |conn| sqlx::query(SET_OVERFLOW)
        .bind(site)
        .bind(source)
        .bind(ticket)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    expect_rows(rows, 1)
}

/// What an alarm has come to, if it came before.
///
/// # Errors
/// When the database fails.
pub async fn find(
    tx: &mut Tx,
    site: &str,
    source: &str,
    key: &str,
) -> Result<Option<Alarm>, StoreError> {
    let row: Option<Row> = on!(tx, |conn| sqlx::query_as(FIND)
        .bind(site)
        .bind(source)
        .bind(key)
        .fetch_optional(conn)
        .await)?;
    Ok(row.map(|row| Alarm {
        ticket: row.ticket_id,
        is_firing: row.is_firing != 0,
        severity: row.severity,
    }))
}

/// Writes down what an alarm has come to.
///
/// # Errors
/// When the database fails.
pub async fn put(
    tx: &mut Tx,
    site: &str,
    source: &str,
    key: &str,
    alarm: &Alarm,
    now: Timestamp,
) -> Result<(), StoreError> {
    let rows = on!(tx, |conn| sqlx::query(PUT)
        .bind(site)
        .bind(source)
        .bind(key)
        .bind(alarm.ticket)
        .bind(i32::from(alarm.is_firing))
        .bind(&alarm.severity)
        .bind(now.as_microsecond())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    expect_rows(rows, 1)
}

/// Forgets the alarms of tickets that are over of which nothing was heard since `before`.
///
/// # Errors
/// When the database fails.
pub async fn forget(tx: &mut Tx, before: Timestamp) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(FORGET)
        .bind(before.as_microsecond())
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}
