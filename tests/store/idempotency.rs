//! Keys of clients and their first receipts.

use cornerdesk_ingest::store::{self, Store, Tx, idempotency::Known};
use cornerdesk_shared::receipt::Receipt;
use cornerdesk_tests::{Database, on_both_databases};

use crate::{OTHER_SITE, SITE, at, id, open, read, write};

const KEY: &str = "5f0c8a8e";

fn receipt(reference: &str) -> Receipt {
    Receipt {
        reference: reference.to_owned(),
        received_at: "2026-11-21T10:00:00Z".to_owned(),
        answer_by: None,
        status_url: None,
        mail: Some("confirm".to_owned()),
    }
}

/// Claims the key with a receipt; returns whether it was free.
async fn claim(tx: &mut Tx, site: &str, reference: &str) -> bool {
    store::idempotency::claim(tx, site, KEY, [1; 32], (&receipt(reference), id(1)), at(0))
        .await
        .expect("an answer")
}

/// The same in a transaction of its own.
async fn use_key(store: &Store, site: &str, reference: &str) -> bool {
    let mut tx = write(store).await;
    let is_free = claim(&mut tx, site, reference).await;
    tx.commit().await.expect("a commit");
    is_free
}

async fn find(store: &Store, site: &str) -> Option<Known> {
    let mut tx = read(store).await;
    store::idempotency::find(&mut tx, site, KEY)
        .await
        .expect("an answer")
}

on_both_databases! {
    async fn a_key_is_claimed_once_and_keeps_its_first_receipt(database: Database) {
        let store = open(database).await;
        assert_eq!(find(&store, SITE).await, None);
        assert!(use_key(&store, SITE, "first").await);
        assert!(!use_key(&store, SITE, "second").await);
        let known = Known { fingerprint: vec![1; 32], receipt: receipt("first") };
        assert_eq!(find(&store, SITE).await, Some(known));
    }

    async fn each_site_has_keys_of_its_own(database: Database) {
        let store = open(database).await;
        assert!(use_key(&store, SITE, "first").await);
        assert_eq!(find(&store, OTHER_SITE).await, None);
        assert!(use_key(&store, OTHER_SITE, "second").await);
    }

    async fn a_claim_that_is_rolled_back_frees_the_key(database: Database) {
        let store = open(database).await;
        let mut tx = write(&store).await;
        assert!(claim(&mut tx, SITE, "given up").await);
        tx.rollback().await.expect("a rollback");
        assert!(use_key(&store, SITE, "first").await);
    }

    async fn who_comes_second_waits_for_the_first_and_finds_its_receipt(database: Database) {
        let store = open(database).await;
        let mut first = write(&store).await;
        assert!(claim(&mut first, SITE, "first").await);
        let second = tokio::spawn({
            let store = store.clone();
            async move { use_key(&store, SITE, "second").await }
        });
        first.commit().await.expect("a commit");
        assert!(!second.await.expect("the second ends"));
        assert_eq!(find(&store, SITE).await.map(|known| known.receipt), Some(receipt("first")));
    }
}
