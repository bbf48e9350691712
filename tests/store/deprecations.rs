//! What is announced to go, and whether it was said.

use cornerdesk_ingest::{
    deprecation::Deprecation,
    store::{self, deprecations::Notice},
};
use cornerdesk_tests::{Database, on_both_databases};
use jiff::civil::date;

use crate::{OTHER_SITE, SITE, at, id, open, write};

fn announced(number: u128, ends_on: jiff::civil::Date) -> Deprecation {
    Deprecation {
        id: id(number),
        feature: format!("Feature {number} “ä”"),
        notice_on: date(2026, 8, 31),
        ends_on,
        supported_until: (number == 1).then(|| date(2027, 11, 30)),
    }
}

on_both_databases! {
    async fn something_is_announced_once_and_listed_by_when_it_goes(database: Database) {
        let store = open(database).await;
        let (late, early) = (announced(1, date(2027, 1, 31)), announced(2, date(2026, 11, 30)));
        let mut tx = write(&store).await;
        for one in [&late, &early] {
            assert!(store::deprecations::announce(&mut tx, SITE, one, "Kim", at(0)).await.expect("an answer"));
            assert!(!store::deprecations::announce(&mut tx, SITE, one, "Sam", at(1)).await.expect("an answer"));
        }
        assert_eq!(store::deprecations::list(&mut tx, SITE).await.expect("a list"), [early, late]);
        assert!(store::deprecations::list(&mut tx, OTHER_SITE).await.expect("a list").is_empty());
    }

    async fn a_notice_is_ordered_once_and_again_only_when_it_failed(database: Database) {
        let store = open(database).await;
        let one = announced(1, date(2026, 11, 30));
        let told = Deprecation { ends_on: date(2026, 12, 24), ..one.clone() };
        let mut tx = write(&store).await;
        store::deprecations::announce(&mut tx, SITE, &one, "Kim", at(0)).await.expect("an answer");
        let (a, b) = ([1; 32], [2; 32]);
        for key in [&a, &b] {
            assert!(store::deprecations::order(&mut tx, SITE, one.id, key, "big").await.expect("an answer"));
            assert!(!store::deprecations::order(&mut tx, SITE, one.id, key, "big").await.expect("an answer"), "it is on its way");
        }
        store::deprecations::sent(&mut tx, SITE, &told, &a, at(5)).await.expect("a note");
        for key in [&a, &b] {
            store::deprecations::failed(&mut tx, SITE, one.id, key, "no such mailbox").await.expect("a note");
        }
        let notice = |sent_at: Option<_>, fault: Option<&str>| Notice {
            account: "big".to_owned(), sent_at, ends_on: sent_at.map(|_| told.ends_on), fault: fault.map(str::to_owned),
        };
        let notices = store::deprecations::notices(&mut tx, SITE, one.id).await.expect("a list");
        assert_eq!(notices, [notice(Some(at(5)), None), notice(None, Some("no such mailbox"))]);
        assert!(!store::deprecations::order(&mut tx, SITE, one.id, &a, "big").await.expect("an answer"), "it was sent");
        assert!(store::deprecations::order(&mut tx, SITE, one.id, &b, "big").await.expect("an answer"), "it failed");
        assert!(!store::deprecations::order(&mut tx, SITE, one.id, &b, "big").await.expect("an answer"), "it is on its way");
        assert!(store::deprecations::sent(&mut tx, SITE, &told, &[3; 32], at(5)).await.is_err(), "nobody ordered it");
    }
}
