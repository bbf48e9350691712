//! Both schemas have the same shape, and every statement fits both.

use std::collections::BTreeSet;

use cornerdesk_ingest::{
    staff::VisibleSites,
    store::{self, Store},
};
use cornerdesk_tests::{Database, on_both_databases};

use crate::{expand_only, open, read, write};

on_both_databases! {
    async fn every_statement_is_understood(database: Database) {
        let store = open(database).await;
        let mut tx = write(&store).await;
        for (name, sql) in store::statements() {
            if let Err(error) = tx.prepare(sql).await {
                panic!("{name}: {error:?}");
            }
        }
    }

    async fn opening_again_changes_nothing(database: Database) {
        let url = database.new_url();
        for _ in 0..2 {
            let store = Store::open(&url, 4).await.expect("it can be opened");
            let mut tx = read(&store).await;
            assert_eq!(store::tickets::count(&mut tx, &VisibleSites::All).await.expect("a count"), 0);
            tx.rollback().await.expect("a rollback");
            store.close().await;
        }
    }

    async fn two_processes_can_open_a_new_database_at_once(database: Database) {
        let url = database.new_url();
        let (first, second) = tokio::join!(Store::open(&url, 2), Store::open(&url, 2));
        first.expect("the first can open it");
        second.expect("the second can open it");
    }
}

fn migrations(database: &str) -> BTreeSet<String> {
    expand_only::migrations(database).into_keys().collect()
}

#[test]
fn both_databases_have_the_same_migrations() {
    assert_eq!(migrations("sqlite"), migrations("postgres"));
    assert!(!migrations("sqlite").is_empty());
}
