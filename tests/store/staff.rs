//! Staff and their sessions.

use cornerdesk_ingest::store::{self, Store, staff::Staff};
use cornerdesk_tests::{Database, on_both_databases};

use crate::{at, id, open, read, write};

const SESSION: [u8; 32] = [1; 32];
const OTHER_SESSION: [u8; 32] = [2; 32];

fn staff() -> Staff {
    Staff {
        id: id(1),
        email: "sam@acme.example".to_owned(),
        name: "Sam Ö".to_owned(),
        password_hash: "$argon2id$first".to_owned(),
    }
}

/// A store with one person, who has two sessions until second 60.
async fn with_sessions(database: Database) -> Store {
    let store = open(database).await;
    let mut tx = write(&store).await;
    assert!(
        store::staff::insert(&mut tx, &staff(), at(0))
            .await
            .expect("an answer")
    );
    for session in [SESSION, OTHER_SESSION] {
        store::staff::open_session(&mut tx, session, staff().id, at(0), at(60))
            .await
            .expect("a session");
    }
    tx.commit().await.expect("a commit");
    store
}

async fn who(store: &Store, session: [u8; 32], second: i64) -> Option<String> {
    let mut tx = read(store).await;
    let found = store::staff::find_by_session(&mut tx, session, at(second))
        .await
        .expect("an answer");
    found.map(|staff| staff.email)
}

on_both_databases! {
    async fn an_address_belongs_to_one_person(database: Database) {
        let store = with_sessions(database).await;
        let mut tx = write(&store).await;
        let second = Staff { id: id(2), name: "Somebody else".to_owned(), ..staff() };
        assert!(!store::staff::insert(&mut tx, &second, at(1)).await.expect("an answer"));
        let found = store::staff::find_by_email(&mut tx, "sam@acme.example").await.expect("an answer");
        assert!(found.is_some_and(|found| found == staff()));
        let nobody = store::staff::find_by_email(&mut tx, "nobody@acme.example").await.expect("an answer");
        assert!(nobody.is_none());
    }

    async fn a_session_ends_by_itself(database: Database) {
        let store = with_sessions(database).await;
        assert_eq!(who(&store, SESSION, 59).await, Some(staff().email));
        assert_eq!(who(&store, SESSION, 60).await, None);
        assert_eq!(who(&store, [9; 32], 0).await, None);
    }

    async fn a_session_that_is_closed_is_closed_alone(database: Database) {
        let store = with_sessions(database).await;
        let mut tx = write(&store).await;
        store::staff::close_session(&mut tx, SESSION).await.expect("it is closed");
        store::staff::close_session(&mut tx, SESSION).await.expect("closing twice is no error");
        tx.commit().await.expect("a commit");
        assert_eq!(who(&store, SESSION, 1).await, None);
        assert_eq!(who(&store, OTHER_SESSION, 1).await, Some(staff().email));
    }

    async fn a_new_password_ends_all_sessions(database: Database) {
        let store = with_sessions(database).await;
        let mut tx = write(&store).await;
        assert!(store::staff::set_password(&mut tx, "sam@acme.example", "$argon2id$second").await.expect("an answer"));
        assert!(!store::staff::set_password(&mut tx, "nobody@acme.example", "$argon2id$second").await.expect("an answer"));
        let found = store::staff::find_by_email(&mut tx, "sam@acme.example").await.expect("an answer");
        assert!(found.is_some_and(|found| found.password_hash == "$argon2id$second"));
        tx.commit().await.expect("a commit");
        for session in [SESSION, OTHER_SESSION] {
            assert_eq!(who(&store, session, 1).await, None);
        }
    }

    async fn an_account_that_is_removed_takes_its_sessions_along(database: Database) {
        let store = with_sessions(database).await;
        let mut tx = write(&store).await;
        assert!(store::staff::delete(&mut tx, "sam@acme.example").await.expect("an answer"));
        assert!(!store::staff::delete(&mut tx, "sam@acme.example").await.expect("an answer"));
        let found = store::staff::find_by_email(&mut tx, "sam@acme.example").await.expect("an answer");
        assert!(found.is_none());
        tx.commit().await.expect("a commit");
        for session in [SESSION, OTHER_SESSION] {
            assert_eq!(who(&store, session, 1).await, None);
        }
    }
}
