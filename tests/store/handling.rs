//! What staff do with a ticket, also two of them at once.

use std::time::Duration;

use cornerdesk_ingest::{
    handling::{self, Act, NotDone},
    policies::Policies,
    progress::{self, Change, Refused},
    store::{self, Store},
    suggestions::Published,
    ticket::{Status, Ticket, terms::PauseReason},
};
use cornerdesk_tests::{Database, on_both_databases};

use crate::{SITE, at, open, read, receive, ticket, write};

/// Long enough for somebody to begin, and to wait.
const A_MOMENT: Duration = Duration::from_millis(300);

/// A ticket without terms, as everybody has read it.
async fn add(store: &Store) -> Ticket {
    let ticket = Ticket {
        policy_version: None,
        ..ticket(1)
    };
    receive(store, &ticket, None).await;
    ticket
}

async fn act(store: &Store, ticket: &Ticket, act: Act, by: &str) -> Result<Ticket, NotDone> {
    let mut tx = write(store).await;
    let done = handling::act(
        &mut tx,
        &Policies::default(),
        &Published::default(),
        ticket,
        act,
        by,
        at(20),
    )
    .await;
    tx.commit().await.expect("a commit");
    done
}

async fn set_to(store: &Store, ticket: &Ticket, to: Status, by: &str) -> Result<(), Refused> {
    let change = Change {
        to,
        by,
        reason: None,
        root_cause: None,
        skip_message: None,
    };
    let mut tx = write(store).await;
    let done =
        progress::change_status(&mut tx, &Policies::default(), ticket, &change, at(20)).await;
    tx.commit().await.expect("a commit");
    done
}

/// What happened to the ticket, in order, and where it stands.
async fn now(store: &Store, ticket: &Ticket) -> (Vec<String>, Status) {
    let mut tx = read(store).await;
    let timeline = store::timeline::list(&mut tx, SITE, ticket.id)
        .await
        .expect("facts");
    let found = store::tickets::find(&mut tx, SITE, ticket.id).await;
    let kinds = timeline
        .iter()
        .map(|entry| entry.fact.kind().to_owned())
        .collect();
    (kinds, found.expect("an answer").expect("the ticket").status)
}

on_both_databases! {
    async fn of_two_who_answer_at_once_one_has_answered(database: Database) {
        let store = open(database).await;
        let ticket = add(&store).await;
        let mut tx = write(&store).await;
        handling::act(&mut tx, &Policies::default(), &Published::default(), &ticket, Act::Answer, "Kim", at(20)).await.expect("it is answered");
        let other = tokio::spawn({
            let (store, ticket) = (store.clone(), ticket.clone());
            async move { act(&store, &ticket, Act::Answer, "Sam").await }
        });
        tokio::time::sleep(A_MOMENT).await;
        tx.commit().await.expect("a commit");
        let refused = other.await.expect("an end").expect_err("it was answered");
        assert!(matches!(refused, NotDone::Already(_)), "{refused:?}");
        assert_eq!(now(&store, &ticket).await, (vec!["received".to_owned(), "answered".to_owned()], Status::Open));
    }

    async fn who_works_on_a_ticket_again_lets_its_clock_go_on(database: Database) {
        let store = open(database).await;
        let ticket = add(&store).await;
        set_to(&store, &ticket, Status::Open, "Kim").await.expect("it is open");
        act(&store, &ticket, Act::Pause(PauseReason::Requester), "Kim").await.expect("it is paused");
        assert_eq!(now(&store, &ticket).await.1, Status::Waiting);
        set_to(&store, &ticket, Status::Open, "Kim").await.expect("it is open again");
        // Of one that waits without a pause only the status changes.
        set_to(&store, &ticket, Status::Waiting, "Kim").await.expect("it waits");
        set_to(&store, &ticket, Status::Open, "Kim").await.expect("it is open again");
        let (kinds, status) = now(&store, &ticket).await;
        assert_eq!(kinds, ["received", "status_changed", "paused", "resumed", "status_changed", "status_changed", "status_changed"]);
        assert_eq!(status, Status::Open);
        let refused = set_to(&store, &ticket, Status::Open, "Sam").await.expect_err("it is so");
        assert!(matches!(refused, Refused::Already(Status::Open)), "{refused:?}");
    }

    async fn what_a_colleague_did_meanwhile_is_not_lost(database: Database) {
        let store = open(database).await;
        let as_read = add(&store).await;
        set_to(&store, &as_read, Status::Solved, "Kim").await.expect("it is solved");
        // Sam's page is older.
        act(&store, &as_read, Act::Pause(PauseReason::ThirdParty), "Sam").await.expect("it is paused");
        assert_eq!(now(&store, &as_read).await.1, Status::Solved);
        let refused = set_to(&store, &as_read, Status::Solved, "Sam").await.expect_err("it is so");
        assert!(matches!(refused, Refused::Already(Status::Solved)), "{refused:?}");
        let mut tx = write(&store).await;
        progress::update(&mut tx, &Policies::default(), &as_read, "Sam", None, true, at(21)).await.expect("it is noted");
        tx.commit().await.expect("a commit");
        assert_eq!(now(&store, &as_read).await.1, Status::Solved);
    }
}
