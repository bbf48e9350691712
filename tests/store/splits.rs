//! Splittings of tickets, and attachments that belong to parts.

use cornerdesk_ingest::{
    care::Care,
    clocks,
    policies::Policies,
    split::{Part, making::split},
    staff::VisibleSites,
    store::{self, clocks::FIRST_RESPONSE},
    ticket::{Attachment, Fact, Ticket},
};
use cornerdesk_shared::reference::Reference;
use cornerdesk_tests::{Database, on_both_databases};

use crate::{OTHER_SITE, SITE, add_ticket, at, id, open, write};

fn file(number: u128) -> Attachment {
    Attachment {
        id: id(number),
        name: format!("{number}.txt"),
        content_type: "text/plain".to_owned(),
        size_bytes: 1,
        sha256: [1; 32],
        blob: format!("k{number}"),
        message: None,
        care: Care::ARRIVED,
    }
}

on_both_databases! {
    async fn the_same_splitting_is_made_once(database: Database) {
        let store = open(database).await;
        let ticket = add_ticket(&store, 1).await;
        let mut tx = write(&store).await;
        assert!(store::splits::begin(&mut tx, SITE, ticket.id, &[1; 32], at(0)).await.expect("an answer"));
        let references = ["CD-1".to_owned(), "CD-2".to_owned()];
        store::splits::finish(&mut tx, SITE, ticket.id, &[1; 32], &references).await.expect("a note");
        assert!(!store::splits::begin(&mut tx, SITE, ticket.id, &[1; 32], at(1)).await.expect("an answer"));
        assert!(store::splits::begin(&mut tx, SITE, ticket.id, &[2; 32], at(1)).await.expect("an answer"));
        let found = store::splits::find(&mut tx, SITE, ticket.id, &[1; 32]).await.expect("an answer");
        assert_eq!(found.as_deref(), Some(references.as_slice()));
        assert_eq!(store::splits::find(&mut tx, OTHER_SITE, ticket.id, &[1; 32]).await.expect("an answer"), None);
        assert!(store::splits::finish(&mut tx, SITE, ticket.id, &[3; 32], &references).await.is_err(), "one that was not begun");
    }

    async fn a_shared_attachment_is_one_of_both_tickets_and_lies_there_once(database: Database) {
        let store = open(database).await;
        let (whole, part, other) = (add_ticket(&store, 1).await, add_ticket(&store, 2).await, add_ticket(&store, 3).await);
        let mut tx = write(&store).await;
        for (position, number) in [(0, 10), (1, 11)] {
            store::attachments::insert(&mut tx, SITE, whole.id, position, &file(number)).await.expect("a file");
        }
        store::splits::share(&mut tx, SITE, part.id, id(11), 0).await.expect("a share");
        let mut ids = Vec::new();
        for ticket in [&whole, &part, &other] {
            let list = store::attachments::list(&mut tx, SITE, ticket.id).await.expect("a list");
            ids.push(list.into_iter().map(|file| file.id).collect::<Vec<_>>());
        }
        assert_eq!(ids, [vec![id(10), id(11)], vec![id(11)], vec![]]);
        for (ticket, file, is_there) in [(&part, 11, true), (&part, 10, false), (&whole, 11, true), (&other, 11, false)] {
            let found = store::attachments::find(&mut tx, SITE, ticket.id, id(file)).await.expect("an answer");
            assert_eq!(found.is_some(), is_there);
        }
        let listed = store::tickets::latest(&mut tx, &VisibleSites::All, store::tickets::Cursor::TOP, 9).await.expect("a list");
        assert_eq!(listed.iter().map(|listed| listed.attachments).collect::<Vec<_>>(), [0, 1, 2]);
    }

    async fn what_is_split_off_a_ticket_older_than_policies_is_under_the_one_that_it_was_put_under(database: Database) {
        let store = open(database).await;
        crate::repinning::publish(&store).await;
        let whole = Ticket { policy_version: Some(1), plan: Some("paid".to_owned()), ..crate::ticket(1) };
        let mut tx = write(&store).await;
        store::tickets::insert(&mut tx, &whole).await.expect("a ticket");
        let received = Fact::Received { attachments: 0, terms: None };
        store::timeline::start(&mut tx, SITE, whole.id, whole.received_at, &received).await.expect("a fact");
        let repinned = Fact::Repinned { from: None, version: 1, by: "Sam".to_owned(), because: "a contract".to_owned() };
        store::timeline::append(&mut tx, SITE, whole.id, at(5), &repinned).await.expect("a fact");
        let parts = [Part { summary: "Dark mode".to_owned(), ..Part::default() }];
        let made = split(&mut tx, &whole, &Policies::default(), &parts, "Kim", at(10)).await.expect("it is split");
        let reference = Reference::parse(&made.references[0]).expect("a reference");
        let part = store::tickets::find_by_reference(&mut tx, reference).await.expect("an answer").expect("a ticket");
        let timeline = store::timeline::list(&mut tx, SITE, part.id).await.expect("a list");
        assert_eq!(clocks::pinned_version(&timeline), Some(1));
        let clock = store::clocks::find(&mut tx, SITE, part.id, FIRST_RESPONSE).await.expect("an answer").expect("a clock");
        assert_eq!((clock.due_at.is_some(), clock.budget_s), (true, Some(12 * 3_600)));
    }
}
