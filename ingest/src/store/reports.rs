//! What reports count. Each statement walks the tickets of a period by their arrival; a site of `''` means all.

use jiff::Timestamp;
use uuid::Uuid;

use super::{StoreError, Tx, clocks, instant, list_statements, tx::on, unsigned};
use crate::{
    reports::{Paused, Ratings, Standing, Took, export::Exported},
    staff::VisibleSites,
};

list_statements! {
    ARRIVALS = "
        select received_at / 900000000 as quarter, count(*) as tickets
        from tickets
        where held is null and received_at >= $1 and received_at < $2 and ($3 = '' or site_id = $3)
            and ($4 = 1 or tickets.site_id in (select staff_sites.site_id from staff_sites where staff_sites.staff_id = $5))
        group by received_at / 900000000
        order by received_at / 900000000
    ";
    BY_STATUS = "
        select status, count(*) as tickets
        from tickets
        where held is null and received_at >= $1 and received_at < $2 and ($3 = '' or site_id = $3)
            and ($4 = 1 or tickets.site_id in (select staff_sites.site_id from staff_sites where staff_sites.staff_id = $5))
        group by status
        order by status
    ";
    FIRST_RESPONSES = "
        select status, reason, is_answered, count(*) as tickets
        from (
            select case when clocks.status = 'running' and clocks.due_at <= $6 then 'breached' else clocks.status end as status, clocks.reason,
                case when exists (
                    select 1 from timeline
                    where timeline.site_id = tickets.site_id and timeline.ticket_id = tickets.ticket_id and timeline.kind = 'answered'
                ) then 1 else 0 end as is_answered
            from tickets
            left join clocks on clocks.site_id = tickets.site_id and clocks.ticket_id = tickets.ticket_id and clocks.metric = 'first_response'
            where tickets.held is null and tickets.received_at >= $1 and tickets.received_at < $2 and ($3 = '' or tickets.site_id = $3)
                and ($4 = 1 or tickets.site_id in (select staff_sites.site_id from staff_sites where staff_sites.staff_id = $5))
        ) as standings
        group by status, reason, is_answered
    ";
    TIMES = "
        with answered as (
            select tickets.priority, tickets.plan, min(timeline.at) - tickets.received_at as took
            from tickets
            join timeline on timeline.site_id = tickets.site_id and timeline.ticket_id = tickets.ticket_id and timeline.kind = 'answered'
            where tickets.held is null and tickets.received_at >= $1 and tickets.received_at < $2 and ($3 = '' or tickets.site_id = $3)
                and ($4 = 1 or tickets.site_id in (select staff_sites.site_id from staff_sites where staff_sites.staff_id = $5))
            group by tickets.site_id, tickets.ticket_id, tickets.priority, tickets.plan, tickets.received_at
        ), ranked as (
            select priority, plan, took,
                row_number() over (partition by priority, plan order by took) as place,
                count(*) over (partition by priority, plan) as answered
            from answered
        )
        select priority, plan, answered,
            max(case when place = (answered + 1) / 2 then took end) as median,
            max(case when place = (answered * 9 + 9) / 10 then took end) as p90
        from ranked
        group by priority, plan, answered
        order by priority, plan
    ";
    PAUSED = "
        with steps as (
            select tickets.site_id, tickets.ticket_id, timeline.kind, timeline.data ->> 'reason' as reason, timeline.at,
                lead(timeline.at) over (partition by timeline.site_id, timeline.ticket_id order by timeline.seq) as ended_at
            from tickets
            join timeline on timeline.site_id = tickets.site_id and timeline.ticket_id = tickets.ticket_id
            where tickets.held is null and tickets.received_at >= $1 and tickets.received_at < $2 and ($3 = '' or tickets.site_id = $3)
                and ($4 = 1 or tickets.site_id in (select staff_sites.site_id from staff_sites where staff_sites.staff_id = $5))
                and (timeline.kind in ('paused', 'resumed', 'merged_into')
                    or (timeline.kind = 'status_changed' and timeline.data ->> 'to' in ('solved', 'closed')))
        ), pauses as (
            select reason, ticket_id, coalesce(ended_at, $6) - at as took from steps where kind = 'paused'
        )
        select reason, count(distinct ticket_id) as tickets, count(*) as pauses,
            cast(sum(case when took > 0 then took else 0 end) as bigint) as took
        from pauses
        group by reason
        order by reason
    ";
    RATINGS = "
        select ratings.is_good, count(*) as tickets
        from tickets
        join ratings on ratings.site_id = tickets.site_id and ratings.ticket_id = tickets.ticket_id
        where tickets.held is null and tickets.received_at >= $1 and tickets.received_at < $2 and ($3 = '' or tickets.site_id = $3)
            and ($4 = 1 or tickets.site_id in (select staff_sites.site_id from staff_sites where staff_sites.staff_id = $5))
        group by ratings.is_good
    ";
    VERDICTS = "
        select verdict, cast(sum(votes) as bigint) as votes
        from article_votes
        where ($1 = '' or site_id = $1) and ($2 = 1 or site_id in (select staff_sites.site_id from staff_sites where staff_sites.staff_id = $3))
        group by verdict
        order by verdict
    ";
    EXPORT = "
        select tickets.ticket_id, tickets.reference, tickets.site_id, tickets.summary, tickets.status, tickets.category, tickets.priority, tickets.plan,
            tickets.received_at, clocks.due_at, clocks.status as clock,
            (select min(at) from timeline
                where timeline.site_id = tickets.site_id and timeline.ticket_id = tickets.ticket_id and timeline.kind = 'answered') as answered_at
        from tickets
        left join clocks on clocks.site_id = tickets.site_id and clocks.ticket_id = tickets.ticket_id and clocks.metric = 'first_response'
        where tickets.held is null and (tickets.received_at, tickets.ticket_id) > ($1, $2) and tickets.received_at < $3
            and ($4 = '' or tickets.site_id = $4)
            and ($6 = 1 or tickets.site_id in (select staff_sites.site_id from staff_sites where staff_sites.staff_id = $7))
        order by tickets.received_at, tickets.ticket_id
        limit $5
    ";
}

/// Of which tickets: received from here until there, of a site or (`None`) of all.
#[derive(Clone, Copy, Debug)]
pub struct Which<'a> {
    /// The first instant.
    pub from: Timestamp,
    /// The first after the last.
    pub until: Timestamp,
    /// The site's key.
    pub site: Option<&'a str>,
    /// Of these alone.
    pub visible: &'a VisibleSites,
}

/// Gives a statement its first five parameters: which tickets.
macro_rules! of {
    ($query:expr, $which:expr) => {
        $query
            .bind($which.from.as_microsecond())
            .bind($which.until.as_microsecond())
            .bind($which.site.unwrap_or_default())
            .bind($which.visible.all_flag())
            .bind($which.visible.staff())
    };
}

/// How many came in each quarter of an hour since 1970 in which any came.
///
/// # Errors
/// When the database fails.
pub async fn arrivals(tx: &mut Tx, which: Which<'_>) -> Result<Vec<(i64, u64)>, StoreError> {
    let rows: Vec<(i64, i64)> = on!(tx, |conn| of!(sqlx::query_as(ARRIVALS), which)
        .fetch_all(conn)
        .await)?;
    rows.into_iter()
        .map(|(quarter, count)| Ok((quarter, unsigned("tickets", count)?)))
        .collect()
}

/// How many stand where, by the name of the status.
///
/// # Errors
/// When the database fails.
pub async fn by_status(tx: &mut Tx, which: Which<'_>) -> Result<Vec<(String, u64)>, StoreError> {
    let rows: Vec<(String, i64)> = on!(tx, |conn| of!(sqlx::query_as(BY_STATUS), which)
        .fetch_all(conn)
        .await)?;
    rows.into_iter()
        .map(|(status, count)| Ok((status, unsigned("tickets", count)?)))
        .collect()
}

#[derive(sqlx::FromRow)]
struct StandingRow {
    status: Option<String>,
    reason: Option<String>,
    is_answered: i32,
    tickets: i64,
}

/// How the clocks of the first response stand: what was due before `now` is late, although its clock has not been looked at since.
///
/// # Errors
/// When the database fails.
pub async fn first_responses(
    tx: &mut Tx,
    which: Which<'_>,
    now: Timestamp,
) -> Result<Vec<Standing>, StoreError> {
    let rows: Vec<StandingRow> = on!(tx, |conn| of!(sqlx::query_as(FIRST_RESPONSES), which)
        .bind(now.as_microsecond())
        .fetch_all(conn)
        .await)?;
    rows.into_iter()
        .map(|row| {
            Ok(Standing {
                status: row.status.as_deref().map(status_of).transpose()?,
                reason: row.reason,
                is_answered: row.is_answered == 1,
                tickets: unsigned("tickets", row.tickets)?,
            })
        })
        .collect()
}

fn status_of(name: &str) -> Result<clocks::Status, StoreError> {
    clocks::Status::from_name(name).ok_or(StoreError::Corrupt {
        table: "clocks",
        fault: "an unknown status",
    })
}

#[derive(sqlx::FromRow)]
struct TookRow {
    priority: Option<String>,
    plan: Option<String>,
    answered: i64,
    median: Option<i64>,
    p90: Option<i64>,
}

/// How long first answers took, by priority and plan.
///
/// # Errors
/// When the database fails.
pub async fn times(tx: &mut Tx, which: Which<'_>) -> Result<Vec<Took>, StoreError> {
    let rows: Vec<TookRow> = on!(tx, |conn| of!(sqlx::query_as(TIMES), which)
        .fetch_all(conn)
        .await)?;
    // A clock that was put back makes an answer before its question.
    let seconds = |microseconds: Option<i64>| {
        let seconds = microseconds.unwrap_or_default() / 1_000_000;
        u64::try_from(seconds).unwrap_or_default()
    };
    rows.into_iter()
        .map(|row| {
            Ok(Took {
                priority: row.priority,
                plan: row.plan,
                answered: unsigned("timeline", row.answered)?,
                median_s: seconds(row.median),
                p90_s: seconds(row.p90),
            })
        })
        .collect()
}

/// How long tickets stood still, by what they waited for: each pause ends when the clock goes on, or the ticket is solved, closed or merged; one that lasts
/// is counted until `now`.
///
/// # Errors
/// When the database fails.
pub async fn paused(
    tx: &mut Tx,
    which: Which<'_>,
    now: Timestamp,
) -> Result<Vec<Paused>, StoreError> {
    let rows: Vec<(Option<String>, i64, i64, i64)> =
        on!(tx, |conn| of!(sqlx::query_as(PAUSED), which)
            .bind(now.as_microsecond())
            .fetch_all(conn)
            .await)?;
    rows.into_iter()
        .map(|(reason, tickets, pauses, took)| {
            Ok(Paused {
                reason: reason.unwrap_or_else(|| "unknown".to_owned()),
                tickets: unsigned("tickets", tickets)?,
                pauses: unsigned("timeline", pauses)?,
                took_s: unsigned("timeline", took / 1_000_000)?,
            })
        })
        .collect()
}

/// What requesters thought of the help that they got.
///
/// # Errors
/// When the database fails.
pub async fn ratings(tx: &mut Tx, which: Which<'_>) -> Result<Ratings, StoreError> {
    let rows: Vec<(i32, i64)> = on!(tx, |conn| of!(sqlx::query_as(RATINGS), which)
        .fetch_all(conn)
        .await)?;
    let mut ratings = Ratings::default();
    for (is_good, count) in rows {
        let count = unsigned("ratings", count)?;
        if is_good == 1 {
            ratings.good += count;
        } else {
            ratings.not_good += count;
        }
    }
    Ok(ratings)
}

/// What readers of articles have said since the beginning, by verdict.
///
/// # Errors
/// When the database fails.
pub async fn verdicts(tx: &mut Tx, which: Which<'_>) -> Result<Vec<(String, u64)>, StoreError> {
    let rows: Vec<(String, i64)> = on!(tx, |conn| sqlx::query_as(VERDICTS)
        .bind(which.site.unwrap_or_default())
        .bind(which.visible.all_flag())
        .bind(which.visible.staff())
        .fetch_all(conn)
        .await)?;
    rows.into_iter()
        .map(|(verdict, votes)| Ok((verdict, unsigned("article_votes", votes)?)))
        .collect()
}

#[derive(sqlx::FromRow)]
struct ExportRow {
    ticket_id: Uuid,
    reference: String,
    site_id: String,
    summary: String,
    status: String,
    category: Option<String>,
    priority: Option<String>,
    plan: Option<String>,
    received_at: i64,
    due_at: Option<i64>,
    clock: Option<String>,
    answered_at: Option<i64>,
}

/// At most `most` tickets for a table, the oldest first.
///
/// # Errors
/// When the database fails.
pub async fn export(
    tx: &mut Tx,
    which: Which<'_>,
    most: usize,
) -> Result<Vec<Exported>, StoreError> {
    const AT_ONCE: usize = 1_000;
    let mut all: Vec<Exported> = Vec::new();
    let (mut at, mut id) = (which.from.as_microsecond().saturating_sub(1), Uuid::max());
    loop {
        let rows: Vec<ExportRow> = on!(tx, |conn| sqlx::query_as(EXPORT)
            .bind(at)
            .bind(id)
            .bind(which.until.as_microsecond())
            .bind(which.site.unwrap_or_default())
            .bind(i64::try_from(AT_ONCE.min(most - all.len())).unwrap_or(i64::MAX))
            .bind(which.visible.all_flag())
            .bind(which.visible.staff())
            .fetch_all(conn)
            .await)?;
        let Some(last) = rows.last() else {
            return Ok(all);
        };
        (at, id) = (last.received_at, last.ticket_id);
        for row in rows {
            all.push(exported(row)?);
        }
        if all.len() >= most {
            return Ok(all);
        }
    }
}

fn exported(row: ExportRow) -> Result<Exported, StoreError> {
    let maybe = |table, at: Option<i64>| at.map(|at| instant(table, at)).transpose();
    Ok(Exported {
        reference: row.reference,
        site: row.site_id,
        summary: row.summary,
        status: row.status,
        category: row.category,
        priority: row.priority,
        plan: row.plan,
        received_at: instant("tickets", row.received_at)?,
        answered_at: maybe("timeline", row.answered_at)?,
        due_at: maybe("clocks", row.due_at)?,
        clock: row.clock.as_deref().map(status_of).transpose()?,
    })
}
