//! Colleagues whom notes name.

use std::collections::BTreeSet;

use cornerdesk_ingest::{
    message::{Kind, Message, Via},
    staff::{Role, VisibleSites},
    store::{
        self, Store, Tx,
        mentions::{Cursor, Named},
        staff::Staff,
    },
    ticket::Ticket,
};
use cornerdesk_tests::{Database, on_both_databases};
use uuid::Uuid;

use crate::{OTHER_SITE, SITE, add_ticket, at, id, open, write};

const KIM: u128 = 71;
const SAM: u128 = 72;

fn staff(number: u128, name: &str) -> Staff {
    Staff {
        id: id(number),
        email: format!("{name}@acme.example"),
        name: name.to_owned(),
        password_hash: String::new(),
        role: Role::Agent,
        visible: VisibleSites::All,
        has_codes: false,
    }
}

/// Two colleagues and two tickets, the first with two notes that name both, the second with one that names Kim.
async fn notes(store: &Store) -> (Tx, [Ticket; 2]) {
    let tickets = [add_ticket(store, 1).await, add_ticket(store, 2).await];
    let mut tx = write(store).await;
    for one in [staff(KIM, "kim"), staff(SAM, "sam")] {
        assert!(
            store::staff::insert(&mut tx, &one, at(0))
                .await
                .expect("an answer")
        );
    }
    for (number, ticket, named) in [
        (11, 0, &[KIM, SAM][..]),
        (12, 0, &[KIM, SAM][..]),
        (13, 1, &[KIM][..]),
    ] {
        let ticket: &Ticket = &tickets[ticket];
        let message = Message {
            id: id(number),
            ticket: ticket.id,
            kind: Kind::Note,
            via: Via::Desk,
            author: Some("Lee".to_owned()),
            body: "@kim “ä漢😀”".to_owned(),
            mail_id: None,
            at: at(i64::try_from(number).expect("small")),
        };
        assert!(
            store::messages::insert(&mut tx, SITE, &message)
                .await
                .expect("an answer")
        );
        for person in named {
            // Twice is once.
            for _ in 0..2 {
                let note = (ticket.id, message.id);
                let added =
                    store::mentions::add(&mut tx, SITE, note, id(*person), "kim", message.at).await;
                added.expect("it is kept");
            }
        }
    }
    (tx, tickets)
}

/// The notes that name Kim, as somebody who sees these sites gets them.
async fn latest(
    tx: &mut Tx,
    visible: &VisibleSites,
    below: Cursor,
    most: u32,
) -> Vec<(Uuid, bool)> {
    let latest = store::mentions::latest(tx, visible, id(KIM), below, most).await;
    let latest = latest.expect("a list").into_iter();
    latest.map(|one| (one.message, one.is_seen)).collect()
}

async fn unseen(tx: &mut Tx, visible: &VisibleSites) -> u64 {
    let count = store::mentions::count_unseen(tx, visible, id(KIM)).await;
    count.expect("a count")
}

on_both_databases! {
    async fn a_note_that_names_somebody_is_theirs_until_they_have_seen_it(database: Database) {
        let store = open(database).await;
        let (mut tx, [first, _]) = notes(&store).await;
        let all = &VisibleSites::All;
        let named = store::mentions::of_ticket(&mut tx, SITE, first.id).await.expect("a list");
        let named: Vec<_> = named.into_iter().map(|Named { message, name, handle, .. }| (message, name, handle)).collect();
        assert_eq!(named.len(), 4);
        assert_eq!(named[0].1, "kim");
        assert!(named.iter().all(|(_, _, handle)| handle == "kim"));
        assert!(store::mentions::of_ticket(&mut tx, OTHER_SITE, first.id).await.expect("a list").is_empty());

        assert_eq!(latest(&mut tx, all, Cursor::TOP, 2).await, [(id(13), false), (id(12), false)]);
        let below = Cursor { at: at(12), message: id(12) };
        assert_eq!(latest(&mut tx, all, below, 9).await, [(id(11), false)]);
        assert_eq!(unseen(&mut tx, all).await, 3);
        assert_eq!(store::mentions::unseen_of_ticket(&mut tx, SITE, first.id, id(KIM)).await.expect("a list"), [id(11), id(12)]);
        store::mentions::see(&mut tx, SITE, id(11), id(KIM), at(50)).await.expect("it is seen");
        store::mentions::see(&mut tx, OTHER_SITE, id(12), id(KIM), at(50)).await.expect("there is none");
        assert_eq!(store::mentions::unseen_of_ticket(&mut tx, SITE, first.id, id(KIM)).await.expect("a list"), [id(12)]);
        assert_eq!(store::mentions::unseen_of_ticket(&mut tx, SITE, first.id, id(SAM)).await.expect("a list").len(), 2, "Sam has not looked");
        assert_eq!(unseen(&mut tx, all).await, 2);
        for (message, is_unseen) in [(11, false), (12, true), (99, false)] {
            let found = store::mentions::is_unseen(&mut tx, SITE, id(message), id(KIM)).await;
            assert_eq!(found.expect("an answer"), is_unseen, "{message}");
        }
        assert_eq!(latest(&mut tx, all, Cursor::TOP, 9).await.last(), Some(&(id(11), true)));
    }

    async fn whoever_sees_a_site_no_more_finds_nothing_of_it(database: Database) {
        let store = open(database).await;
        let (mut tx, _) = notes(&store).await;
        for (site, count) in [(SITE, 3), (OTHER_SITE, 0)] {
            let visible = VisibleSites::Of { staff: id(KIM), sites: BTreeSet::from([site.to_owned()]) };
            assert!(store::staff::set_access(&mut tx, id(KIM), Role::Agent, &visible).await.expect("an answer"));
            assert_eq!(latest(&mut tx, &visible, Cursor::TOP, 9).await.len(), count, "{site}");
            assert_eq!(unseen(&mut tx, &visible).await, count as u64, "{site}");
        }
    }

    async fn what_names_somebody_goes_with_the_ticket_and_with_them(database: Database) {
        let store = open(database).await;
        let (mut tx, [first, second]) = notes(&store).await;
        assert!(store::privacy::take(&mut tx, SITE, first.id).await.expect("an answer").is_some());
        assert_eq!(latest(&mut tx, &VisibleSites::All, Cursor::TOP, 9).await, [(id(13), false)]);
        assert!(store::staff::delete(&mut tx, "kim@acme.example").await.expect("an answer"));
        assert!(store::mentions::of_ticket(&mut tx, SITE, second.id).await.expect("a list").is_empty());
    }

    async fn who_wants_no_mails_about_notes_gets_none(database: Database) {
        let store = open(database).await;
        let (mut tx, _) = notes(&store).await;
        assert!(store::hearing::hears_mentions(&mut tx, id(KIM)).await.expect("an answer"), "unless they say otherwise");
        store::hearing::set_mentions(&mut tx, id(KIM), false).await.expect("it is kept");
        assert!(!store::hearing::hears_mentions(&mut tx, id(KIM)).await.expect("an answer"));
        assert!(store::hearing::hears_answers(&mut tx, id(KIM)).await.expect("an answer"), "another thing");
        assert!(store::staff::leave(&mut tx, id(SAM), at(60)).await.expect("an answer"));
        assert!(!store::hearing::hears_mentions(&mut tx, id(SAM)).await.expect("an answer"), "who has left");
        assert!(store::hearing::set_mentions(&mut tx, id(99), true).await.is_err());
    }
}
