//! Files of tickets.

use cornerdesk_ingest::{
    care::{Care, Examination, Kind, Metadata, Scan},
    store,
    ticket::Attachment,
};
use cornerdesk_tests::{Database, on_both_databases};

use crate::{OTHER_SITE, SITE, add_ticket, at, id, open, read, write};

fn attachment(number: u8) -> Attachment {
    Attachment {
        id: id(u128::from(number) + 100),
        name: format!("report – {number}.pdf"),
        content_type: "application/pdf".to_owned(),
        size_bytes: 5_000_000_000,
        sha256: [number; 32],
        blob: format!("blob-{number}"),
        message: None,
        care: Care::ARRIVED,
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

    async fn an_examination_is_written_down_once(database: Database) {
        let store = open(database).await;
        let ticket = add_ticket(&store, 1).await;
        let mut tx = write(&store).await;
        store::attachments::insert(&mut tx, SITE, ticket.id, 0, &attachment(1)).await.expect("an attachment");
        let examined = Attachment {
            content_type: "image/png".to_owned(),
            size_bytes: 7,
            sha256: [9; 32],
            blob: "clean-1".to_owned(),
            care: Care {
                examination: Examination::Done,
                kind: Kind::Image,
                declared_type: Some("application/pdf".to_owned()),
                metadata: Metadata::Removed,
                sent_sha256: Some([1; 32]),
                scan: Scan::Pending,
                ..Care::ARRIVED
            },
            ..attachment(1)
        };
        assert!(!store::attachments::examined(&mut tx, OTHER_SITE, &examined).await.expect("an answer"));
        assert!(store::attachments::examined(&mut tx, SITE, &examined).await.expect("an answer"));
        assert!(!store::attachments::examined(&mut tx, SITE, &examined).await.expect("an answer"), "it is examined");
        assert_eq!(store::attachments::get(&mut tx, SITE, examined.id).await.expect("an answer"), Some(examined.clone()));
        assert!(store::attachments::previewed(&mut tx, SITE, examined.id, None, Ok("preview-1")).await.expect("an answer"));
        let found = store::attachments::get(&mut tx, SITE, examined.id).await.expect("an answer").expect("an attachment");
        assert_eq!(found.care.preview_blob.as_deref(), Some("preview-1"));
        assert!(store::attachments::previewed(&mut tx, SITE, examined.id, Some("preview-1"), Err("too large")).await.expect("an answer"));
        let found = store::attachments::get(&mut tx, SITE, examined.id).await.expect("an answer").expect("an attachment");
        assert_eq!((found.care.preview_blob, found.care.preview_fault.as_deref()), (None, Some("too large")));
    }

    /// Whoever lost a lease may draw at the same time: what the other one wrote down must not be forgotten, or its bytes would lie there for ever.
    async fn a_preview_takes_the_place_of_none_but_the_one_that_was_read_before(database: Database) {
        let store = open(database).await;
        let ticket = add_ticket(&store, 1).await;
        let mut tx = write(&store).await;
        let file = attachment(1);
        store::attachments::insert(&mut tx, SITE, ticket.id, 0, &file).await.expect("an attachment");
        tx.commit().await.expect("a commit");
        let draw = async |previous, drawn| {
            let mut tx = write(&store).await;
            let is_written = store::attachments::previewed(&mut tx, SITE, file.id, previous, drawn).await.expect("an answer");
            tx.commit().await.expect("a commit");
            let mut tx = read(&store).await;
            let found = store::attachments::get(&mut tx, SITE, file.id).await.expect("an answer").expect("an attachment");
            (is_written, found.care.preview_blob)
        };
        let first = Some("first".to_owned());
        // Both began when there was none.
        assert_eq!(draw(None, Ok("first")).await, (true, first.clone()));
        assert_eq!(draw(None, Ok("second")).await, (false, first.clone()));
        assert_eq!(draw(None, Err("cannot be read")).await, (false, first));
        assert_eq!(draw(Some("first"), Ok("third")).await, (true, Some("third".to_owned())));
        assert_eq!(draw(Some("first"), Ok("fourth")).await, (false, Some("third".to_owned())));
    }

    async fn only_a_pending_scan_ends_and_only_an_infected_file_is_released(database: Database) {
        let store = open(database).await;
        let ticket = add_ticket(&store, 1).await;
        let mut tx = write(&store).await;
        let mut file = attachment(1);
        store::attachments::insert(&mut tx, SITE, ticket.id, 0, &file).await.expect("an attachment");
        let scanned = store::attachments::scanned(&mut tx, SITE, file.id, Scan::Infected, Some("Eicar")).await;
        assert_eq!(scanned.expect("an answer"), None, "it does not wait");
        assert!(!store::attachments::release(&mut tx, SITE, file.id, at(1)).await.expect("an answer"));
        file.care.scan = Scan::Pending;
        assert!(store::attachments::examined(&mut tx, SITE, &file).await.expect("an answer"));
        let scanned = store::attachments::scanned(&mut tx, SITE, file.id, Scan::Infected, Some("Eicar")).await;
        assert_eq!(scanned.expect("an answer"), Some(ticket.id));
        assert!(!store::attachments::release(&mut tx, OTHER_SITE, file.id, at(1)).await.expect("an answer"));
        assert!(store::attachments::release(&mut tx, SITE, file.id, at(1)).await.expect("an answer"));
        assert!(!store::attachments::release(&mut tx, SITE, file.id, at(2)).await.expect("an answer"), "it is released");
        let found = store::attachments::get(&mut tx, SITE, file.id).await.expect("an answer").expect("an attachment");
        assert_eq!((found.care.scan, found.care.scan_detail.as_deref(), found.care.is_released), (Scan::Infected, Some("Eicar"), true));
    }
}
