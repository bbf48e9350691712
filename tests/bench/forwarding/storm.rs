//! A thousand tickets through a Jira of which every fifth call goes wrong, with two crashes of the service; and what a healthy webhook notices of that.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use cornerdesk_tests::{
    Database, Service,
    client::{File, a_submission_with},
    jira::{Flavour, Issue, Jira, Weather},
    receiver::Receiver,
    scratch,
};
use serde_json::{Value, json};

use super::setup;
use crate::{Figures, load::Measured, report::row};

/// How many, unless `TICKETS` says another number.
const TICKETS: usize = 1_000;
/// Every fourth has a file.
const FILES_EVERY: usize = 4;
const FILE_BYTES: usize = 20_000;
/// So many submissions a second.
const PER_SECOND: f64 = 10.0;
/// Of a hundred calls.
const WEATHER: Weather = Weather {
    lost_answers: 10,
    limits: 5,
    failures: 5,
};
/// Their search knows nothing that is younger.
const INDEX_LAG: Duration = Duration::from_secs(5);
/// `outbox.backoff_base_ms`: with the default of 5 s a call that fails three times in a row waits for half an hour, and the figures with it.
const FIRST_WAIT_MS: u32 = 100;
/// It is given up after this.
const PATIENCE: Duration = Duration::from_secs(45 * 60);
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// What was sent, by its reference.
struct Sent {
    answered: Instant,
    sha256: Option<String>,
}

/// How one run went.
struct Run {
    sent: BTreeMap<String, Sent>,
    receiver: Receiver,
    crashes: usize,
    dead: usize,
    seconds: f64,
    is_done: bool,
}

/// The same load twice: without the Jira, and with it.
pub async fn measure(figures: &mut Figures, database: Database) {
    let calm = run(database, None).await;
    figures.add("forwarding", row_of(database, &calm, None));
    let jira = Jira::start_unjudged(Flavour::Cloud).await;
    jira.index_is_late_by(INDEX_LAG);
    jira.weather(WEATHER);
    let stormy = run(database, Some(&jira)).await;
    figures.add("forwarding", row_of(database, &stormy, Some(&jira)));
}

fn tickets() -> usize {
    let said = std::env::var("TICKETS").ok();
    said.and_then(|said| said.parse().ok()).unwrap_or(TICKETS)
}

async fn run(database: Database, jira: Option<&Jira>) -> Run {
    let receiver = Receiver::start(0).await;
    let url = database.new_durable_url();
    let mut setup = setup(database, &url, FIRST_WAIT_MS).section(&hook(&receiver));
    if let Some(jira) = jira {
        setup = setup.section(&jira.section("marker_field = \"customfield_10050\"\n"));
    }
    let mut service = Service::start_with(setup).await;
    let (mut sent, mut crashes, count) = (BTreeMap::new(), 0, tickets());
    let began = Instant::now();
    for number in 0..count {
        let turn = began + Duration::from_secs_f64(f64::from(u32_of(number)) / PER_SECOND);
        tokio::time::sleep_until(turn.into()).await;
        if jira.is_some() && [count / 3, 2 * count / 3].contains(&number) {
            service.kill();
            service.start_again().await;
            crashes += 1;
        }
        let file = number.is_multiple_of(FILES_EVERY).then(|| file_of(number));
        let (reference, one) = submit(&service, file.as_ref()).await;
        sent.insert(reference, one);
    }
    let is_done = everything_is_there(&service, jira, &receiver, &sent).await;
    Run {
        sent,
        receiver,
        crashes,
        dead: service.jobs("dead").len(),
        seconds: began.elapsed().as_secs_f64(),
        is_done,
    }
}

fn u32_of(number: usize) -> u32 {
    u32::try_from(number).expect("few tickets")
}

fn file_of(number: usize) -> File {
    File::binary("log.bin", FILE_BYTES, u64::from(u32_of(number)))
}

async fn submit(service: &Service, file: Option<&File>) -> (String, Sent) {
    let client = service.client();
    let mut uploads = Vec::new();
    if let Some(file) = file {
        uploads.push(client.upload(file).await);
    }
    let submission = a_submission_with(json!({ "upload_ids": uploads }));
    let reference = client.submit(&submission).await.reference();
    let answered = Instant::now();
    let sha256 = file.map(File::sha256);
    (reference, Sent { answered, sha256 })
}

/// Waits until nothing is left to do; `false` when that takes too long.
async fn everything_is_there(
    service: &Service,
    jira: Option<&Jira>,
    receiver: &Receiver,
    sent: &BTreeMap<String, Sent>,
) -> bool {
    let patience = Instant::now() + PATIENCE;
    while Instant::now() < patience {
        let has_all = jira.is_none_or(|jira| jira.issues().len() >= sent.len());
        if has_all && arrivals(receiver).0.len() >= sent.len() {
            let left = service.jobs("ready");
            let is_left = |job: &Value| job["payload"]["destination"].is_string();
            if !left.iter().any(is_left) {
                return true;
            }
        }
        // Looking costs the service something, too.
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
    false
}

fn hook(receiver: &Receiver) -> String {
    let file = scratch::folder("webhook").join("secret");
    std::fs::write(&file, SECRET).expect("a file");
    let secrets = format!("{{ signing_secret = {{ file = {:?} }} }}", file.display());
    format!(
        "[[destinations]]\nname = \"hook\"\nkind = \"webhook\"\nsecrets = {secrets}\n[destinations.webhook]\nurl = {:?}\nevents = [\"ticket.created\"]\n",
        receiver.url()
    )
}

/// When each reference was first heard of, and how many webhooks repeated an id.
fn arrivals(receiver: &Receiver) -> (BTreeMap<String, Instant>, usize) {
    let (mut first, mut ids, mut repeated) = (BTreeMap::new(), BTreeSet::new(), 0);
    for webhook in receiver.webhooks() {
        let is_new = ids.insert(webhook.header("webhook-id").to_owned());
        repeated += usize::from(!is_new);
        let data = webhook.json()["data"].clone();
        let reference = data["reference"].as_str().unwrap_or_default().to_owned();
        first.entry(reference).or_insert(webhook.at);
    }
    (first, repeated)
}

/// What is there of what was sent.
#[derive(Debug, Default)]
struct There {
    lost: usize,
    doubled: usize,
    wrong_files: usize,
}

fn compare(issues: &[Issue], sent: &BTreeMap<String, Sent>) -> There {
    let mut there = There::default();
    let mut by_marker: BTreeMap<&str, Vec<&Issue>> = BTreeMap::new();
    for issue in issues {
        let marker = issue.fields.get("customfield_10050");
        let marker = marker.and_then(Value::as_str);
        let of_marker = by_marker.entry(marker.unwrap_or_default()).or_default();
        of_marker.push(issue);
    }
    for (reference, one) in sent {
        let Some(issues) = by_marker.remove(reference.as_str()) else {
            there.lost += 1;
            continue;
        };
        there.doubled += issues.len() - 1;
        let digest = |file: &cornerdesk_tests::jira::File| File::of("", "", &file.bytes).sha256();
        let files: Vec<String> = issues[0].files.iter().map(digest).collect();
        let expected: Vec<String> = one.sha256.iter().cloned().collect();
        there.wrong_files += usize::from(files != expected);
    }
    // What carries no reference of ours, or one that nobody was told.
    there.doubled += by_marker.values().map(Vec::len).sum::<usize>();
    there
}

fn row_of(database: Database, run: &Run, jira: Option<&Jira>) -> Value {
    let (first, repeated) = arrivals(&run.receiver);
    let delays = run.sent.iter().filter_map(|(reference, one)| {
        let came = first.get(reference)?;
        Some(came.saturating_duration_since(one.answered))
    });
    let mut delays: Vec<Duration> = delays.collect();
    delays.sort_unstable();
    let hook = Measured {
        per_second: PER_SECOND,
        failed: 0,
        durations: delays,
    };
    let there = jira.map(|jira| compare(&jira.issues(), &run.sent));
    let calls = jira.map(Jira::calls);
    let ended = |is: fn(u16) -> bool| {
        let calls = calls.as_ref()?.iter();
        Some(calls.filter(|call| is(call.status)).count())
    };
    let files = run.sent.values().filter(|one| one.sha256.is_some()).count();
    let which = match jira {
        Some(_) => "with a failing Jira",
        None => "without",
    };
    row(&[
        ("database", json!(format!("{database:?}"))),
        ("run", json!(which)),
        ("tickets", json!(run.sent.len())),
        ("with a file", json!(files)),
        ("crashes", json!(run.crashes)),
        ("calls", json!(ended(|_| true))),
        ("answers lost", json!(ended(|status| status == 0))),
        ("429", json!(ended(|status| status == 429))),
        ("5xx", json!(ended(|status| status >= 500))),
        ("lost", json!(there.as_ref().map(|there| there.lost))),
        ("doubled", json!(there.as_ref().map(|there| there.doubled))),
        ("wrong files", json!(there.map(|there| there.wrong_files))),
        ("dead letters", json!(run.dead)),
        ("done", json!(run.is_done)),
        ("after s", json!(run.seconds)),
        ("webhook p50 ms", json!(hook.percentile_ms(50.0))),
        ("webhook p95 ms", json!(hook.percentile_ms(95.0))),
        ("webhook most ms", json!(hook.percentile_ms(100.0))),
        ("webhooks repeated", json!(repeated)),
    ])
}
