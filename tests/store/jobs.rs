//! The outbox.

use cornerdesk_ingest::store::{
    self, Store, Tx,
    jobs::{Job, Outcome},
};
use cornerdesk_tests::{Database, on_both_databases};
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::fixtures::{OTHER_SITE, SITE, id, instant, store};

async fn insert(tx: &mut Tx, number: u32, available_at: Timestamp) -> Value {
    let payload = json!({ "ticket_id": id(number) });
    store::jobs::insert(
        tx,
        SITE,
        id(number),
        "acknowledge",
        &payload,
        available_at,
        instant(0),
    )
    .await
    .unwrap();
    payload
}

async fn lease(store: &Store, token: Uuid, now: Timestamp, most: u32) -> Vec<Job> {
    let mut tx = store.write().await.unwrap();
    let until = now + jiff::SignedDuration::from_secs(60);
    let jobs = store::jobs::lease(&mut tx, token, now, until, most)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    jobs
}

async fn settle(store: &Store, job: &Job, token: Uuid, outcome: &Outcome) -> bool {
    let mut tx = store.write().await.unwrap();
    let settled = store::jobs::settle(&mut tx, job, token, outcome, instant(9))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    settled
}

on_both_databases! {
    async fn due_jobs_are_leased_the_oldest_first(database: Database) {
        let store = store(database).await;
        let mut tx = store.write().await.unwrap();
        for (number, at) in [(1, 3), (2, 1), (3, 2), (4, 99)] {
            insert(&mut tx, number, instant(at)).await;
        }
        assert_eq!(store::jobs::next_at(&mut tx).await.unwrap(), Some(instant(1)));
        tx.commit().await.unwrap();
        let mut first: Vec<Uuid> = lease(&store, id(100), instant(3), 2).await.iter().map(|job| job.id).collect();
        first.sort();
        assert_eq!(first, [id(2), id(3)]);
        let rest = lease(&store, id(101), instant(3), 9).await;
        assert_eq!(rest.iter().map(|job| (job.id, job.attempts)).collect::<Vec<_>>(), [(id(1), 1)]);
        assert_eq!(lease(&store, id(102), instant(3), 9).await, []);
    }

    async fn a_lease_that_ran_out_is_taken_by_another_and_the_first_cannot_settle(database: Database) {
        let store = store(database).await;
        let mut tx = store.write().await.unwrap();
        insert(&mut tx, 1, instant(0)).await;
        tx.commit().await.unwrap();
        let crashed = lease(&store, id(100), instant(0), 1).await.remove(0);
        assert_eq!(lease(&store, id(101), instant(59), 1).await, [], "the lease holds for a minute");
        let taken = lease(&store, id(101), instant(60), 1).await.remove(0);
        assert_eq!(taken.attempts, 2);
        assert!(!settle(&store, &crashed, id(100), &Outcome::Done).await);
        assert!(settle(&store, &taken, id(101), &Outcome::Done).await);
        assert!(!settle(&store, &taken, id(101), &Outcome::Done).await, "it is settled once");
    }

    async fn a_job_goes_through_its_states(database: Database) {
        let store = store(database).await;
        let mut tx = store.write().await.unwrap();
        let payload = insert(&mut tx, 1, instant(0)).await;
        tx.commit().await.unwrap();
        let job = lease(&store, id(100), instant(0), 1).await.remove(0);
        assert_eq!((job.site.as_str(), job.kind.as_str(), &job.payload), (SITE, "acknowledge", &payload));
        let again = Outcome::Again { at: instant(5), reason: "later".into() };
        assert!(settle(&store, &job, id(100), &again).await);
        assert_eq!(lease(&store, id(101), instant(4), 1).await, []);
        let job = lease(&store, id(101), instant(5), 1).await.remove(0);
        assert_eq!((job.attempts, job.last_error.as_deref()), (2, Some("later")));
        assert!(settle(&store, &job, id(101), &Outcome::Dead { reason: "never".into() }).await);

        let mut tx = store.write().await.unwrap();
        assert_eq!(store::jobs::count(&mut tx).await.unwrap(), (0, 1));
        let dead = store::jobs::list(&mut tx, "dead", 9).await.unwrap().remove(0);
        assert_eq!((dead.last_error.as_deref(), dead.finished_at), (Some("never"), Some(instant(9))));
        assert!(store::jobs::revive(&mut tx, id(1), instant(20)).await.unwrap());
        assert!(!store::jobs::revive(&mut tx, id(1), instant(20)).await.unwrap(), "it is not dead any more");
        assert_eq!(store::jobs::count(&mut tx).await.unwrap(), (1, 0));
        tx.commit().await.unwrap();
        let revived = lease(&store, id(102), instant(20), 1).await.remove(0);
        assert_eq!((revived.attempts, revived.created_at), (1, instant(20)), "it has all its time again");
    }

    async fn jobs_are_found_by_their_payload_within_the_site(database: Database) {
        let store = store(database).await;
        let mut tx = store.write().await.unwrap();
        let payload = insert(&mut tx, 1, instant(0)).await;
        insert(&mut tx, 2, instant(0)).await;
        let found = store::jobs::with_payload(&mut tx, SITE, &payload).await.unwrap();
        assert_eq!(found.iter().map(|job| job.id).collect::<Vec<_>>(), [id(1)]);
        assert_eq!(store::jobs::with_payload(&mut tx, OTHER_SITE, &payload).await.unwrap(), []);
    }

    async fn two_processes_never_lease_the_same_job(database: Database) {
        let store = store(database).await;
        let mut tx = store.write().await.unwrap();
        for number in 1..=40 {
            insert(&mut tx, number, instant(0)).await;
        }
        tx.commit().await.unwrap();
        let leases = (0..8).map(|process| {
            let store = store.clone();
            tokio::spawn(async move { lease(&store, id(100 + process), instant(0), 5).await })
        });
        let mut taken = Vec::new();
        for lease in leases.collect::<Vec<_>>() {
            taken.extend(lease.await.unwrap().into_iter().map(|job| job.id));
        }
        let count = taken.len();
        taken.sort();
        taken.dedup();
        assert_eq!((count, taken.len()), (40, 40));
    }
}
