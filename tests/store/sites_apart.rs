//! Row-level security on PostgreSQL: the second lock between sites, which holds when a statement forgets its `site_id`.

use cornerdesk_ingest::store::{self, Store, Tx};
use cornerdesk_shared::receipt::Receipt;
use cornerdesk_tests::Database;
use sqlx::{PgPool, Row};

use crate::{OTHER_SITE, SITE, add_ticket, at, id, open_at, ticket, write};

/// Tickets, jobs and keys of two sites; the URL, for statements that the store would never send.
async fn two_sites() -> (Store, PgPool) {
    let url = Database::Postgres.new_url();
    let store = open_at(&url).await;
    add_ticket(&store, 1).await;
    let mut tx = write(&store).await;
    let mut other = ticket(2);
    other.site = OTHER_SITE.to_owned();
    store::tickets::insert(&mut tx, &other)
        .await
        .expect("a ticket");
    for (site, number) in [(SITE, 1), (OTHER_SITE, 2)] {
        let payload = serde_json::json!({});
        store::jobs::insert(
            &mut tx,
            site,
            id(number),
            "acknowledge",
            &payload,
            at(0),
            at(0),
        )
        .await
        .expect("a job");
        let receipt = Receipt {
            reference: format!("CD-{number}"),
            received_at: "2026-11-21T10:00:00Z".to_owned(),
            answer_by: None,
            status_url: None,
            mail: None,
        };
        let key =
            store::idempotency::claim(&mut tx, site, "key", [0; 32], (&receipt, id(number)), at(0))
                .await;
        assert!(key.expect("an answer"));
    }
    tx.commit().await.expect("a commit");
    let raw = PgPool::connect(&url).await.expect("the database is there");
    (store, raw)
}

async fn rows(tx: &mut Tx, sql: &'static str) -> u64 {
    let Tx::Postgres(tx) = tx else {
        panic!("this is about PostgreSQL")
    };
    let result = sqlx::query(sql).execute(&mut **tx).await;
    result
        .expect("the statement fits the tables")
        .rows_affected()
}

const TABLES_OF_SITES: &str = "
    select c.relname::text, c.relrowsecurity and c.relforcerowsecurity and exists (
        select 1 from pg_policy p where p.polrelid = c.oid and p.polcmd = '*' and p.polqual is not null and p.polwithcheck is not null
    )
    from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attname = 'site_id'
    where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace
";

#[tokio::test]
async fn every_table_with_a_site_is_locked() {
    let (_store, raw) = two_sites().await;
    let tables = sqlx::query(TABLES_OF_SITES)
        .fetch_all(&raw)
        .await
        .expect("tables");
    let names: Vec<String> = tables.iter().map(|table| table.get(0)).collect();
    for name in [
        "sites",
        "tickets",
        "timeline",
        "attachments",
        "uploads",
        "jobs",
    ]
    .into_iter()
    .chain(["allowances", "pressure", "spent_proofs", "loose_blobs"])
    .chain(["idempotency_keys", "sent_mails", "mail_links"])
    {
        assert!(names.iter().any(|known| known == name), "{name}: {names:?}");
    }
    for table in tables {
        let (name, is_locked): (String, bool) = (table.get(0), table.get(1));
        assert!(
            is_locked,
            "{name} lacks the lock: select cornerdesk_lock_by_site('{name}') in its migration"
        );
    }
}

#[tokio::test]
async fn a_statement_that_forgets_the_site_meets_one_site_only() {
    let (store, _raw) = two_sites().await;
    for (read, change) in [
        ("select * from sites", "update sites set name = name"),
        ("select * from tickets", "update tickets set summary = 'x'"),
        ("select * from jobs", "update jobs set attempts = 9"),
        (
            "select * from idempotency_keys",
            "delete from idempotency_keys",
        ),
    ] {
        let mut tx = store.write_for(SITE).await.expect("a transaction");
        assert_eq!(
            (rows(&mut tx, read).await, rows(&mut tx, change).await),
            (1, 1),
            "{read}"
        );
        tx.rollback().await.expect("a rollback");
        let mut tx = store.write_for("nobody").await.expect("a transaction");
        assert_eq!(
            (rows(&mut tx, read).await, rows(&mut tx, change).await),
            (0, 0),
            "{read}"
        );
        tx.rollback().await.expect("a rollback");
        let mut tx = write(&store).await;
        assert_eq!(
            (rows(&mut tx, read).await, rows(&mut tx, change).await),
            (2, 2),
            "{read}"
        );
        tx.rollback().await.expect("a rollback");
    }
}

#[tokio::test]
async fn a_row_of_another_site_cannot_be_written() {
    let (store, raw) = two_sites().await;
    let mut tx = store.write_for(SITE).await.expect("a transaction");
    let mut foreign = ticket(3);
    foreign.site = OTHER_SITE.to_owned();
    assert!(store::tickets::insert(&mut tx, &foreign).await.is_err());
    drop(tx);
    let moved = "update tickets set site_id = 'second' where site_id = 'acme'";
    let mut tx = store.write_for(SITE).await.expect("a transaction");
    let Tx::Postgres(inner) = &mut tx else {
        panic!("this is about PostgreSQL")
    };
    assert!(sqlx::query(moved).execute(&mut **inner).await.is_err());
    drop(tx);
    // And who does not say whose rows they want gets none.
    let met = sqlx::query("select * from tickets").fetch_all(&raw).await;
    assert_eq!(met.expect("an answer").len(), 0);
    let changed = sqlx::query("update tickets set summary = 'x'")
        .execute(&raw)
        .await;
    assert_eq!(changed.expect("an answer").rows_affected(), 0);
}

#[tokio::test]
async fn a_connection_forgets_whose_rows_it_was_for() {
    let url = Database::Postgres.new_url();
    let store = Store::open(&url, 1).await.expect("a database");
    let tx = store.write_for(SITE).await.expect("a transaction");
    tx.commit().await.expect("a commit");
    let Store::Postgres(pool) = &store else {
        panic!("this is about PostgreSQL")
    };
    let site: Option<String> =
        sqlx::query_scalar("select current_setting('cornerdesk.site', true)")
            .fetch_one(pool)
            .await
            .expect("a setting");
    assert_eq!(site.unwrap_or_default(), "");
}
