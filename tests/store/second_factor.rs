//! Codes of staff, sign-ins that wait for one, and guesses at them.

use cornerdesk_ingest::{
    staff::{Role, VisibleSites},
    store::{self, Store, guesses, second_factor, staff::Staff},
};
use cornerdesk_tests::{Database, on_both_databases};

use crate::{at, id, open, write};

async fn with_somebody(database: Database) -> Store {
    let store = open(database).await;
    let mut tx = write(&store).await;
    let staff = Staff {
        id: id(1),
        email: "sam@acme.example".to_owned(),
        name: "Sam".to_owned(),
        password_hash: "$argon2id$first".to_owned(),
        role: Role::Agent,
        visible: VisibleSites::All,
        has_codes: false,
    };
    store::staff::insert(&mut tx, &staff, at(0))
        .await
        .expect("somebody");
    tx.commit().await.expect("a commit");
    store
}

on_both_databases! {
    async fn codes_are_asked_for_once_the_first_was_right(database: Database) {
        let store = with_somebody(database).await;
        let mut tx = write(&store).await;
        let has_codes = async |tx: &mut store::Tx| store::staff::find(tx, id(1)).await.expect("an answer").expect("somebody").has_codes;
        assert!(!second_factor::use_step(&mut tx, id(1), 5).await.expect("an answer"), "there is no secret");
        assert!(second_factor::offer(&mut tx, id(1), b"first").await.expect("an answer"));
        assert!(second_factor::offer(&mut tx, id(1), b"second").await.expect("an answer"), "it may be offered anew");
        assert_eq!(second_factor::find(&mut tx, id(1)).await.expect("an answer").as_deref(), Some(&b"second"[..]));
        assert!(!has_codes(&mut tx).await);
        second_factor::turn_on(&mut tx, id(1), &[[1; 32], [2; 32]], at(1)).await.expect("they are on");
        assert!(has_codes(&mut tx).await);
        assert!(!second_factor::offer(&mut tx, id(1), b"third").await.expect("an answer"), "nobody takes the place of what is in use");
        assert_eq!(second_factor::count_codes(&mut tx, id(1)).await.expect("a count"), 2);
        assert!(second_factor::turn_off(&mut tx, id(1)).await.expect("an answer"));
        assert!(!has_codes(&mut tx).await);
        assert_eq!(second_factor::count_codes(&mut tx, id(1)).await.expect("a count"), 0);
        assert!(!second_factor::turn_off(&mut tx, id(1)).await.expect("an answer"));
    }

    async fn no_code_is_good_twice(database: Database) {
        let store = with_somebody(database).await;
        let mut tx = write(&store).await;
        second_factor::offer(&mut tx, id(1), b"sealed").await.expect("an answer");
        second_factor::turn_on(&mut tx, id(1), &[[1; 32]], at(1)).await.expect("they are on");
        for (step, is_new) in [(5, true), (5, false), (4, false), (6, true)] {
            assert_eq!(second_factor::use_step(&mut tx, id(1), step).await.expect("an answer"), is_new, "{step}");
        }
        for (code, is_good) in [([9; 32], false), ([1; 32], true), ([1; 32], false)] {
            assert_eq!(second_factor::use_code(&mut tx, id(1), &code).await.expect("an answer"), is_good, "{code:?}");
        }
    }

    async fn a_sign_in_waits_for_its_code_for_a_while(database: Database) {
        let store = with_somebody(database).await;
        let mut tx = write(&store).await;
        second_factor::begin(&mut tx, [7; 32], id(1), at(60), at(0)).await.expect("it waits");
        assert_eq!(second_factor::whose(&mut tx, [7; 32], at(59)).await.expect("an answer"), Some(id(1)));
        assert_eq!(second_factor::whose(&mut tx, [7; 32], at(60)).await.expect("an answer"), None);
        assert_eq!(second_factor::whose(&mut tx, [8; 32], at(0)).await.expect("an answer"), None);
        assert!(second_factor::end(&mut tx, [7; 32]).await.expect("an answer"));
        assert!(!second_factor::end(&mut tx, [7; 32]).await.expect("an answer"), "it is good for one session");
    }

    async fn a_rule_holds_until_it_is_another(database: Database) {
        let store = open(database).await;
        let mut tx = write(&store).await;
        assert_eq!(second_factor::rule(&mut tx, "codes").await.expect("an answer"), 0);
        for value in [1, 0] {
            second_factor::set_rule(&mut tx, "codes", value).await.expect("it is set");
            assert_eq!(second_factor::rule(&mut tx, "codes").await.expect("an answer"), value);
        }
    }

    async fn guesses_are_counted_and_given_back(database: Database) {
        let store = open(database).await;
        let mut tx = write(&store).await;
        let take = async |tx: &mut store::Tx, now| guesses::take(tx, &[1; 32], now, 10, 20).await.expect("an answer");
        assert!(take(&mut tx, 1000).await && take(&mut tx, 1000).await && !take(&mut tx, 1000).await);
        assert_eq!(guesses::used_until(&mut tx, &[1; 32]).await.expect("an answer"), Some(1020));
        guesses::give_back(&mut tx, &[1; 32], 10).await.expect("it is there again");
        assert!(take(&mut tx, 1000).await && !take(&mut tx, 1000).await);
        assert!(guesses::take(&mut tx, &[2; 32], 1000, 10, 20).await.expect("an answer"), "somebody else's");
        assert!(take(&mut tx, 1010).await, "time gives back, too");
        guesses::forget(&mut tx, 1011).await.expect("they are forgotten");
        assert_eq!(guesses::used_until(&mut tx, &[2; 32]).await.expect("an answer"), None);
    }
}
