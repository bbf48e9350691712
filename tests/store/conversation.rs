//! What requester and staff write to each other, and what follows from it for the ticket.

use cornerdesk_ingest::{
    conversation::{self, Done, Refused, Written},
    files::NoUpload,
    handling::{self, Act},
    message::{BodyFault, Kind, Message, Via},
    outbox::send_reply,
    policies::Policies,
    progress::{self, Change},
    staff::VisibleSites,
    store::{
        self, Store,
        queue::{Position, Queued},
        uploads::Upload,
    },
    suggestions::Published,
    ticket::{Held, Status, Ticket, terms::PauseReason},
};
use cornerdesk_tests::{Database, on_both_databases};
use jiff::Timestamp;
use uuid::Uuid;

use crate::{OTHER_SITE, SITE, at, id, open, read, receive, ticket, write};

/// A ticket without terms.
async fn add(store: &Store, ticket: Ticket) -> Ticket {
    let ticket = Ticket {
        policy_version: None,
        held: None,
        ..ticket
    };
    receive(store, &ticket, None).await;
    ticket
}

fn written<'a>(number: u128, text: &'a str, uploads: &'a [Uuid]) -> Written<'a> {
    Written {
        id: id(number),
        text,
        uploads,
    }
}

async fn reply(store: &Store, ticket: &Ticket, what: Written<'_>) -> Result<Done, Refused> {
    let mut tx = write(store).await;
    let policies = Policies::default();
    let done = conversation::reply(&mut tx, &policies, ticket, "Kim", &what, at(20)).await;
    if done.is_ok() {
        tx.commit().await.expect("a commit");
    }
    done
}

async fn answer(store: &Store, ticket: &Ticket, what: Written<'_>, now: Timestamp) -> Done {
    let mut tx = write(store).await;
    let policies = Policies::default();
    let done = conversation::answer(&mut tx, &policies, ticket, Via::Page, None, &what, now).await;
    tx.commit().await.expect("a commit");
    done.expect("it is written")
}

/// The kinds of facts in their order, the status, and the place in the queue.
async fn now(store: &Store, ticket: &Ticket) -> (Vec<&'static str>, Status, Option<Timestamp>) {
    let mut tx = read(store).await;
    let timeline = store::timeline::list(&mut tx, SITE, ticket.id).await;
    let kinds = timeline
        .expect("facts")
        .iter()
        .map(|entry| entry.fact.kind())
        .collect();
    let found = store::tickets::find(&mut tx, SITE, ticket.id).await;
    let queue = store::queue::due_next(&mut tx, &VisibleSites::All, Position::TOP, 10)
        .await
        .expect("a page");
    let mine = queue
        .iter()
        .find(|queued: &&Queued| queued.listed.ticket.id == ticket.id);
    let asked = mine.and_then(|queued| queued.asked_at);
    (
        kinds,
        found.expect("an answer").expect("the ticket").status,
        asked,
    )
}

async fn messages(store: &Store, site: &str, ticket: &Ticket) -> Vec<Message> {
    let mut tx = read(store).await;
    store::messages::list(&mut tx, site, ticket.id)
        .await
        .expect("messages")
}

/// How many jobs of a kind a ticket has.
async fn jobs(store: &Store, ticket: &Ticket, kind: &str) -> usize {
    let mut tx = read(store).await;
    let jobs = store::jobs::of_ticket(&mut tx, SITE, ticket.id)
        .await
        .expect("jobs");
    jobs.iter().filter(|job| job.kind == kind).count()
}

async fn upload(store: &Store, number: u128, is_complete: bool) -> Uuid {
    let upload = Upload {
        site: SITE.to_owned(),
        id: id(number),
        name: format!("{number}.log"),
        content_type: "text/plain".to_owned(),
        length_bytes: 5,
        offset_bytes: 5,
        sha256: is_complete.then_some([7; 32]),
        blob: format!("blob-{number}"),
        pieces: Vec::new(),
        expires_at: at(1_000),
    };
    let mut tx = write(store).await;
    store::uploads::insert(&mut tx, &upload)
        .await
        .expect("an upload");
    tx.commit().await.expect("a commit");
    upload.id
}

on_both_databases! {
    async fn a_reply_is_one_message_one_mail_and_the_first_answer(database: Database) {
        let store = open(database).await;
        let ticket = add(&store, ticket(1)).await;
        let done = reply(&store, &ticket, written(7, " Try\r\nagain. ", &[])).await.expect("it is written");
        assert!(matches!(done, Done::Written(now) if now.status == Status::Open));
        let again = reply(&store, &ticket, written(7, "Try again.", &[])).await.expect("an answer");
        assert_eq!(again, Done::Repeated);
        reply(&store, &ticket, written(8, "And?", &[])).await.expect("it is written");
        let (facts, ..) = now(&store, &ticket).await;
        assert_eq!(facts, ["received", "wrote", "answered", "wrote", "updated"]);
        assert_eq!(jobs(&store, &ticket, send_reply::KIND).await, 2);
        let first = &messages(&store, SITE, &ticket).await[0];
        let expected = Message { id: id(7), ticket: ticket.id, kind: Kind::Reply, via: Via::Desk, author: Some("Kim".to_owned()), body: "Try\nagain.".to_owned(), mail_id: None, at: at(20) };
        assert_eq!(first, &expected);
        assert!(messages(&store, OTHER_SITE, &ticket).await.is_empty(), "another site's");
    }

    async fn a_note_changes_no_state_and_sends_no_mail(database: Database) {
        let store = open(database).await;
        let ticket = add(&store, ticket(1)).await;
        let before = now(&store, &ticket).await;
        let mut tx = write(&store).await;
        let done = conversation::note(&mut tx, &Policies::default(), &ticket, "Kim", &written(7, "Known bug", &[]), at(20)).await;
        tx.commit().await.expect("a commit");
        assert!(matches!(done, Ok(Done::Written(_))));
        let (facts, status, asked) = now(&store, &ticket).await;
        assert_eq!((facts.as_slice(), status, asked), (["received", "wrote"].as_slice(), before.1, None));
        assert_eq!(jobs(&store, &ticket, send_reply::KIND).await, 0);
    }

    async fn who_answers_is_waited_for_no_longer_and_stands_in_the_queue(database: Database) {
        let store = open(database).await;
        let ticket = add(&store, ticket(1)).await;
        let mut tx = write(&store).await;
        handling::act(&mut tx, &Policies::default(), &Published::default(), &ticket, Act::Pause(PauseReason::Requester), "Kim", at(10)).await.expect("it is paused");
        tx.commit().await.expect("a commit");
        answer(&store, &ticket, written(7, "Still there", &[]), at(30)).await;
        answer(&store, &ticket, written(8, "Hello?", &[]), at(40)).await;
        let (facts, status, asked) = now(&store, &ticket).await;
        assert_eq!(facts, ["received", "paused", "wrote", "resumed", "wrote"]);
        assert_eq!((status, asked), (Status::Open, Some(at(30))), "since the first word");
        reply(&store, &ticket, written(9, "Sorry!", &[])).await.expect("it is written");
        assert_eq!(now(&store, &ticket).await.2, None);
    }

    async fn an_answer_opens_again_what_was_over(database: Database) {
        for to in [Status::Solved, Status::Closed] {
            let store = open(database).await;
            let ticket = add(&store, ticket(1)).await;
            let change = Change { to, by: "Kim", reason: None, root_cause: None, skip_message: None };
            let mut tx = write(&store).await;
            progress::change_status(&mut tx, &Policies::default(), &ticket, &change, at(20)).await.expect("it is over");
            tx.commit().await.expect("a commit");
            answer(&store, &ticket, written(7, "Not for me", &[]), at(30)).await;
            let (_, status, asked) = now(&store, &ticket).await;
            assert_eq!((status, asked), (Status::Open, Some(at(30))), "{to:?}");
        }
    }

    async fn nobody_replies_to_what_is_held_or_to_an_alarm(database: Database) {
        let store = open(database).await;
        let held = Ticket { held: Some(Held::Suspected), policy_version: None, ..ticket(1) };
        receive(&store, &held, None).await;
        assert!(matches!(reply(&store, &held, written(7, "Hi", &[])).await, Err(Refused::Held)));
        let alarm = add(&store, Ticket { email: String::new(), ..ticket(2) }).await;
        assert!(matches!(reply(&store, &alarm, written(8, "Hi", &[])).await, Err(Refused::NoRequester)));
        let empty = reply(&store, &alarm, written(8, " \n", &[])).await;
        assert!(matches!(empty, Err(Refused::Body(BodyFault::Empty))));
        for ticket in [held, alarm] {
            assert!(messages(&store, SITE, &ticket).await.is_empty());
        }
    }

    async fn files_go_with_their_message_and_only_once(database: Database) {
        let store = open(database).await;
        let ticket = add(&store, ticket(1)).await;
        let (whole, half) = (upload(&store, 1, true).await, upload(&store, 2, false).await);
        let refused = reply(&store, &ticket, written(7, "See", &[whole, half])).await;
        assert!(matches!(refused, Err(Refused::Upload(NoUpload::Incomplete))));
        reply(&store, &ticket, written(7, "See", &[whole])).await.expect("it is written");
        let twice = reply(&store, &ticket, written(8, "See", &[whole])).await;
        assert!(matches!(twice, Err(Refused::Upload(NoUpload::Unknown))));
        let mut tx = read(&store).await;
        let files = store::attachments::list(&mut tx, SITE, ticket.id).await.expect("files");
        let files: Vec<_> = files.iter().map(|file| (file.name.as_str(), file.message)).collect();
        assert_eq!(files, [("1.log", Some(id(7)))]);
    }

    async fn the_same_mail_is_one_message(database: Database) {
        let store = open(database).await;
        let ticket = add(&store, ticket(1)).await;
        for (number, expected) in [(7, true), (8, false)] {
            let mut tx = write(&store).await;
            let done = conversation::answer(&mut tx, &Policies::default(), &ticket, Via::Mail, Some("a@b.example"), &written(number, "Hi", &[]), at(30)).await.expect("an answer");
            assert_eq!(matches!(done, Done::Written(_)), expected);
            tx.commit().await.expect("a commit");
        }
        assert_eq!(messages(&store, SITE, &ticket).await.len(), 1);
    }
}
