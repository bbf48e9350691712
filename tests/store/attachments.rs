//! Files of tickets.

use cornerdesk_ingest::{store, ticket::Attachment};
use cornerdesk_tests::{Database, on_both_databases};

use crate::{OTHER_SITE, SITE, add_ticket, id, open, write};

fn attachment(number: u8) -> Attachment {
    Attachment {
        id: id(u128::from(number) + 100),
        name: format!("report – {number}.pdf"),
        content_type: "application/pdf".to_owned(),
        size_bytes: 5_000_000_000,
        sha256: [number; 32],
        blob: format!("blob-{number}"),
    }
}

on_both_databases! {
    async fn attachments_are_listed_in_their_order(database: Database) {
        let store = open(database).await;
        let ticket = add_ticket(&store, 1).await;
        let mut tx = write(&store).await;
        for (position, number) in [(1, 1), (0, 2), (2, 0)] {
            store::attachments::insert(&mut tx, SITE, ticket.id, position, &attachment(number)).await.expect("an attachment");
        }
        let listed = store::attachments::list(&mut tx, SITE, ticket.id).await.expect("a list");
        assert_eq!(listed, [2, 1, 0].map(attachment));
        assert_eq!(store::attachments::list(&mut tx, OTHER_SITE, ticket.id).await.expect("a list"), []);
    }

    async fn an_attachment_is_found_by_its_ticket_alone(database: Database) {
        let store = open(database).await;
        let (ours, other) = (add_ticket(&store, 1).await, add_ticket(&store, 2).await);
        let mut tx = write(&store).await;
        store::attachments::insert(&mut tx, SITE, ours.id, 0, &attachment(1)).await.expect("an attachment");
        let mut find = async |site: &str, ticket| {
            let found = store::attachments::find(&mut tx, site, ticket, attachment(1).id).await;
            found.expect("an answer")
        };
        assert_eq!(find(SITE, ours.id).await, Some(attachment(1)));
        assert_eq!(find(SITE, other.id).await, None);
        assert_eq!(find(OTHER_SITE, ours.id).await, None);
    }
}
