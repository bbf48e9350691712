//! Staff and their sessions.

use cornerdesk_ingest::store::{self, Tx, staff::Staff};
use cornerdesk_tests::{Database, on_both_databases};

use crate::fixtures::{id, instant, store};

async fn insert(tx: &mut Tx, number: u32, email: &str) -> bool {
    let staff = Staff {
        id: id(number),
        email: email.into(),
        name: "Sam".into(),
        password_hash: "$argon2id$1".into(),
    };
    store::staff::insert(tx, &staff, instant(0)).await.unwrap()
}

async fn signed_in(tx: &mut Tx, token: u8, second: i64) -> bool {
    store::staff::find_by_session(tx, [token; 32], instant(second))
        .await
        .unwrap()
        .is_some()
}

on_both_databases! {
    async fn an_address_has_one_account(database: Database) {
        let store = store(database).await;
        let mut tx = store.write().await.unwrap();
        assert!(insert(&mut tx, 1, "sam@acme.example").await);
        assert!(!insert(&mut tx, 2, "sam@acme.example").await);
        let found = store::staff::find_by_email(&mut tx, "sam@acme.example").await.unwrap().unwrap();
        assert_eq!((found.id, found.name.as_str()), (id(1), "Sam"));
        assert!(store::staff::find_by_email(&mut tx, "eve@acme.example").await.unwrap().is_none());
    }

    async fn a_session_lasts_until_it_expires_or_is_closed(database: Database) {
        let store = store(database).await;
        let mut tx = store.write().await.unwrap();
        insert(&mut tx, 1, "sam@acme.example").await;
        for token in [1, 2] {
            store::staff::open_session(&mut tx, [token; 32], id(1), instant(0), instant(10)).await.unwrap();
        }
        assert!(signed_in(&mut tx, 1, 9).await);
        assert!(!signed_in(&mut tx, 1, 10).await);
        assert!(!signed_in(&mut tx, 3, 0).await);
        store::staff::close_session(&mut tx, [1; 32]).await.unwrap();
        assert!(!signed_in(&mut tx, 1, 0).await);
        assert!(signed_in(&mut tx, 2, 0).await);
    }

    async fn a_new_password_ends_the_sessions_of_that_person_only(database: Database) {
        let store = store(database).await;
        let mut tx = store.write().await.unwrap();
        insert(&mut tx, 1, "sam@acme.example").await;
        insert(&mut tx, 2, "eve@acme.example").await;
        for (token, staff) in [(1, 1), (2, 2)] {
            store::staff::open_session(&mut tx, [token; 32], id(staff), instant(0), instant(10)).await.unwrap();
        }
        assert!(store::staff::set_password(&mut tx, "sam@acme.example", "$argon2id$2").await.unwrap());
        assert!(!store::staff::set_password(&mut tx, "nobody@acme.example", "$argon2id$2").await.unwrap());
        assert!(!signed_in(&mut tx, 1, 0).await);
        assert!(signed_in(&mut tx, 2, 0).await);
        let sam = store::staff::find_by_email(&mut tx, "sam@acme.example").await.unwrap().unwrap();
        assert_eq!(sam.password_hash, "$argon2id$2");
    }
}
