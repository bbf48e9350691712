//! The queue of the desk.

use cornerdesk_ingest::{
    queue::Place,
    staff::VisibleSites,
    store::{
        self, Store, Tx,
        queue::{Position, Queued},
    },
    ticket::{Held, Status, Ticket},
};
use cornerdesk_tests::{Database, on_both_databases};

use crate::{OTHER_SITE, SITE, at, open, read, ticket, write};

const NOTHING: Place = Place {
    due_at: None,
    is_unclassified: false,
    asked_at: None,
};
const UNCLASSIFIED: Place = Place {
    due_at: None,
    is_unclassified: true,
    asked_at: None,
};

/// A person is to answer so many seconds after the first ticket could come.
fn due(second: i64) -> Place {
    Place {
        due_at: Some(at(second)),
        is_unclassified: false,
        asked_at: None,
    }
}

async fn add(tx: &mut Tx, ticket: &Ticket, place: Place) {
    let is_new = store::tickets::insert_at(tx, ticket, place).await;
    assert!(is_new.expect("an answer"));
}

/// The numbers in the summaries.
fn numbers(queued: &[Queued]) -> Vec<u32> {
    let number = |queued: &Queued| {
        let summary = &queued.listed.ticket.summary;
        summary.split(' ').nth(1)?.parse().ok()
    };
    queued.iter().filter_map(number).collect()
}

/// All of the queue, in pages of two.
async fn queue(store: &Store) -> Vec<u32> {
    let mut tx = read(store).await;
    let (mut all, mut above) = (Vec::new(), Position::TOP);
    loop {
        let page = store::queue::due_next(&mut tx, &VisibleSites::All, above, 2).await;
        let page = page.expect("a page");
        all.extend(numbers(&page));
        match page.last() {
            Some(last) => above = last.position(),
            None => return all,
        }
    }
}

on_both_databases! {
    async fn what_is_due_next_comes_first_and_what_is_not_due_follows_by_age(database: Database) {
        let store = open(database).await;
        let mut tx = write(&store).await;
        for (number, place) in [(1, NOTHING), (2, due(500)), (3, due(400)), (4, UNCLASSIFIED), (5, due(400)), (6, due(-9))] {
            add(&mut tx, &ticket(number), place).await;
        }
        let elsewhere = Ticket { site: OTHER_SITE.to_owned(), ..ticket(7) };
        add(&mut tx, &elsewhere, due(450)).await;
        tx.commit().await.expect("a commit");
        assert_eq!(queue(&store).await, [6, 3, 5, 7, 2, 1, 4]);

        let mut tx = read(&store).await;
        let first = &store::queue::due_next(&mut tx, &VisibleSites::All, Position::TOP, 1).await.expect("a page")[0];
        assert_eq!((first.due_at, &first.listed.ticket), (Some(at(-9)), &ticket(6)));
        assert_eq!(store::queue::count(&mut tx, &VisibleSites::All).await.expect("a count"), 7);
    }

    async fn a_ticket_moves_with_its_place_and_leaves_when_it_is_over_or_held(database: Database) {
        let store = open(database).await;
        let mut tx = write(&store).await;
        for number in 1..=3 {
            add(&mut tx, &ticket(number), due(number.into())).await;
        }
        add(&mut tx, &Ticket { held: Some(Held::Suspected), ..ticket(4) }, due(0)).await;
        store::tickets::put_in_queue(&mut tx, SITE, ticket(1).id, NOTHING).await.expect("it is moved");
        for (number, status) in [(2, Status::Waiting), (3, Status::Solved)] {
            store::tickets::update(&mut tx, &Ticket { status, ..ticket(number) }).await.expect("it is changed");
        }
        assert!(store::tickets::put_in_queue(&mut tx, OTHER_SITE, ticket(1).id, NOTHING).await.is_err(), "another site's");
        tx.commit().await.expect("a commit");
        assert_eq!(queue(&store).await, [2, 1]);
    }

    async fn what_nobody_has_classified_is_a_list_of_its_own_the_oldest_first(database: Database) {
        let store = open(database).await;
        let mut tx = write(&store).await;
        for (number, place) in [(1, UNCLASSIFIED), (2, due(5)), (3, UNCLASSIFIED), (4, NOTHING), (5, UNCLASSIFIED)] {
            add(&mut tx, &ticket(number), place).await;
        }
        store::tickets::update(&mut tx, &Ticket { status: Status::Closed, ..ticket(5) }).await.expect("it is closed");
        assert_eq!(store::queue::count_unclassified(&mut tx, &VisibleSites::All).await.expect("a count"), 2);
        let first = store::queue::unclassified(&mut tx, &VisibleSites::All, Position::TOP, 1).await.expect("a page");
        let rest = store::queue::unclassified(&mut tx, &VisibleSites::All, first[0].position(), 9).await.expect("a page");
        assert_eq!((numbers(&first), numbers(&rest)), (vec![1], vec![3]));
    }
}
