//! Uploads.

use cornerdesk_ingest::store::{self, uploads::Upload};
use cornerdesk_tests::{Database, on_both_databases};

use crate::fixtures::{OTHER_SITE, SITE, id, instant, store, upload};

on_both_databases! {
    async fn an_upload_moves_on_only_from_where_it_stands(database: Database) {
        let store = store(database).await;
        let mut tx = store.write().await.unwrap();
        store::uploads::insert(&mut tx, &upload(1)).await.unwrap();
        let further = Upload { offset_bytes: 4, ..upload(1) };
        let complete = Upload { offset_bytes: 10, sha256: Some([9; 32]), ..upload(1) };
        assert!(!store::uploads::move_on(&mut tx, 4, &complete).await.unwrap());
        assert!(store::uploads::move_on(&mut tx, 0, &further).await.unwrap());
        assert!(!store::uploads::move_on(&mut tx, 0, &further).await.unwrap());
        assert!(store::uploads::move_on(&mut tx, 4, &complete).await.unwrap());
        assert_eq!(store::uploads::find(&mut tx, SITE, id(1), instant(0)).await.unwrap(), Some(complete));
    }

    async fn an_upload_is_found_until_it_expires_and_only_by_its_site(database: Database) {
        let store = store(database).await;
        let mut tx = store.write().await.unwrap();
        store::uploads::insert(&mut tx, &upload(1)).await.unwrap();
        assert!(store::uploads::find(&mut tx, SITE, id(1), instant(99)).await.unwrap().is_some());
        assert!(store::uploads::find(&mut tx, SITE, id(1), instant(100)).await.unwrap().is_none());
        assert!(store::uploads::find(&mut tx, OTHER_SITE, id(1), instant(0)).await.unwrap().is_none());
    }

    async fn an_upload_is_taken_away_once(database: Database) {
        let store = store(database).await;
        let mut tx = store.write().await.unwrap();
        store::uploads::insert(&mut tx, &upload(1)).await.unwrap();
        assert!(!store::uploads::delete(&mut tx, OTHER_SITE, id(1)).await.unwrap());
        assert!(store::uploads::delete(&mut tx, SITE, id(1)).await.unwrap());
        assert!(!store::uploads::delete(&mut tx, SITE, id(1)).await.unwrap());
    }

    async fn expired_uploads_are_listed_oldest_first(database: Database) {
        let store = store(database).await;
        let mut tx = store.write().await.unwrap();
        for (number, expires) in [(1, 30), (2, 10), (3, 20), (4, 99)] {
            let upload = Upload { expires_at: instant(expires), ..upload(number) };
            store::uploads::insert(&mut tx, &upload).await.unwrap();
        }
        let expired = store::uploads::expired(&mut tx, instant(30), 2).await.unwrap();
        assert_eq!(expired.iter().map(|upload| upload.id).collect::<Vec<_>>(), [id(2), id(3)]);
        assert_eq!(store::uploads::expired(&mut tx, instant(30), 9).await.unwrap().len(), 3);
    }
}
