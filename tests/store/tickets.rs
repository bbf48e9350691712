//! Tickets.

use cornerdesk_ingest::{
    store::{self, tickets::Cursor},
    ticket::Ticket,
};
use cornerdesk_shared::reference::Reference;
use cornerdesk_tests::{Database, on_both_databases};

use crate::fixtures::{OTHER_SITE, SITE, attachment, id, insert_ticket, store, ticket};

on_both_databases! {
    async fn a_ticket_comes_back_as_it_was(database: Database) {
        let store = store(database).await;
        let mut tx = store.write().await.unwrap();
        let ticket = insert_ticket(&mut tx, 1).await;
        let (site, id, reference) = (&ticket.site, ticket.id, ticket.reference);
        assert_eq!(store::tickets::find(&mut tx, site, id).await.unwrap().as_ref(), Some(&ticket));
        assert_eq!(store::tickets::find_by_reference(&mut tx, reference).await.unwrap(), Some(ticket));
    }

    async fn a_ticket_is_not_found_from_another_site(database: Database) {
        let store = store(database).await;
        let mut tx = store.write().await.unwrap();
        insert_ticket(&mut tx, 1).await;
        assert_eq!(store::tickets::find(&mut tx, OTHER_SITE, id(1)).await.unwrap(), None);
        assert_eq!(store::tickets::find(&mut tx, SITE, id(2)).await.unwrap(), None);
    }

    async fn a_reference_that_is_taken_makes_no_ticket(database: Database) {
        let store = store(database).await;
        let mut tx = store.write().await.unwrap();
        let first = insert_ticket(&mut tx, 1).await;
        let second = Ticket { site: OTHER_SITE.into(), reference: first.reference, ..ticket(2) };
        assert!(!store::tickets::insert(&mut tx, &second).await.unwrap());
        assert_eq!(store::tickets::count(&mut tx).await.unwrap(), 1);
        let unused = Reference::from_number(99);
        assert_eq!(store::tickets::find_by_reference(&mut tx, unused).await.unwrap(), None);
    }

    async fn pages_follow_each_other_without_gap_or_repetition(database: Database) {
        let store = store(database).await;
        let mut tx = store.write().await.unwrap();
        for number in 1..=7 {
            let mut ticket = ticket(number);
            // Several arrive in the same microsecond.
            ticket.received_at = crate::fixtures::instant(i64::from(number / 3));
            assert!(store::tickets::insert(&mut tx, &ticket).await.unwrap());
        }
        store::attachments::insert(&mut tx, SITE, id(7), 0, &attachment(1)).await.unwrap();
        let (mut seen, mut cursor) = (Vec::new(), Cursor::TOP);
        loop {
            let page = store::tickets::latest(&mut tx, cursor, 3).await.unwrap();
            let Some(last) = page.last() else { break };
            cursor = Cursor { received_at: last.ticket.received_at, id: last.ticket.id };
            seen.extend(page.iter().map(|listed| (listed.ticket.id.as_u128(), listed.attachments)));
        }
        assert_eq!(seen, [(7, 1), (6, 0), (5, 0), (4, 0), (3, 0), (2, 0), (1, 0)]);
    }
}
