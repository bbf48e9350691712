//! The timeline.

use cornerdesk_ingest::{
    store,
    ticket::{Entry, Fact},
};
use cornerdesk_tests::{Database, on_both_databases};

use crate::fixtures::{OTHER_SITE, SITE, id, insert_ticket, instant, store};

on_both_databases! {
    async fn facts_stay_in_their_order(database: Database) {
        let store = store(database).await;
        let mut tx = store.write().await.unwrap();
        insert_ticket(&mut tx, 1).await;
        insert_ticket(&mut tx, 2).await;
        let facts = [
            Fact::Received { attachments: 2 },
            Fact::AcknowledgementFailed { reason: "the mail server refused the message: 550".into() },
            Fact::Acknowledged,
        ];
        for fact in &facts {
            store::timeline::append(&mut tx, SITE, id(1), instant(5), fact).await.unwrap();
        }
        store::timeline::append(&mut tx, SITE, id(2), instant(6), &facts[0]).await.unwrap();
        let expected: Vec<Entry> = (1..).zip(facts).map(|(seq, fact)| Entry { seq, at: instant(5), fact }).collect();
        assert_eq!(store::timeline::list(&mut tx, SITE, id(1)).await.unwrap(), expected);
        assert_eq!(store::timeline::list(&mut tx, OTHER_SITE, id(1)).await.unwrap(), []);
    }

    async fn a_fact_needs_its_ticket(database: Database) {
        let store = store(database).await;
        let mut tx = store.write().await.unwrap();
        assert!(store::timeline::append(&mut tx, SITE, id(1), instant(5), &Fact::Acknowledged).await.is_err());
    }
}
