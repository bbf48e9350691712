//! Destinations: what is known of them, which tickets they have, what became of each attempt, and how a fact orders that it is handed on.

use cornerdesk_ingest::{
    destination::{Remote, Seen, mirror::Step},
    outbox::{lane::Lane, route_ticket},
    store::{
        self, Store,
        deliveries::{Attempt, Ending},
        jobs::{End, Job, Outcome},
    },
    ticket::Fact,
};
use cornerdesk_tests::{Database, on_both_databases};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{SITE, add_ticket, at, id, open, read, write};

const TOKEN: Uuid = Uuid::from_u128(1_000);

async fn declare(store: &Store, names: &[&str], second: i64) {
    let mut tx = write(store).await;
    let named: Vec<(&str, &str)> = names.iter().map(|name| (*name, "webhook")).collect();
    store::destinations::declare(&mut tx, &named, at(second))
        .await
        .expect("destinations");
    tx.commit().await.expect("a commit");
}

async fn state(store: &Store, name: &str) -> store::destinations::State {
    let mut tx = read(store).await;
    let found = store::destinations::find(&mut tx, name).await;
    found.expect("an answer").expect("a destination")
}

async fn append(store: &Store, fact: &Fact, second: i64) {
    let mut tx = write(store).await;
    store::timeline::append(&mut tx, SITE, id(1), at(second), fact)
        .await
        .expect("a fact");
    tx.commit().await.expect("a commit");
}

async fn lease(store: &Store, lane: &Lane, second: i64) -> Vec<Job> {
    let mut tx = write(store).await;
    let times = (at(second), at(second + 60));
    let jobs = store::jobs::lease(&mut tx, TOKEN, times, lane, End::Oldest, 10).await;
    tx.commit().await.expect("a commit");
    jobs.expect("jobs")
}

async fn settle(store: &Store, job: &Job, outcome: &Outcome) -> bool {
    let mut tx = write(store).await;
    let settled = store::jobs::settle(&mut tx, job, TOKEN, outcome, at(99)).await;
    tx.commit().await.expect("a commit");
    settled.expect("an answer")
}

fn resumed() -> Fact {
    Fact::Resumed { by: "Kim".into() }
}

fn sync() -> Value {
    json!({ "ticket_id": id(1), "destination": "jira" })
}

async fn order(store: &Store, second: i64) {
    let mut tx = write(store).await;
    store::jobs::order(&mut tx, SITE, id(7), "sync_ticket", &sync(), at(second))
        .await
        .expect("a job");
    tx.commit().await.expect("a commit");
}

fn attempt(number: u128, second: i64, ticket: Option<Uuid>) -> Attempt {
    Attempt {
        site: ticket.map_or_else(String::new, |_| SITE.to_owned()),
        id: id(number),
        destination: "hook".into(),
        job: Some(id(9)),
        ticket,
        what: "ticket.created".into(),
        at: at(second),
        took_ms: 12,
        seen: Seen::new(503, Some("req-1")),
        ending: Ending::Again,
        reason: Some("it answers 503".into()),
    }
}

on_both_databases! {
    async fn a_destination_is_known_as_long_as_it_is_configured(database: Database) {
        let store = open(database).await;
        declare(&store, &["a", "b"], 1).await;
        declare(&store, &["b"], 2).await;
        assert_eq!(state(&store, "a").await.removed_at, Some(at(2)));
        declare(&store, &["a"], 3).await;
        let back = state(&store, "a").await;
        assert_eq!((back.declared_at, back.removed_at), (at(1), None));
        let mut tx = read(&store).await;
        assert_eq!(store::destinations::list(&mut tx).await.expect("a list").len(), 2);
        assert_eq!(store::destinations::find(&mut tx, "c").await.expect("an answer"), None);
    }

    async fn a_destination_is_paused_and_stops_itself_until_it_is_let_go_on(database: Database) {
        let store = open(database).await;
        declare(&store, &["a"], 1).await;
        let mut tx = write(&store).await;
        assert!(store::destinations::pause(&mut tx, "a", "Kim", at(2)).await.expect("an answer"));
        assert!(!store::destinations::pause(&mut tx, "a", "Sam", at(3)).await.expect("an answer"));
        assert!(store::destinations::disable(&mut tx, "a", "gone", at(4)).await.expect("an answer"));
        assert!(!store::destinations::disable(&mut tx, "a", "again", at(5)).await.expect("an answer"));
        store::destinations::asked(&mut tx, "a", at(6)).await.expect("a place");
        tx.commit().await.expect("a commit");
        let stopped = state(&store, "a").await;
        assert_eq!(stopped.paused, Some((at(2), "Kim".to_owned())));
        assert_eq!(stopped.disabled, Some((at(4), "gone".to_owned())));
        assert_eq!(stopped.asked_until, Some(at(6)));
        assert!(!stopped.is_open());
        let mut tx = write(&store).await;
        assert!(store::destinations::resume(&mut tx, "a").await.expect("an answer"));
        assert!(!store::destinations::resume(&mut tx, "a").await.expect("an answer"));
        tx.commit().await.expect("a commit");
        assert!(state(&store, "a").await.is_open());
    }

    async fn one_process_at_a_time_asks_what_changed(database: Database) {
        let store = open(database).await;
        declare(&store, &["a"], 1).await;
        let mut tx = write(&store).await;
        for (second, turn) in [(100, true), (129, false), (130, true), (131, false)] {
            let claimed = store::destinations::claim_poll(&mut tx, "a", at(second), at(second - 30)).await;
            assert_eq!(claimed.expect("an answer"), turn, "{second}");
        }
    }

    async fn a_secret_is_kept_sealed_and_replaced(database: Database) {
        let store = open(database).await;
        let mut tx = write(&store).await;
        for (second, sealed) in [(1, b"one"), (2, b"two")] {
            store::destinations::put_secret(&mut tx, ("a", "token"), sealed, "Kim", at(second)).await.expect("a secret");
        }
        assert_eq!(store::destinations::secrets(&mut tx, "a").await.expect("secrets"), [("token".to_owned(), b"two".to_vec())]);
        let set = store::destinations::secrets_set(&mut tx, "a").await.expect("a list");
        assert_eq!(set, [("token".to_owned(), at(2), "Kim".to_owned())]);
        assert!(store::destinations::secrets(&mut tx, "b").await.expect("secrets").is_empty());
        assert!(store::destinations::forget_secret(&mut tx, "a", "token").await.expect("an answer"));
        assert!(!store::destinations::forget_secret(&mut tx, "a", "token").await.expect("an answer"));
    }

    async fn a_cursor_only_moves_on(database: Database) {
        let store = open(database).await;
        add_ticket(&store, 1).await;
        let mut tx = write(&store).await;
        assert_eq!(store::destinations::cursor(&mut tx, SITE, id(1)).await.expect("an answer"), None);
        for (seq, moved) in [(3, true), (3, false), (2, false), (4, true)] {
            let done = store::destinations::move_cursor(&mut tx, SITE, id(1), seq).await;
            assert_eq!(done.expect("an answer"), moved, "{seq}");
        }
        assert_eq!(store::destinations::cursor(&mut tx, SITE, id(1)).await.expect("an answer"), Some(4));
    }

    async fn a_fact_orders_one_routing_only_where_there_are_destinations(database: Database) {
        let store = open(database).await;
        add_ticket(&store, 1).await;
        append(&store, &resumed(), 1).await;
        assert!(lease(&store, &Lane::Route, 100).await.is_empty(), "there are no destinations");
        declare(&store, &["a"], 2).await;
        append(&store, &Fact::Acknowledged, 3).await;
        assert!(lease(&store, &Lane::Route, 100).await.is_empty(), "our own mails are nobody's business");
        append(&store, &resumed(), 4).await;
        append(&store, &resumed(), 5).await;
        let jobs = lease(&store, &Lane::Route, 100).await;
        assert_eq!(jobs.len(), 1);
        assert_eq!(jobs[0].id, route_ticket::id_of(SITE, id(1)));
        // What came first is where it begins.
        assert_eq!(jobs[0].payload["since"], at(4).as_microsecond());
        // A fact while it runs takes its lease, so that it cannot end without it.
        append(&store, &resumed(), 6).await;
        assert!(!settle(&store, &jobs[0], &Outcome::Done).await);
        let again = lease(&store, &Lane::Route, 100).await;
        assert_eq!(again.len(), 1);
        assert!(settle(&store, &again[0], &Outcome::Done).await);
        declare(&store, &[], 7).await;
        append(&store, &resumed(), 8).await;
        assert!(lease(&store, &Lane::Route, 200).await.is_empty(), "none is used any more");
    }

    async fn a_job_that_is_ordered_again_is_one_job_and_is_left_alone_while_it_runs(database: Database) {
        let store = open(database).await;
        add_ticket(&store, 1).await;
        let lane = Lane::to("jira");
        order(&store, 1).await;
        order(&store, 2).await;
        let jobs = lease(&store, &lane, 10).await;
        assert_eq!(jobs.len(), 1);
        order(&store, 11).await;
        assert!(lease(&store, &lane, 20).await.is_empty(), "it runs");
        let reason = "away".to_owned();
        assert!(settle(&store, &jobs[0], &Outcome::Again { at: at(500), reason }).await);
        order(&store, 21).await;
        let jobs = lease(&store, &lane, 21).await;
        assert_eq!((jobs.len(), jobs[0].attempts), (1, 1), "it waits no longer");
        assert!(settle(&store, &jobs[0], &Outcome::Done).await);
        let mut tx = write(&store).await;
        store::jobs::reopen(&mut tx, &jobs[0], at(30)).await.expect("it is over");
        tx.commit().await.expect("a commit");
        let jobs = lease(&store, &lane, 30).await;
        assert_eq!(jobs.len(), 1);
        assert!(settle(&store, &jobs[0], &Outcome::Dead { reason: "no".into() }).await);
        order(&store, 31).await;
        assert_eq!(lease(&store, &lane, 31).await.len(), 1, "what is new may go better");
    }

    async fn dead_letters_of_a_destination_start_again_and_what_waits_is_due(database: Database) {
        let store = open(database).await;
        add_ticket(&store, 1).await;
        let lane = Lane::to("jira");
        order(&store, 1).await;
        let job = lease(&store, &lane, 2).await.remove(0);
        settle(&store, &job, &Outcome::Dead { reason: "no".into() }).await;
        let mut tx = write(&store).await;
        assert_eq!(store::jobs::dead_of(&mut tx, &lane, 9).await.expect("a list").len(), 1);
        assert!(store::jobs::dead_of(&mut tx, &Lane::to("other"), 9).await.expect("a list").is_empty());
        assert_eq!(store::jobs::revive_all(&mut tx, &Lane::to("other"), at(3)).await.expect("a count"), 0);
        assert_eq!(store::jobs::revive_all(&mut tx, &lane, at(3)).await.expect("a count"), 1);
        assert_eq!(store::jobs::standing(&mut tx, &lane).await.expect("a count"), (1, Some(at(3))));
        tx.commit().await.expect("a commit");
        let job = lease(&store, &lane, 3).await.remove(0);
        settle(&store, &job, &Outcome::Again { at: at(900), reason: "away".into() }).await;
        let mut tx = write(&store).await;
        assert_eq!(store::jobs::begin_anew(&mut tx, &lane, at(4)).await.expect("a count"), 1);
        tx.commit().await.expect("a commit");
        assert_eq!(lease(&store, &lane, 4).await[0].attempts, 1);
    }

    async fn a_link_remembers_what_is_there_and_what_was_asked(database: Database) {
        let store = open(database).await;
        add_ticket(&store, 1).await;
        let place = (SITE, id(1), "jira");
        let mut tx = write(&store).await;
        store::destination_links::want(&mut tx, place, false, at(1)).await.expect("a link");
        store::destination_links::want(&mut tx, place, true, at(2)).await.expect("a wish");
        let link = store::destination_links::find(&mut tx, place).await.expect("an answer").expect("a link");
        assert_eq!((link.wanted, link.pull_wanted, link.begun_at), (2, 1, at(1)));
        assert!(link.is_wanted() && link.is_pull_wanted() && link.remote.is_none());
        let mut progress = link.progress;
        progress.begin(&Step::Create);
        store::destination_links::save(&mut tx, place, &progress).await.expect("progress");
        let remote = Remote { id: "10001".into(), key: "HELP-1".into(), url: None };
        store::destination_links::link(&mut tx, place, &remote, at(3)).await.expect("a remote");
        let url = Some("https://jira.example/HELP-1");
        store::destination_links::seen(&mut tx, place, "Waiting", &json!([1]), url).await.expect("a state");
        store::destination_links::seen(&mut tx, place, "Done", &json!([1]), None).await.expect("a state");
        store::destination_links::settle(&mut tx, place, (2, 0)).await.expect("an end");
        let link = store::destination_links::by_remote(&mut tx, "jira", "10001").await.expect("an answer").expect("a link");
        assert!(link.progress.is_creating && link.is_wanted());
        assert_eq!(link.remote.expect("a remote").url.as_deref(), url);
        assert_eq!((link.remote_status.as_deref(), link.linked_at, link.settled), (Some("Done"), Some(at(3)), 2));
        assert!(store::destination_links::by_remote(&mut tx, "other", "10001").await.expect("an answer").is_none());
        store::destination_links::introduce(&mut tx, (SITE, id(1), "hook"), at(4)).await.expect("a link");
        store::destination_links::introduce(&mut tx, (SITE, id(1), "hook"), at(5)).await.expect("once");
        let links = store::destination_links::of_ticket(&mut tx, SITE, id(1)).await.expect("a list");
        assert_eq!(links.len(), 2);
        assert!(!links[1].is_wanted());
    }

    async fn every_attempt_is_in_the_log_until_it_is_forgotten(database: Database) {
        let store = open(database).await;
        add_ticket(&store, 1).await;
        let mut tx = write(&store).await;
        for (number, second) in [(1, 10), (2, 20), (3, 20)] {
            store::deliveries::insert(&mut tx, &attempt(number, second, Some(id(1)))).await.expect("an attempt");
        }
        store::deliveries::insert(&mut tx, &attempt(4, 30, None)).await.expect("one about no ticket");
        let latest = store::deliveries::latest(&mut tx, "hook", None, 2).await.expect("a page");
        assert_eq!(latest, [attempt(4, 30, None), attempt(3, 20, Some(id(1)))]);
        let next = store::deliveries::latest(&mut tx, "hook", Some((at(20), id(3))), 9).await.expect("a page");
        assert_eq!(next.iter().map(|one| one.id).collect::<Vec<_>>(), [id(2), id(1)]);
        let of_ticket = store::deliveries::of_ticket(&mut tx, SITE, id(1), 9).await.expect("a list");
        assert_eq!(of_ticket.len(), 3);
        assert_eq!(store::deliveries::forget(&mut tx, at(20)).await.expect("a count"), 1);
        assert!(store::deliveries::latest(&mut tx, "other", None, 9).await.expect("a page").is_empty());
    }
}
