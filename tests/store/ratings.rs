//! What requesters think of the help that they got.

use cornerdesk_ingest::{
    rating::{self, Rating},
    store::{self, Tx, ratings},
    ticket::{Fact, Status, Ticket},
};
use cornerdesk_tests::{Database, on_both_databases};

use crate::{OTHER_SITE, SITE, add_ticket, at, id, open, write};

async fn find(tx: &mut Tx, site: &str, ticket: u128) -> Option<Rating> {
    ratings::find(tx, site, id(ticket))
        .await
        .expect("an answer")
}

/// Ticket number 1 in a state.
async fn ticket(tx: &mut Tx, status: Status) -> Ticket {
    let found = store::tickets::find(tx, SITE, id(1)).await;
    let ticket = Ticket {
        status,
        ..found.expect("an answer").expect("a ticket")
    };
    store::tickets::update(tx, &ticket).await.expect("a change");
    ticket
}

async fn facts(tx: &mut Tx) -> Vec<Fact> {
    let timeline = store::timeline::list(tx, SITE, id(1)).await.expect("facts");
    let facts = timeline.into_iter().map(|entry| entry.fact);
    facts
        .filter(|fact| matches!(fact, Fact::Rated { .. }))
        .collect()
}

on_both_databases! {
    async fn a_ticket_has_one_rating_and_keeps_when_it_was_first_given(database: Database) {
        let store = open(database).await;
        add_ticket(&store, 1).await;
        let mut tx = write(&store).await;
        assert_eq!(find(&mut tx, SITE, 1).await, None);
        let first = Rating { is_good: true, comment: Some("Schnell, „danke“".into()), rated_at: at(10), changed_at: at(10) };
        ratings::put(&mut tx, SITE, id(1), &first).await.expect("a rating");
        assert_eq!(find(&mut tx, SITE, 1).await, Some(first));
        assert_eq!(find(&mut tx, OTHER_SITE, 1).await, None);
        let second = Rating { is_good: false, comment: None, rated_at: at(20), changed_at: at(20) };
        ratings::put(&mut tx, SITE, id(1), &second).await.expect("a rating");
        assert_eq!(find(&mut tx, SITE, 1).await, Some(Rating { rated_at: at(10), ..second }));
    }

    async fn what_is_over_is_rated_and_changed_for_seven_days(database: Database) {
        let store = open(database).await;
        add_ticket(&store, 1).await;
        let mut tx = write(&store).await;
        let open = ticket(&mut tx, Status::Open).await;
        rating::rate(&mut tx, &open, true, None, false, at(1)).await.expect("an answer");
        assert_eq!(find(&mut tx, SITE, 1).await, None, "it is not over");
        let solved = ticket(&mut tx, Status::Solved).await;
        let said = |text: &str| Some(text.to_owned());
        for (is_good, comment, keeps, now) in [
            (true, said("Quick"), false, 10),
            (true, said("Quick"), false, 11),
            (false, None, true, 12),
            (false, None, false, 13),
            (true, None, false, 10 + 7 * 86_400 + 1),
        ] {
            rating::rate(&mut tx, &solved, is_good, comment, keeps, at(now)).await.expect("an answer");
        }
        let kept = Rating { is_good: false, comment: None, rated_at: at(10), changed_at: at(13) };
        assert_eq!(find(&mut tx, SITE, 1).await, Some(kept));
        let told = [true, false, false].map(|is_good| Fact::Rated { is_good });
        assert_eq!(facts(&mut tx).await, told, "the same again is no news, and after a week nothing is");
    }
}
