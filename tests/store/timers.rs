//! The one timer of a ticket.

use cornerdesk_ingest::{
    outbox::lane::Lane,
    store::{
        self, Store,
        jobs::{End, Job, Outcome},
    },
    ticket::{Status, Ticket},
};
use cornerdesk_tests::{Database, on_both_databases};
use uuid::Uuid;

use crate::{SITE, add_ticket, at, id, open, read, write};

const TOKEN: Uuid = Uuid::from_u128(1_000);

async fn set(store: &Store, number: u128, second: Option<i64>) {
    let mut tx = write(store).await;
    store::jobs::set_timer(&mut tx, SITE, id(number), second.map(at), at(0))
        .await
        .expect("a timer");
    tx.commit().await.expect("a commit");
}

async fn lease(store: &Store, second: i64) -> Vec<Job> {
    let mut tx = write(store).await;
    let times = (at(second), at(second + 60));
    let jobs = store::jobs::lease(&mut tx, TOKEN, times, &Lane::Clock, End::Oldest, 10).await;
    tx.commit().await.expect("a commit");
    jobs.expect("jobs")
}

async fn settle(store: &Store, job: &Job, outcome: &Outcome) -> bool {
    let mut tx = write(store).await;
    let is_settled = store::jobs::settle(&mut tx, job, TOKEN, outcome, at(50)).await;
    tx.commit().await.expect("a commit");
    is_settled.expect("an answer")
}

async fn timers_of(store: &Store, number: u128) -> Vec<Job> {
    let mut tx = read(store).await;
    store::jobs::of_ticket(&mut tx, SITE, id(number))
        .await
        .expect("a list")
}

on_both_databases! {
    async fn a_ticket_has_one_timer_that_moves(database: Database) {
        let store = open(database).await;
        add_ticket(&store, 1).await;
        for second in [500, 20, 100] {
            set(&store, 1, Some(second)).await;
        }
        assert_eq!(timers_of(&store, 1).await.len(), 1);
        assert_eq!(lease(&store, 99).await, []);
        let job = lease(&store, 100).await.remove(0);
        assert_eq!((job.kind.as_str(), job.attempts), ("check_clock", 1));
    }

    async fn a_timer_that_is_withdrawn_is_not_due_until_it_is_set_again(database: Database) {
        let store = open(database).await;
        add_ticket(&store, 1).await;
        set(&store, 1, Some(10)).await;
        set(&store, 1, None).await;
        assert_eq!(lease(&store, 5_000).await, []);
        set(&store, 1, Some(20)).await;
        assert_eq!(lease(&store, 5_000).await.len(), 1);
        assert_eq!(timers_of(&store, 1).await.len(), 1);
    }

    async fn a_check_that_runs_cannot_put_back_a_timer_that_was_moved_meanwhile(database: Database) {
        let store = open(database).await;
        add_ticket(&store, 1).await;
        set(&store, 1, Some(10)).await;
        let running = lease(&store, 10).await.remove(0);
        set(&store, 1, Some(30)).await;
        assert!(!settle(&store, &running, &Outcome::Later { at: at(9_000) }).await);
        assert!(!settle(&store, &running, &Outcome::Done).await);
        assert_eq!(lease(&store, 30).await.len(), 1);
    }

    async fn a_timer_that_did_its_work_rests_until_its_next_alarm_with_patience_of_its_own(database: Database) {
        let store = open(database).await;
        add_ticket(&store, 1).await;
        set(&store, 1, Some(10)).await;
        let job = lease(&store, 10).await.remove(0);
        assert!(settle(&store, &job, &Outcome::Later { at: at(900_000) }).await);
        assert_eq!(lease(&store, 899_999).await, []);
        let job = lease(&store, 900_000).await.remove(0);
        assert_eq!((job.attempts, job.created_at), (1, at(900_000)));
    }

    async fn a_dead_timer_is_set_again_by_the_next_fact(database: Database) {
        let store = open(database).await;
        add_ticket(&store, 1).await;
        set(&store, 1, Some(10)).await;
        let job = lease(&store, 10).await.remove(0);
        assert!(settle(&store, &job, &Outcome::Dead { reason: "x".to_owned() }).await);
        set(&store, 1, Some(20)).await;
        let job = lease(&store, 20).await.remove(0);
        assert_eq!((job.state.as_str(), job.last_error), ("ready", None));
    }

    async fn timers_that_wait_are_no_backlog_and_overdue_ones_are_counted(database: Database) {
        let store = open(database).await;
        for number in 1..=3 {
            add_ticket(&store, number).await;
            set(&store, number.into(), Some(i64::from(number) * 10)).await;
        }
        let mut tx = read(&store).await;
        assert_eq!(store::jobs::count(&mut tx).await.expect("counts"), (0, 0));
        assert_eq!(store::jobs::list(&mut tx, "ready", 10).await.expect("a list"), []);
        for (second, expected) in [(9, (0, None)), (10, (1, Some(at(10)))), (25, (2, Some(at(10))))] {
            assert_eq!(store::jobs::overdue(&mut tx, &Lane::Clock, at(second)).await.expect("a count"), expected);
        }
    }
}

/// A ticket under a version of a policy, or under none.
async fn under(store: &Store, policy_version: Option<u32>, number: u32) {
    let mut ticket = crate::ticket(number);
    ticket.policy_version = policy_version;
    let mut tx = write(store).await;
    let is_new = store::tickets::insert(&mut tx, &ticket).await;
    assert!(is_new.expect("an answer"));
    tx.commit().await.expect("a commit");
}

async fn without_timer(store: &Store, after: u128, most: u32) -> Vec<Uuid> {
    let mut tx = read(store).await;
    let after = (SITE.to_owned(), id(after));
    let found = store::jobs::without_timer(&mut tx, &after, most, at(0)).await;
    found
        .expect("a list")
        .into_iter()
        .map(|(_, ticket)| ticket)
        .collect()
}

on_both_databases! {
    async fn a_ticket_that_wants_a_timer_and_has_none_is_found_page_by_page(database: Database) {
        let store = open(database).await;
        for number in 1..=4 {
            under(&store, Some(1), number).await;
        }
        under(&store, None, 5).await;
        set(&store, 2, Some(10)).await;
        set(&store, 3, Some(10)).await;
        set(&store, 3, None).await;
        assert_eq!(without_timer(&store, 0, 100).await, [id(1), id(4)], "5 is under no policy, 3 has nothing to come");
        assert_eq!(without_timer(&store, 0, 3).await, [id(1)]);
        assert_eq!(without_timer(&store, 3, 3).await, [id(4)]);
        let mut tx = read(&store).await;
        let end = async |tx: &mut store::Tx, after, most| {
            let after = (SITE.to_owned(), id(after));
            store::tickets::end_of_page(tx, &after, most).await.expect("an answer").map(|(_, ticket)| ticket)
        };
        assert_eq!(end(&mut tx, 0, 3).await, Some(id(3)));
        assert_eq!(end(&mut tx, 3, 3).await, None);
    }

    async fn a_clock_that_runs_without_a_timer_is_found(database: Database) {
        let store = open(database).await;
        under(&store, Some(1), 1).await;
        set(&store, 1, Some(10)).await;
        set(&store, 1, None).await;
        let clock = |second| store::clocks::Clock {
            metric: "first_response".to_owned(),
            due_at: Some(at(second)),
            status: store::clocks::Status::Running,
            reason: None,
            budget_s: Some(60),
            last_seq: 1,
        };
        for (second, expected) in [(-5, vec![]), (5, vec![id(1)])] {
            let mut tx = write(&store).await;
            store::clocks::put(&mut tx, SITE, id(1), &clock(second)).await.expect("a clock");
            tx.commit().await.expect("a commit");
            assert_eq!(without_timer(&store, 0, 10).await, expected, "{second}");
        }
        // Solved or closed without an answer the clock stays as it was: its timer has looked and found nothing to come.
        for (status, expected) in [(Status::Solved, vec![]), (Status::Closed, vec![]), (Status::Open, vec![id(1)])] {
            let mut tx = write(&store).await;
            let ticket = Ticket { policy_version: Some(1), status, ..crate::ticket(1) };
            store::tickets::update(&mut tx, &ticket).await.expect("an update");
            tx.commit().await.expect("a commit");
            assert_eq!(without_timer(&store, 0, 10).await, expected, "{status:?}");
        }
    }
}
