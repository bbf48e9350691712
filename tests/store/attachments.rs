//! Attachments.

use cornerdesk_ingest::store;
use cornerdesk_tests::{Database, on_both_databases};

use crate::fixtures::{OTHER_SITE, SITE, attachment, id, insert_ticket, store};

on_both_databases! {
    async fn attachments_keep_their_order_and_their_sizes(database: Database) {
        let store = store(database).await;
        let mut tx = store.write().await.unwrap();
        insert_ticket(&mut tx, 1).await;
        let files = [attachment(3), attachment(1), attachment(2)];
        for (position, file) in (0..).zip(&files) {
            store::attachments::insert(&mut tx, SITE, id(1), position, file).await.unwrap();
        }
        assert_eq!(store::attachments::list(&mut tx, SITE, id(1)).await.unwrap(), files);
        assert_eq!(store::attachments::list(&mut tx, OTHER_SITE, id(1)).await.unwrap(), []);
    }

    async fn an_attachment_is_found_only_at_its_ticket(database: Database) {
        let store = store(database).await;
        let mut tx = store.write().await.unwrap();
        insert_ticket(&mut tx, 1).await;
        insert_ticket(&mut tx, 2).await;
        let file = attachment(1);
        store::attachments::insert(&mut tx, SITE, id(1), 0, &file).await.unwrap();
        assert_eq!(store::attachments::find(&mut tx, SITE, id(1), file.id).await.unwrap(), Some(file.clone()));
        assert_eq!(store::attachments::find(&mut tx, SITE, id(2), file.id).await.unwrap(), None);
        assert_eq!(store::attachments::find(&mut tx, OTHER_SITE, id(1), file.id).await.unwrap(), None);
    }
}
