//! What happened to tickets lately.

use cornerdesk_ingest::{
    store,
    ticket::{Fact, Held, Ticket},
};
use cornerdesk_tests::{Database, on_both_databases};

use crate::{OTHER_SITE, SITE, at, id, open, ticket, write};

on_both_databases! {
    async fn facts_come_in_their_order_without_those_of_held_tickets(database: Database) {
        let store = open(database).await;
        let mut tx = write(&store).await;
        let tickets = [
            ticket(1),
            Ticket { site: OTHER_SITE.to_owned(), ..ticket(2) },
            Ticket { held: Some(Held::Suspected), ..ticket(3) },
        ];
        for ticket in &tickets {
            assert!(store::tickets::insert(&mut tx, ticket).await.expect("an answer"));
        }
        for (site, number, second) in [(SITE, 1, 10), (OTHER_SITE, 2, 9), (SITE, 3, 11), (SITE, 1, 12)] {
            store::timeline::append(&mut tx, site, id(number), at(second), &Fact::Acknowledged).await.expect("a fact");
        }
        let happened = store::lately::since(&mut tx, at(8)).await.expect("facts");
        let seen: Vec<_> = happened.iter().map(|it| (it.site.as_str(), it.ticket, it.at)).collect();
        assert_eq!(seen, [(OTHER_SITE, id(2), at(9)), (SITE, id(1), at(10)), (SITE, id(1), at(12))]);
        assert_eq!((happened[0].kind.as_str(), &happened[0].reference), ("acknowledged", &ticket(2).reference.to_string()));
        assert_eq!(store::lately::since(&mut tx, at(10)).await.expect("facts").len(), 1);
    }
}
