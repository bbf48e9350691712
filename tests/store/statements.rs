//! Every statement is known to both databases, so that one which no other test runs cannot be wrong on one of them.

use cornerdesk_tests::{Database, on_both_databases};

use crate::fixtures::store;

on_both_databases! {
    async fn every_statement_can_be_prepared(database: Database) {
        let store = store(database).await;
        let statements = cornerdesk_ingest::store::statements();
        assert!(statements.len() > 30, "{}", statements.len());
        for (name, sql) in statements {
            let mut tx = store.read().await.unwrap();
            tx.prepare(sql).await.unwrap_or_else(|error| panic!("{name}: {error:?}"));
        }
    }

    async fn a_statement_that_is_wrong_is_found(database: Database) {
        let store = store(database).await;
        let mut tx = store.read().await.unwrap();
        assert!(tx.prepare("select no_such_column from tickets").await.is_err());
    }
}
