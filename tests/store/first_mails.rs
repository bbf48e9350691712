//! By which mails requests came.

use cornerdesk_ingest::{
    mail::incoming::first::FirstMail,
    message::{Kind, Message, Via},
    store,
    ticket::Status,
};
use cornerdesk_tests::{Database, on_both_databases};

use crate::{OTHER_SITE, SITE, add_ticket, at, id, open, write};

fn mail(byte: u8, mail_id: Option<&str>) -> FirstMail {
    FirstMail {
        digest: [byte; 32],
        mail_id: mail_id.map(str::to_owned),
        sender_name: Some("Ada “Ö” 漢😀".to_owned()),
        reply_to: None,
        left_out: Some("a.zip: too large\nb: too large".to_owned()),
    }
}

on_both_databases! {
    async fn a_mail_makes_one_ticket_of_its_site_and_is_found_by_itself_and_by_its_ticket(database: Database) {
        let store = open(database).await;
        let (ticket, other) = (add_ticket(&store, 1).await, add_ticket(&store, 2).await);
        let mut tx = write(&store).await;
        let first = mail(1, Some("a@b"));
        assert!(store::first_mails::insert(&mut tx, SITE, ticket.id, &first).await.expect("an answer"));
        assert!(!store::first_mails::insert(&mut tx, SITE, other.id, &first).await.expect("an answer"));
        assert_eq!(store::first_mails::find(&mut tx, SITE, ticket.id).await.expect("an answer"), Some(first.clone()));
        assert_eq!(store::first_mails::find(&mut tx, SITE, other.id).await.expect("an answer"), None);
        assert_eq!(store::first_mails::find(&mut tx, OTHER_SITE, ticket.id).await.expect("an answer"), None);
        for (site, digest, expected) in [(SITE, [1; 32], Some(ticket.reference)), (SITE, [2; 32], None), (OTHER_SITE, [1; 32], None)] {
            assert_eq!(store::first_mails::ticket_of(&mut tx, site, &digest).await.expect("an answer"), expected, "{site}");
        }
        // It goes with its ticket, and then the mail is new again.
        store::privacy::take(&mut tx, SITE, ticket.id).await.expect("an answer").expect("a ticket");
        assert_eq!(store::first_mails::ticket_of(&mut tx, SITE, &[1; 32]).await.expect("an answer"), None);
        assert!(store::first_mails::insert(&mut tx, SITE, other.id, &first).await.expect("an answer"));
    }

    async fn what_follows_a_mail_is_about_its_ticket_and_rather_about_one_that_is_not_over(database: Database) {
        let store = open(database).await;
        let (first, second, third) = (add_ticket(&store, 1).await, add_ticket(&store, 2).await, add_ticket(&store, 3).await);
        let mut tx = write(&store).await;
        for (ticket, byte) in [(&first, 1), (&second, 2)] {
            store::first_mails::insert(&mut tx, SITE, ticket.id, &mail(byte, Some("always@x"))).await.expect("an answer");
        }
        let message = Message {
            id: id(10),
            ticket: third.id,
            kind: Kind::Answer,
            via: Via::Mail,
            author: None,
            body: "x".to_owned(),
            mail_id: Some("answer@x".to_owned()),
            at: at(10),
        };
        store::messages::insert(&mut tx, SITE, &message).await.expect("an answer");
        for (site, mail_id, expected) in [
            (SITE, "always@x", Some(second.id)),
            (SITE, "answer@x", Some(third.id)),
            (SITE, "other@x", None),
            (OTHER_SITE, "always@x", None),
        ] {
            assert_eq!(store::first_mails::followed(&mut tx, site, mail_id).await.expect("an answer"), expected, "{site} {mail_id}");
        }
        for (over, expected) in [(&second, first.id), (&first, second.id)] {
            let mut over = over.clone();
            over.status = Status::Closed;
            store::tickets::update(&mut tx, &over).await.expect("an answer");
            assert_eq!(store::first_mails::followed(&mut tx, SITE, "always@x").await.expect("an answer"), Some(expected));
        }
    }
}
