//! Clocks as they stood after the latest fact.

use cornerdesk_ingest::store::{
    self,
    clocks::{Clock, FIRST_RESPONSE, Status},
};
use cornerdesk_tests::{Database, on_both_databases};

use crate::{OTHER_SITE, SITE, add_ticket, at, open, read, write};

fn clock(status: Status, last_seq: i32) -> Clock {
    Clock {
        metric: FIRST_RESPONSE.to_owned(),
        due_at: Some(at(3600)),
        status,
        reason: None,
        budget_s: Some(3600),
        last_seq,
    }
}

on_both_databases! {
    async fn a_clock_is_written_in_place_of_what_it_was(database: Database) {
        let store = open(database).await;
        let ticket = add_ticket(&store, 1).await;
        let mut tx = write(&store).await;
        let paused = Clock { due_at: None, reason: Some("policy_incomplete: holidays of \"selected\"".to_owned()), ..clock(Status::Paused, 3) };
        for known in [clock(Status::Running, 1), paused.clone()] {
            store::clocks::put(&mut tx, SITE, ticket.id, &known).await.expect("a clock");
            let found = store::clocks::find(&mut tx, SITE, ticket.id, FIRST_RESPONSE).await.expect("an answer");
            assert_eq!(found, Some(known));
        }
        tx.commit().await.expect("a commit");
        let mut tx = read(&store).await;
        for (site, metric) in [(OTHER_SITE, FIRST_RESPONSE), (SITE, "resolution")] {
            assert_eq!(store::clocks::find(&mut tx, site, ticket.id, metric).await.expect("an answer"), None);
        }
    }

    async fn every_status_is_read_as_it_was_written(database: Database) {
        let store = open(database).await;
        let ticket = add_ticket(&store, 1).await;
        let mut tx = write(&store).await;
        for status in [Status::None, Status::Running, Status::Paused, Status::Met, Status::Breached] {
            store::clocks::put(&mut tx, SITE, ticket.id, &clock(status, 1)).await.expect("a clock");
            let found = store::clocks::find(&mut tx, SITE, ticket.id, FIRST_RESPONSE).await.expect("an answer");
            assert_eq!(found.map(|found| found.status), Some(status));
        }
    }
}
