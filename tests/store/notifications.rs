//! What staff were told.

use cornerdesk_ingest::{
    mail::recipient::{Key, Recipient},
    outbox::{lane::Lane, notify_digest},
    store::{
        self, Store,
        jobs::{End, Job, Outcome},
        notifications::Postponed,
    },
};
use cornerdesk_tests::{Database, on_both_databases};

use uuid::Uuid;

use crate::{OTHER_SITE, SITE, add_ticket, at, id, open, write};

async fn use_key(store: &Store, key: &str, second: i64) -> bool {
    let mut tx = write(store).await;
    let is_new = store::notifications::use_key(&mut tx, SITE, id(1), key, at(second), at(90)).await;
    tx.commit().await.expect("a commit");
    is_new.expect("an answer")
}

fn notice(key: &str, second: i64) -> Postponed {
    Postponed {
        ticket: id(1),
        key: key.to_owned(),
        alarm_at: at(second),
    }
}

const TOKEN: Uuid = Uuid::from_u128(1_000);

fn ada() -> Key {
    Recipient::exactly("ada@acme.example").key()
}

/// Postpones a notice to Ada; whether a mail is to come that will gather it.
async fn postpone(store: &Store, key: &str, second: i64) -> bool {
    let mut tx = write(store).await;
    store::notifications::postpone(&mut tx, SITE, &ada(), &notice(key, second))
        .await
        .expect("it waits");
    let is_awaited = store::notifications::is_digest_awaited(&mut tx, SITE, &ada()).await;
    tx.commit().await.expect("a commit");
    is_awaited.expect("an answer")
}

/// Orders the mail that gathers Ada's.
async fn order(store: &Store, job: u128) {
    let mut tx = write(store).await;
    let (payload, kind) = (notify_digest::payload(&ada()), notify_digest::KIND);
    store::jobs::insert(&mut tx, SITE, id(job), kind, &payload, at(50), at(0))
        .await
        .expect("a job");
    tx.commit().await.expect("a commit");
}

async fn lease(store: &Store, second: i64) -> Vec<Job> {
    let mut tx = write(store).await;
    let times = (at(second), at(second + 60));
    let jobs = store::jobs::lease(&mut tx, TOKEN, times, &Lane::Mail, End::Oldest, 10).await;
    tx.commit().await.expect("a commit");
    jobs.expect("jobs")
}

on_both_databases! {
    async fn a_key_is_used_once_and_keeps_its_first_instant(database: Database) {
        let store = open(database).await;
        add_ticket(&store, 1).await;
        assert!(use_key(&store, "first_response/1/75", 10).await);
        assert!(!use_key(&store, "first_response/1/75", 20).await);
        assert!(use_key(&store, "first_response/1/90", 20).await);
        let mut tx = write(&store).await;
        let keys = store::notifications::keys(&mut tx, SITE, id(1)).await.expect("keys");
        assert_eq!(keys.into_iter().collect::<Vec<_>>(), [("first_response/1/75".to_owned(), at(10)), ("first_response/1/90".to_owned(), at(20))]);
        assert!(store::notifications::keys(&mut tx, OTHER_SITE, id(1)).await.expect("keys").is_empty());
    }

    async fn two_processes_that_use_one_key_at_once_use_it_once(database: Database) {
        let store = open(database).await;
        add_ticket(&store, 1).await;
        let uses = (0..6).map(|_| use_key(&store, "update/1", 5));
        let used = futures_util::future::join_all(uses).await;
        assert_eq!(used.iter().filter(|is_new| **is_new).count(), 1);
    }

    async fn what_was_postponed_goes_out_with_one_mail_and_is_forgotten_then(database: Database) {
        let store = open(database).await;
        add_ticket(&store, 1).await;
        let (ada, bob) = (Recipient::exactly("ada@acme.example").key(), Recipient::exactly("bob@acme.example").key());
        let mut tx = write(&store).await;
        let postpone = async |tx: &mut store::Tx, to: &_, key: &str, second| {
            store::notifications::postpone(tx, SITE, to, &notice(key, second)).await.expect("it waits");
        };
        postpone(&mut tx, &ada, "b", 20).await;
        postpone(&mut tx, &ada, "a", 10).await;
        postpone(&mut tx, &ada, "a", 10).await; // the same once more
        postpone(&mut tx, &bob, "a", 10).await;
        let claim = async |tx: &mut store::Tx, job| {
            store::notifications::claim(tx, SITE, &ada, id(job)).await.expect("notices")
        };
        assert_eq!(claim(&mut tx, 7).await, [notice("a", 10), notice("b", 20)]);
        // What comes meanwhile waits for the next mail; a repeated attempt is the same mail.
        postpone(&mut tx, &ada, "c", 30).await;
        assert_eq!(claim(&mut tx, 7).await, [notice("a", 10), notice("b", 20)]);
        store::notifications::forget(&mut tx, SITE, &ada, id(7)).await.expect("an end");
        assert_eq!(claim(&mut tx, 8).await, [notice("c", 30)]);
    }

    async fn what_a_mail_left_over_is_gathered_by_the_next(database: Database) {
        let store = open(database).await;
        add_ticket(&store, 1).await;
        let ada = ada();
        assert!(!postpone(&store, "a", 10).await);
        order(&store, 7).await;
        assert!(postpone(&store, "b", 20).await, "it has not begun");
        let digest = lease(&store, 60).await.remove(0);
        assert!(!postpone(&store, "c", 30).await, "it has begun");
        let mut tx = write(&store).await;
        let outcome = Outcome::Dead { reason: "x".to_owned() };
        assert!(store::jobs::settle(&mut tx, &digest, TOKEN, &outcome, at(61)).await.expect("an answer"));
        tx.commit().await.expect("a commit");
        assert!(!postpone(&store, "d", 40).await, "it is dead");
        order(&store, 8).await;
        let mut tx = write(&store).await;
        let all = [("a", 10), ("b", 20), ("c", 30), ("d", 40)].map(|(key, second)| notice(key, second));
        assert_eq!(store::notifications::claim(&mut tx, SITE, &ada, id(8)).await.expect("notices"), all);
        assert!(!store::notifications::is_digest_awaited(&mut tx, SITE, &ada).await.expect("an answer"), "what it holds, it sends again");
        let bob = Recipient::exactly("bob@acme.example").key();
        assert!(!store::notifications::is_digest_awaited(&mut tx, SITE, &bob).await.expect("an answer"));
    }
}

/// A lease that came between would send what it sees, and leave the notice behind.
#[tokio::test]
async fn a_digest_does_not_begin_while_something_is_postponed_for_it() {
    let store = open(Database::Postgres).await;
    add_ticket(&store, 1).await;
    order(&store, 7).await;
    let mut tx = write(&store).await;
    let ada = ada();
    let notice = notice("a", 10);
    store::notifications::postpone(&mut tx, SITE, &ada, &notice)
        .await
        .expect("it waits");
    let is_awaited = store::notifications::is_digest_awaited(&mut tx, SITE, &ada).await;
    assert!(is_awaited.expect("an answer"));
    assert_eq!(lease(&store, 60).await, []);
    tx.commit().await.expect("a commit");
    assert_eq!(lease(&store, 60).await.len(), 1);
}
