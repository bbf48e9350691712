//! Alarms of monitoring systems, and facts that count.

use cornerdesk_ingest::{
    store::{
        StoreError,
        alarms::{self, Alarm},
        tickets, timeline,
    },
    ticket::{Fact, Status, Ticket},
};
use cornerdesk_tests::{Database, on_both_databases};

use crate::{SITE, add_ticket, at, open, write};

on_both_databases! {
    async fn an_alarm_is_one_row_that_names_its_last_ticket(database: Database) {
        let store = open(database).await;
        let (first, second) = (add_ticket(&store, 1).await.id, add_ticket(&store, 2).await.id);
        let mut tx = write(&store).await;
        assert_eq!(alarms::lock_source(&mut tx, SITE, "prometheus", at(1)).await.expect("an answer"), None);
        alarms::set_overflow(&mut tx, SITE, "prometheus", first).await.expect("an answer");
        assert_eq!(alarms::lock_source(&mut tx, SITE, "prometheus", at(2)).await.expect("an answer"), Some(first));
        assert_eq!(alarms::find(&mut tx, SITE, "prometheus", "disk").await.expect("an answer"), None);
        for (ticket, is_firing, severity) in [(first, true, None), (second, false, Some("critical".to_owned()))] {
            let alarm = Alarm { ticket, is_firing, severity };
            alarms::put(&mut tx, SITE, "prometheus", "disk", &alarm, at(3)).await.expect("an answer");
            assert_eq!(alarms::find(&mut tx, SITE, "prometheus", "disk").await.expect("an answer"), Some(alarm));
        }
        assert_eq!(alarms::find(&mut tx, SITE, "other", "disk").await.expect("an answer"), None);
        tx.rollback().await.expect("an answer");
    }

    async fn an_alarm_is_forgotten_long_after_its_ticket_is_over_and_not_before(database: Database) {
        let store = open(database).await;
        let ticket = add_ticket(&store, 1).await;
        let mut tx = write(&store).await;
        alarms::lock_source(&mut tx, SITE, "prometheus", at(1)).await.expect("an answer");
        let alarm = Alarm { ticket: ticket.id, is_firing: true, severity: None };
        alarms::put(&mut tx, SITE, "prometheus", "disk", &alarm, at(1)).await.expect("an answer");
        for (status, before, is_there) in [(Status::New, 9, true), (Status::Closed, 1, true), (Status::Closed, 9, false)] {
            let now = Ticket { status, ..ticket.clone() };
            tickets::update(&mut tx, &now).await.expect("an answer");
            alarms::forget(&mut tx, at(before)).await.expect("an answer");
            let found = alarms::find(&mut tx, SITE, "prometheus", "disk").await.expect("an answer");
            assert_eq!(found.is_some(), is_there, "{status:?} {before}");
        }
        tx.rollback().await.expect("an answer");
    }

    async fn only_a_fact_that_counts_is_written_anew(database: Database) {
        let store = open(database).await;
        let ticket = add_ticket(&store, 1).await.id;
        let mut tx = write(&store).await;
        let repeated = |times| Fact::AlarmRepeated { times, last_at: at(5) };
        timeline::append(&mut tx, SITE, ticket, at(1), &Fact::Acknowledged).await.expect("an answer");
        timeline::append(&mut tx, SITE, ticket, at(2), &repeated(1)).await.expect("an answer");
        let last = timeline::list(&mut tx, SITE, ticket).await.expect("an answer").pop().expect("an answer").seq;
        timeline::renew(&mut tx, SITE, ticket, last, &repeated(2)).await.expect("an answer");
        for (seq, fact) in [(last, Fact::Confirmed), (last - 1, repeated(3)), (last + 1, repeated(3))] {
            let refused = timeline::renew(&mut tx, SITE, ticket, seq, &fact).await;
            assert!(matches!(refused, Err(StoreError::RowCount { .. })), "{refused:?}");
        }
        let facts: Vec<Fact> = timeline::list(&mut tx, SITE, ticket).await.expect("an answer").into_iter().map(|entry| entry.fact).collect();
        assert_eq!(facts[facts.len() - 2..], [Fact::Acknowledged, repeated(2)]);
        tx.rollback().await.expect("an answer");
    }
}
