//! The list of tickets with a thousand, a hundred thousand and a million of them: the first page, one in the middle, the last.
//!
//! There is no search yet, so none is measured.

use std::time::Instant;

use cornerdesk_ingest::store::{self, Store, sites::Source, tickets::Cursor};
use cornerdesk_shared::reference::Reference;
use cornerdesk_tests::{Database, postgres::as_superuser, service::SITE};
use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

use crate::{Figures, report::row};

/// Tickets on a page, as at the desk.
const PAGE: u32 = 51;
/// Looks at a page; the median counts.
const LOOKS: usize = 15;
/// When the first ticket came, in microseconds.
const BEGINNING: i64 = 1_700_000_000_000_000;

/// A database that grows, on SQLite or PostgreSQL.
pub async fn measure(figures: &mut Figures, database: Database) {
    let url = database.new_url();
    let store = Store::open(&url, 4).await.expect("a new database");
    let mut tx = store.write().await.expect("a transaction");
    store::sites::put(&mut tx, &crate::site(), Source::File, Timestamp::UNIX_EPOCH)
        .await
        .expect("a site");
    tx.commit().await.expect("a commit");
    let mut there = 0;
    for count in [1_000, 100_000, 1_000_000] {
        fill(&url, there, count).await;
        there = count;
        let first = page(&store, Cursor::TOP).await;
        let middle = page(&store, below(count / 2)).await;
        let last = page(&store, below(i64::from(PAGE))).await;
        let one = one_ticket(&store, count / 2).await;
        figures.add(
            "lists",
            row(&[
                ("database", json!(format!("{database:?}"))),
                ("tickets", json!(count)),
                ("first page ms", json!(first)),
                ("page in the middle ms", json!(middle)),
                ("last page ms", json!(last)),
                ("one ticket with its jobs ms", json!(one)),
                ("count ms", json!(counted(&store).await)),
            ]),
        );
    }
    store.close().await;
}

/// Tickets with a job each, made by the database itself.
async fn fill(url: &str, from: i64, to: i64) {
    let numbers: Vec<i64> = (from..to).collect();
    if url.starts_with("sqlite:") {
        let pool = sqlx::SqlitePool::connect(url)
            .await
            .expect("the database is there");
        for chunk in numbers.chunks(50_000) {
            let rows: Vec<_> = chunk
                .iter()
                .map(|number| (number, reference(*number)))
                .collect();
            for statement in [
                "insert into tickets (site_id, ticket_id, reference, summary, description, email, locale, context, status, received_at)
                 select $2, unhex(printf('%032x', value->>0)), value->>1, 'A summary', 'A description', 'a@b.example', 'en', '{}', 'new', $3 + (value->>0)
                 from json_each($1)",
                "insert into jobs (site_id, job_id, ticket_id, kind, payload, state, attempts, available_at, created_at)
                 select $2, unhex(printf('%032x', value->>0)), unhex(printf('%032x', value->>0)), 'acknowledge', '{}', 'done', 1, $3, $3
                 from json_each($1)",
            ] {
                let query = sqlx::query(statement).bind(json!(rows).to_string()).bind(SITE).bind(BEGINNING);
                query.execute(&pool).await.expect("rows");
            }
        }
        sqlx::query("analyze")
            .execute(&pool)
            .await
            .expect("statistics");
        pool.close().await;
    } else {
        let pool = sqlx::PgPool::connect(&as_superuser(url))
            .await
            .expect("the database is there");
        for chunk in numbers.chunks(50_000) {
            let references: Vec<String> = chunk.iter().copied().map(reference).collect();
            for statement in [
                "insert into tickets (site_id, ticket_id, reference, summary, description, email, locale, context, status, received_at)
                 select $3, lpad(to_hex(n), 32, '0')::uuid, reference, 'A summary', 'A description', 'a@b.example', 'en', '{}', 'new', $4 + n
                 from unnest($1::bigint[], $2::text[]) as rows (n, reference)",
                "insert into jobs (site_id, job_id, ticket_id, kind, payload, state, attempts, available_at, created_at)
                 select $3, lpad(to_hex(n), 32, '0')::uuid, lpad(to_hex(n), 32, '0')::uuid, 'acknowledge', '{}', 'done', 1, $4, $4
                 from unnest($1::bigint[], $2::text[]) as rows (n, reference)",
            ] {
                let query = sqlx::query(statement).bind(chunk).bind(&references).bind(SITE).bind(BEGINNING);
                query.execute(&pool).await.expect("rows");
            }
        }
        sqlx::query("vacuum analyze")
            .execute(&pool)
            .await
            .expect("statistics");
        pool.close().await;
    }
}

fn reference(number: i64) -> String {
    Reference::from_number(u64::try_from(number).unwrap_or_default()).to_string()
}

/// Below the ticket with this number.
fn below(number: i64) -> Cursor {
    Cursor {
        received_at: Timestamp::from_microsecond(BEGINNING + number).expect("in range"),
        id: id(number),
    }
}

fn id(number: i64) -> Uuid {
    Uuid::from_u128(u128::try_from(number).unwrap_or_default())
}

async fn page(store: &Store, cursor: Cursor) -> f64 {
    median(async || {
        let mut tx = store.read().await.expect("a transaction");
        let listed = store::tickets::latest(&mut tx, cursor, PAGE)
            .await
            .expect("a page");
        assert_eq!(listed.len(), PAGE as usize);
        tx.rollback().await.expect("an end");
    })
    .await
}

async fn one_ticket(store: &Store, number: i64) -> f64 {
    median(async || {
        let mut tx = store.read().await.expect("a transaction");
        let ticket = store::tickets::find(&mut tx, SITE, id(number))
            .await
            .expect("an answer");
        assert!(ticket.is_some());
        let jobs = store::jobs::of_ticket(&mut tx, SITE, id(number))
            .await
            .expect("a list");
        assert_eq!(jobs.len(), 1);
        tx.rollback().await.expect("an end");
    })
    .await
}

async fn counted(store: &Store) -> f64 {
    median(async || {
        let mut tx = store.read().await.expect("a transaction");
        store::tickets::count(&mut tx).await.expect("a count");
        tx.rollback().await.expect("an end");
    })
    .await
}

/// In milliseconds.
async fn median(mut look: impl AsyncFnMut()) -> f64 {
    let mut took = Vec::new();
    for _ in 0..LOOKS {
        let began = Instant::now();
        look().await;
        took.push(began.elapsed().as_secs_f64() * 1000.0);
    }
    took.sort_by(f64::total_cmp);
    took[LOOKS / 2]
}
