//! How much waits for a destination, and how much was given up there.

use cornerdesk_ingest::{
    outbox::{deliver_event, lane::Lane},
    store::{
        self, Store,
        jobs::{End, Outcome},
        piles::Pile,
    },
};
use cornerdesk_tests::{Database, on_both_databases};
use serde_json::json;
use uuid::Uuid;

use crate::{OTHER_SITE, SITE, at, id, open, read, write};

/// Adds a delivery that may begin at that second.
async fn add(store: &Store, site: &str, number: u128, destination: &str, second: i64) {
    let payload = json!({ "ticket_id": id(number), "destination": destination });
    let mut tx = write(store).await;
    let (kind, due) = (deliver_event::KIND, at(second));
    let added = store::jobs::insert(&mut tx, site, id(number), kind, &payload, due, at(0));
    added.await.expect("a job");
    tx.commit().await.expect("a commit");
}

fn pile(site: &str, is_dead: bool, count: i64, second: i64) -> Pile {
    Pile {
        site: site.to_owned(),
        is_dead,
        count,
        first_at: Some(at(second)),
    }
}

on_both_databases! {
    async fn what_waits_and_what_was_given_up_is_counted_by_destination_and_site(database: Database) {
        let store = open(database).await;
        for (site, number, destination, second) in [
            (SITE, 1, "a", 1), (SITE, 2, "a", 30), (SITE, 3, "a", 20), (SITE, 4, "b", 10), (OTHER_SITE, 5, "a", 40),
        ] {
            add(&store, site, number, destination, second).await;
        }
        let token = Uuid::from_u128(1_000);
        let mut tx = write(&store).await;
        let lane = Lane::to("a");
        let leased = store::jobs::lease(&mut tx, token, (at(5), at(50)), &lane, End::Oldest, 9).await.expect("jobs");
        assert_eq!(leased.len(), 1);
        let dead = Outcome::Dead { reason: "it answers 503".to_owned() };
        assert!(store::jobs::settle(&mut tx, &leased[0], token, &dead, at(6)).await.expect("an answer"));
        tx.commit().await.expect("a commit");

        let mut tx = read(&store).await;
        let mut piles = store::piles::of(&mut tx, "a").await.expect("piles");
        piles.sort_by_key(|pile| pile.first_at);
        assert_eq!(piles.iter().filter(|pile| !pile.is_dead).collect::<Vec<_>>(), [&pile(SITE, false, 2, 20), &pile(OTHER_SITE, false, 1, 40)]);
        let given_up: Vec<_> = piles.iter().filter(|pile| pile.is_dead).map(|pile| (pile.site.as_str(), pile.count)).collect();
        assert_eq!(given_up, [(SITE, 1)]);
        assert_eq!(store::piles::of(&mut tx, "b").await.expect("piles"), [pile(SITE, false, 1, 10)]);
        assert_eq!(store::piles::of(&mut tx, "nobody").await.expect("piles"), []);
    }
}
