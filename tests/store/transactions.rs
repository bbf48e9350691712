//! What commits together, and who waits for whom.

use cornerdesk_ingest::store::{self, Store, StoreError};
use cornerdesk_tests::{Database, on_both_databases};

use crate::fixtures::{SITE, id, insert_ticket, instant, store, ticket};

on_both_databases! {
    async fn what_is_not_committed_never_was(database: Database) {
        let store = store(database).await;
        let mut tx = store.write().await.unwrap();
        insert_ticket(&mut tx, 1).await;
        tx.rollback().await.unwrap();
        let mut dropped = store.write().await.unwrap();
        insert_ticket(&mut dropped, 2).await;
        drop(dropped);

        let mut tx = store.read().await.unwrap();
        assert_eq!(store::tickets::count(&mut tx).await.unwrap(), 0);
    }

    async fn a_reading_transaction_cannot_write(database: Database) {
        let store = store(database).await;
        let mut tx = store.read().await.unwrap();
        assert!(store::tickets::insert(&mut tx, &ticket(1)).await.is_err());
    }

    async fn a_reader_is_not_held_up_by_a_writer(database: Database) {
        let store = store(database).await;
        let mut writing = store.write().await.unwrap();
        insert_ticket(&mut writing, 1).await;
        let mut reading = store.read().await.unwrap();
        assert_eq!(store::tickets::count(&mut reading).await.unwrap(), 0);
        writing.commit().await.unwrap();
        // It goes on to see the state at its beginning.
        assert_eq!(store::tickets::count(&mut reading).await.unwrap(), 0);
    }

    async fn the_schema_is_brought_up_to_date_only_once(database: Database) {
        let first = store(database).await;
        let mut tx = first.write().await.unwrap();
        insert_ticket(&mut tx, 1).await;
        tx.commit().await.unwrap();
        first.migrate().await.unwrap();
        let mut tx = first.read().await.unwrap();
        assert!(store::tickets::find(&mut tx, SITE, id(1)).await.unwrap().is_some());
        tx.ping().await.unwrap();
    }

    async fn a_closed_store_is_unavailable_and_says_so(database: Database) {
        let store = store(database).await;
        store.close().await;
        assert!(matches!(store.write().await, Err(StoreError::Unavailable(_))));
        assert!(matches!(store.read().await, Err(StoreError::Unavailable(_))));
    }

    async fn times_keep_their_microseconds(database: Database) {
        let store = store(database).await;
        let mut tx = store.write().await.unwrap();
        insert_ticket(&mut tx, 1).await;
        let found = store::tickets::find(&mut tx, SITE, id(1)).await.unwrap().unwrap();
        assert_eq!(found.received_at, instant(1));
        assert_eq!(found.received_at.subsec_microsecond(), 123_456);
    }
}

#[tokio::test]
async fn a_database_that_is_not_there_is_an_error() {
    let nowhere = "postgres://nobody@127.0.0.1:1/none";
    assert!(matches!(
        Store::open(nowhere, 1).await,
        Err(StoreError::Unavailable(_))
    ));
}
