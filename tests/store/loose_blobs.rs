//! Keys under which bytes may lie that no other row names.

use cornerdesk_ingest::store::{self, Tx};
use cornerdesk_tests::{Database, on_both_databases};

use crate::{OTHER_SITE, SITE, at, open, write};

async fn doomed(tx: &mut Tx) -> Vec<String> {
    let doomed = store::loose_blobs::doomed(tx, 10).await.expect("a list");
    doomed.into_iter().map(|(_, key)| key).collect()
}

on_both_databases! {
    async fn a_key_that_is_written_is_claimed_once(database: Database) {
        let store = open(database).await;
        let mut tx = write(&store).await;
        store::loose_blobs::begin(&mut tx, SITE, "k1", at(0)).await.expect("a note");
        assert!(store::loose_blobs::is_being_written(&mut tx, "k1").await.expect("an answer"));
        assert!(!store::loose_blobs::claim(&mut tx, OTHER_SITE, "k1").await.expect("an answer"));
        assert!(store::loose_blobs::claim(&mut tx, SITE, "k1").await.expect("an answer"));
        assert!(!store::loose_blobs::claim(&mut tx, SITE, "k1").await.expect("an answer"));
        assert!(!store::loose_blobs::is_being_written(&mut tx, "k1").await.expect("an answer"));
    }

    async fn what_is_abandoned_can_not_be_claimed_any_more(database: Database) {
        let store = open(database).await;
        let mut tx = write(&store).await;
        for (key, second) in [("old", 0), ("young", 50)] {
            store::loose_blobs::begin(&mut tx, SITE, key, at(second)).await.expect("a note");
        }
        assert_eq!(store::loose_blobs::doom_abandoned(&mut tx, at(10)).await.expect("a count"), 1);
        assert_eq!(doomed(&mut tx).await, ["old"]);
        assert!(!store::loose_blobs::claim(&mut tx, SITE, "old").await.expect("an answer"));
        assert!(!store::loose_blobs::is_being_written(&mut tx, "old").await.expect("an answer"));
        assert!(store::loose_blobs::claim(&mut tx, SITE, "young").await.expect("an answer"));
    }

    async fn what_is_doomed_stays_noted_until_it_is_gone(database: Database) {
        let store = open(database).await;
        let mut tx = write(&store).await;
        store::loose_blobs::begin(&mut tx, SITE, "k1", at(0)).await.expect("a note");
        store::loose_blobs::remove(&mut tx, SITE, "k1").await.expect("an answer");
        assert!(store::loose_blobs::is_being_written(&mut tx, "k1").await.expect("an answer"), "only what is doomed goes");
        for (key, second) in [("k2", 2), ("k1", 1), ("k2", 3)] {
            store::loose_blobs::doom(&mut tx, SITE, key, at(second)).await.expect("a note");
        }
        assert_eq!(doomed(&mut tx).await, ["k1", "k2"]);
        store::loose_blobs::remove(&mut tx, SITE, "k1").await.expect("an answer");
        assert_eq!(doomed(&mut tx).await, ["k2"]);
    }
}
