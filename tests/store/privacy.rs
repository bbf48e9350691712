//! What is kept of a person, found and taken away.

use std::collections::BTreeSet;

use cornerdesk_ingest::{
    mail::recipient::{Key, Recipient},
    message::{Kind, Message, Via},
    outbox::find_request,
    privacy::{Held, Whose},
    staff::VisibleSites,
    store::{self, Store, Tx, privacy, staff::Staff},
    ticket::Ticket,
};
use cornerdesk_shared::reference::Reference;
use cornerdesk_tests::{Database, on_both_databases};

use crate::{OTHER_SITE, SITE, add_ticket, at, id, lists::staff, open, read, ticket, write};

fn whose(address: &str, site: Option<&str>, visible: &VisibleSites) -> Whose {
    Whose::new(address, site, visible.clone()).expect("an address")
}

/// Tickets of ada@customer.example: two here, one elsewhere; and one of somebody else.
async fn four_tickets(database: Database) -> Store {
    let store = open(database).await;
    add_ticket(&store, 1).await;
    let mut tx = write(&store).await;
    for ticket in [
        Ticket {
            email: "ADA@Customer.Example".to_owned(),
            ..ticket(2)
        },
        Ticket {
            site: OTHER_SITE.to_owned(),
            ..ticket(3)
        },
        Ticket {
            email: "else@customer.example".to_owned(),
            ..ticket(4)
        },
    ] {
        store::tickets::insert(&mut tx, &ticket)
            .await
            .expect("a ticket");
    }
    let note = Message {
        id: id(10),
        ticket: id(1),
        kind: Kind::Note,
        via: Via::Desk,
        author: Some("Kim".to_owned()),
        body: "zyxq".to_owned(),
        mail_id: None,
        at: at(9),
    };
    store::messages::insert(&mut tx, SITE, &note)
        .await
        .expect("a message");
    tx.commit().await.expect("a commit");
    store
}

/// How many mails of a day a mailbox had.
async fn mails(tx: &mut Tx, recipient: &Key) -> u32 {
    let counted = store::recipients::count(tx, recipient, SITE, id(99), false, u32::MAX, at(2));
    counted.await.expect("a count").day
}

async fn numbers(tx: &mut Tx, whose: &Whose) -> Vec<u128> {
    let found = privacy::tickets(tx, whose, 10).await.expect("an answer");
    found.iter().map(|(_, ticket)| ticket.as_u128()).collect()
}

on_both_databases! {
    async fn somebody_is_found_by_their_address_at_the_sites_that_are_seen(database: Database) {
        let store = four_tickets(database).await;
        let mut tx = write(&store).await;
        let some = VisibleSites::Of { staff: id(7), sites: BTreeSet::from([SITE.to_owned()]) };
        let kim = Staff { visible: some.clone(), ..staff(7, "Kim") };
        store::staff::insert(&mut tx, &kim, at(0)).await.expect("an answer");
        let all = VisibleSites::All;
        for (address, site, visible, found) in [
            ("ada@customer.example", None, &all, &[1, 2, 3][..]),
            ("Ada@CUSTOMER.example", Some(SITE), &all, &[1, 2]),
            ("ada@customer.example", Some(OTHER_SITE), &all, &[3]),
            ("ada@customer.example", None, &some, &[1, 2]),
            ("ada@customer.example", Some(OTHER_SITE), &some, &[]),
            ("else@customer.example", None, &all, &[4]),
            ("a%@customer.example", None, &all, &[]),
        ] {
            assert_eq!(numbers(&mut tx, &whose(address, site, visible)).await, found, "{address} {site:?}");
        }
        let held = privacy::held(&mut tx, &whose("ada@customer.example", None, &all)).await.expect("an answer");
        let of = |tickets, messages| Held { tickets, messages, files: 0 };
        assert_eq!(held, [(SITE.to_owned(), of(2, 1)), (OTHER_SITE.to_owned(), of(1, 0))]);
    }

    async fn a_ticket_goes_once_and_with_what_names_it(database: Database) {
        let store = four_tickets(database).await;
        let mut tx = write(&store).await;
        let payload = serde_json::json!({ "ticket_id": id(1) });
        store::jobs::insert(&mut tx, SITE, id(20), "acknowledge", &payload, at(0), at(0)).await.expect("a job");
        let wrong = privacy::take(&mut tx, OTHER_SITE, id(1)).await.expect("an answer");
        assert_eq!(wrong, None, "it is not of this site");
        let taken = privacy::take(&mut tx, SITE, id(1)).await.expect("an answer").expect("a ticket");
        assert_eq!((taken.messages, taken.files, taken.blobs.len()), (1, 0, 0));
        assert_eq!(privacy::take(&mut tx, SITE, id(1)).await.expect("an answer"), None);
        assert!(store::jobs::of_ticket(&mut tx, SITE, id(1)).await.expect("jobs").is_empty());
        assert_eq!(store::messages::find(&mut tx, SITE, id(10)).await.expect("an answer"), None);
        assert!(store::tickets::find(&mut tx, SITE, id(2)).await.expect("an answer").is_some());
    }

    async fn a_mailbox_is_forgotten_but_for_its_wish(database: Database) {
        let store = four_tickets(database).await;
        let (ada, other) = (Recipient::of("ada@customer.example").key(), Recipient::of("else@customer.example").key());
        let mut tx = write(&store).await;
        for (number, recipient) in [(1, &ada), (2, &other)] {
            store::recipients::lock(&mut tx, recipient).await.expect("a row");
            store::recipients::object(&mut tx, recipient, at(1_000)).await.expect("a row");
            store::recipients::put_mail(&mut tx, recipient, SITE, id(number), false, at(1)).await.expect("a mail");
            store::undeliverable::mark(&mut tx, recipient, at(1_000)).await.expect("a mark");
            let payload = find_request::payload(Reference::from_number(1), recipient);
            store::jobs::insert(&mut tx, SITE, id(30 + number), find_request::KIND, &payload, at(0), at(0)).await.expect("a job");
        }
        privacy::forget(&mut tx, &whose("ada@customer.example", None, &VisibleSites::All)).await.expect("it is forgotten");
        let jobs = store::jobs::list(&mut tx, "ready", 10).await.expect("jobs");
        assert_eq!(jobs.iter().map(|job| job.id).collect::<Vec<_>>(), [id(32)]);
        assert_eq!(store::recipients::lock(&mut tx, &ada).await.expect("a row"), Some(at(1_000)), "the wish stays");
        assert_eq!((mails(&mut tx, &ada).await, mails(&mut tx, &other).await), (0, 1));
    }

    async fn a_scrub_is_asked_for_until_it_is_done(database: Database) {
        let store = four_tickets(database).await;
        assert!(!store::chores::scrub(&store).await.expect("an answer"));
        let mut tx = write(&store).await;
        store::chores::ask_to_scrub(&mut tx, at(5)).await.expect("it is noted");
        tx.commit().await.expect("a commit");
        let is_sqlite = store.name() == "sqlite";
        let mut tx = read(&store).await;
        let asked = store::chores::scrub_asked_at(&mut tx).await.expect("an answer");
        assert_eq!(asked, is_sqlite.then(|| at(5)), "PostgreSQL does it by itself");
        tx.rollback().await.expect("a rollback");
        assert_eq!(store::chores::scrub(&store).await.expect("it is done"), is_sqlite);
        assert!(!store::chores::scrub(&store).await.expect("an answer"));
    }
}
