//! Codes and sessions on the page of a request.

use cornerdesk_ingest::store::{self, Tx, page_sign_ins};
use cornerdesk_tests::{Database, on_both_databases};

use crate::{OTHER_SITE, SITE, add_ticket, at, id, open, write};

/// Asks for number `sign_in` for ticket number `ticket` at second 10; its code can be typed until second 100, twice.
async fn ask(tx: &mut Tx, sign_in: u128, ticket: u128) {
    page_sign_ins::insert(tx, SITE, id(sign_in), id(ticket), (at(10), at(100)), 2)
        .await
        .expect("a sign-in");
}

async fn spend(tx: &mut Tx, site: &str, ticket: u128, second: i64) -> bool {
    page_sign_ins::spend_attempt(tx, site, id(7), id(ticket), at(second))
        .await
        .expect("an answer")
}

async fn is_open(tx: &mut Tx, site: &str, ticket: u128, second: i64) -> bool {
    page_sign_ins::is_open(tx, site, id(ticket), &[9; 32], at(second))
        .await
        .expect("an answer")
}

on_both_databases! {
    async fn a_code_can_be_tried_so_often_for_its_ticket_and_no_longer_than_it_lasts(database: Database) {
        let store = open(database).await;
        add_ticket(&store, 1).await;
        add_ticket(&store, 2).await;
        let mut tx = write(&store).await;
        ask(&mut tx, 7, 1).await;
        assert!(!spend(&mut tx, OTHER_SITE, 1, 20).await);
        assert!(!spend(&mut tx, SITE, 2, 20).await);
        assert!(!spend(&mut tx, SITE, 1, 100).await, "too old");
        assert!(spend(&mut tx, SITE, 1, 99).await);
        assert!(spend(&mut tx, SITE, 1, 20).await);
        assert!(!spend(&mut tx, SITE, 1, 20).await, "none left");
    }

    async fn a_session_is_for_one_ticket_and_ends(database: Database) {
        let store = open(database).await;
        add_ticket(&store, 1).await;
        add_ticket(&store, 2).await;
        let mut tx = write(&store).await;
        ask(&mut tx, 7, 1).await;
        let begin = page_sign_ins::open_session(&mut tx, SITE, id(7), id(1), &[9; 32], at(50));
        begin.await.expect("a session");
        assert!(is_open(&mut tx, SITE, 1, 49).await);
        assert!(!is_open(&mut tx, SITE, 1, 50).await);
        assert!(!is_open(&mut tx, SITE, 2, 49).await);
        assert!(!is_open(&mut tx, OTHER_SITE, 1, 49).await);
        assert!(!spend(&mut tx, SITE, 1, 20).await, "the code was used");
        let again = page_sign_ins::open_session(&mut tx, SITE, id(7), id(1), &[8; 32], at(50));
        again.await.expect_err("one session for one code");
    }

    async fn what_was_asked_for_is_counted_until_it_is_forgotten(database: Database) {
        let store = open(database).await;
        add_ticket(&store, 1).await;
        add_ticket(&store, 2).await;
        let mut tx = write(&store).await;
        for (sign_in, ticket) in [(7, 1), (8, 1), (9, 2)] {
            ask(&mut tx, sign_in, ticket).await;
        }
        let count = async |tx: &mut Tx, second| {
            page_sign_ins::count_since(tx, SITE, id(1), at(second)).await.expect("a count")
        };
        assert_eq!([count(&mut tx, 9).await, count(&mut tx, 10).await], [2, 0]);
        page_sign_ins::forget(&mut tx, at(99)).await.expect("an answer");
        assert_eq!(count(&mut tx, 9).await, 2);
        page_sign_ins::forget(&mut tx, at(100)).await.expect("an answer");
        assert_eq!(count(&mut tx, 9).await, 0);
    }

    async fn whoever_locks_a_ticket_waits_for_the_one_who_did_before(database: Database) {
        let store = open(database).await;
        add_ticket(&store, 1).await;
        let mut tx = write(&store).await;
        store::tickets::lock(&mut tx, SITE, id(1)).await.expect("the lock");
        store::tickets::lock(&mut tx, SITE, id(2)).await.expect_err("no such ticket");
        drop(tx);
        let mut first = write(&store).await;
        store::tickets::lock(&mut first, SITE, id(1)).await.expect("the lock");
        let second = tokio::spawn({
            let store = store.clone();
            async move {
                let mut tx = write(&store).await;
                store::tickets::lock(&mut tx, SITE, id(1)).await.expect("the lock");
                let facts = store::timeline::list(&mut tx, SITE, id(1)).await.expect("facts");
                facts.len()
            }
        });
        let fact = cornerdesk_ingest::ticket::Fact::Acknowledged;
        store::timeline::append(&mut first, SITE, id(1), at(1), &fact).await.expect("a fact");
        first.commit().await.expect("a commit");
        assert_eq!(second.await.expect("an answer"), 1, "it sees what was written meanwhile");
    }
}
