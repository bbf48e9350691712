//! Tickets.

use cornerdesk_ingest::{
    staff::VisibleSites,
    store::{self, Store, tickets::Cursor},
    ticket::{Fact, Held, HoldReason, Ticket},
};
use cornerdesk_tests::{Database, on_both_databases};

use crate::{OTHER_SITE, SITE, add_ticket, at, id, open, read, ticket, write};

/// The numbers in the summaries of one page of the list, and where it ends.
async fn page(store: &Store, cursor: Cursor, most: u32) -> (Vec<String>, Option<Cursor>) {
    let mut tx = read(store).await;
    let listed = store::tickets::latest(&mut tx, &VisibleSites::All, cursor, most)
        .await
        .expect("a list");
    let end = listed.last().map(|last| Cursor {
        received_at: last.ticket.received_at,
        id: last.ticket.id,
    });
    let number = |ticket: &Ticket| {
        ticket
            .summary
            .split(' ')
            .nth(1)
            .unwrap_or_default()
            .to_owned()
    };
    (
        listed.iter().map(|listed| number(&listed.ticket)).collect(),
        end,
    )
}

on_both_databases! {
    async fn a_ticket_is_read_as_it_was_written(database: Database) {
        let store = open(database).await;
        let written = add_ticket(&store, 1).await;
        let mut tx = read(&store).await;
        let found = store::tickets::find(&mut tx, SITE, written.id).await.expect("an answer");
        assert_eq!(found.as_ref(), Some(&written));
        let found = store::tickets::find_by_reference(&mut tx, written.reference).await.expect("an answer");
        assert_eq!(found, Some(written));
    }

    async fn a_ticket_is_not_found_in_another_site(database: Database) {
        let store = open(database).await;
        let written = add_ticket(&store, 1).await;
        let mut tx = read(&store).await;
        assert_eq!(store::tickets::find(&mut tx, OTHER_SITE, written.id).await.expect("an answer"), None);
        assert_eq!(store::tickets::find(&mut tx, SITE, id(99)).await.expect("an answer"), None);
    }

    async fn a_reference_is_taken_once_even_across_sites(database: Database) {
        let store = open(database).await;
        let first = add_ticket(&store, 1).await;
        let second = Ticket { reference: first.reference, site: OTHER_SITE.to_owned(), ..ticket(2) };
        let mut tx = write(&store).await;
        assert!(!store::tickets::insert(&mut tx, &second).await.expect("an answer"));
        // The transaction goes on: another reference is drawn in it.
        assert!(store::tickets::insert(&mut tx, &ticket(2)).await.expect("an answer"));
        tx.commit().await.expect("a commit");
    }

    async fn the_list_is_read_page_by_page_newest_first(database: Database) {
        let store = open(database).await;
        for number in 1..=5 {
            add_ticket(&store, number).await;
        }
        let (first, end) = page(&store, Cursor::TOP, 2).await;
        assert_eq!(first, ["5", "4"]);
        let (second, end) = page(&store, end.expect("an end"), 2).await;
        assert_eq!(second, ["3", "2"]);
        let (third, end) = page(&store, end.expect("an end"), 2).await;
        assert_eq!(third, ["1"]);
        assert_eq!(page(&store, end.expect("an end"), 2).await, (vec![], None));
    }

    async fn a_held_ticket_is_in_the_list_of_held_ones_until_it_is_released(database: Database) {
        let store = open(database).await;
        add_ticket(&store, 1).await;
        let held = Ticket { held: Some(Held::Suspected), ..ticket(2) };
        let fact = Fact::Held { reason: HoldReason::HiddenField };
        let mut tx = write(&store).await;
        store::tickets::insert(&mut tx, &held).await.expect("a ticket");
        store::timeline::append(&mut tx, SITE, held.id, at(3), &fact).await.expect("a fact");
        let found = store::tickets::find(&mut tx, SITE, held.id).await.expect("an answer");
        assert_eq!(found, Some(held.clone()));
        let listed = store::tickets::latest_held(&mut tx, &VisibleSites::All, Cursor::TOP, 9).await.expect("a list");
        assert_eq!((listed.len(), &listed[0].0.ticket, &listed[0].1), (1, &held, &Some(fact)));
        let below = Cursor { received_at: held.received_at, id: held.id };
        assert!(store::tickets::latest_held(&mut tx, &VisibleSites::All, below, 9).await.expect("a list").is_empty());
        assert_eq!(store::tickets::count(&mut tx, &VisibleSites::All).await.expect("a count"), 1);
        assert_eq!(store::tickets::count_held(&mut tx, &VisibleSites::All).await.expect("a count"), 1);
        tx.commit().await.expect("a commit");
        assert_eq!(page(&store, Cursor::TOP, 9).await.0, ["1"]);

        let mut tx = write(&store).await;
        assert!(!store::tickets::release(&mut tx, OTHER_SITE, held.id).await.expect("an answer"));
        assert!(store::tickets::release(&mut tx, SITE, held.id).await.expect("an answer"));
        assert!(!store::tickets::release(&mut tx, SITE, held.id).await.expect("an answer"));
        tx.commit().await.expect("a commit");
        assert_eq!(page(&store, Cursor::TOP, 9).await.0, ["2", "1"]);
    }

    async fn tickets_of_the_same_moment_are_neither_skipped_nor_repeated(database: Database) {
        let store = open(database).await;
        let mut tx = write(&store).await;
        for number in 1..=3 {
            let ticket = Ticket { received_at: ticket(0).received_at, ..ticket(number) };
            store::tickets::insert(&mut tx, &ticket).await.expect("a ticket");
        }
        tx.commit().await.expect("a commit");
        let (first, end) = page(&store, Cursor::TOP, 2).await;
        let (second, _) = page(&store, end.expect("an end"), 2).await;
        assert_eq!([first, second].concat(), ["3", "2", "1"]);
    }
}
