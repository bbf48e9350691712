//! Jobs of which there is one for each thing that they are about, ordered again and again.

use jiff::Timestamp;
use serde_json::Value;
use sqlx::types::Json;
use uuid::Uuid;

use super::Row;
use crate::{
    outbox::{lane::Lane, route_ticket},
    store::{StoreError, Tx, jobs::Job, list_statements, tx::on},
};

list_statements! {
    ROUTE = "
        insert into jobs (site_id, job_id, kind, payload, state, attempts, available_at, created_at, ticket_id, lane)
        select $1, $2, 'route_ticket', $3, 'ready', 0, $4, $4, $5, 'route'
        where exists (select 1 from destination_states where removed_at is null)
        on conflict (site_id, job_id) do update
        set state = 'ready', attempts = 0, available_at = $4, created_at = $4, lease_token = null, last_error = null, finished_at = null
    ";
    ORDER = "
        insert into jobs (site_id, job_id, kind, payload, state, attempts, available_at, created_at, ticket_id, lane)
        values ($1, $2, $3, $4, 'ready', 0, $5, $5, $6, $7)
        on conflict (site_id, job_id) do update
        set state = 'ready', attempts = 0, available_at = $5, created_at = $5, lease_token = null, last_error = null, finished_at = null
        where jobs.state <> 'ready' or jobs.lease_token is null
    ";
    REOPEN = "
        update jobs
        set state = 'ready', attempts = 0, available_at = $3, created_at = $3, lease_token = null, last_error = null, finished_at = null
        where site_id = $1 and job_id = $2 and state <> 'ready'
    ";
    BEGIN_ANEW = "
        update jobs
        set attempts = 0, available_at = $2, created_at = $2
        where state = 'ready' and lane = $1 and lease_token is null
    ";
    REVIVE_ALL = "
        update jobs
        set state = 'ready', available_at = $2, created_at = $2, attempts = 0, finished_at = null
        where state = 'dead' and lane = $1
    ";
    DEAD_OF = "
        select site_id, job_id, kind, cast(payload as text) as payload, state, attempts, available_at, last_error, created_at, finished_at
        from jobs
        where state = 'dead' and lane = $1
        order by created_at desc
        limit $2
    ";
    STANDING = "
        select count(*), min(created_at) from jobs where state = 'ready' and lane = $1
    ";
}

/// Asks for what happened to a ticket to be handed on to the destinations, in the transaction of the fact; nothing happens where there are none. A run that is
/// under way loses its lease, so that it cannot end without having seen the fact. Who has committed calls `NewJobs::announce`.
///
/// # Errors
/// When the database fails.
pub async fn order_routing(
    tx: &mut Tx,
    site: &str,
    ticket: Uuid,
    now: Timestamp,
) -> Result<(), StoreError> {
    let payload = route_ticket::payload(ticket, now);
    on!(tx, |conn| sqlx::query(ROUTE)
        .bind(site)
        .bind(route_ticket::id_of(site, ticket))
        .bind(Json(&payload))
        .bind(now.as_microsecond())
        .bind(ticket)
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

/// Puts a job, or makes it due again when it is over or waits. One that runs is left alone: how it learns that it was wanted again is its own affair.
///
/// # Errors
/// When the database fails.
pub async fn order(
    tx: &mut Tx,
    site: &str,
    id: Uuid,
    kind: &str,
    payload: &Value,
    now: Timestamp,
) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(ORDER)
        .bind(site)
        .bind(id)
        .bind(kind)
        .bind(Json(payload))
        .bind(now.as_microsecond())
        .bind(super::ticket_of(payload))
        .bind(Lane::of(kind, payload).as_str())
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

/// Makes a job due again that has just been settled, in the same transaction.
///
/// # Errors
/// When the database fails.
pub async fn reopen(tx: &mut Tx, job: &Job, now: Timestamp) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(REOPEN)
        .bind(&job.site)
        .bind(job.id)
        .bind(now.as_microsecond())
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

/// Makes everything due that waits in a lane, with patience from the beginning. Answers how many.
///
/// # Errors
/// When the database fails.
pub async fn begin_anew(tx: &mut Tx, lane: &Lane, now: Timestamp) -> Result<u64, StoreError> {
    Ok(on!(tx, |conn| sqlx::query(BEGIN_ANEW)
        .bind(lane.as_str())
        .bind(now.as_microsecond())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?)
}

/// Starts every dead letter of a lane again, from the beginning. Answers how many.
///
/// # Errors
/// When the database fails.
pub async fn revive_all(tx: &mut Tx, lane: &Lane, now: Timestamp) -> Result<u64, StoreError> {
    Ok(on!(tx, |conn| sqlx::query(REVIVE_ALL)
        .bind(lane.as_str())
        .bind(now.as_microsecond())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?)
}

/// Dead letters of a lane, the newest first.
///
/// # Errors
/// When the database fails.
pub async fn dead_of(tx: &mut Tx, lane: &Lane, most: u32) -> Result<Vec<Job>, StoreError> {
    let rows: Vec<Row> = on!(tx, |conn| sqlx::query_as(DEAD_OF)
        .bind(lane.as_str())
        .bind(i64::from(most))
        .fetch_all(conn)
        .await)?;
    rows.into_iter().map(Job::try_from).collect()
}

/// How many jobs of a lane wait or run, and since when the oldest of them.
///
/// # Errors
/// When the database fails.
pub async fn standing(tx: &mut Tx, lane: &Lane) -> Result<(u64, Option<Timestamp>), StoreError> {
    let (count, since): (i64, Option<i64>) = on!(tx, |conn| sqlx::query_as(STANDING)
        .bind(lane.as_str())
        .fetch_one(conn)
        .await)?;
    let since = since.map(|at| crate::store::instant("jobs", at));
    Ok((crate::store::unsigned("jobs", count)?, since.transpose()?))
}
