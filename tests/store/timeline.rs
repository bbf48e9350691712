//! The facts of a ticket.

use cornerdesk_ingest::{
    store,
    ticket::{
        Entry, Fact,
        terms::{PauseReason, PlanSource, Terms},
    },
};
use cornerdesk_tests::{Database, on_both_databases};

use crate::{OTHER_SITE, SITE, add_ticket, at, open, write};

on_both_databases! {
    async fn facts_stand_in_the_order_in_which_they_were_added(database: Database) {
        let store = open(database).await;
        let ticket = add_ticket(&store, 1).await;
        let terms = Terms { policy_version: Some(2), plan: Some("Pro".to_owned()), plan_from: Some(PlanSource::ClaimedDomain), ..Terms::default() };
        let facts = [
            Fact::Received { attachments: 2, terms: Some(Box::new(terms)) },
            Fact::Classified { category: None, priority: Some(None), by: "Sam".to_owned() },
            Fact::Paused { reason: PauseReason::ThirdParty, by: "Sam".to_owned() },
            Fact::AcknowledgementFailed { reason: "no such mailbox".to_owned() },
            Fact::Acknowledged,
        ];
        let mut tx = write(&store).await;
        // The second happened before the first: a clock may be set back, the order stays.
        for (fact, second) in facts.iter().zip([10, 5, 20]) {
            store::timeline::append(&mut tx, SITE, ticket.id, at(second), fact).await.expect("a fact");
        }
        let expected: Vec<_> = (1..).zip([10, 5, 20]).zip(facts).map(|((seq, second), fact)| Entry { seq, at: at(second), fact }).collect();
        assert_eq!(store::timeline::list(&mut tx, SITE, ticket.id).await.expect("a list"), expected);
        assert_eq!(store::timeline::list(&mut tx, OTHER_SITE, ticket.id).await.expect("a list"), []);
    }

    async fn the_first_fact_is_the_first_once(database: Database) {
        let store = open(database).await;
        let ticket = add_ticket(&store, 1).await;
        let mut tx = write(&store).await;
        let received = Fact::Received { attachments: 0, terms: None };
        store::timeline::start(&mut tx, SITE, ticket.id, at(1), &received).await.expect("a fact");
        store::timeline::append(&mut tx, SITE, ticket.id, at(2), &Fact::Acknowledged).await.expect("a fact");
        let timeline = store::timeline::list(&mut tx, SITE, ticket.id).await.expect("a list");
        assert_eq!(timeline.iter().map(|entry| entry.seq).collect::<Vec<_>>(), [1, 2]);
        assert!(store::timeline::start(&mut tx, SITE, ticket.id, at(3), &received).await.is_err());
    }

    async fn a_fact_needs_a_ticket_of_its_site(database: Database) {
        let store = open(database).await;
        let ticket = add_ticket(&store, 1).await;
        let mut tx = write(&store).await;
        let appended = store::timeline::append(&mut tx, OTHER_SITE, ticket.id, at(1), &Fact::Acknowledged).await;
        assert!(appended.is_err());
    }

    async fn writers_at_the_same_moment_wait_for_each_other(database: Database) {
        let store = open(database).await;
        let ticket = add_ticket(&store, 1).await;
        let writers = (0..10).map(async |second| {
            let mut tx = write(&store).await;
            store::timeline::append(&mut tx, SITE, ticket.id, at(second), &Fact::Acknowledged).await.expect("a fact");
            tx.commit().await.expect("a commit");
        });
        futures_util::future::join_all(writers).await;
        let mut tx = write(&store).await;
        let timeline = store::timeline::list(&mut tx, SITE, ticket.id).await.expect("a list");
        assert_eq!(timeline.iter().map(|entry| entry.seq).collect::<Vec<_>>(), (1..=10).collect::<Vec<_>>());
    }
}
