//! An upgrade (R17): a database that the first schema filled is brought up to date in time, and nothing of it is lost.
//!
//! No release exists whose data could be taken, so the database is filled at the first migration, and the others run. That programs of two
//! releases can run beside each other follows from what migrations may say: `tests/store/expand_only.rs`.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use cornerdesk_ingest::store::{self, Store};
use cornerdesk_tests::{Database, on_both_databases, postgres::as_superuser, service::SITE};
use sqlx::{AssertSqlSafe, migrate::Migrator};

use crate::long_form;

/// How long a migration may take, whatever there is (R17 says so of a million tickets).
const MIGRATED_IN: Duration = Duration::from_secs(10);
/// Migrations that take about as long or longer, and why nobody waits for them: they are frozen, and were made before the first release,
/// when nobody has a million tickets.
const BEFORE_THE_FIRST_RELEASE: [(i64, &str); 2] = [
    (
        5,
        "SQLite compares every file with the constraints of each new column",
    ),
    (
        8,
        "PostgreSQL writes each of a million jobs anew, with its ticket in a column",
    ),
];

/// Rows of the first schema: for each ticket two facts, an acknowledgement that was sent and a key; a file for every second one.
const FILL: [&str; 6] = [
    "insert into sites (site_id, name, allowed_origins, accent, locale, source, created_at)
     values ('{site}', 'Acme', '[\"self\"]', '#2f5bea', 'en', 'file', 0)",
    "insert into tickets (site_id, ticket_id, reference, summary, description, email, locale, context, status, received_at)
     select '{site}', {id}, 'CD-' || n, 'A summary', 'A description of a few words', 'a@b.example', 'en', '{}', 'new', n from {numbers}",
    "insert into timeline (site_id, ticket_id, seq, at, kind, data)
     select '{site}', {id}, seq, n, 'received', '{\"attachments\": 1}' from {numbers} cross join (select 1 as seq union all select 2) facts",
    "insert into attachments (site_id, attachment_id, ticket_id, position, name, content_type, size_bytes, sha256, blob)
     select '{site}', {id}, {id}, 0, 'a.png', 'image/png', 1000, {digest}, 'blob-' || n from {numbers} where n % 2 = 0",
    "insert into jobs (site_id, job_id, kind, payload, state, attempts, available_at, created_at)
     select '{site}', {id}, 'acknowledge', {payload}, 'done', 1, n, n from {numbers}",
    "insert into idempotency_keys (site_id, key, fingerprint, receipt, created_at)
     select '{site}', 'key-' || n, {digest}, '{\"reference\": \"CD-1\", \"received_at\": \"2026-11-22T00:00:00Z\"}', n from {numbers}",
];

/// What the databases write in ways of their own.
fn in_words_of(database: Database, statement: &str, count: usize) -> String {
    let (id, digest, payload, numbers) = match database {
        Database::Sqlite => (
            "unhex(printf('%032x', n))",
            "zeroblob(32)",
            "json_object('ticket_id', substr(lower(hex(unhex(printf('%032x', n)))), 1, 8) || '-0000-0000-0000-' || printf('%012x', n))",
            format!(
                "(with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < {count}) select n from numbers)"
            ),
        ),
        Database::Postgres => (
            "lpad(to_hex(n), 32, '0')::uuid",
            "decode(repeat('00', 32), 'hex')",
            "jsonb_build_object('ticket_id', lpad(to_hex(n), 32, '0')::uuid)",
            format!("(select generate_series(1, {count}) as n)"),
        ),
    };
    let numbers = format!("{numbers} numbered");
    [
        ("{site}", SITE),
        ("{id}", id),
        ("{digest}", digest),
        ("{payload}", payload),
        ("{numbers}", &numbers),
    ]
    .iter()
    .fold(statement.to_owned(), |statement, (name, words)| {
        statement.replace(name, words)
    })
}

/// The migrations up to `version`, and then the rows.
async fn fill_at_the_first(database: Database, url: &str, count: usize) {
    let migrator = migrator(database).await;
    let statements = FILL.map(|statement| in_words_of(database, statement, count));
    match database {
        Database::Sqlite => {
            let pool = sqlx::SqlitePool::connect_with(
                url.parse::<sqlx::sqlite::SqliteConnectOptions>()
                    .expect("a path")
                    .create_if_missing(true)
                    .foreign_keys(false),
            )
            .await
            .expect("a new file");
            migrator.run_to(1, &pool).await.expect("the first schema");
            for statement in statements {
                let filled = sqlx::query(AssertSqlSafe(statement)).execute(&pool).await;
                filled.expect("rows");
            }
            pool.close().await;
        }
        Database::Postgres => {
            // The schema belongs to whoever the service connects as.
            let pool = sqlx::PgPool::connect(url).await.expect("a new database");
            migrator.run_to(1, &pool).await.expect("the first schema");
            pool.close().await;
            let pool = sqlx::PgPool::connect(&as_superuser(url))
                .await
                .expect("the database");
            for statement in statements {
                let filled = sqlx::query(AssertSqlSafe(statement)).execute(&pool).await;
                filled.expect("rows");
            }
            // As a database that was in use for a while.
            sqlx::query("vacuum analyze")
                .execute(&pool)
                .await
                .expect("statistics");
            pool.close().await;
        }
    }
}

async fn migrator(database: Database) -> Migrator {
    let folder = match database {
        Database::Sqlite => "sqlite",
        Database::Postgres => "postgres",
    };
    let root = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../ingest/migrations"));
    Migrator::new(root.join(folder)).await.expect("migrations")
}

/// Runs the migrations after the first, and answers how long each took.
async fn upgrade(database: Database, url: &str) -> Vec<(i64, Duration)> {
    let migrator = migrator(database).await;
    let mut took = Vec::new();
    for version in migrator.iter().skip(1).map(|migration| migration.version) {
        let began = Instant::now();
        match database {
            Database::Sqlite => {
                let pool = sqlx::SqlitePool::connect(url).await.expect("the file");
                let done = migrator.run_to(version, &pool).await;
                done.expect("a migration");
                pool.close().await;
            }
            Database::Postgres => {
                let pool = sqlx::PgPool::connect(url).await.expect("the database");
                let mut connection = pool.acquire().await.expect("a connection");
                let everybody = sqlx::query("set cornerdesk.site = '*'")
                    .execute(&mut *connection)
                    .await;
                everybody.expect("a setting");
                let done = migrator.run_to(version, &mut *connection).await;
                done.expect("a migration");
            }
        }
        took.push((version, began.elapsed()));
    }
    took
}

/// How many tickets there are, counted by the database.
async fn tickets(database: Database, url: &str) -> i64 {
    const COUNT: &str = "select count(*) from tickets";
    let counted = match database {
        Database::Sqlite => {
            let pool = sqlx::SqlitePool::connect(url).await.expect("the file");
            sqlx::query_scalar(COUNT).fetch_one(&pool).await
        }
        Database::Postgres => {
            let pool = sqlx::PgPool::connect(&as_superuser(url))
                .await
                .expect("the database");
            sqlx::query_scalar(COUNT).fetch_one(&pool).await
        }
    };
    counted.expect("a count")
}

on_both_databases! {
    async fn a_database_of_the_first_schema_is_brought_up_to_date_in_time(database: Database) {
        let count = long_form::rounds(10_000, 1_000_000);
        let url = database.new_durable_url();
        fill_at_the_first(database, &url, count).await;
        let took = upgrade(database, &url).await;
        println!("{database:?}, {count} tickets: {took:.2?}");
        let store = Store::open(&url, 2).await.expect("it is up to date");
        let mut tx = store.read().await.expect("a transaction");
        assert_eq!(usize::try_from(tickets(database, &url).await), Ok(count));
        // What the migrations had to move: 1,000 bytes for every second ticket, and the ticket of each job.
        assert_eq!(store::site_storage::used(&mut tx).await.expect("a list")[SITE], count as u64 / 2 * 1_000);
        assert!(store::site_storage::astray(&mut tx).await.expect("a list").is_empty());
        let of_ticket = store::jobs::of_ticket(&mut tx, SITE, uuid::Uuid::from_u128(7)).await;
        assert_eq!(of_ticket.expect("a list").len(), 1);
        tx.rollback().await.expect("an end");
        store.close().await;
        for (version, took) in &took {
            let is_excepted = BEFORE_THE_FIRST_RELEASE.iter().any(|(known, _)| known == version);
            assert!(is_excepted || *took <= MIGRATED_IN, "migration {version} took {took:?}");
        }
        let in_s = |took: Duration| took.as_secs_f64();
        let slow: Vec<_> = took.iter().filter(|(_, took)| took.as_secs() > 0).map(|(version, took)| format!("{version}: {:.1} s", in_s(*took))).collect();
        let sum: Duration = took.iter().map(|(_, took)| *took).sum();
        let remark = format!("all {:.1} s; over 1 s: {}", in_s(sum), slow.join(", "));
        long_form::report(&format!("R17 upgrade, {database:?}"), 1, count, remark);
    }
}
