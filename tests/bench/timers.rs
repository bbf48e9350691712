//! A million open tickets with a timer each: how the next due one is found, leased and moved, and how a page of tickets is looked through.

use std::time::Instant;

use cornerdesk_ingest::{
    outbox::lane::Lane,
    store::{self, jobs::End},
};
use cornerdesk_tests::{Database, postgres::as_superuser, service::SITE};
use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

use crate::{
    Figures,
    many_tickets::{self, BEGINNING, Statements, fill, id},
    report::row,
};

/// Open tickets.
const TICKETS: i64 = 1_000_000;
/// Timers that are due; all others lie ahead.
const DUE: i64 = 1_000;
/// Times that each is done.
const TIMES: usize = 200;
/// In microseconds.
const SECOND: i64 = 1_000_000;

/// A ticket and its timer.
const ROWS: Statements = Statements {
    sqlite: [
        "insert into tickets (site_id, ticket_id, reference, summary, description, email, locale, context, status, received_at, policy_version)
         select $2, unhex(printf('%032x', value->>0)), value->>1, 'A summary', 'A description', 'a@b.example', 'en', '{}', 'open', $3 + (value->>0), 1
         from json_each($1)",
        "insert into jobs (site_id, job_id, ticket_id, kind, payload, state, attempts, available_at, created_at, lane)
         select $2, unhex(printf('%032x', value->>0)), unhex(printf('%032x', value->>0)), 'check_clock', '{}', 'ready', 0, $3 + (value->>0) * 1000000, $3, 'clock'
         from json_each($1)",
    ],
    postgres: [
        "insert into tickets (site_id, ticket_id, reference, summary, description, email, locale, context, status, received_at, policy_version)
         select $3, lpad(to_hex(n), 32, '0')::uuid, reference, 'A summary', 'A description', 'a@b.example', 'en', '{}', 'open', $4 + n, 1
         from unnest($1::bigint[], $2::text[]) as rows (n, reference)",
        "insert into jobs (site_id, job_id, ticket_id, kind, payload, state, attempts, available_at, created_at, lane)
         select $3, lpad(to_hex(n), 32, '0')::uuid, lpad(to_hex(n), 32, '0')::uuid, 'check_clock', '{}', 'ready', 0, $4 + n * 1000000, $4, 'clock'
         from unnest($1::bigint[], $2::text[]) as rows (n, reference)",
    ],
};

/// A database that holds a million timers, on SQLite or PostgreSQL.
pub async fn measure(figures: &mut Figures, database: Database) {
    let (url, store) = many_tickets::open(database).await;
    fill(&url, 1..=TICKETS, &ROWS).await;
    let now = at(DUE);
    let next = times(async |_| {
        let mut tx = store.read().await.expect("a transaction");
        let next = store::jobs::next_at(&mut tx, &Lane::Clock).await;
        assert_eq!(next.expect("an instant"), Some(at(1)));
        tx.rollback().await.expect("an end");
    })
    .await;
    let lease = times(async |_| {
        let mut tx = store.write().await.expect("a transaction");
        let until = at(DUE + 60);
        let jobs = store::jobs::lease(
            &mut tx,
            Uuid::nil(),
            (now, until),
            &Lane::Clock,
            End::Oldest,
            2,
        );
        assert_eq!(jobs.await.expect("jobs").len(), 2);
        tx.rollback().await.expect("an end");
    })
    .await;
    let moved = times(async |number| {
        let mut tx = store.write().await.expect("a transaction");
        let ticket = id(TICKETS / 2 + number);
        store::jobs::set_timer(&mut tx, SITE, ticket, Some(at(TICKETS)), now)
            .await
            .expect("a timer");
        tx.commit().await.expect("a commit");
    })
    .await;
    let overdue = times(async |_| {
        let mut tx = store.read().await.expect("a transaction");
        let found = store::jobs::overdue(&mut tx, &Lane::Clock, now).await;
        assert_eq!(found.expect("a count"), (DUE.unsigned_abs(), Some(at(1))));
        tx.rollback().await.expect("an end");
    })
    .await;
    figures.add(
        "timers",
        row(&[
            ("database", json!(format!("{database:?}"))),
            ("timers", json!(TICKETS)),
            ("next due p50 ms", json!(next.0)),
            ("next due p95 ms", json!(next.1)),
            ("two leased p50 ms", json!(lease.0)),
            ("two leased p95 ms", json!(lease.1)),
            ("moved p50 ms", json!(moved.0)),
            ("moved p95 ms", json!(moved.1)),
            ("overdue counted p50 ms", json!(overdue.0)),
        ]),
    );
    println!("{database:?}: {}", plan(&url).await);
    store.close().await;
    if let Some(file) = url.strip_prefix("sqlite://") {
        for end in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{file}{end}"));
        }
    }
}

/// How the database goes about the next due timer.
async fn plan(url: &str) -> String {
    let statements = store::statements();
    let (_, sql) = statements
        .iter()
        .find(|(name, _)| name.ends_with("jobs::NEXT_AT"))
        .expect("the statement");
    if url.starts_with("sqlite:") {
        let pool = sqlx::SqlitePool::connect(url).await.expect("it is there");
        let explain = sqlx::AssertSqlSafe(format!("explain query plan {sql}"));
        let rows: Vec<(i64, i64, i64, String)> = sqlx::query_as(explain)
            .bind("clock")
            .fetch_all(&pool)
            .await
            .expect("a plan");
        rows.into_iter().map(|(.., step)| step).collect()
    } else {
        let pool = sqlx::PgPool::connect(&as_superuser(url))
            .await
            .expect("it is there");
        let explain = sqlx::AssertSqlSafe(format!("explain {sql}"));
        let rows: Vec<String> = sqlx::query_scalar(explain)
            .bind("clock")
            .fetch_all(&pool)
            .await
            .expect("a plan");
        rows.join("\n")
    }
}

fn at(number: i64) -> Timestamp {
    Timestamp::from_microsecond(BEGINNING + number * SECOND).expect("in range")
}

/// Median and 95th percentile, in milliseconds.
async fn times(mut act: impl AsyncFnMut(i64)) -> (f64, f64) {
    let mut took = Vec::new();
    for number in 0..TIMES {
        let began = Instant::now();
        act(i64::try_from(number).expect("a few")).await;
        took.push(began.elapsed().as_secs_f64() * 1000.0);
    }
    took.sort_by(f64::total_cmp);
    (took[TIMES / 2], took[TIMES * 95 / 100])
}
