//! What the installation keeps secret.

use cornerdesk_ingest::store;
use cornerdesk_tests::{Database, on_both_databases};

use crate::{open, read, write};

on_both_databases! {
    async fn a_secret_is_made_once_and_is_the_same_for_everybody(database: Database) {
        let store = open(database).await;
        let mut tx = read(&store).await;
        assert_eq!(store::secrets::get(&mut tx, "a").await.expect("an answer"), None);
        tx.rollback().await.expect("a rollback");
        for fresh in [[1; 32], [2; 32]] {
            let mut tx = write(&store).await;
            assert_eq!(store::secrets::get_or_put(&mut tx, "a", &fresh).await.expect("a secret"), [1; 32]);
            tx.commit().await.expect("a commit");
        }
        let mut tx = write(&store).await;
        assert_eq!(store::secrets::get_or_put(&mut tx, "b", &[3; 32]).await.expect("a secret"), [3; 32]);
        assert_eq!(store::secrets::get(&mut tx, "a").await.expect("an answer"), Some([1; 32]));
    }
}
