//! What is done in Jira: how long it takes until the page of the request has it, and until the mail is at the mail server; told by Jira, and asked for.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use cornerdesk_ingest::{
    store::{self, Store},
    ticket::{Status, Ticket},
};
use cornerdesk_shared::reference::Reference;
use cornerdesk_tests::{
    Database, Service,
    client::{Answer, a_submission_with},
    jira::{Flavour, Jira},
    smtp::SmtpSink,
};
use serde_json::json;

use super::setup;
use crate::{Figures, load::Measured, report::row};

const TICKETS: usize = 100;
/// The shortest that anybody should set; the default is a minute, and the delay grows with it.
const POLL_MS: u64 = 10_000;
const PATIENCE: Duration = Duration::from_secs(120);
/// How finely arrivals are told apart.
const LOOK_EVERY: Duration = Duration::from_millis(10);
const CANARY: &str = "canary";

/// How we learn of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// Jira posts.
    Told,
    /// Jira is asked.
    Asked,
}

/// A ticket, here and there.
struct Pair {
    ticket: Ticket,
    key: String,
    page: String,
}

/// Comments and changes of status, one for each ticket, in both ways.
pub async fn measure(figures: &mut Figures, database: Database) {
    for way in [Way::Told, Way::Asked] {
        measure_way(figures, database, way).await;
    }
}

async fn measure_way(figures: &mut Figures, database: Database, way: Way) {
    let (sink, jira) = (
        SmtpSink::start().await,
        Jira::start_unjudged(Flavour::Cloud).await,
    );
    let url = database.new_durable_url();
    let poll_ms = match way {
        Way::Told => 600_000,
        Way::Asked => POLL_MS,
    };
    let section = format!("marker_field = \"customfield_10050\"\npoll_ms = {poll_ms}\n");
    let setup = setup(database, &url, 5_000).section(&jira.section(&section));
    let service = Service::start_with(setup.mail_to(&sink)).await;
    if way == Way::Told {
        jira.post_to(&service.url("/v1/destinations/jira/events"));
    }
    let store = Store::open(&url, 2).await.expect("the same database");
    let pairs = tickets(&service, &store, &jira).await;
    let (said, mailed) = comments(&store, &sink, &jira, &pairs, way).await;
    let moved = moves(&store, &jira, &pairs, way).await;
    let canaries = canaries(&service, &sink, &pairs).await;
    figures.add(
        "forwarding back",
        row(&[
            ("database", json!(format!("{database:?}"))),
            ("way", json!(format!("{way:?}"))),
            (
                "asked every ms",
                json!((way == Way::Asked).then_some(POLL_MS)),
            ),
            ("comments", json!(said.durations.len())),
            ("on the page p50 ms", json!(said.percentile_ms(50.0))),
            ("p95 ms", json!(said.percentile_ms(95.0))),
            ("most ms", json!(said.percentile_ms(100.0))),
            ("in a mail p50 ms", json!(mailed.percentile_ms(50.0))),
            ("mail p95 ms", json!(mailed.percentile_ms(95.0))),
            ("mail most ms", json!(mailed.percentile_ms(100.0))),
            ("changes of status", json!(moved.durations.len())),
            ("status p95 ms", json!(moved.percentile_ms(95.0))),
            ("notes that came out", json!(canaries)),
        ]),
    );
}

/// Submits, and waits until each is there and at rest.
async fn tickets(service: &Service, store: &Store, jira: &Jira) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for number in 0..TICKETS {
        let email = format!("a{number}@customer.example");
        let answer = service
            .client()
            .submit(&a_submission_with(json!({ "email": email })))
            .await;
        let url = answer.json()["status_url"]
            .as_str()
            .expect("an address")
            .to_owned();
        let page = url.split_once("/t/").expect("a page").1.to_owned();
        let ticket = find(store, &answer.reference()).await;
        pairs.push(Pair {
            ticket,
            key: String::new(),
            page: format!("/t/{page}"),
        });
    }
    until("nothing is left to do", async || {
        let is_left = |job: &serde_json::Value| job["payload"]["destination"].is_string();
        jira.issues().len() == TICKETS && !service.jobs("ready").iter().any(is_left)
    })
    .await;
    let keys: BTreeMap<String, String> = jira
        .issues()
        .into_iter()
        .map(|issue| {
            (
                issue.fields["customfield_10050"]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned(),
                issue.key,
            )
        })
        .collect();
    for pair in &mut pairs {
        pair.key
            .clone_from(&keys[&pair.ticket.reference.to_string()]);
    }
    pairs
}

async fn find(store: &Store, reference: &str) -> Ticket {
    let reference = Reference::parse(reference).expect("a reference");
    let mut tx = store.read().await.expect("a transaction");
    let found = store::tickets::find_by_reference(&mut tx, reference).await;
    found.expect("an answer").expect("a ticket")
}

/// Waits, and gives up after long: what is measured is in the figures.
async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let patience = Instant::now() + PATIENCE;
    while !is_so().await {
        assert!(Instant::now() < patience, "waited in vain: {what}");
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// How long to wait between two: all of them in a few seconds where Jira tells, spread over the questions where it is asked.
const fn gap(way: Way) -> Duration {
    match way {
        Way::Told => Duration::from_millis(150),
        Way::Asked => Duration::from_millis(250),
    }
}

fn measured(began: &[Option<Instant>], seen: &[Option<Instant>]) -> Measured {
    let pairs = began.iter().zip(seen);
    let durations =
        pairs.filter_map(|(began, seen)| Some(seen.as_ref()?.saturating_duration_since((*began)?)));
    let mut durations: Vec<Duration> = durations.collect();
    durations.sort_unstable();
    Measured {
        per_second: 0.0,
        failed: 0,
        durations,
    }
}

/// An agent answers on each, and writes a note before it. When the page has it, and when it is at the mail server.
async fn comments(
    store: &Store,
    sink: &SmtpSink,
    jira: &Jira,
    pairs: &[Pair],
    way: Way,
) -> (Measured, Measured) {
    let mut began = vec![None; pairs.len()];
    let (mut shown, mut mailed) = (began.clone(), began.clone());
    let (mut next, mut turn) = (0, Instant::now());
    let mut mails_read = sink.count();
    until("all of them arrived", async || {
        if next < pairs.len() && Instant::now() >= turn {
            let key = &pairs[next].key;
            jira.agent_writes(key, &format!("{CANARY} {next}"), false)
                .await;
            began[next] = Some(Instant::now());
            jira.agent_writes(key, &format!("Answer number {next}."), true)
                .await;
            (next, turn) = (next + 1, turn + gap(way));
        }
        for (index, pair) in pairs.iter().enumerate() {
            if began[index].is_some() && shown[index].is_none() {
                shown[index] = is_said(store, &pair.ticket).await.then(Instant::now);
            }
        }
        let received = sink.received();
        for one in received.iter().skip(mails_read) {
            if let Some(index) = number_of(&one.mail().text) {
                mailed[index].get_or_insert_with(Instant::now);
            }
        }
        mails_read = received.len();
        next == pairs.len() && shown.iter().chain(&mailed).all(Option::is_some)
    })
    .await;
    (measured(&began, &shown), measured(&began, &mailed))
}

/// Which answer a mail brings.
fn number_of(text: &str) -> Option<usize> {
    let (_, rest) = text.split_once("Answer number ")?;
    rest.split_once('.')?.0.parse().ok()
}

async fn is_said(store: &Store, ticket: &Ticket) -> bool {
    let mut tx = store.read().await.expect("a transaction");
    let messages = store::messages::list(&mut tx, &ticket.site, ticket.id).await;
    let said = messages
        .expect("an answer")
        .iter()
        .any(|message| message.body.starts_with("Answer number"));
    tx.rollback().await.expect("a rollback");
    said
}

/// An agent solves each.
async fn moves(store: &Store, jira: &Jira, pairs: &[Pair], way: Way) -> Measured {
    let mut began = vec![None; pairs.len()];
    let mut seen = began.clone();
    let (mut next, mut turn) = (0, Instant::now());
    until("all of them are solved", async || {
        if next < pairs.len() && Instant::now() >= turn {
            began[next] = Some(Instant::now());
            jira.agent_moves(&pairs[next].key, "Resolved").await;
            (next, turn) = (next + 1, turn + gap(way));
        }
        for (index, pair) in pairs.iter().enumerate() {
            if began[index].is_some() && seen[index].is_none() {
                let now = find(store, &pair.ticket.reference.to_string()).await;
                seen[index] = (now.status == Status::Solved).then(Instant::now);
            }
        }
        next == pairs.len() && seen.iter().all(Option::is_some)
    })
    .await;
    measured(&began, &seen)
}

/// In how many mails and pages a note of theirs stands.
async fn canaries(service: &Service, sink: &SmtpSink, pairs: &[Pair]) -> usize {
    let mut texts: BTreeSet<String> = sink
        .received()
        .iter()
        .map(|one| one.mail().everything())
        .collect();
    for pair in pairs {
        texts.insert(
            Answer::of(service.client().get(&pair.page).await)
                .await
                .text,
        );
        let reference = pair.ticket.reference.to_string();
        texts.insert(service.command(&["ticket", "show", &reference, "--json"]));
    }
    texts.iter().filter(|text| text.contains(CANARY)).count()
}
