//! The lists of tickets with a thousand, a hundred thousand and a million of them: the first page, one in the middle, the last; with a filter, by
//! words, and one ticket.

use std::time::Instant;

use cornerdesk_ingest::{
    lists::{Filter, List},
    search::Question,
    staff::VisibleSites,
    store::{
        self, Store,
        queue::Position,
        search::{Depth, TOP},
        tickets::Cursor,
    },
};
use cornerdesk_tests::{Database, postgres::as_superuser, service::SITE};
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
const LOOKS: usize = 20;

/// A ticket and a job that is done.
const ROWS: Statements = Statements {
    sqlite: [
        "insert into tickets (site_id, ticket_id, reference, summary, description, email, locale, context, status, received_at, queue_at, awaits, category, priority)
         select $2, unhex(printf('%032x', value->>0)), value->>1, 'A summary', 'A description', 'a@b.example', 'en', '{}', 'new', $3 + (value->>0),
             $3 + (value->>0) * 7919 % 1000003, case when (value->>0) % 10 = 0 then 'classification' end,
             case when (value->>0) % 500 = 0 then 'rare' else 'common' end, case when (value->>0) % 7 = 0 then 'high' end
         from json_each($1)",
        "insert into jobs (site_id, job_id, ticket_id, kind, payload, state, attempts, available_at, created_at)
         select $2, unhex(printf('%032x', value->>0)), unhex(printf('%032x', value->>0)), 'acknowledge', '{}', 'done', 1, $3, $3
         from json_each($1)",
    ],
    postgres: [
        "insert into tickets (site_id, ticket_id, reference, summary, description, email, locale, context, status, received_at, queue_at, awaits, category, priority)
         select $3, lpad(to_hex(n), 32, '0')::uuid, reference, 'A summary', 'A description', 'a@b.example', 'en', '{}', 'new', $4 + n,
             $4 + n * 7919 % 1000003, case when n % 10 = 0 then 'classification' end,
             case when n % 500 = 0 then 'rare' else 'common' end, case when n % 7 = 0 then 'high' end
         from unnest($1::bigint[], $2::text[]) as rows (n, reference)",
        "insert into jobs (site_id, job_id, ticket_id, kind, payload, state, attempts, available_at, created_at)
         select $3, lpad(to_hex(n), 32, '0')::uuid, lpad(to_hex(n), 32, '0')::uuid, 'acknowledge', '{}', 'done', 1, $4, $4
         from unnest($1::bigint[], $2::text[]) as rows (n, reference)",
    ],
};

/// Words of the tickets from a number to another: one that all have, one of a thousandth, one of its own.
const WORDS_SQLITE: [&str; 2] = [
    "insert into search_pieces (number, site_id, ticket_id, piece_id)
     select received_at - $3 + 1, site_id, ticket_id, ticket_id from tickets where received_at >= $3 + $1 and received_at < $3 + $2",
    "insert into search_words (rowid, words)
     select number, 'common everywhere totals twice hundredth' || (number % 100) || ' some' || (number % 1000) || ' own' || number
     from search_pieces where number > $1 and number <= $2 and $3 > 0",
];
const WORDS_POSTGRES: &str = "
    insert into search_pieces (site_id, ticket_id, piece_id, words)
    select site_id, ticket_id, ticket_id, array_to_tsvector(array['common', 'everywhere', 'totals', 'twice',
        'hundredth' || (received_at - $3 + 1) % 100, 'some' || (received_at - $3 + 1) % 1000, 'own' || received_at - $3 + 1])
    from tickets where received_at >= $3 + $1 and received_at < $3 + $2 order by received_at
";

async fn fill_words(url: &str, from: i64, to: i64) {
    if url.starts_with("sqlite:") {
        let pool = sqlx::SqlitePool::connect(url).await.expect("it is there");
        for statement in WORDS_SQLITE {
            let query = sqlx::query(statement).bind(from).bind(to).bind(BEGINNING);
            query.execute(&pool).await.expect("rows");
        }
        pool.close().await;
    } else {
        let pool = sqlx::PgPool::connect(&as_superuser(url))
            .await
            .expect("it is there");
        let query = sqlx::query(WORDS_POSTGRES)
            .bind(from)
            .bind(to)
            .bind(BEGINNING);
        query.execute(&pool).await.expect("rows");
        sqlx::query("vacuum analyze search_pieces")
            .execute(&pool)
            .await
            .expect("statistics");
        pool.close().await;
    }
}

/// A filtered list and its count, as at the desk.
async fn filtered(store: &Store, list: List, query: &str) -> f64 {
    let filter = Filter::parse(query, list);
    let now = Timestamp::from_microsecond(BEGINNING).expect("in range");
    let wanted = filter.wanted(id(1), now);
    p95(async || {
        let mut tx = store.read().await.expect("a transaction");
        let top = store::lists::top(list);
        let page = store::lists::page(&mut tx, &VisibleSites::All, list, &wanted, top, PAGE).await;
        page.expect("a page");
        let count = store::lists::count(&mut tx, &VisibleSites::All, list, &wanted).await;
        count.expect("a count");
        tx.rollback().await.expect("an end");
    })
    .await
}

async fn searched(store: &Store, text: &str) -> f64 {
    let question = Question::of(text).expect("a word");
    p95(async || {
        let mut tx = store.read().await.expect("a transaction");
        let (visible, depth) = (VisibleSites::All, Depth::Newest);
        let found = store::search::find(&mut tx, &visible, &question, TOP, 60, depth).await;
        found.expect("an answer");
        tx.rollback().await.expect("an end");
    })
    .await
}

/// A database that grows, on SQLite or PostgreSQL.
pub async fn measure(figures: &mut Figures, database: Database) {
    let (url, store) = many_tickets::open(database).await;
    let mut there = 0;
    for count in [1_000, 100_000, 1_000_000] {
        fill(&url, there..count, &ROWS).await;
        fill_words(&url, there, count).await;
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
        let own = format!("own{}", count / 2);
        figures.add(
            "filters and words, p95",
            row(&[
                ("database", json!(format!("{database:?}"))),
                ("tickets", json!(count)),
                (
                    "queue, a priority ms",
                    json!(filtered(&store, List::Queue, "priority=high").await),
                ),
                (
                    "queue, a rare category ms",
                    json!(filtered(&store, List::Queue, "category=rare").await),
                ),
                (
                    "queue, nothing fits ms",
                    json!(
                        filtered(
                            &store,
                            List::Queue,
                            "site=acme&tag=none&plan=none&assignee=nobody"
                        )
                        .await
                    ),
                ),
                (
                    "all, a rare category ms",
                    json!(filtered(&store, List::All, "category=rare").await),
                ),
                (
                    "all, nothing fits ms",
                    json!(filtered(&store, List::All, "category=common&status=closed").await),
                ),
                ("a word of all ms", json!(searched(&store, "common").await)),
                (
                    "two words ms",
                    json!(searched(&store, "some777 twice").await),
                ),
                (
                    "the beginning of a hundredth ms",
                    json!(searched(&store, "hundredth7").await),
                ),
                ("a word of one ms", json!(searched(&store, &own).await)),
                (
                    "a word of none ms",
                    json!(searched(&store, "nothing").await),
                ),
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
async fn median(look: impl AsyncFnMut()) -> f64 {
    took(look).await[LOOKS / 2]
}

/// The slowest but one of twenty, in milliseconds.
async fn p95(look: impl AsyncFnMut()) -> f64 {
    let took = took(look).await;
    took[took.len() * 95 / 100 - 1]
}

async fn took(mut look: impl AsyncFnMut()) -> Vec<f64> {
    let mut took = Vec::new();
    for _ in 0..LOOKS {
        let began = Instant::now();
        look().await;
        took.push(began.elapsed().as_secs_f64() * 1000.0);
    }
    took.sort_by(f64::total_cmp);
    took
}
