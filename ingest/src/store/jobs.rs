//! The outbox: what has to happen outside, written in the transaction that makes it necessary.

pub(super) mod orders;
pub(super) mod timers;

pub use orders::{begin_anew, dead_of, order, order_routing, reopen, revive_all, standing};
pub use timers::{Place, set_timer, without_timer};

use jiff::Timestamp;
use serde_json::Value;
use sqlx::types::Json;
use uuid::Uuid;

use super::{StoreError, Tx, expect_rows, instant, list_statements, tx::on};
use crate::{mail::permission::Withheld, outbox::lane::Lane};

/// What every statement answers of a job.
macro_rules! columns {
    () => {
        "site_id, job_id, kind, cast(payload as text) as payload, state, attempts, available_at, last_error, created_at, finished_at"
    };
}

/// Takes due jobs, from one end of them. Materialized, because PostgreSQL may ask a plain subquery again for each row; then it skips what it
/// has just locked, and finds further jobs beyond the limit.
macro_rules! lease {
    ($direction:literal, $locking:literal) => {
        concat!(
            "with due as materialized (
            select site_id, job_id from jobs
            where state = 'ready' and lane = $5 and available_at <= $3
            order by available_at ",
            $direction,
            " limit $4 ",
            $locking,
            ")
        update jobs
        set lease_token = $1, available_at = $2, attempts = attempts + 1
        where (site_id, job_id) in (select site_id, job_id from due)
        returning ",
            columns!()
        )
    };
}

list_statements! {
    INSERT = "
        insert into jobs (site_id, job_id, kind, payload, state, attempts, available_at, created_at, ticket_id, lane)
        values ($1, $2, $3, $4, 'ready', 0, $5, $6, $7, $8)
    ";
    LEASE_OLDEST_SQLITE = lease!("", "");
    LEASE_NEWEST_SQLITE = lease!("desc", "");
    SETTLE = "
        update jobs
        set state = $4, available_at = $5, lease_token = null, last_error = $6, finished_at = $7
        where site_id = $1 and job_id = $2 and lease_token = $3 and state = 'ready'
    ";
    TOO_EARLY = "
        update jobs
        set available_at = $4, attempts = attempts - 1, lease_token = null, last_error = $5
        where site_id = $1 and job_id = $2 and lease_token = $3 and state = 'ready'
    ";
    RENEW = "
        update jobs
        set available_at = $4
        where site_id = $1 and job_id = $2 and lease_token = $3 and state = 'ready'
    ";
    WENT_FURTHER = "
        update jobs
        set attempts = 1
        where site_id = $1 and job_id = $2 and lease_token = $3 and state = 'ready'
    ";
    NEXT_AT = "
        select min(available_at) from jobs where state = 'ready' and lane = $1
    ";
    BRING_FORWARD = "
        update jobs
        set available_at = created_at
        where state = 'ready' and lane = $3 and lease_token is null and available_at > $1 and created_at <= $1 and attempts > 0
            and coalesce(last_error, '') <> $2
    ";
    LIST = concat!("select ", columns!(), "
        from jobs
        where state = $1 and (state <> 'ready' or lane > 'clock')
        order by created_at desc
        limit $2
    ");
    OF_TICKET = concat!("select ", columns!(), "
        from jobs
        where site_id = $1 and ticket_id = $2
        order by created_at
    ");
    REVIVE = concat!("
        update jobs
        set state = 'ready', available_at = $2, created_at = $2, attempts = 0, finished_at = null
        where job_id = $1 and state = 'dead'
        returning ", columns!());
    COUNT = "
        select 'ready', count(*) from jobs where state = 'ready' and lane > 'clock'
        union all
        select 'dead', count(*) from jobs where state = 'dead'
    ";
    PUT_OFF = "
        update jobs
        set available_at = $4, created_at = $4, attempts = 0, lease_token = null, last_error = null
        where site_id = $1 and job_id = $2 and lease_token = $3 and state = 'ready'
    ";
    OVERDUE = "
        select count(*), min(available_at) from jobs where state = 'ready' and lane = $1 and available_at <= $2
    ";
}

/// PostgreSQL's form of the lease: rows that another process is leasing are skipped instead of waited for.
const LEASE_OLDEST_POSTGRES: &str = lease!("", "for update skip locked");
/// The same from the other end.
const LEASE_NEWEST_POSTGRES: &str = lease!("desc", "for update skip locked");

/// What `last_error` says of a mail that may have arrived, and by what it is known: it keeps the time that it was put off to, whatever the server does.
pub const UNANSWERED: &str = "the mail server got the mail and did not answer";

/// A job as it is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    /// The site's key.
    pub site: String,
    /// Its id.
    pub id: Uuid,
    /// What to do.
    pub kind: String,
    /// With what: ids.
    pub payload: Value,
    /// `ready`, `done` or `dead`.
    pub state: String,
    /// How often it was begun.
    pub attempts: i32,
    /// When it may be begun; while it is leased, when the lease ends.
    pub available_at: Timestamp,
    /// Why the last attempt failed, or why the effect was withheld.
    pub last_error: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was done or given up.
    pub finished_at: Option<Timestamp>,
}

#[derive(sqlx::FromRow)]
struct Row {
    site_id: String,
    job_id: Uuid,
    kind: String,
    payload: String,
    state: String,
    attempts: i32,
    available_at: i64,
    last_error: Option<String>,
    created_at: i64,
    finished_at: Option<i64>,
}

impl TryFrom<Row> for Job {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            site: row.site_id,
            id: row.job_id,
            kind: row.kind,
            // A job whose payload cannot be read must not keep the others from being taken: it finds nothing and ends.
            payload: serde_json::from_str(&row.payload).unwrap_or(Value::Null),
            state: row.state,
            attempts: row.attempts,
            available_at: instant("jobs", row.available_at)?,
            last_error: row.last_error,
            created_at: instant("jobs", row.created_at)?,
            finished_at: row.finished_at.map(|at| instant("jobs", at)).transpose()?,
        })
    }
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is done.
    Done,
    /// It is over, and nothing was done: nobody needed it any more.
    Unneeded,
    /// It is done, without its effect.
    Withheld {
        /// Why.
        reason: Withheld,
    },
    /// Again at this time.
    Again {
        /// When.
        at: Timestamp,
        /// Why, in words of ours.
        reason: String,
    },
    /// It was too early: again at this time, and this was no attempt.
    TooEarly {
        /// When.
        at: Timestamp,
        /// Why, in words of ours.
        reason: String,
    },
    /// It did what there was to do, and is to be done again at this time: what comes then is a new job, with patience of its own.
    Later {
        /// When.
        at: Timestamp,
    },
    /// Begin again at a time: the mail server got all of a mail and did not say whether it took it.
    Unanswered {
        /// When.
        at: Timestamp,
    },
    /// Never again by itself.
    Dead {
        /// Why, in words of ours.
        reason: String,
    },
}

/// Adds a job that may begin at `available_at`.
///
/// # Errors
/// When the database fails.
pub async fn insert(
    tx: &mut Tx,
    site: &str,
    id: Uuid,
    kind: &str,
    payload: &Value,
    available_at: Timestamp,
    now: Timestamp,
) -> Result<(), StoreError> {
    let ticket = ticket_of(payload);
    let rows = on!(tx, |conn| sqlx::query(INSERT)
        .bind(site)
        .bind(id)
        .bind(kind)
        .bind(Json(payload))
        .bind(available_at.as_microsecond())
        .bind(now.as_microsecond())
        .bind(ticket)
        .bind(Lane::of(kind, payload).as_str())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    expect_rows(rows, 1)
}

/// The ticket that a job is about: every payload of such a job names it by this member.
fn ticket_of(payload: &Value) -> Option<Uuid> {
    payload.get("ticket_id")?.as_str()?.parse().ok()
}

/// From which end of the due jobs to take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// What has been due for longest.
    Oldest,
    /// What came due last.
    Newest,
}

impl End {
    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Oldest => Self::Newest,
            Self::Newest => Self::Oldest,
        }
    }
}

/// Takes up to `most` jobs of a lane that are due at `now`, until `until`. Only who knows `token` can settle them; after `until` anybody may take them again.
///
/// # Errors
/// When the database fails.
pub async fn lease(
    tx: &mut Tx,
    token: Uuid,
    (now, until): (Timestamp, Timestamp),
    lane: &Lane,
    end: End,
    most: u32,
) -> Result<Vec<Job>, StoreError> {
    let sql = match (&*tx, end) {
        (Tx::Sqlite(_), End::Oldest) => LEASE_OLDEST_SQLITE,
        (Tx::Sqlite(_), End::Newest) => LEASE_NEWEST_SQLITE,
        (Tx::Postgres(_), End::Oldest) => LEASE_OLDEST_POSTGRES,
        (Tx::Postgres(_), End::Newest) => LEASE_NEWEST_POSTGRES,
    };
    let rows: Vec<Row> = on!(tx, |conn| sqlx::query_as(sql)
        .bind(token)
        .bind(until.as_microsecond())
        .bind(now.as_microsecond())
        .bind(i64::from(most))
        .bind(lane.as_str())
        .fetch_all(conn)
        .await)?;
    rows.into_iter().map(Job::try_from).collect()
}

/// Holds a leased job until `until`; `false` when the lease was lost to another process, and then nothing changed.
///
/// # Errors
/// When the database fails.
pub async fn renew(
    tx: &mut Tx,
    job: &Job,
    token: Uuid,
    until: Timestamp,
) -> Result<bool, StoreError> {
    let rows = on!(tx, |conn| sqlx::query(RENEW)
        .bind(&job.site)
        .bind(job.id)
        .bind(token)
        .bind(until.as_microsecond())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Ends an attempt; `false` when the lease was lost to another process, and then nothing changed.
///
/// # Errors
/// When the database fails.
pub async fn settle(
    tx: &mut Tx,
    job: &Job,
    token: Uuid,
    outcome: &Outcome,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let (state, available_at, reason, finished_at) = match outcome {
        Outcome::Later { at } => return put_off(tx, job, token, *at).await,
        Outcome::TooEarly { at, reason } => return too_early(tx, job, token, *at, reason).await,
        Outcome::Done | Outcome::Unneeded => ("done", job.available_at, None, Some(now)),
        Outcome::Withheld { reason } => {
            let reason = reason.describe();
            ("done", job.available_at, Some(reason), Some(now))
        }
        Outcome::Again { at, reason } => ("ready", *at, Some(reason.as_str()), None),
        Outcome::Unanswered { at } => ("ready", *at, Some(UNANSWERED), None),
        Outcome::Dead { reason } => ("dead", job.available_at, Some(reason.as_str()), Some(now)),
    };
    let rows = on!(tx, |conn| sqlx::query(SETTLE)
        .bind(&job.site)
        .bind(job.id)
        .bind(token)
        .bind(state)
        .bind(available_at.as_microsecond())
        .bind(reason)
        .bind(finished_at.map(Timestamp::as_microsecond))
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Lets a job rest that came too early.
async fn too_early(
    tx: &mut Tx,
    job: &Job,
    token: Uuid,
    at: Timestamp,
    reason: &str,
) -> Result<bool, StoreError> {
    let rows = on!(tx, |conn| sqlx::query(TOO_EARLY)
        .bind(&job.site)
        .bind(job.id)
        .bind(token)
        .bind(at.as_microsecond())
        .bind(reason)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Some of what a leased job is for was done: its attempts are counted from this one on. `false` when the lease was lost to another process.
///
/// # Errors
/// When the database fails.
pub async fn went_further(tx: &mut Tx, job: &Job, token: Uuid) -> Result<bool, StoreError> {
    let rows = on!(tx, |conn| sqlx::query(WENT_FURTHER)
        .bind(&job.site)
        .bind(job.id)
        .bind(token)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Lets a job that succeeded rest until `at`, when it begins from the beginning.
async fn put_off(tx: &mut Tx, job: &Job, token: Uuid, at: Timestamp) -> Result<bool, StoreError> {
    let rows = on!(tx, |conn| sqlx::query(PUT_OFF)
        .bind(&job.site)
        .bind(job.id)
        .bind(token)
        .bind(at.as_microsecond())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// How many jobs of a lane are due and not done, and since when the oldest of them is.
///
/// # Errors
/// When the database fails.
pub async fn overdue(
    tx: &mut Tx,
    lane: &Lane,
    now: Timestamp,
) -> Result<(u64, Option<Timestamp>), StoreError> {
    let (count, since): (i64, Option<i64>) = on!(tx, |conn| sqlx::query_as(OVERDUE)
        .bind(lane.as_str())
        .bind(now.as_microsecond())
        .fetch_one(conn)
        .await)?;
    let since = since.map(|at| instant("jobs", at)).transpose()?;
    Ok((super::unsigned("jobs", count)?, since))
}

/// When the next job of a lane becomes due.
///
/// # Errors
/// When the database fails.
pub async fn next_at(tx: &mut Tx, lane: &Lane) -> Result<Option<Timestamp>, StoreError> {
    let at: Option<i64> = on!(tx, |conn| sqlx::query_scalar(NEXT_AT)
        .bind(lane.as_str())
        .fetch_one(conn)
        .await)?;
    at.map(|at| instant("jobs", at)).transpose()
}

/// Makes every job of a lane due that failed and waits; the oldest is first again. A mail that may have arrived waits on. Answers how many were made due.
///
/// # Errors
/// When the database fails.
pub async fn bring_forward(tx: &mut Tx, lane: &Lane, now: Timestamp) -> Result<u64, StoreError> {
    Ok(on!(tx, |conn| sqlx::query(BRING_FORWARD)
        .bind(now.as_microsecond())
        .bind(UNANSWERED)
        .bind(lane.as_str())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?)
}

/// Jobs of all sites in a state, the newest first; timers that wait for their time are not among them.
///
/// # Errors
/// When the database fails.
pub async fn list(tx: &mut Tx, state: &str, most: u32) -> Result<Vec<Job>, StoreError> {
    let rows: Vec<Row> = on!(tx, |conn| sqlx::query_as(LIST)
        .bind(state)
        .bind(i64::from(most))
        .fetch_all(conn)
        .await)?;
    rows.into_iter().map(Job::try_from).collect()
}

/// The jobs about a ticket, the oldest first.
///
/// # Errors
/// When the database fails.
pub async fn of_ticket(tx: &mut Tx, site: &str, ticket: Uuid) -> Result<Vec<Job>, StoreError> {
    let rows: Vec<Row> = on!(tx, |conn| sqlx::query_as(OF_TICKET)
        .bind(site)
        .bind(ticket)
        .fetch_all(conn)
        .await)?;
    rows.into_iter().map(Job::try_from).collect()
}

/// Starts a dead letter again, from the beginning; `None` when there is no dead letter with this id.
///
/// # Errors
/// When the database fails.
pub async fn revive(tx: &mut Tx, id: Uuid, now: Timestamp) -> Result<Option<Job>, StoreError> {
    let row: Option<Row> = on!(tx, |conn| sqlx::query_as(REVIVE)
        .bind(id)
        .bind(now.as_microsecond())
        .fetch_optional(conn)
        .await)?;
    row.map(Job::try_from).transpose()
}

/// How many jobs are `ready` and how many `dead`. Timers are ready for months and count as neither until they die; see [`overdue`].
///
/// # Errors
/// When the database fails.
pub async fn count(tx: &mut Tx) -> Result<(u64, u64), StoreError> {
    let rows: Vec<(String, i64)> = on!(tx, |conn| sqlx::query_as(COUNT).fetch_all(conn).await)?;
    let of = |state: &str| {
        rows.iter()
            .find(|(name, _)| name == state)
            .map_or(Ok(0), |(_, count)| super::unsigned("jobs", *count))
    };
    Ok((of("ready")?, of("dead")?))
}
