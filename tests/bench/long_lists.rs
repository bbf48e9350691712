//! The list of tickets with a thousand, a hundred thousand and a million of them: the first page, one in the middle, the last.
//!
//! There is no search yet, so none is measured.

use std::time::Instant;

use cornerdesk_ingest::{
    staff::VisibleSites,
    store::{self, Store, queue::Position, tickets::Cursor},
};
use cornerdesk_tests::{Database, service::SITE};
use jiff::Timestamp;
use serde_json::json;

use crate::{
    Figures,
    many_tickets::{self, BEGINNING, Statements, fill, id},
    report::row,
};

/// Tickets on a page, as at the desk.
const PAGE: u32 = 51;
/// Looks at a page; the median counts.
const LOOKS: usize = 15;

/// A ticket and a job that is done.
const ROWS: Statements = Statements {
    sqlite: [
        "insert into tickets (site_id, ticket_id, reference, summary, description, email, locale, context, status, received_at, queue_at, awaits)
         select $2, unhex(printf('%032x', value->>0)), value->>1, 'A summary', 'A description', 'a@b.example', 'en', '{}', 'new', $3 + (value->>0),
             $3 + (value->>0) * 7919 % 1000003, case when (value->>0) % 10 = 0 then 'classification' end
         from json_each($1)",
        "insert into jobs (site_id, job_id, ticket_id, kind, payload, state, attempts, available_at, created_at)
         select $2, unhex(printf('%032x', value->>0)), unhex(printf('%032x', value->>0)), 'acknowledge', '{}', 'done', 1, $3, $3
         from json_each($1)",
    ],
    postgres: [
        "insert into tickets (site_id, ticket_id, reference, summary, description, email, locale, context, status, received_at, queue_at, awaits)
         select $3, lpad(to_hex(n), 32, '0')::uuid, reference, 'A summary', 'A description', 'a@b.example', 'en', '{}', 'new', $4 + n,
             $4 + n * 7919 % 1000003, case when n % 10 = 0 then 'classification' end
         from unnest($1::bigint[], $2::text[]) as rows (n, reference)",
        "insert into jobs (site_id, job_id, ticket_id, kind, payload, state, attempts, available_at, created_at)
         select $3, lpad(to_hex(n), 32, '0')::uuid, lpad(to_hex(n), 32, '0')::uuid, 'acknowledge', '{}', 'done', 1, $4, $4
         from unnest($1::bigint[], $2::text[]) as rows (n, reference)",
    ],
};

/// A database that grows, on SQLite or PostgreSQL.
pub async fn measure(figures: &mut Figures, database: Database) {
    let (url, store) = many_tickets::open(database).await;
    let mut there = 0;
    for count in [1_000, 100_000, 1_000_000] {
        fill(&url, there..count, &ROWS).await;
        there = count;
        let first = page(&store, Cursor::TOP).await;
        let middle = page(&store, below(count / 2)).await;
        let last = page(&store, below(i64::from(PAGE))).await;
        let queue = queue_page(&store, Position::TOP).await;
        let queue_middle = queue_page(&store, in_the_middle()).await;
        let unclassified = unclassified(&store).await;
        let one = one_ticket(&store, count / 2).await;
        figures.add(
            "lists",
            row(&[
                ("database", json!(format!("{database:?}"))),
                ("tickets", json!(count)),
                ("first page ms", json!(first)),
                ("page in the middle ms", json!(middle)),
                ("last page ms", json!(last)),
                ("queue ms", json!(queue)),
                ("queue in the middle ms", json!(queue_middle)),
                ("unclassified ms", json!(unclassified)),
                ("one ticket with its jobs ms", json!(one)),
                ("count ms", json!(counted(&store).await)),
            ]),
        );
    }
    store.close().await;
}

/// Below the ticket with this number.
fn below(number: i64) -> Cursor {
    Cursor {
        received_at: Timestamp::from_microsecond(BEGINNING + number).expect("in range"),
        id: id(number),
    }
}

async fn page(store: &Store, cursor: Cursor) -> f64 {
    median(async || {
        let mut tx = store.read().await.expect("a transaction");
        let listed = store::tickets::latest(&mut tx, &VisibleSites::All, cursor, PAGE)
            .await
            .expect("a page");
        assert_eq!(listed.len(), PAGE as usize);
        tx.rollback().await.expect("an end");
    })
    .await
}

/// Half of the tickets are due before.
fn in_the_middle() -> Position {
    Position {
        due_at: Timestamp::from_microsecond(BEGINNING + 500_000).ok(),
        ..Position::TOP
    }
}

async fn queue_page(store: &Store, above: Position) -> f64 {
    median(async || {
        let mut tx = store.read().await.expect("a transaction");
        let page = store::queue::due_next(&mut tx, &VisibleSites::All, above, PAGE).await;
        assert_eq!(page.expect("a page").len(), PAGE as usize);
        store::queue::count(&mut tx, &VisibleSites::All)
            .await
            .expect("a count");
        tx.rollback().await.expect("an end");
    })
    .await
}

async fn unclassified(store: &Store) -> f64 {
    median(async || {
        let mut tx = store.read().await.expect("a transaction");
        let page =
            store::queue::unclassified(&mut tx, &VisibleSites::All, Position::TOP, PAGE).await;
        assert_eq!(page.expect("a page").len(), PAGE as usize);
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
        store::tickets::count(&mut tx, &VisibleSites::All)
            .await
            .expect("a count");
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
