//! How the clocks of tickets stood after their latest facts: derived from the timeline, and written with the fact.

use jiff::Timestamp;
use uuid::Uuid;

use super::{StoreError, Tx, expect_rows, instant, list_statements, tx::on};
pub use crate::policy::Status;

list_statements! {
    PUT = "
        insert into clocks (site_id, ticket_id, metric, due_at, status, reason, budget_s, last_seq)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
        on conflict (site_id, ticket_id, metric) do update
        set due_at = excluded.due_at, status = excluded.status, reason = excluded.reason, budget_s = excluded.budget_s, last_seq = excluded.last_seq
    ";
    FIND = "
        select metric, due_at, status, reason, budget_s, last_seq
        from clocks
        where site_id = $1 and ticket_id = $2 and metric = $3
    ";
}

/// The metric that has figures in the policies.
pub const FIRST_RESPONSE: &str = "first_response";

/// A clock as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clock {
    /// What is promised, such as [`FIRST_RESPONSE`].
    pub metric: String,
    /// By when; nothing where nothing is promised, or while it is paused.
    pub due_at: Option<Timestamp>,
    /// How it stood when its ticket last changed. That a running one has come to its end since, tells the time.
    pub status: Status,
    /// Why there is no due time: the code of K-7 with what is missing, such as `policy_incomplete: holidays of "selected"`.
    pub reason: Option<String>,
    /// How much time there is in all, in seconds.
    pub budget_s: Option<i64>,
    /// Number of the fact after which it stood so.
    pub last_seq: i32,
}

#[derive(sqlx::FromRow)]
struct Row {
    metric: String,
    due_at: Option<i64>,
    status: String,
    reason: Option<String>,
    budget_s: Option<i64>,
    last_seq: i32,
}

impl TryFrom<Row> for Clock {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            metric: row.metric,
            due_at: row.due_at.map(|at| instant("clocks", at)).transpose()?,
            status: Status::from_name(&row.status).ok_or(StoreError::Corrupt {
                table: "clocks",
                fault: "an unknown status",
            })?,
            reason: row.reason,
            budget_s: row.budget_s,
            last_seq: row.last_seq,
        })
    }
}

/// Writes a clock down, in place of what it was.
///
/// # Errors
/// When the database fails.
pub async fn put(tx: &mut Tx, site: &str, ticket: Uuid, clock: &Clock) -> Result<(), StoreError> {
    let rows = on!(tx, |conn| sqlx::query(PUT)
        .bind(site)
        .bind(ticket)
        .bind(&clock.metric)
        .bind(clock.due_at.map(Timestamp::as_microsecond))
        .bind(clock.status.as_str())
        .bind(&clock.reason)
        .bind(clock.budget_s)
        .bind(clock.last_seq)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    expect_rows(rows, 1)
}

/// A clock of a ticket.
///
/// # Errors
/// When the database fails.
pub async fn find(
    tx: &mut Tx,
    site: &str,
    ticket: Uuid,
    metric: &str,
) -> Result<Option<Clock>, StoreError> {
    let row: Option<Row> = on!(tx, |conn| sqlx::query_as(FIND)
        .bind(site)
        .bind(ticket)
        .bind(metric)
        .fetch_optional(conn)
        .await)?;
    row.map(Clock::try_from).transpose()
}
