//! Rows of the outbox that cannot be done.

use std::time::Duration;

use cornerdesk_ingest::store::{self, Store};
use cornerdesk_tests::{
    Database, Service, client::a_submission, eventually, on_both_databases, service::Setup,
    smtp::SmtpSink,
};
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

const SOON: Duration = Duration::from_secs(15);

/// Jobs that no code of ours writes: an unknown kind, a ticket that is gone, a payload of another form.
async fn insert_poison(url: &str) {
    let store = Store::open(url, 2)
        .await
        .expect("the database of the service");
    let mut tx = store.write().await.expect("a transaction");
    let jobs: [(u128, &str, Value); 3] = [
        (1, "no_such_kind", json!({})),
        (2, "acknowledge", json!({ "ticket_id": Uuid::from_u128(7) })),
        (3, "acknowledge", json!("not what a job holds")),
    ];
    for (id, kind, payload) in jobs {
        let (id, at) = (Uuid::from_u128(id), Timestamp::UNIX_EPOCH);
        let inserted = store::jobs::insert(&mut tx, "acme", id, kind, &payload, at, at).await;
        inserted.expect("a job");
    }
    tx.commit().await.expect("a commit");
    store.close().await;
}

on_both_databases! {
    async fn jobs_that_cannot_be_done_end_as_dead_letters_and_hold_nobody_up(database: Database) {
        let sink = SmtpSink::start().await;
        let url = database.new_url();
        let setup = Setup::new(database).database_url(&url).mail_to(&sink);
        let service = Service::start_with(setup).await;
        insert_poison(&url).await;
        service.client().submit(&a_submission()).await.reference();
        sink.messages(1).await;
        let dead = eventually(SOON, "three dead letters", async || {
            let dead = service.jobs("dead");
            (dead.len() == 3).then_some(dead)
        })
        .await;
        assert!(dead.iter().all(|job| job["attempts"] == 1), "{dead:?}");
        eventually(SOON, "the mail to be marked as sent", async || {
            service.jobs("ready").is_empty().then_some(())
        })
        .await;
    }
}
