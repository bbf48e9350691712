//! Staff and their sessions.

use std::collections::BTreeSet;

use cornerdesk_ingest::{
    staff::{Role, VisibleSites},
    store::{
        self, Store,
        sessions::{Beginning, Limits},
        staff::Staff,
        tickets::Cursor,
    },
};
use cornerdesk_tests::{Database, on_both_databases};
use jiff::SignedDuration;

use crate::{OTHER_SITE, SITE, add_ticket, at, id, open, read, ticket, write};

const SESSION: [u8; 32] = [1; 32];
const OTHER_SESSION: [u8; 32] = [2; 32];
const BEGINNING: Beginning<'static> = Beginning {
    device: "Firefox on Linux",
    by_provider: false,
};
/// Half a minute without use, a minute in all.
const LIMITS: Limits = Limits {
    idle: SignedDuration::from_secs(30),
    most: SignedDuration::from_secs(60),
};

fn staff() -> Staff {
    Staff {
        id: id(1),
        email: "sam@acme.example".to_owned(),
        name: "Sam Ö".to_owned(),
        password_hash: "$argon2id$first".to_owned(),
        role: Role::Agent,
        visible: VisibleSites::All,
        has_codes: false,
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
        store::sessions::open(&mut tx, session, staff().id, BEGINNING, LIMITS, at(0))
            .await
            .expect("a session");
    }
    tx.commit().await.expect("a commit");
    store
}

async fn who(store: &Store, session: [u8; 32], second: i64) -> Option<String> {
    let mut tx = read(store).await;
    let used_after = LIMITS.used_after(at(second));
    let found = store::staff::find_by_session(&mut tx, session, used_after, at(second))
        .await
        .expect("an answer");
    found.map(|found| found.staff.email)
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

    async fn what_somebody_may_see_comes_with_them(database: Database) {
        let store = with_sessions(database).await;
        add_ticket(&store, 1).await;
        let mut tx = write(&store).await;
        let mut other = ticket(2);
        other.site = OTHER_SITE.to_owned();
        store::tickets::insert(&mut tx, &other).await.expect("a ticket");
        let some = |sites: &[&str]| VisibleSites::Of {
            staff: staff().id,
            sites: sites.iter().map(|site| (*site).to_owned()).collect(),
        };
        for (role, said, seen, tickets) in [
            (Role::Agent, some(&[SITE]), some(&[SITE]), 1),
            (Role::Lead, some(&[OTHER_SITE]), some(&[OTHER_SITE]), 1),
            (Role::Agent, some(&[SITE, OTHER_SITE]), some(&[SITE, OTHER_SITE]), 2),
            (Role::Agent, some(&[]), some(&[]), 0),
            (Role::Lead, VisibleSites::All, VisibleSites::All, 2),
            // Who says what others see is kept from nothing.
            (Role::Admin, some(&[]), VisibleSites::All, 2),
        ] {
            assert!(store::staff::set_access(&mut tx, staff().id, role, &said).await.expect("an answer"));
            let found = store::staff::find_by_session(&mut tx, SESSION, at(-9), at(1)).await.expect("an answer").expect("somebody").staff;
            assert_eq!((found.role, &found.visible), (role, &seen));
            let listed = store::tickets::latest(&mut tx, &found.visible, Cursor::TOP, 9).await.expect("a list");
            let sites: BTreeSet<&str> = listed.iter().map(|listed| listed.ticket.site.as_str()).collect();
            assert!(sites.iter().all(|site| seen.contains(site)), "{sites:?}");
            assert_eq!(listed.len(), tickets, "{seen:?}");
            assert_eq!(store::tickets::count(&mut tx, &found.visible).await.expect("a count"), tickets as u64);
        }
        assert!(!store::staff::set_access(&mut tx, id(9), Role::Agent, &VisibleSites::All).await.expect("an answer"));
    }

    async fn who_wants_to_hear_nothing_hears_nothing(database: Database) {
        let store = with_sessions(database).await;
        let mut tx = write(&store).await;
        let whose = staff().id;
        assert!(store::hearing::hears_answers(&mut tx, whose).await.expect("an answer"), "unless they say otherwise");
        for hears in [false, true] {
            store::hearing::set_answers(&mut tx, whose, hears).await.expect("it is kept");
            assert_eq!(store::hearing::hears_answers(&mut tx, whose).await.expect("an answer"), hears);
        }
        assert!(!store::hearing::hears_answers(&mut tx, id(99)).await.expect("an answer"), "nobody");
        assert!(store::hearing::set_answers(&mut tx, id(99), true).await.is_err());
    }

    async fn the_admins_that_can_sign_in_are_counted(database: Database) {
        let store = with_sessions(database).await;
        let mut tx = write(&store).await;
        assert_eq!(store::staff::count_admins(&mut tx).await.expect("a count"), 0);
        for (number, role, password_hash) in [(2, Role::Admin, "$argon2id$"), (3, Role::Admin, ""), (4, Role::Lead, "$argon2id$")] {
            let email = format!("{number}@acme.example");
            let one = Staff { id: id(number), email, role, password_hash: password_hash.to_owned(), ..staff() };
            store::staff::insert(&mut tx, &one, at(0)).await.expect("an answer");
        }
        assert_eq!(store::staff::count_admins(&mut tx).await.expect("a count"), 1);
        let everybody = store::staff::everybody(&mut tx).await.expect("a list");
        assert_eq!(everybody.len(), 4);
    }

    async fn everybody_is_who_each_of_them_is_alone(database: Database) {
        let store = with_sessions(database).await;
        let mut tx = write(&store).await;
        let some = |number: u128, sites: &[&str]| VisibleSites::Of { staff: id(number), sites: sites.iter().map(|&site| site.to_owned()).collect() };
        let people = [
            (2, Role::Agent, some(2, &[SITE, OTHER_SITE])),
            (3, Role::Lead, some(3, &[OTHER_SITE])),
            (4, Role::Agent, some(4, &[])),
            (5, Role::Agent, VisibleSites::All),
            (6, Role::Admin, some(6, &[])),
            // Somebody who has left sees nothing and is not among them.
            (7, Role::Agent, some(7, &[SITE])),
        ];
        for (number, role, visible) in people {
            let one = Staff { id: id(number), email: format!("{number}@acme.example"), role, ..staff() };
            store::staff::insert(&mut tx, &one, at(0)).await.expect("an answer");
            assert!(store::staff::set_access(&mut tx, one.id, role, &visible).await.expect("an answer"));
        }
        assert!(store::staff::leave(&mut tx, id(7), at(1)).await.expect("an answer"));
        let everybody = store::staff::everybody(&mut tx).await.expect("a list");
        let mut alone = Vec::new();
        for one in &everybody {
            alone.extend(store::staff::find(&mut tx, one.id).await.expect("an answer"));
        }
        let access = |staff: &[Staff]| staff.iter().map(|one| (one.id, one.role, one.visible.clone())).collect::<Vec<_>>();
        assert_eq!(access(&everybody), access(&alone));
        let sees = |number: u128, site: &str| everybody.iter().any(|one| one.id == id(number) && one.visible.contains(site));
        assert_eq!([2, 3, 4, 5, 6, 7].map(|number| (sees(number, SITE), sees(number, OTHER_SITE))), [
            (true, true),
            (false, true),
            (false, false),
            (true, true),
            (true, true),
            (false, false),
        ]);
    }

    async fn a_session_ends_by_itself(database: Database) {
        let store = with_sessions(database).await;
        assert_eq!(who(&store, SESSION, 29).await, Some(staff().email));
        assert_eq!(who(&store, SESSION, 30).await, None, "it was not used for too long");
        let mut tx = write(&store).await;
        store::sessions::used(&mut tx, SESSION, at(29)).await.expect("it is noted");
        store::sessions::used(&mut tx, SESSION, at(58)).await.expect("it is noted");
        tx.commit().await.expect("a commit");
        assert_eq!(who(&store, SESSION, 59).await, Some(staff().email));
        assert_eq!(who(&store, SESSION, 60).await, None, "however often it is used");
        assert_eq!(who(&store, OTHER_SESSION, 59).await, None);
        assert_eq!(who(&store, [9; 32], 0).await, None);
    }

    async fn a_session_that_is_closed_is_closed_alone(database: Database) {
        let store = with_sessions(database).await;
        let mut tx = write(&store).await;
        store::sessions::close(&mut tx, SESSION).await.expect("it is closed");
        store::sessions::close(&mut tx, SESSION).await.expect("closing twice is no error");
        tx.commit().await.expect("a commit");
        assert_eq!(who(&store, SESSION, 1).await, None);
        assert_eq!(who(&store, OTHER_SESSION, 1).await, Some(staff().email));
    }

    async fn sessions_are_listed_and_ended_by_their_owner(database: Database) {
        let store = with_sessions(database).await;
        let mut tx = write(&store).await;
        store::sessions::used(&mut tx, OTHER_SESSION, at(5)).await.expect("it is noted");
        let list = store::sessions::of_staff(&mut tx, staff().id, LIMITS, at(10)).await.expect("a list");
        let listed: Vec<_> = list.iter().map(|one| (one.token_hash, one.last_used_at, one.device.as_deref())).collect();
        let device = Some("Firefox on Linux");
        assert_eq!(listed, [(OTHER_SESSION, at(5), device), (SESSION, at(0), device)], "what was used last first");
        let list = store::sessions::of_staff(&mut tx, staff().id, LIMITS, at(32)).await.expect("a list");
        assert_eq!(list.len(), 1, "what has ended is not shown");
        assert!(!store::sessions::close_one_of(&mut tx, id(9), SESSION).await.expect("an answer"), "somebody else's");
        assert!(store::sessions::close_one_of(&mut tx, staff().id, SESSION).await.expect("an answer"));
        store::sessions::open(&mut tx, SESSION, staff().id, Beginning { device: "", by_provider: true }, LIMITS, at(11)).await.expect("a session");
        assert_eq!(store::sessions::close_others_of(&mut tx, staff().id, Some(SESSION)).await.expect("a count"), 1);
        assert_eq!(store::sessions::close_others_of(&mut tx, staff().id, None).await.expect("a count"), 1);
    }

    async fn who_has_left_is_not_there_and_may_come_back(database: Database) {
        let store = with_sessions(database).await;
        let mut tx = write(&store).await;
        assert!(!store::staff::come_back(&mut tx, "sam@acme.example").await.expect("an answer"), "they are there");
        assert!(store::staff::leave(&mut tx, staff().id, at(1)).await.expect("an answer"));
        assert!(!store::staff::leave(&mut tx, staff().id, at(1)).await.expect("an answer"));
        assert!(store::staff::find_by_email(&mut tx, "sam@acme.example").await.expect("an answer").is_none());
        assert!(store::staff::find_by_session(&mut tx, SESSION, at(-9), at(1)).await.expect("an answer").is_none());
        assert!(store::staff::everybody(&mut tx).await.expect("a list").is_empty());
        let name = store::staff::find(&mut tx, staff().id).await.expect("an answer").map(|staff| staff.name);
        assert_eq!(name, Some(staff().name), "their name stays where they did something");
        assert!(store::staff::come_back(&mut tx, "sam@acme.example").await.expect("an answer"));
        let back = store::staff::find_by_email(&mut tx, "sam@acme.example").await.expect("an answer").expect("somebody");
        assert_eq!(back.password_hash, "", "with a password of their own choice");
        store::staff::give_password(&mut tx, back.id, "Sam P", "$argon2id$new").await.expect("a password");
        let back = store::staff::find(&mut tx, back.id).await.expect("an answer").expect("somebody");
        assert_eq!((back.name.as_str(), back.password_hash.as_str()), ("Sam P", "$argon2id$new"));
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
