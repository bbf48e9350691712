//! Many tickets under another version.

use cornerdesk_ingest::{
    policies::{self, Policies},
    policy::Library,
    repin::{self, Change, Wish},
    site::SiteConfig,
    store::{self, Store, clocks::FIRST_RESPONSE, repinning::Batch},
    ticket::{Fact, Status, Ticket, terms::Terms},
};
use cornerdesk_tests::{Database, on_both_databases};
use uuid::Uuid;

use crate::{SITE, at, id, open, read, receive, ticket, write};

/// A ticket that is promised twelve hours under version 1, which is Memsource's.
async fn add(store: &Store, number: u32, status: Status) {
    let ticket = Ticket {
        policy_version: Some(1),
        status,
        ..ticket(number)
    };
    let terms = Terms {
        policy_version: Some(1),
        plan: Some("paid".to_owned()),
        ..Terms::default()
    };
    receive(store, &ticket, Some(terms)).await;
}

/// Versions 1 (Memsource) and 2 (Meiro, which has no figure) are published.
pub async fn publish(store: &Store) {
    let mut tx = write(store).await;
    for policy in ["memsource", "meiro"] {
        let site = SiteConfig {
            policy: Some(policy.to_owned()),
            ..SiteConfig::new(SITE, "Acme")
        };
        policies::publish(&mut tx, &Library::embedded(), &[site], at(0))
            .await
            .expect("it is published");
    }
    tx.commit().await.expect("a commit");
}

on_both_databases! {
    async fn tickets_that_are_worked_on_come_under_another_version_batch_by_batch(database: Database) {
        let store = open(database).await;
        publish(&store).await;
        for number in 1..=3 {
            add(&store, number, Status::Open).await;
        }
        add(&store, 4, Status::Solved).await;
        let wish = Wish { site: SITE, from: vec![1], to: 2, by: "Sam", because: "a contract" };
        let policies = Policies::default();
        let differences = repin::compare(&store, &policies, &wish, at(10)).await.expect("an answer");
        assert_eq!(repin::counts(&differences).into_iter().collect::<Vec<_>>(), [(Change::Withdrawn, 3)]);
        assert_eq!(repin::apply(&store, &policies, &wish, at(10)).await.expect("an answer"), 3);
        assert_eq!(repin::apply(&store, &policies, &wish, at(11)).await.expect("an answer"), 0);
        let mut tx = read(&store).await;
        for (number, version, facts) in [(1, 2, 2), (2, 2, 2), (3, 2, 2), (4, 1, 1)] {
            let found = store::tickets::find(&mut tx, SITE, id(number)).await.expect("an answer").expect("a ticket");
            let timeline = store::timeline::list(&mut tx, SITE, id(number)).await.expect("a list");
            assert_eq!((found.policy_version, timeline.len()), (Some(version), facts), "{number}");
        }
        let clock = store::clocks::find(&mut tx, SITE, id(1), FIRST_RESPONSE).await.expect("an answer").expect("a clock");
        assert_eq!((clock.due_at, clock.reason.as_deref(), clock.last_seq), (None, Some("no_target"), 2));
    }

    async fn a_batch_begins_after_a_ticket_and_ends_with_one(database: Database) {
        let store = open(database).await;
        for number in 1..=4 {
            add(&store, number, Status::New).await;
        }
        let mut tx = write(&store).await;
        assert_eq!(store::repinning::next(&mut tx, SITE, 1, Uuid::nil(), 2).await.expect("a list"), [id(1), id(2)]);
        let batch = Batch { site: SITE, from: 1, after: id(1), up_to: id(3) };
        let timelines = store::repinning::timelines(&mut tx, batch).await.expect("timelines");
        assert_eq!(timelines.iter().map(|(ticket, _)| *ticket).collect::<Vec<_>>(), [id(2), id(3)]);
        let fact = Fact::Answered { by: "Sam".to_owned() };
        assert_eq!(store::repinning::append(&mut tx, batch, at(9), &fact).await.expect("facts"), 2);
        assert!(store::repinning::pin(&mut tx, batch, 2, 3).await.is_err(), "two and not three");
    }
}
