//! Keys of clients and their first receipts.

use cornerdesk_ingest::store::{self, Store, idempotency::Known};
use cornerdesk_shared::receipt::Receipt;
use cornerdesk_tests::{Database, on_both_databases};

use crate::{OTHER_SITE, SITE, at, open, read, write};

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

/// Claims the key, writes the receipt and commits; returns whether the key was free.
async fn use_key(store: &Store, site: &str, reference: &str) -> bool {
    let mut tx = write(store).await;
    let is_free = store::idempotency::claim(&mut tx, site, KEY, [1; 32], at(0))
        .await
        .expect("an answer");
    if is_free {
        store::idempotency::settle(&mut tx, site, KEY, &receipt(reference))
            .await
            .expect("a receipt");
        tx.commit().await.expect("a commit");
    }
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
        assert!(store::idempotency::claim(&mut tx, SITE, KEY, [1; 32], at(0)).await.expect("an answer"));
        tx.rollback().await.expect("a rollback");
        assert!(use_key(&store, SITE, "first").await);
    }

    async fn who_comes_second_waits_for_the_first_and_finds_its_receipt(database: Database) {
        let store = open(database).await;
        let mut first = write(&store).await;
        assert!(store::idempotency::claim(&mut first, SITE, KEY, [1; 32], at(0)).await.expect("an answer"));
        let second = tokio::spawn({
            let store = store.clone();
            async move { use_key(&store, SITE, "second").await }
        });
        store::idempotency::settle(&mut first, SITE, KEY, &receipt("first")).await.expect("a receipt");
        first.commit().await.expect("a commit");
        assert!(!second.await.expect("the second ends"));
        assert_eq!(find(&store, SITE).await.map(|known| known.receipt), Some(receipt("first")));
    }

    async fn a_receipt_is_written_once(database: Database) {
        let store = open(database).await;
        assert!(use_key(&store, SITE, "first").await);
        let mut tx = write(&store).await;
        assert!(store::idempotency::settle(&mut tx, SITE, KEY, &receipt("second")).await.is_err());
    }
}
