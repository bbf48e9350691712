//! What the installation keeps secret.

use cornerdesk_ingest::{
    secrets::{self, Name, SecretError},
    staff::sealing::Sealing,
    store,
};
use cornerdesk_tests::{Database, on_both_databases};

use crate::{at, open, read, write};

on_both_databases! {
    async fn a_row_is_put_once_and_replaced_only_as_it_was_read(database: Database) {
        let store = open(database).await;
        let mut tx = write(&store).await;
        assert_eq!(store::secrets::get(&mut tx, "a").await.expect("an answer"), None);
        for sealed in [[1; 32], [2; 32]] {
            store::secrets::put_if_none(&mut tx, "a", &sealed).await.expect("an answer");
            assert_eq!(store::secrets::get(&mut tx, "a").await.expect("an answer"), Some(vec![1; 32]));
        }
        for (before, expected) in [([9; 32], false), ([1; 32], true), ([1; 32], false)] {
            let replaced = store::secrets::replace(&mut tx, "a", &before, &[3; 64]).await;
            assert_eq!(replaced.expect("an answer"), expected);
        }
        assert_eq!(store::secrets::get(&mut tx, "a").await.expect("an answer"), Some(vec![3; 64]));
        store::secrets::put(&mut tx, "a", &[4; 64]).await.expect("an answer");
        assert_eq!(store::secrets::get(&mut tx, "a").await.expect("an answer"), Some(vec![4; 64]));
    }

    async fn a_secret_is_made_once_for_everybody_who_has_the_key(database: Database) {
        let store = open(database).await;
        let (ours, other) = (Sealing::with_key(&[1; 32]).expect("a key"), Sealing::with_key(&[2; 32]).expect("a key"));
        let made = secrets::get_or_make(&store, &ours, Name::Signing, at(1)).await.expect("a secret");
        assert_eq!(secrets::get_or_make(&store, &ours, Name::Signing, at(2)).await.expect("a secret"), made);
        let told = secrets::get_or_make(&store, &other, Name::Signing, at(3)).await.expect_err("another key");
        assert!(matches!(told, SecretError::OtherKey { .. }), "{told}");
        // What stood there as it is stays the same, and is sealed.
        let mut tx = write(&store).await;
        store::secrets::put(&mut tx, Name::ReturnPath.as_str(), &[7; 32]).await.expect("it is put");
        tx.commit().await.expect("a commit");
        assert_eq!(secrets::get_or_make(&store, &ours, Name::ReturnPath, at(4)).await.expect("a secret"), [7; 32]);
        let mut tx = read(&store).await;
        let row = store::secrets::get(&mut tx, Name::ReturnPath.as_str()).await.expect("an answer").expect("a row");
        assert!(row.len() > 32 && !row.windows(4).any(|octets| octets == [7; 4]));
        assert_eq!(secrets::get(&mut tx, &ours, Name::ReturnPath).await.expect("an answer"), Some([7; 32]));
        assert_eq!(secrets::get(&mut tx, &ours, Name::ReplyAddress).await.expect("an answer"), None);
        assert!(secrets::get(&mut tx, &other, Name::ReturnPath).await.is_err());
    }
}
