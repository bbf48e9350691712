//! How many mails a mailbox had, and who wants none.

use std::sync::Arc;

use cornerdesk_ingest::{
    mail::{
        permission::Mails,
        recipient::{Key, Recipient},
    },
    store::{self, Store, Tx},
};
use cornerdesk_tests::{Database, on_both_databases};
use jiff::Timestamp;

use crate::{OTHER_SITE, SITE, at, id, open, write};

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

fn ada() -> Key {
    Recipient::of("ada@customer.example").key()
}

fn bob() -> Key {
    Recipient::of("bob@customer.example").key()
}

async fn put(tx: &mut Tx, recipient: Key, site: &str, job: u128, second: i64) {
    store::recipients::put_mail(tx, &recipient, site, id(job), false, at(second))
        .await
        .expect("a mail");
}

/// The mails to Ada, seen from a job that has none yet.
async fn count(tx: &mut Tx, now: i64) -> Mails {
    count_for(tx, 999, now).await
}

async fn count_for(tx: &mut Tx, job: u128, now: i64) -> Mails {
    store::recipients::count(tx, &ada(), SITE, id(job), false, 100, at(now))
        .await
        .expect("a count")
}

/// Locks Ada, counts, and sends if there were fewer than three: what a process does for a mail.
async fn send_if_fewer_than_three(store: &Store, job: u128) {
    let mut tx = write(store).await;
    store::recipients::lock(&mut tx, &ada())
        .await
        .expect("a lock");
    if count_for(&mut tx, job, 0).await.hour < 3 {
        put(&mut tx, ada(), SITE, job, 0).await;
    }
    tx.commit().await.expect("a commit");
}

async fn objection(tx: &mut Tx, recipient: Key) -> Option<Timestamp> {
    store::recipients::lock(tx, &recipient)
        .await
        .expect("an answer")
}

on_both_databases! {
    async fn mails_that_a_product_vouches_for_are_counted_apart(database: Database) {
        let store = open(database).await;
        let mut tx = write(&store).await;
        store::recipients::lock(&mut tx, &ada()).await.expect("a lock");
        put(&mut tx, ada(), SITE, 1, 0).await;
        store::recipients::put_mail(&mut tx, &ada(), SITE, id(2), true, at(0)).await.expect("a mail");
        assert_eq!(count(&mut tx, 1).await.hour, 2, "a stranger's budget knows both");
        let vouched = store::recipients::count(&mut tx, &ada(), SITE, id(9), true, 100, at(1)).await;
        let vouched = vouched.expect("a count");
        assert_eq!((vouched.hour, vouched.site_day, vouched.everybody_hour), (1, 1, 2));
    }

    async fn mails_count_for_their_hour_and_their_day(database: Database) {
        let store = open(database).await;
        let mut tx = write(&store).await;
        put(&mut tx, ada(), SITE, 1, 0).await;
        put(&mut tx, ada(), OTHER_SITE, 1, 10).await;
        put(&mut tx, bob(), SITE, 2, 20).await;
        let seen = [HOUR - 1, HOUR, HOUR + 10, DAY - 1, DAY, DAY + 10];
        let mut counts = Vec::new();
        for now in seen {
            let mails = count(&mut tx, now).await;
            counts.push((mails.site_hour, mails.site_day, mails.hour, mails.day, mails.everybody_hour));
        }
        assert_eq!(counts, [(1, 1, 2, 2, 3), (0, 1, 1, 2, 2), (0, 1, 0, 2, 1), (0, 1, 0, 2, 0), (0, 0, 0, 1, 0), (0, 0, 0, 0, 0)]);
    }

    async fn a_repeated_attempt_is_the_same_mail(database: Database) {
        let store = open(database).await;
        let mut tx = write(&store).await;
        put(&mut tx, ada(), SITE, 1, 0).await;
        put(&mut tx, ada(), SITE, 1, 50).await;
        assert_eq!(count_for(&mut tx, 1, 60).await.hour, 0, "its own mail does not count against a job");
        assert_eq!(count(&mut tx, 60).await.hour, 1);
        // It counts from the last attempt.
        assert_eq!(count(&mut tx, HOUR + 10).await.hour, 1);
    }

    async fn the_mails_to_everybody_are_not_counted_further_than_needed(database: Database) {
        let store = open(database).await;
        let mut tx = write(&store).await;
        for job in 0..5 {
            put(&mut tx, bob(), SITE, job, 0).await;
        }
        let mails = store::recipients::count(&mut tx, &ada(), SITE, id(9), false, 3, at(1)).await.expect("a count");
        assert_eq!(mails.everybody_hour, 3);
    }

    async fn of_many_that_count_at_once_three_send(database: Database) {
        let store = Arc::new(open(database).await);
        let all = (0..20_u128).map(|job| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { send_if_fewer_than_three(&store, job).await })
        });
        for one in all.collect::<Vec<_>>() {
            one.await.expect("a task that ends");
        }
        let mut tx = write(&store).await;
        assert_eq!(count(&mut tx, 0).await.hour, 3);
    }

    async fn an_objection_is_kept_for_one_recipient_until_its_end(database: Database) {
        let store = open(database).await;
        let mut tx = write(&store).await;
        assert_eq!(objection(&mut tx, ada()).await, None);
        store::recipients::object(&mut tx, &ada(), at(100)).await.expect("an objection");
        store::recipients::object(&mut tx, &ada(), at(200)).await.expect("another");
        assert_eq!(objection(&mut tx, ada()).await, Some(at(200)));
        assert_eq!(objection(&mut tx, bob()).await, None);
        store::recipients::forget(&mut tx, at(199)).await.expect("an answer");
        assert_eq!(objection(&mut tx, ada()).await, Some(at(200)));
        store::recipients::forget(&mut tx, at(200)).await.expect("an answer");
        assert_eq!(objection(&mut tx, ada()).await, None);
    }

    async fn only_mails_that_count_no_more_are_forgotten(database: Database) {
        let store = open(database).await;
        let mut tx = write(&store).await;
        put(&mut tx, ada(), SITE, 1, 0).await;
        put(&mut tx, ada(), SITE, 2, 1).await;
        // Of a clock that was set back by two days since.
        put(&mut tx, ada(), SITE, 3, 3 * DAY).await;
        assert_eq!(count(&mut tx, DAY).await.day, 2);
        store::recipients::forget(&mut tx, at(DAY)).await.expect("an answer");
        assert_eq!(count(&mut tx, DAY).await.day, 1);
        assert_eq!(count(&mut tx, DAY - 1).await.day, 1);
    }
}
