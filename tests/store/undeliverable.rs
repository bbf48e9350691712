//! Addresses that nobody can be reached under.

use cornerdesk_ingest::{mail::recipient::Recipient, store};
use cornerdesk_tests::{Database, on_both_databases};

use crate::{at, open, write};

on_both_databases! {
    async fn an_address_is_marked_until_its_time_and_then_forgotten(database: Database) {
        let store = open(database).await;
        let key = |address: &str| Recipient::exactly(address).key();
        let mut tx = write(&store).await;
        store::undeliverable::mark(&mut tx, &key("Ada@customer.example"), at(10)).await.expect("a mark");
        store::undeliverable::mark(&mut tx, &key("ada@customer.example"), at(20)).await.expect("a later mark");
        for (address, second, until) in [
            ("ada@customer.example", 19, Some(at(20))),
            ("ada@customer.example", 20, None),
            ("ada+x@customer.example", 0, None),
            ("eva@customer.example", 0, None),
        ] {
            let found = store::undeliverable::until(&mut tx, &key(address), at(second)).await.expect("an answer");
            assert_eq!(found, until, "{address} {second}");
        }
        assert_eq!(store::undeliverable::forget(&mut tx, at(19)).await.expect("a count"), 0);
        assert_eq!(store::undeliverable::forget(&mut tx, at(20)).await.expect("a count"), 1);
        let eva = key("eva@customer.example");
        store::undeliverable::mark(&mut tx, &eva, at(10)).await.expect("a mark");
        store::undeliverable::lift(&mut tx, &eva).await.expect("it is lifted");
        assert_eq!(store::undeliverable::until(&mut tx, &eva, at(0)).await.expect("an answer"), None);
    }
}
