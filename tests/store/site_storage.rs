//! What the files of a site take up, as one number.

use std::collections::HashMap;

use cornerdesk_ingest::store::{self, Store, uploads::Upload};
use cornerdesk_tests::{Database, on_both_databases};
use futures_util::future::join_all;

use crate::{OTHER_SITE, SITE, at, id, open, open_at, read, write};

fn upload(number: u128, came_bytes: u64) -> Upload {
    Upload {
        site: SITE.to_owned(),
        id: id(number),
        name: "a.bin".to_owned(),
        content_type: "application/octet-stream".to_owned(),
        // Longer than what has come, and only this takes up room.
        length_bytes: 10 * came_bytes,
        offset_bytes: came_bytes,
        sha256: None,
        blob: format!("blob-{number}"),
        pieces: Vec::new(),
        expires_at: at(60),
    }
}

/// Counts more in a transaction of its own, if there is room.
async fn take(store: &Store, bytes: u64, most_bytes: u64) -> bool {
    let mut tx = write(store).await;
    let is_taken = store::site_storage::take(&mut tx, SITE, bytes, most_bytes).await;
    tx.commit().await.expect("a commit");
    is_taken.expect("an answer")
}

async fn has_room(store: &Store, bytes: u64, most_bytes: u64) -> bool {
    let mut tx = read(store).await;
    let answer = store::site_storage::has_room(&mut tx, SITE, bytes, most_bytes).await;
    tx.rollback().await.expect("a rollback");
    answer.expect("an answer")
}

async fn change(store: &Store, before_bytes: u64, after_bytes: u64) {
    let mut tx = write(store).await;
    let changed = store::site_storage::change(&mut tx, SITE, before_bytes, after_bytes).await;
    changed.expect("it is changed");
    tx.commit().await.expect("a commit");
}

async fn used(store: &Store) -> HashMap<String, u64> {
    let mut tx = read(store).await;
    let used = store::site_storage::used(&mut tx).await.expect("a list");
    tx.rollback().await.expect("a rollback");
    used
}

async fn astray(store: &Store) -> Vec<String> {
    let mut tx = read(store).await;
    let astray = store::site_storage::astray(&mut tx).await.expect("a list");
    tx.rollback().await.expect("a rollback");
    astray
}

async fn count_again(store: &Store) {
    let mut tx = write(store).await;
    let counted = store::site_storage::count_again(&mut tx, SITE).await;
    counted.expect("it is counted");
    tx.commit().await.expect("a commit");
}

/// An upload comes without its number, as in a release that knows none.
async fn insert(store: &Store, upload: &Upload) {
    let mut tx = write(store).await;
    store::uploads::insert(&mut tx, upload)
        .await
        .expect("an upload");
    tx.commit().await.expect("a commit");
}

on_both_databases! {
    async fn there_is_room_up_to_the_quota_and_not_beyond(database: Database) {
        let store = open(database).await;
        assert!(!take(&store, 1_001, 1_000).await, "the first one is compared too");
        assert!(!has_room(&store, 1_001, 1_000).await);
        assert!(has_room(&store, 1_000, 1_000).await, "nothing is used where nothing was counted");
        assert!(take(&store, 600, 1_000).await);
        assert!(!take(&store, 401, 1_000).await);
        assert!(take(&store, 400, 1_000).await);
        assert!(!take(&store, 1, 1_000).await);
        assert!(take(&store, 1, u64::MAX).await, "without a quota there is room");
        assert!(take(&store, 0, 1).await, "nothing has room however small the quota became");
        assert!(!has_room(&store, 1, 1_001).await);
        assert!(has_room(&store, 1, 1_002).await);
        change(&store, 401, 100).await;
        assert_eq!(used(&store).await, HashMap::from([(SITE.to_owned(), 700)]));
        assert!(!used(&store).await.contains_key(OTHER_SITE));
    }

    async fn many_at_once_do_not_get_beyond_the_quota(database: Database) {
        let url = database.new_url();
        let processes = [open_at(&url).await, open_at(&url).await];
        let taken = join_all((0..40).map(|number| take(&processes[number % 2], 100, 1_000))).await;
        assert_eq!(taken.iter().filter(|is_taken| **is_taken).count(), 10);
        assert_eq!(used(&processes[0]).await[SITE], 1_000);
    }

    async fn a_number_that_is_astray_is_found_and_mended(database: Database) {
        let store = open(database).await;
        assert!(astray(&store).await.is_empty(), "a site without a file is in order");
        insert(&store, &upload(1, 300)).await;
        assert_eq!(astray(&store).await, [SITE]);
        count_again(&store).await;
        assert!(astray(&store).await.is_empty());
        assert_eq!(used(&store).await[SITE], 300);
        change(&store, 500, 0).await;
        assert_eq!(used(&store).await[SITE], 0, "less than nothing is told as nothing");
        count_again(&store).await;
        assert_eq!(used(&store).await[SITE], 300);
    }

    async fn counting_again_while_files_come_and_go_is_exact(database: Database) {
        let store = open(database).await;
        let come_and_go = async |number: u128| {
            let mut tx = write(&store).await;
            store::uploads::insert(&mut tx, &upload(number, 100)).await.expect("an upload");
            assert!(store::site_storage::take(&mut tx, SITE, 100, u64::MAX).await.expect("an answer"));
            tx.commit().await.expect("a commit");
            if number.is_multiple_of(2) {
                let mut tx = write(&store).await;
                assert!(store::uploads::delete(&mut tx, SITE, id(number)).await.expect("an answer"));
                store::site_storage::change(&mut tx, SITE, 100, 0).await.expect("it is changed");
                tx.commit().await.expect("a commit");
            }
        };
        let counting = async {
            for _ in 0..20 {
                count_again(&store).await;
            }
        };
        tokio::join!(join_all((0..100).map(come_and_go)), counting);
        assert!(astray(&store).await.is_empty());
        assert_eq!(used(&store).await[SITE], 5_000);
    }
}
