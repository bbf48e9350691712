//! What a transaction promises.

use std::{process::Command, time::Duration};

use cornerdesk_ingest::{
    staff::VisibleSites,
    store::{self, Store, StoreError, postgres_tx::PostgresTx},
};
use cornerdesk_tests::{Database, eventually, on_both_databases};
use tokio::task::yield_now;

use crate::{SITE, add_ticket, open, read, ticket, write};

on_both_databases! {
    async fn what_is_not_committed_never_happened(database: Database) {
        let store = open(database).await;
        let mut tx = write(&store).await;
        store::tickets::insert(&mut tx, &ticket(1)).await.expect("a ticket");
        drop(tx);
        let mut tx = write(&store).await;
        store::tickets::insert(&mut tx, &ticket(2)).await.expect("a ticket");
        tx.rollback().await.expect("a rollback");
        let mut tx = read(&store).await;
        assert_eq!(store::tickets::count(&mut tx, &VisibleSites::All).await.expect("a count"), 0);
    }

    async fn a_reader_sees_one_state_and_cannot_write(database: Database) {
        let store = open(database).await;
        add_ticket(&store, 1).await;
        let mut tx = read(&store).await;
        assert_eq!(store::tickets::count(&mut tx, &VisibleSites::All).await.expect("a count"), 1);
        add_ticket(&store, 2).await;
        assert_eq!(store::tickets::count(&mut tx, &VisibleSites::All).await.expect("a count"), 1);
        assert!(store::tickets::insert(&mut tx, &ticket(3)).await.is_err());
    }

    async fn readers_and_a_writer_do_not_wait_for_each_other(database: Database) {
        let store = open(database).await;
        let mut writer = write(&store).await;
        store::tickets::insert(&mut writer, &ticket(1)).await.expect("a ticket");
        let mut reader = read(&store).await;
        assert_eq!(store::tickets::count(&mut reader, &VisibleSites::All).await.expect("a count"), 0);
        writer.commit().await.expect("a commit");
    }
}

/// A new database behind one connection.
async fn one_connection() -> (Store, sqlx::PgPool) {
    let store = Store::open(&Database::Postgres.new_url(), 1)
        .await
        .expect("a database");
    let Store::Postgres(pool) = &store else {
        panic!("this is about PostgreSQL")
    };
    let pool = pool.clone();
    (store, pool)
}

#[tokio::test]
async fn one_that_is_given_up_while_it_begins_leaves_nothing_to_the_next() {
    let (store, pool) = one_connection().await;
    for number in 0..100 {
        let given_up = tokio::spawn({
            let store = store.clone();
            async move { store.read_for(SITE).await.map(drop) }
        });
        // A little further each time.
        for _ in 0..number {
            yield_now().await;
            std::thread::yield_now();
        }
        given_up.abort();
        let _ = given_up.await;
        let mut connection = pool.acquire().await.expect("the connection");
        let (isolation, site): (String, Option<String>) = sqlx::query_as(
            "select current_setting('transaction_isolation'), current_setting('cornerdesk.site', true)",
        )
        .fetch_one(&mut *connection)
        .await
        .expect("settings");
        assert_eq!(
            (isolation.as_str(), site.unwrap_or_default().as_str()),
            ("read committed", ""),
            "given up after {number} turns"
        );
    }
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_not_waited_for_and_its_connection_is_not_kept() {
    let (_store, pool) = one_connection().await;
    let backend: i32 = sqlx::query_scalar("select pg_backend_pid()")
        .fetch_one(&pool)
        .await
        .expect("a process");
    eventually(
        Duration::from_secs(5),
        "the connection at rest",
        async || (pool.num_idle() == 1).then_some(()),
    )
    .await;
    signal("-STOP", backend);
    let patience = Duration::from_millis(200);
    let begun = PostgresTx::begin(&pool, "begin".to_owned(), patience).await;
    assert!(
        matches!(begun, Err(StoreError::Unavailable(sqlx::Error::Io(_)))),
        "{begun:?}"
    );
    // The pool has room for one, so the silent one is out of it.
    let tx = PostgresTx::begin(&pool, "begin".to_owned(), Duration::from_secs(30)).await;
    tx.expect("another connection")
        .rollback()
        .await
        .expect("a rollback");
    signal("-CONT", backend);
}

fn signal(which: &str, process: i32) {
    let sent = Command::new("kill")
        .args([which, &process.to_string()])
        .status();
    assert!(sent.expect("kill runs").success());
}
