//! Idempotency keys.

use cornerdesk_ingest::store::{self, StoreError, idempotency::Known};
use cornerdesk_shared::receipt::Receipt;
use cornerdesk_tests::{Database, on_both_databases};

use crate::fixtures::{OTHER_SITE, SITE, instant, store};

fn receipt() -> Receipt {
    Receipt {
        reference: "CD-7K3F-92XQ".into(),
        received_at: instant(1).to_string(),
        answer_by: None,
        status_url: Some("https://help.acme.example/t/x".into()),
    }
}

on_both_databases! {
    async fn a_key_is_claimed_once_in_its_site(database: Database) {
        let store = store(database).await;
        let mut tx = store.write().await.unwrap();
        assert!(store::idempotency::claim(&mut tx, SITE, "k", [1; 32], instant(0)).await.unwrap());
        store::idempotency::settle(&mut tx, SITE, "k", &receipt()).await.unwrap();
        tx.commit().await.unwrap();

        let mut tx = store.write().await.unwrap();
        assert!(!store::idempotency::claim(&mut tx, SITE, "k", [2; 32], instant(1)).await.unwrap());
        assert!(store::idempotency::claim(&mut tx, OTHER_SITE, "k", [2; 32], instant(1)).await.unwrap());
        let known = Known { fingerprint: vec![1; 32], receipt: receipt() };
        assert_eq!(store::idempotency::find(&mut tx, SITE, "k").await.unwrap(), Some(known));
        assert_eq!(store::idempotency::find(&mut tx, SITE, "K").await.unwrap(), None);
    }

    async fn a_key_is_settled_once_and_only_after_it_was_claimed(database: Database) {
        let store = store(database).await;
        let mut tx = store.write().await.unwrap();
        let unclaimed = store::idempotency::settle(&mut tx, SITE, "k", &receipt()).await;
        assert!(matches!(unclaimed, Err(StoreError::RowCount { expected: 1, actual: 0 })));
        assert!(store::idempotency::claim(&mut tx, SITE, "k", [1; 32], instant(0)).await.unwrap());
        store::idempotency::settle(&mut tx, SITE, "k", &receipt()).await.unwrap();
        assert!(store::idempotency::settle(&mut tx, SITE, "k", &receipt()).await.is_err());
    }

    async fn of_two_transactions_with_one_key_the_second_finds_the_receipt_of_the_first(database: Database) {
        let store = store(database).await;
        let mut first = store.write().await.unwrap();
        assert!(store::idempotency::claim(&mut first, SITE, "k", [1; 32], instant(0)).await.unwrap());
        let waiting = tokio::spawn({
            let store = store.clone();
            async move {
                let mut second = store.write().await.unwrap();
                let claimed = store::idempotency::claim(&mut second, SITE, "k", [1; 32], instant(0)).await.unwrap();
                (claimed, store::idempotency::find(&mut second, SITE, "k").await.unwrap())
            }
        });
        // Whether it waits already or begins later, the answer must be the same.
        tokio::task::yield_now().await;
        store::idempotency::settle(&mut first, SITE, "k", &receipt()).await.unwrap();
        first.commit().await.unwrap();
        let (claimed, known) = waiting.await.unwrap();
        assert!(!claimed);
        assert_eq!(known.map(|known| known.receipt), Some(receipt()));
    }
}
