//! The log of deliveries: every attempt to do something at a destination.

use jiff::Timestamp;
use uuid::Uuid;

use super::{StoreError, Tx, expect_rows, instant, list_statements, tx::on};
use crate::destination::Seen;

/// What every statement answers of an attempt.
macro_rules! columns {
    () => {
        "site_id, attempt_id, destination, job_id, ticket_id, what, at, took_ms, status, request_id, outcome, reason"
    };
}

list_statements! {
    INSERT = "
        insert into delivery_attempts (site_id, attempt_id, destination, job_id, ticket_id, what, at, took_ms, status, request_id, outcome, reason)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
    ";
    LATEST = concat!("select ", columns!(), "
        from delivery_attempts
        where destination = $1 and (at, attempt_id) < ($2, $3)
        order by at desc, attempt_id desc
        limit $4
    ");
    OF_TICKET = concat!("select ", columns!(), "
        from delivery_attempts
        where site_id = $1 and ticket_id = $2
        order by at desc
        limit $3
    ");
    FORGET = "
        delete from delivery_attempts where at < $1
    ";
}

/// How an attempt ended, in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It was done.
    Done,
    /// It comes again later.
    Again,
    /// Nobody knows whether it was done: it is looked up.
    Unclear,
    /// They will not have it; the rest goes on.
    Refused,
    /// It is given up until somebody starts it again.
    Dead,
    /// The destination stopped itself.
    Disabled,
}

impl Ending {
    const ALL: [Self; 6] = [
        Self::Done,
        Self::Again,
        Self::Unclear,
        Self::Refused,
        Self::Dead,
        Self::Disabled,
    ];

    /// The name in the database and in answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Again => "again",
            Self::Unclear => "unclear",
            Self::Refused => "refused",
            Self::Dead => "dead",
            Self::Disabled => "disabled",
        }
    }

    /// The ending with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|ending| ending.as_str() == name)
    }
}

/// An attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The site's key; empty: of no site.
    pub site: String,
    /// Its id.
    pub id: Uuid,
    /// The name of the destination.
    pub destination: String,
    /// The job that it belongs to.
    pub job: Option<Uuid>,
    /// The ticket.
    pub ticket: Option<Uuid>,
    /// Type of an event, or name of a step.
    pub what: String,
    /// When it began.
    pub at: Timestamp,
    /// How long it took.
    pub took_ms: i32,
    /// What was seen of the answer.
    pub seen: Seen,
    /// How it ended.
    pub ending: Ending,
    /// Why, in words of ours.
    pub reason: Option<String>,
}

#[derive(sqlx::FromRow)]
struct Row {
    site_id: String,
    attempt_id: Uuid,
    destination: String,
    job_id: Option<Uuid>,
    ticket_id: Option<Uuid>,
    what: String,
    at: i64,
    took_ms: i32,
    status: Option<i32>,
    request_id: Option<String>,
    outcome: String,
    reason: Option<String>,
}

impl TryFrom<Row> for Attempt {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let corrupt = |fault| StoreError::Corrupt {
            table: "delivery_attempts",
            fault,
        };
        let status = row.status.map(u16::try_from).transpose();
        Ok(Self {
            site: row.site_id,
            id: row.attempt_id,
            destination: row.destination,
            job: row.job_id,
            ticket: row.ticket_id,
            what: row.what,
            at: instant("delivery_attempts", row.at)?,
            took_ms: row.took_ms,
            seen: Seen {
                status: status.map_err(|_| corrupt("no status of HTTP"))?,
                request_id: row.request_id,
            },
            ending: Ending::from_name(&row.outcome).ok_or_else(|| corrupt("an unknown outcome"))?,
            reason: row.reason,
        })
    }
}

/// Adds an attempt.
///
/// # Errors
/// When the database fails.
pub async fn insert(tx: &mut Tx, attempt: &Attempt) -> Result<(), StoreError> {
    let rows = on!(tx, |conn| sqlx::query(INSERT)
        .bind(&attempt.site)
        .bind(attempt.id)
        .bind(&attempt.destination)
        .bind(attempt.job)
        .bind(attempt.ticket)
        .bind(&attempt.what)
        .bind(attempt.at.as_microsecond())
        .bind(attempt.took_ms)
        .bind(attempt.seen.status.map(i32::from))
        .bind(&attempt.seen.request_id)
        .bind(attempt.ending.as_str())
        .bind(&attempt.reason)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    expect_rows(rows, 1)
}

/// Up to `most` attempts at a destination before a place in the log, the latest first; from the end when there is no place.
///
/// # Errors
/// When the database fails.
pub async fn latest(
    tx: &mut Tx,
    destination: &str,
    before: Option<(Timestamp, Uuid)>,
    most: u32,
) -> Result<Vec<Attempt>, StoreError> {
    let (at, id) = before.map_or((i64::MAX, Uuid::max()), |(at, id)| {
        (at.as_microsecond(), id)
    });
    let rows: Vec<Row> = on!(tx, |conn| sqlx::query_as(LATEST)
        .bind(destination)
        .bind(at)
        .bind(id)
        .bind(i64::from(most))
        .fetch_all(conn)
        .await)?;
    rows.into_iter().map(Attempt::try_from).collect()
}

/// Up to `most` attempts about a ticket, the latest first.
///
/// # Errors
/// When the database fails.
pub async fn of_ticket(
    tx: &mut Tx,
    site: &str,
    ticket: Uuid,
    most: u32,
) -> Result<Vec<Attempt>, StoreError> {
    let rows: Vec<Row> = on!(tx, |conn| sqlx::query_as(OF_TICKET)
        .bind(site)
        .bind(ticket)
        .bind(i64::from(most))
        .fetch_all(conn)
        .await)?;
    rows.into_iter().map(Attempt::try_from).collect()
}

/// Deletes attempts from before an instant; answers how many.
///
/// # Errors
/// When the database fails.
pub async fn forget(tx: &mut Tx, before: Timestamp) -> Result<u64, StoreError> {
    Ok(on!(tx, |conn| sqlx::query(FORGET)
        .bind(before.as_microsecond())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?)
}
