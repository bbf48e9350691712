//! The outbox.

use cornerdesk_ingest::{
    outbox::lane::Lane,
    store::{
        self, Store, Tx,
        jobs::{End, Job, Outcome},
    },
};
use cornerdesk_tests::{Database, on_both_databases};
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{OTHER_SITE, SITE, at, id, open, read, write};

const TOKEN: Uuid = Uuid::from_u128(1_000);
const OTHER_TOKEN: Uuid = Uuid::from_u128(2_000);

fn payload(number: u128) -> Value {
    json!({ "ticket_id": id(number) })
}

/// Adds a job that is due at that second.
async fn add(store: &Store, number: u128, due_second: i64) {
    let mut tx = write(store).await;
    store::jobs::insert(
        &mut tx,
        SITE,
        id(number),
        "acknowledge",
        &payload(number),
        at(due_second),
        at(0),
    )
    .await
    .expect("a job");
    tx.commit().await.expect("a commit");
}

/// Leases due jobs for a minute.
async fn lease(store: &Store, token: Uuid, second: i64, most: u32) -> Vec<Job> {
    lease_from(End::Oldest, store, token, second, most).await
}

async fn lease_from(end: End, store: &Store, token: Uuid, second: i64, most: u32) -> Vec<Job> {
    let mut tx = write(store).await;
    let jobs = store::jobs::lease(
        &mut tx,
        token,
        (at(second), at(second + 60)),
        &Lane::Mail,
        end,
        most,
    )
    .await
    .expect("jobs");
    tx.commit().await.expect("a commit");
    jobs
}

async fn renew(store: &Store, job: &Job, token: Uuid, second: i64) -> bool {
    let mut tx = write(store).await;
    let renewed = store::jobs::renew(&mut tx, job, token, at(second))
        .await
        .expect("an answer");
    tx.commit().await.expect("a commit");
    renewed
}

async fn settle(store: &Store, job: &Job, token: Uuid, outcome: &Outcome, now: Timestamp) -> bool {
    let mut tx = write(store).await;
    let settled = store::jobs::settle(&mut tx, job, token, outcome, now)
        .await
        .expect("an answer");
    tx.commit().await.expect("a commit");
    settled
}

async fn in_state(store: &Store, state: &str) -> Vec<Job> {
    let mut tx = read(store).await;
    store::jobs::list(&mut tx, state, 100)
        .await
        .expect("a list")
}

fn ids(jobs: &[Job]) -> Vec<Uuid> {
    let mut ids: Vec<_> = jobs.iter().map(|job| job.id).collect();
    ids.sort();
    ids
}

on_both_databases! {
    async fn a_lane_gives_its_own_jobs_only(database: Database) {
        let store = open(database).await;
        add(&store, 1, 5).await;
        let mut tx = write(&store).await;
        store::jobs::insert(&mut tx, SITE, id(2), "examine_attachment", &payload(1), at(3), at(0)).await.expect("a job");
        assert_eq!(store::jobs::next_at(&mut tx, &Lane::Mail).await.expect("an instant"), Some(at(5)));
        assert_eq!(store::jobs::next_at(&mut tx, &Lane::Files).await.expect("an instant"), Some(at(3)));
        let times = (at(9), at(69));
        let files = store::jobs::lease(&mut tx, TOKEN, times, &Lane::Files, End::Oldest, 10).await.expect("jobs");
        assert_eq!(ids(&files), [id(2)]);
        let mails = store::jobs::lease(&mut tx, TOKEN, times, &Lane::Mail, End::Newest, 10).await.expect("jobs");
        assert_eq!(ids(&mails), [id(1)]);
    }

    async fn jobs_are_leased_when_they_are_due_the_oldest_first(database: Database) {
        let store = open(database).await;
        for (number, second) in [(1, 30), (2, 10), (3, 20)] {
            add(&store, number, second).await;
        }
        assert_eq!(lease(&store, TOKEN, 9, 10).await, []);
        assert_eq!(ids(&lease(&store, TOKEN, 25, 1).await), [id(2)]);
        let jobs = lease(&store, TOKEN, 25, 10).await;
        assert_eq!(ids(&jobs), [id(3)]);
        assert_eq!((jobs[0].site.as_str(), jobs[0].kind.as_str(), jobs[0].attempts), (SITE, "acknowledge", 1));
        assert_eq!(jobs[0].payload, payload(3));
        assert_eq!(jobs[0].available_at, at(25 + 60));
    }

    async fn jobs_can_be_leased_from_the_end_that_came_due_last(database: Database) {
        let store = open(database).await;
        for (number, second) in [(1, 30), (2, 10), (3, 20)] {
            add(&store, number, second).await;
        }
        assert_eq!(ids(&lease_from(End::Newest, &store, TOKEN, 25, 1).await), [id(3)]);
        assert_eq!(ids(&lease_from(End::Newest, &store, TOKEN, 35, 2).await), [id(1), id(2)]);
    }

    async fn jobs_that_failed_can_be_made_due_before_their_time_the_oldest_first(database: Database) {
        let store = open(database).await;
        for number in [1, 2, 3, 4] {
            add(&store, number, 0).await;
        }
        let jobs = lease(&store, TOKEN, 0, 3).await;
        // One is put off, one is done, one still runs, one was never begun.
        let again = Outcome::Again { at: at(5_000), reason: "451".to_owned() };
        settle(&store, &jobs[0], TOKEN, &again, at(1)).await;
        settle(&store, &jobs[1], TOKEN, &Outcome::Done, at(1)).await;
        let mut tx = write(&store).await;
        assert_eq!(store::jobs::bring_forward(&mut tx, &Lane::Mail, at(10)).await.expect("a count"), 1);
        tx.commit().await.expect("a commit");
        let mut due = [jobs[0].id, jobs[1].id, jobs[2].id];
        due.sort();
        let never_begun = (1..=4).map(id).find(|id| !due.contains(id)).expect("the fourth");
        let mut expected = vec![jobs[0].id, never_begun];
        expected.sort();
        assert_eq!(ids(&lease(&store, OTHER_TOKEN, 10, 10).await), expected);
    }

    /// Each attempt may be one more copy, and a server that comes and goes is the one that loses its answers.
    async fn a_mail_that_may_have_arrived_waits_its_time_when_the_server_is_back(database: Database) {
        let store = open(database).await;
        for number in [1, 2] {
            add(&store, number, 0).await;
        }
        let jobs = lease(&store, TOKEN, 0, 2).await;
        settle(&store, &jobs[0], TOKEN, &Outcome::Unanswered { at: at(5_000) }, at(1)).await;
        let again = Outcome::Again { at: at(5_000), reason: "451".to_owned() };
        settle(&store, &jobs[1], TOKEN, &again, at(1)).await;
        let mut tx = write(&store).await;
        assert_eq!(store::jobs::bring_forward(&mut tx, &Lane::Mail, at(10)).await.expect("a count"), 1);
        tx.commit().await.expect("a commit");
        assert_eq!(ids(&lease(&store, OTHER_TOKEN, 4_999, 10).await), [jobs[1].id]);
        assert_eq!(ids(&lease(&store, OTHER_TOKEN, 5_000, 10).await), [jobs[0].id]);
    }

    async fn a_leased_job_is_free_again_when_the_lease_ends(database: Database) {
        let store = open(database).await;
        add(&store, 1, 0).await;
        lease(&store, TOKEN, 0, 10).await;
        assert_eq!(lease(&store, OTHER_TOKEN, 59, 10).await, []);
        let jobs = lease(&store, OTHER_TOKEN, 60, 10).await;
        assert_eq!(jobs[0].attempts, 2);
    }

    async fn a_renewed_lease_lasts_longer_for_its_holder_alone(database: Database) {
        let store = open(database).await;
        add(&store, 1, 0).await;
        let job = lease(&store, TOKEN, 0, 10).await.remove(0);
        assert!(renew(&store, &job, TOKEN, 100).await);
        assert_eq!(lease(&store, OTHER_TOKEN, 99, 10).await, []);
        assert_eq!(lease(&store, OTHER_TOKEN, 100, 10).await.len(), 1);
        assert!(!renew(&store, &job, TOKEN, 200).await);
        assert_eq!(lease(&store, TOKEN, 160, 10).await.len(), 1, "the lost lease was renewed");
    }

    async fn who_lost_the_lease_changes_nothing(database: Database) {
        let store = open(database).await;
        add(&store, 1, 0).await;
        let lost = lease(&store, TOKEN, 0, 10).await.remove(0);
        let held = lease(&store, OTHER_TOKEN, 60, 10).await.remove(0);
        let dead = Outcome::Dead { reason: "too late".to_owned() };
        assert!(!settle(&store, &lost, TOKEN, &dead, at(61)).await);
        assert!(settle(&store, &held, OTHER_TOKEN, &Outcome::Done, at(62)).await);
        assert!(!settle(&store, &held, OTHER_TOKEN, &dead, at(63)).await, "it is settled once");
        let done = in_state(&store, "done").await;
        assert_eq!((ids(&done), done[0].finished_at), (vec![id(1)], Some(at(62))));
    }

    async fn a_job_that_failed_is_due_when_it_was_put_off_to(database: Database) {
        let store = open(database).await;
        add(&store, 1, 0).await;
        let job = lease(&store, TOKEN, 0, 10).await.remove(0);
        let again = Outcome::Again { at: at(500), reason: "451".to_owned() };
        assert!(settle(&store, &job, TOKEN, &again, at(1)).await);
        let mut tx = read(&store).await;
        assert_eq!(store::jobs::next_at(&mut tx, &Lane::Mail).await.expect("an answer"), Some(at(500)));
        tx.rollback().await.expect("a rollback");
        assert_eq!(lease(&store, TOKEN, 499, 10).await, []);
        let job = lease(&store, TOKEN, 500, 10).await.remove(0);
        assert_eq!((job.attempts, job.last_error.as_deref()), (2, Some("451")));
    }

    async fn who_came_too_early_has_not_used_up_an_attempt(database: Database) {
        let store = open(database).await;
        add(&store, 1, 0).await;
        let again = Outcome::Again { at: at(100), reason: "503".to_owned() };
        let early = Outcome::TooEarly { at: at(200), reason: "429".to_owned() };
        let job = lease(&store, TOKEN, 0, 10).await.remove(0);
        assert!(settle(&store, &job, TOKEN, &again, at(1)).await);
        let job = lease(&store, TOKEN, 100, 10).await.remove(0);
        assert!(!settle(&store, &job, OTHER_TOKEN, &early, at(101)).await);
        assert!(settle(&store, &job, TOKEN, &early, at(101)).await);
        assert_eq!(lease(&store, TOKEN, 199, 10).await, []);
        let job = lease(&store, TOKEN, 200, 10).await.remove(0);
        assert_eq!((job.attempts, job.last_error.as_deref()), (2, Some("429")));
    }

    async fn who_went_further_has_all_attempts_again(database: Database) {
        let store = open(database).await;
        add(&store, 1, 0).await;
        let again = Outcome::Again { at: at(100), reason: "503".to_owned() };
        let job = lease(&store, TOKEN, 0, 10).await.remove(0);
        assert!(settle(&store, &job, TOKEN, &again, at(1)).await);
        let job = lease(&store, TOKEN, 100, 10).await.remove(0);
        let mut tx = write(&store).await;
        assert!(!store::jobs::went_further(&mut tx, &job, OTHER_TOKEN).await.expect("an answer"));
        assert!(store::jobs::went_further(&mut tx, &job, TOKEN).await.expect("an answer"));
        tx.commit().await.expect("a commit");
        let again = Outcome::Again { at: at(200), reason: "503".to_owned() };
        assert!(settle(&store, &job, TOKEN, &again, at(101)).await);
        assert_eq!(lease(&store, TOKEN, 200, 10).await[0].attempts, 2);
    }

    async fn a_dead_letter_is_kept_and_can_be_revived_once(database: Database) {
        let store = open(database).await;
        add(&store, 1, 0).await;
        let job = lease(&store, TOKEN, 0, 10).await.remove(0);
        let dead = Outcome::Dead { reason: "550".to_owned() };
        assert!(settle(&store, &job, TOKEN, &dead, at(1)).await);
        assert_eq!(lease(&store, TOKEN, 1_000, 10).await, []);
        assert_eq!(in_state(&store, "dead").await[0].last_error.as_deref(), Some("550"));

        let mut tx = write(&store).await;
        assert_eq!(store::jobs::count(&mut tx).await.expect("counts"), (0, 1));
        assert_eq!(store::jobs::revive(&mut tx, id(1), at(2_000)).await.expect("an answer").map(|job| job.id), Some(id(1)));
        assert_eq!(store::jobs::revive(&mut tx, id(1), at(2_000)).await.expect("an answer"), None);
        assert_eq!(store::jobs::count(&mut tx).await.expect("counts"), (1, 0));
        tx.commit().await.expect("a commit");
        let job = lease(&store, TOKEN, 2_000, 10).await.remove(0);
        assert_eq!((job.attempts, job.finished_at), (1, None));
    }

    async fn workers_at_the_same_time_never_get_the_same_job(database: Database) {
        let store = open(database).await;
        for number in 1..=40 {
            add(&store, number, 0).await;
        }
        let workers = (0..8).map(|worker| lease(&store, id(5_000 + worker), 1, 5));
        let leased = futures_util::future::join_all(workers).await.concat();
        let mut distinct = ids(&leased);
        distinct.dedup();
        assert_eq!(distinct.len(), leased.len(), "a job was leased twice");
        let rest = lease(&store, TOKEN, 1, 100).await;
        assert_eq!(leased.len() + rest.len(), 40, "a job was lost");
    }

    async fn jobs_of_a_ticket_are_found(database: Database) {
        let store = open(database).await;
        add(&store, 1, 0).await;
        add(&store, 2, 0).await;
        let mut tx = read(&store).await;
        let found = store::jobs::of_ticket(&mut tx, SITE, id(2)).await.expect("a list");
        assert_eq!(ids(&found), [id(2)]);
        assert_eq!(store::jobs::of_ticket(&mut tx, OTHER_SITE, id(2)).await.expect("a list"), []);
    }
}

/// Whatever plan PostgreSQL makes: with a nested loop, a plain subquery with a limit is asked once for each row.
#[tokio::test]
async fn no_more_jobs_are_leased_than_were_asked_for() {
    let store = open(Database::Postgres).await;
    for number in 1..=20 {
        add(&store, number, 0).await;
    }
    let mut tx = write(&store).await;
    let Tx::Postgres(inner) = &mut tx else {
        panic!("this is about PostgreSQL")
    };
    for plan in ["hashjoin", "mergejoin", "material", "hashagg", "sort"] {
        let off = format!("set local enable_{plan} = off");
        let result = sqlx::query(sqlx::AssertSqlSafe(off))
            .execute(&mut **inner)
            .await;
        result.expect("a setting");
    }
    for end in [End::Oldest, End::Newest] {
        let jobs = store::jobs::lease(&mut tx, TOKEN, (at(0), at(60)), &Lane::Mail, end, 3).await;
        assert_eq!(jobs.expect("jobs").len(), 3);
    }
}
