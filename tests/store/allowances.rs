//! Allowances: one number a subject.

use cornerdesk_ingest::store::{self, Tx};
use cornerdesk_tests::{Database, on_both_databases};

use crate::{OTHER_SITE, SITE, open, write};

const WHO: [u8; 32] = [7; 32];
const HOUR: i64 = 3_600;

/// Takes at an instant; an hour fills it up.
async fn take(tx: &mut Tx, site: &str, now: i64, cost: i64) -> bool {
    store::allowances::take(tx, site, &WHO, now, cost, HOUR)
        .await
        .expect("an answer")
}

on_both_databases! {
    async fn no_more_is_taken_than_there_is(database: Database) {
        let store = open(database).await;
        let mut tx = write(&store).await;
        assert!(take(&mut tx, SITE, 1_000, 2_000).await);
        assert!(!take(&mut tx, SITE, 1_000, 2_000).await);
        assert!(take(&mut tx, SITE, 1_000, 1_600).await);
        assert!(!take(&mut tx, SITE, 1_000, 1).await);
        let used_until = store::allowances::used_until(&mut tx, SITE, &WHO).await.expect("an answer");
        assert_eq!(used_until, Some(1_000 + HOUR));
        assert!(take(&mut tx, OTHER_SITE, 1_000, HOUR).await, "each site has its own");
        assert!(take(&mut tx, SITE, 1_100, 100).await, "it fills up");
        assert!(take(&mut tx, SITE, 9_000, HOUR).await, "what is past is forgotten");
        tx.commit().await.expect("a commit");
    }

    async fn what_is_given_back_can_be_taken_again(database: Database) {
        let store = open(database).await;
        let mut tx = write(&store).await;
        assert!(take(&mut tx, SITE, 0, HOUR).await);
        store::allowances::give_back(&mut tx, SITE, &WHO, 500).await.expect("an answer");
        assert!(take(&mut tx, SITE, 0, 500).await);
        assert!(!take(&mut tx, SITE, 0, 1).await);
        tx.commit().await.expect("a commit");
    }

    async fn only_what_says_nothing_any_more_is_swept(database: Database) {
        let store = open(database).await;
        let mut tx = write(&store).await;
        assert!(take(&mut tx, SITE, 1_000, 100).await);
        assert_eq!(store::allowances::sweep(&mut tx, 1_100, 9_000).await.expect("a count"), 0);
        assert_eq!(store::allowances::sweep(&mut tx, 1_101, 9_000).await.expect("a count"), 1);
        assert!(take(&mut tx, SITE, 100_000, 100).await);
        assert_eq!(store::allowances::sweep(&mut tx, 1_000, 9_000).await.expect("a count"), 1, "a clock that was ahead");
        tx.commit().await.expect("a commit");
    }

    async fn of_many_at_once_each_is_counted(database: Database) {
        let store = open(database).await;
        let takers = (0..8).map(|_| {
            let store = store.clone();
            tokio::spawn(async move {
                let mut taken = 0;
                for _ in 0..10 {
                    let mut tx = write(&store).await;
                    taken += usize::from(take(&mut tx, SITE, 0, HOUR / 20).await);
                    tx.commit().await.expect("a commit");
                }
                taken
            })
        });
        let mut taken = 0;
        for taker in takers.collect::<Vec<_>>() {
            taken += taker.await.expect("a count");
        }
        assert_eq!(taken, 20);
    }
}
