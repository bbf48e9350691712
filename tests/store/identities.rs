//! Accounts of a provider that belong to staff, and sign-ins by one that were used.

use cornerdesk_ingest::{
    staff::{Role, VisibleSites},
    store::{self, Store, identities, sessions, staff::Staff},
};
use cornerdesk_tests::{Database, on_both_databases};
use jiff::SignedDuration;

use crate::{at, id, open, write};

const ISSUER: &str = "https://id.example";

fn somebody(number: u128, email: &str) -> Staff {
    Staff {
        id: id(number),
        email: email.to_owned(),
        name: "Sam".to_owned(),
        password_hash: String::new(),
        role: Role::Admin,
        visible: VisibleSites::All,
        has_codes: false,
    }
}

async fn with_two(database: Database) -> Store {
    let store = open(database).await;
    let mut tx = write(&store).await;
    for staff in [
        somebody(1, "sam@acme.example"),
        somebody(2, "kim@acme.example"),
    ] {
        assert!(
            store::staff::insert(&mut tx, &staff, at(0))
                .await
                .expect("an answer")
        );
    }
    tx.commit().await.expect("a commit");
    store
}

on_both_databases! {
    async fn an_account_belongs_to_one_and_each_has_one_at_a_provider(database: Database) {
        let store = with_two(database).await;
        let mut tx = write(&store).await;
        assert_eq!(identities::find(&mut tx, ISSUER, "s-1").await.expect("an answer"), None);
        assert!(identities::link(&mut tx, (ISSUER, "s-1"), id(1), at(5)).await.expect("an answer"));
        for (issuer, subject, whose, is_free) in [
            (ISSUER, "s-1", 1, false),
            (ISSUER, "s-1", 2, false),
            (ISSUER, "s-2", 1, false),
            (ISSUER, "s-2", 2, true),
            ("https://other.example", "s-1", 1, true),
        ] {
            let linked = identities::link(&mut tx, (issuer, subject), id(whose), at(6)).await.expect("an answer");
            assert_eq!(linked, is_free, "{issuer} {subject} {whose}");
        }
        assert_eq!(identities::find(&mut tx, ISSUER, "s-1").await.expect("an answer"), Some(id(1)));
        assert_eq!(identities::find(&mut tx, "https://other.example", "s-2").await.expect("an answer"), None);
        assert_eq!(identities::since(&mut tx, id(1), ISSUER).await.expect("an answer"), Some(at(5)));
        assert_eq!(identities::since(&mut tx, id(2), "https://other.example").await.expect("an answer"), None);
        assert_eq!(identities::linked(&mut tx, ISSUER).await.expect("a list"), [id(1), id(2)].into());
        assert!(identities::unlink(&mut tx, id(1)).await.expect("an answer"));
        assert!(!identities::unlink(&mut tx, id(1)).await.expect("an answer"));
        assert_eq!(identities::find(&mut tx, "https://other.example", "s-1").await.expect("an answer"), None);
    }

    async fn who_has_left_has_no_account(database: Database) {
        let store = with_two(database).await;
        let mut tx = write(&store).await;
        assert!(identities::link(&mut tx, (ISSUER, "s-1"), id(1), at(5)).await.expect("an answer"));
        assert!(store::staff::leave(&mut tx, id(1), at(6)).await.expect("an answer"));
        assert_eq!(identities::find(&mut tx, ISSUER, "s-1").await.expect("an answer"), None);
    }

    async fn an_admin_with_an_account_and_no_password_is_one_who_can_sign_in(database: Database) {
        let store = with_two(database).await;
        let mut tx = write(&store).await;
        assert_eq!(store::staff::count_admins(&mut tx).await.expect("a count"), 0);
        assert!(identities::link(&mut tx, (ISSUER, "s-1"), id(1), at(5)).await.expect("an answer"));
        assert_eq!(store::staff::count_admins(&mut tx).await.expect("a count"), 1);
    }

    async fn a_sign_in_is_good_for_one_session(database: Database) {
        let store = with_two(database).await;
        let mut tx = write(&store).await;
        for (token, now, is_new) in [(7, 0, true), (7, 1, false), (8, 2, true), (7, 599, false), (7, 600, true)] {
            let spent = identities::spend(&mut tx, [token; 32], at(600), at(now)).await.expect("an answer");
            assert_eq!(spent, is_new, "{token} at {now}");
        }
    }

    async fn a_session_knows_that_a_provider_began_it(database: Database) {
        let store = with_two(database).await;
        let mut tx = write(&store).await;
        let limits = sessions::Limits { idle: SignedDuration::from_secs(30), most: SignedDuration::from_secs(60) };
        for by_provider in [true, false] {
            let token = [u8::from(by_provider); 32];
            let beginning = sessions::Beginning { device: "", by_provider };
            sessions::open(&mut tx, token, id(1), beginning, limits, at(0)).await.expect("a session");
            let found = store::staff::find_by_session(&mut tx, token, at(-1), at(1)).await.expect("an answer").expect("a session");
            assert_eq!(found.by_provider, by_provider);
        }
        let listed = sessions::of_staff(&mut tx, id(1), limits, at(1)).await.expect("a list");
        assert_eq!(listed.iter().filter(|one| one.by_provider).count(), 1);
    }
}
