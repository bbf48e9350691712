//! Attachments on their way.

use cornerdesk_ingest::{
    blobs::Piece,
    store::{self, uploads::Upload},
};
use cornerdesk_tests::{Database, on_both_databases};

use crate::{OTHER_SITE, SITE, at, id, open, write};

fn upload(number: u128) -> Upload {
    Upload {
        site: SITE.to_owned(),
        id: id(number),
        name: "ünïcode.bin".to_owned(),
        content_type: "application/octet-stream".to_owned(),
        length_bytes: 5_000_000_000,
        offset_bytes: 0,
        sha256: None,
        blob: format!("blob-{number}"),
        pieces: Vec::new(),
        expires_at: at(60),
    }
}

on_both_databases! {
    async fn an_upload_is_there_until_it_expires(database: Database) {
        let store = open(database).await;
        let mut tx = write(&store).await;
        store::uploads::insert(&mut tx, &upload(1)).await.expect("an upload");
        let mut find = async |site: &str, second| store::uploads::find(&mut tx, site, id(1), at(second)).await.expect("an answer");
        assert_eq!(find(SITE, 59).await, Some(upload(1)));
        assert_eq!(find(SITE, 60).await, None);
        assert_eq!(find(OTHER_SITE, 0).await, None);
    }

    async fn an_upload_moves_on_only_from_where_it_stands(database: Database) {
        let store = open(database).await;
        let mut tx = write(&store).await;
        store::uploads::insert(&mut tx, &upload(1)).await.expect("an upload");
        let half = Upload { offset_bytes: 10, ..upload(1) };
        assert!(store::uploads::move_on(&mut tx, 0, &half).await.expect("an answer"));
        assert!(!store::uploads::move_on(&mut tx, 0, &half).await.expect("an answer"), "it stands at 10");
        let whole = Upload { offset_bytes: 20, length_bytes: 20, sha256: Some([7; 32]), ..upload(1) };
        assert!(store::uploads::move_on(&mut tx, 10, &whole).await.expect("an answer"));
        assert_eq!(store::uploads::find(&mut tx, SITE, id(1), at(0)).await.expect("an answer"), Some(whole.clone()));
        assert!(!store::uploads::move_on(&mut tx, 20, &whole).await.expect("an answer"), "it is complete");
    }

    async fn an_upload_is_taken_as_it_stands(database: Database) {
        let store = open(database).await;
        let mut tx = write(&store).await;
        store::uploads::insert(&mut tx, &upload(1)).await.expect("an upload");
        let piece = Piece { key: "piece".to_owned(), size_bytes: 10, sha256: [3; 32] };
        let half = Upload { offset_bytes: 10, pieces: vec![piece], ..upload(1) };
        assert!(store::uploads::move_on(&mut tx, 0, &half).await.expect("an answer"));
        let mut take = async |site: &str| store::uploads::take(&mut tx, site, id(1)).await.expect("an answer");
        assert_eq!(take(OTHER_SITE).await, None);
        assert_eq!(take(SITE).await, Some(half));
        assert_eq!(take(SITE).await, None);
    }

    async fn an_upload_is_deleted_once(database: Database) {
        let store = open(database).await;
        let mut tx = write(&store).await;
        store::uploads::insert(&mut tx, &upload(1)).await.expect("an upload");
        assert!(!store::uploads::delete(&mut tx, OTHER_SITE, id(1)).await.expect("an answer"));
        assert!(store::uploads::delete(&mut tx, SITE, id(1)).await.expect("an answer"));
        assert!(!store::uploads::delete(&mut tx, SITE, id(1)).await.expect("an answer"));
    }

    async fn expired_uploads_are_found_oldest_first(database: Database) {
        let store = open(database).await;
        let mut tx = write(&store).await;
        for (number, second) in [(1, 30), (2, 10), (3, 20), (4, 90)] {
            let upload = Upload { expires_at: at(second), ..upload(number) };
            store::uploads::insert(&mut tx, &upload).await.expect("an upload");
        }
        let mut expired = async |second, most| {
            let found = store::uploads::expired(&mut tx, at(second), most).await.expect("a list");
            found.into_iter().map(|upload| upload.id).collect::<Vec<_>>()
        };
        assert_eq!(expired(30, 10).await, [id(2), id(3), id(1)]);
        assert_eq!(expired(30, 2).await, [id(2), id(3)]);
        assert!(expired(9, 10).await.is_empty());
    }
}
