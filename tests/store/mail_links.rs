//! Links in mails.

use cornerdesk_ingest::{
    mail::{
        link::{Link, Purpose, hash},
        recipient::Recipient,
    },
    store::{self, Tx, mail_links},
};
use cornerdesk_tests::{Database, on_both_databases};

use crate::{OTHER_SITE, SITE, add_ticket, at, id, open, write};

/// Adds a link to ticket number `ticket`.
async fn add(tx: &mut Tx, token: &str, ticket: u128, purpose: Purpose, expires: i64) {
    let recipient = Recipient::of("ada@customer.example").key();
    mail_links::insert(
        tx,
        SITE,
        &hash(token),
        id(ticket),
        &recipient,
        purpose,
        at(expires),
    )
    .await
    .expect("a link");
}

async fn find(tx: &mut Tx, site: &str, token: &str, purpose: Purpose) -> Option<Link> {
    mail_links::find(tx, site, &hash(token), purpose)
        .await
        .expect("an answer")
}

on_both_databases! {
    async fn a_link_is_found_by_its_token_site_and_purpose_only(database: Database) {
        let store = open(database).await;
        add_ticket(&store, 1).await;
        let mut tx = write(&store).await;
        add(&mut tx, "token", 1, Purpose::Object, 100).await;
        let link = find(&mut tx, SITE, "token", Purpose::Object).await.expect("the link");
        let recipient = Recipient::of("ADA+x@customer.example").key();
        assert_eq!(link, Link { ticket: id(1), recipient, expires_at: at(100), used_at: None });
        assert_eq!(find(&mut tx, OTHER_SITE, "token", Purpose::Object).await, None);
        assert_eq!(find(&mut tx, SITE, "token", Purpose::Confirm).await, None);
        assert_eq!(find(&mut tx, SITE, "tokem", Purpose::Object).await, None);
    }

    async fn a_link_is_used_up_once_with_its_doubles_and_no_others(database: Database) {
        let store = open(database).await;
        add_ticket(&store, 1).await;
        add_ticket(&store, 2).await;
        let mut tx = write(&store).await;
        add(&mut tx, "first", 1, Purpose::Object, 100).await;
        add(&mut tx, "repeated", 1, Purpose::Object, 100).await;
        add(&mut tx, "confirms", 1, Purpose::Confirm, 100).await;
        add(&mut tx, "other ticket", 2, Purpose::Object, 100).await;
        for expected in [2, 0] {
            let used = mail_links::use_up(&mut tx, SITE, id(1), Purpose::Object, at(7)).await;
            assert_eq!(used.expect("an answer"), expected);
        }
        for (token, purpose, used_at) in [
            ("first", Purpose::Object, Some(at(7))),
            ("repeated", Purpose::Object, Some(at(7))),
            ("confirms", Purpose::Confirm, None),
            ("other ticket", Purpose::Object, None),
        ] {
            let link = find(&mut tx, SITE, token, purpose).await.expect("the link");
            assert_eq!(link.used_at, used_at, "{token}");
        }
    }

    async fn links_that_expired_are_forgotten(database: Database) {
        let store = open(database).await;
        add_ticket(&store, 1).await;
        let mut tx = write(&store).await;
        add(&mut tx, "old", 1, Purpose::Object, 100).await;
        add(&mut tx, "new", 1, Purpose::Object, 101).await;
        store::mail_links::forget(&mut tx, at(100)).await.expect("an answer");
        assert_eq!(find(&mut tx, SITE, "old", Purpose::Object).await, None);
        assert!(find(&mut tx, SITE, "new", Purpose::Object).await.is_some());
    }
}
