//! The one timer of each ticket.

use jiff::Timestamp;
use sqlx::types::Json;
use uuid::Uuid;

use crate::{
    ids,
    store::{StoreError, Tx, expect_rows, list_statements, tx::on},
};

list_statements! {
    SET_TIMER = "
        insert into jobs (site_id, job_id, kind, payload, state, attempts, available_at, created_at, ticket_id, lane)
        values ($1, $2, 'check_clock', $3, 'ready', 0, $4, $4, $5, 'clock')
        on conflict (site_id, ticket_id) where lane = 'clock' do update
        set state = 'ready', attempts = 0, available_at = $4, created_at = $4, lease_token = null, last_error = null, finished_at = null
    ";
    WITHDRAW_TIMER = "
        update jobs
        set state = 'done', lease_token = null, last_error = null, finished_at = $3
        where site_id = $1 and ticket_id = $2 and lane = 'clock' and state <> 'done'
    ";
    TIMERS_OF_A_PAGE = "
        select t.site_id, t.ticket_id, (
            j.job_id is null
            or j.state = 'done' and t.held is null and t.status not in ('solved', 'closed') and exists (
                select 1 from clocks c
                where c.site_id = t.site_id and c.ticket_id = t.ticket_id and c.status = 'running' and c.due_at > $4
            )
        ) as is_missing
        from (
            select site_id, ticket_id, held, policy_version, status
            from tickets
            where (site_id, ticket_id) > ($1, $2)
            order by site_id, ticket_id
            limit $3
        ) t
        left join jobs j on j.site_id = t.site_id and j.ticket_id = t.ticket_id and j.lane = 'clock'
        where t.policy_version is not null
        order by t.site_id, t.ticket_id
    ";
}

/// Sets the one timer of a ticket, in the transaction of the fact that moves its clock: puts it, moves it, or with `at = None` withdraws it.
///
/// When in doubt, set it to now: a timer that finds nothing to do sets itself to the next alarm. A check that is running meanwhile loses its
/// lease, so that it cannot put the timer back to where it was. Who has committed calls `NewJobs::announce`.
///
/// # Errors
/// When the database fails.
pub async fn set_timer(
    tx: &mut Tx,
    site: &str,
    ticket: Uuid,
    at: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let Some(at) = at else {
        on!(tx, |conn| sqlx::query(WITHDRAW_TIMER)
            .bind(site)
            .bind(ticket)
            .bind(now.as_microsecond())
            .execute(conn)
            .await
            .map(drop))?;
        return Ok(());
    };
    let payload = serde_json::json!({ "ticket_id": ticket });
    let rows = on!(tx, |conn| sqlx::query(SET_TIMER)
        .bind(site)
        .bind(ids::new_id())
        .bind(Json(&payload))
        .bind(at.as_microsecond())
        .bind(ticket)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    expect_rows(rows, 1)
}

/// A ticket, as a place in the order of all.
pub type Place = (String, Uuid);

/// Looks through a page of tickets for ones that want a timer and have none: written by a program that knew no timers, or put back from a
/// copy. Answers them; the page begins after `after`.
///
/// # Errors
/// When the database fails.
pub async fn without_timer(
    tx: &mut Tx,
    after: &Place,
    most: u32,
    now: Timestamp,
) -> Result<Vec<Place>, StoreError> {
    let rows: Vec<(String, Uuid, bool)> = on!(tx, |conn| sqlx::query_as(TIMERS_OF_A_PAGE)
        .bind(&after.0)
        .bind(after.1)
        .bind(i64::from(most))
        .bind(now.as_microsecond())
        .fetch_all(conn)
        .await)?;
    let missing = rows.into_iter().filter(|(_, _, is_missing)| *is_missing);
    Ok(missing.map(|(site, ticket, _)| (site, ticket)).collect())
}
