//! What a transaction promises.

use cornerdesk_ingest::store;
use cornerdesk_tests::{Database, on_both_databases};

use crate::{add_ticket, open, read, ticket, write};

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
        assert_eq!(store::tickets::count(&mut tx).await.expect("a count"), 0);
    }

    async fn a_reader_sees_one_state_and_cannot_write(database: Database) {
        let store = open(database).await;
        add_ticket(&store, 1).await;
        let mut tx = read(&store).await;
        assert_eq!(store::tickets::count(&mut tx).await.expect("a count"), 1);
        add_ticket(&store, 2).await;
        assert_eq!(store::tickets::count(&mut tx).await.expect("a count"), 1);
        assert!(store::tickets::insert(&mut tx, &ticket(3)).await.is_err());
    }

    async fn readers_and_a_writer_do_not_wait_for_each_other(database: Database) {
        let store = open(database).await;
        let mut writer = write(&store).await;
        store::tickets::insert(&mut writer, &ticket(1)).await.expect("a ticket");
        let mut reader = read(&store).await;
        assert_eq!(store::tickets::count(&mut reader).await.expect("a count"), 0);
        writer.commit().await.expect("a commit");
    }
}
