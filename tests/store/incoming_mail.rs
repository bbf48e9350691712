//! Messages that came by mail.

use cornerdesk_ingest::{
    message::{Kind, Message, Via},
    store::{self, Tx},
};
use cornerdesk_tests::{Database, on_both_databases};
use uuid::Uuid;

use crate::{OTHER_SITE, SITE, add_ticket, at, id, open, write};

async fn put(tx: &mut Tx, number: u128, ticket: Uuid, via: Via, mail_id: Option<&str>) {
    let message = Message {
        id: id(number),
        ticket,
        kind: Kind::Answer,
        via,
        author: None,
        body: "“ä漢😀”".to_owned(),
        mail_id: mail_id.map(str::to_owned),
        at: at(i64::try_from(number).expect("small")),
    };
    let is_new = store::messages::insert(tx, SITE, &message).await;
    assert!(is_new.expect("an answer"), "{number}");
}

on_both_databases! {
    async fn a_mail_is_known_by_its_id_at_its_site_and_counted_on_its_ticket(database: Database) {
        let store = open(database).await;
        let (ticket, other) = (add_ticket(&store, 1).await, add_ticket(&store, 2).await);
        let mut tx = write(&store).await;
        put(&mut tx, 10, ticket.id, Via::Mail, Some("a@b")).await;
        put(&mut tx, 11, ticket.id, Via::Mail, None).await;
        put(&mut tx, 12, ticket.id, Via::Page, None).await;
        put(&mut tx, 13, other.id, Via::Mail, Some("c@d")).await;
        for (site, mail, expected) in [(SITE, "a@b", true), (SITE, "x@y", false), (OTHER_SITE, "a@b", false)] {
            assert_eq!(store::messages::has_mail(&mut tx, site, mail).await.expect("an answer"), expected, "{site} {mail}");
        }
        for (site, second, expected) in [(SITE, 9, 2), (SITE, 10, 1), (SITE, 11, 0), (OTHER_SITE, 9, 0)] {
            let count = store::messages::count_by_mail(&mut tx, site, ticket.id, at(second)).await;
            assert_eq!(count.expect("a count"), expected, "{site} {second}");
        }
    }

    async fn what_was_cut_from_a_mail_stays_with_its_message(database: Database) {
        let store = open(database).await;
        let (ticket, other) = (add_ticket(&store, 1).await, add_ticket(&store, 2).await);
        let mut tx = write(&store).await;
        put(&mut tx, 10, ticket.id, Via::Mail, None).await;
        put(&mut tx, 11, ticket.id, Via::Mail, None).await;
        put(&mut tx, 12, other.id, Via::Mail, None).await;
        for number in [11, 12] {
            store::messages::put_quoted(&mut tx, SITE, id(number), "> “ä”").await.expect("it is kept");
        }
        let quoted = store::messages::quoted(&mut tx, SITE, ticket.id).await.expect("a list");
        assert_eq!(quoted, [(id(11), "> “ä”".to_owned())]);
        assert!(store::messages::quoted(&mut tx, OTHER_SITE, ticket.id).await.expect("a list").is_empty());
        assert!(store::messages::put_quoted(&mut tx, OTHER_SITE, id(11), "x").await.is_err());
    }
}
