//! Webhooks: a program of the product hears of what happens to tickets, each thing once by its id, however its answers go.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    process::Command,
    time::Duration,
};

use cornerdesk_ingest::{
    clock::Clock,
    conversation::{self, Written},
    destination::Seen,
    message::Via,
    outbox::{forwarding, lane::Lane},
    policies::Policies,
    store::{self, Store, deliveries::Ending},
    ticket::{Fact, Ticket},
};
use cornerdesk_tests::{
    Database, Service,
    client::{Answer, a_submission, a_submission_with, form},
    eventually, installed, on_both_databases,
    process::{self, Signal},
    receiver::{Receiver, Reply, Webhook},
    scratch,
    service::Setup,
};
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const FORMER: &str = "whsec_Zm9ybWVyIHNlY3JldCBvZiB0aGUgd2ViaG9vaw==";
const SOON: Duration = Duration::from_secs(30);
const POLICY: &str = "policy = \"m3ter\"\noverlay = \"m3ter-no-holidays\"\n";

/// A destination; `more` is about which tickets it gets, `settings` about the webhook.
fn hook(name: &str, receiver: &Receiver, more: &str, settings: &str) -> String {
    let folder = scratch::folder("webhook");
    let file = |name: &str, secret: &str| {
        std::fs::write(folder.join(name), secret).expect("a file");
        folder.join(name).display().to_string()
    };
    format!(
        "[[destinations]]\nname = \"{name}\"\nkind = \"webhook\"\n\
         secrets = {{ signing_secret = {{ file = {:?} }}, former_signing_secret = {{ file = {:?} }} }}\n{more}\n\
         [destinations.webhook]\nurl = {:?}\n{settings}\n",
        file("secret", SECRET),
        file("former", FORMER),
        receiver.url()
    )
}

struct Place {
    service: Service,
    store: Store,
}

impl Place {
    /// A service with these destinations.
    async fn open(database: Database, hooks: &[String]) -> Self {
        Self::start(database, hooks, |setup| setup).await
    }

    async fn start(
        database: Database,
        hooks: &[String],
        change: impl FnOnce(Setup) -> Setup,
    ) -> Self {
        let url = database.new_url();
        let mut setup = Setup::new(database).database_url(&url).site_setting(POLICY);
        setup = setup.waits_ms(10, 10);
        setup = setup.section("[outbound]\nprivate_networks = [\"127.0.0.0/8\"]");
        for hook in hooks {
            setup = setup.section(hook);
        }
        let service = Service::start_with(change(setup)).await;
        let store = Store::open(&url, 2)
            .await
            .expect("the database of the service");
        Self { service, store }
    }

    async fn submit(&self) -> String {
        self.service
            .client()
            .submit(&a_submission())
            .await
            .reference()
    }

    fn act(&self, arguments: &[&str]) {
        self.service
            .command(&[&["ticket"], arguments, &["--by", "Sam"]].concat());
    }

    async fn ticket(&self, reference: &str) -> Ticket {
        let mut tx = self.store.read().await.expect("a transaction");
        let found = store::tickets::find_by_reference(
            &mut tx,
            cornerdesk_shared::reference::Reference::parse(reference).expect("a reference"),
        )
        .await;
        found.expect("an answer").expect("a ticket")
    }

    /// Attempts at a destination, the first first.
    async fn attempts(&self, name: &str) -> Vec<store::deliveries::Attempt> {
        let mut tx = self.store.read().await.expect("a transaction");
        let mut attempts = store::deliveries::latest(&mut tx, name, None, 1_000)
            .await
            .expect("the log");
        attempts.reverse();
        attempts
    }

    async fn state(&self, name: &str) -> store::destinations::State {
        let mut tx = self.store.read().await.expect("a transaction");
        let found = store::destinations::find(&mut tx, name).await;
        found.expect("an answer").expect("a destination")
    }

    async fn dead(&self, name: &str) -> Vec<store::jobs::Job> {
        let mut tx = self.store.read().await.expect("a transaction");
        store::jobs::dead_of(&mut tx, &Lane::to(name), 100)
            .await
            .expect("a list")
    }

    async fn pause(&self, name: &str) {
        let mut tx = self.store.write().await.expect("a transaction");
        assert!(
            store::destinations::pause(&mut tx, name, "Sam", now())
                .await
                .expect("an answer")
        );
        tx.commit().await.expect("a commit");
    }

    async fn resume(&self, name: &str) {
        let mut tx = self.store.write().await.expect("a transaction");
        assert!(
            forwarding::resume(&mut tx, name, now())
                .await
                .expect("an answer")
        );
        tx.commit().await.expect("a commit");
    }
}

fn now() -> Timestamp {
    Clock::System.now()
}

/// Waits until `count` webhooks have come.
async fn came(receiver: &Receiver, count: usize) -> Vec<Webhook> {
    eventually(SOON, &format!("{count} webhooks"), async || {
        let webhooks = receiver.webhooks();
        (webhooks.len() >= count).then_some(webhooks)
    })
    .await
}

/// Waits until an event of this type has come.
async fn kind_came(receiver: &Receiver, kind: &str) -> Webhook {
    eventually(SOON, kind, async || {
        receiver
            .webhooks()
            .into_iter()
            .find(|webhook| webhook.kind() == kind)
    })
    .await
}

fn kinds(webhooks: &[Webhook]) -> BTreeSet<String> {
    webhooks.iter().map(Webhook::kind).collect()
}

/// How often each id came.
fn by_id(webhooks: &[Webhook]) -> BTreeMap<String, usize> {
    let mut ids = BTreeMap::new();
    for webhook in webhooks {
        *ids.entry(webhook.header("webhook-id").to_owned())
            .or_default() += 1;
    }
    ids
}

fn signed(webhook: &Webhook) -> Value {
    json!({
        "body": webhook.body,
        "headers": {
            "webhook-id": webhook.header("webhook-id"),
            "webhook-timestamp": webhook.header("webhook-timestamp"),
            "webhook-signature": webhook.header("webhook-signature"),
        },
    })
}

/// Gives a program of others what came, and says what it complains of.
fn ask(mut program: Command, webhooks: &[Webhook]) {
    let file = scratch::folder("verified").join("webhooks.json");
    let all: Vec<Value> = webhooks.iter().map(signed).collect();
    std::fs::write(&file, json!(all).to_string()).expect("a file");
    let output = program.arg(&file).output().expect("the program can be run");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}{complaint}");
    assert_eq!(said.trim(), webhooks.len().to_string());
}

/// Two libraries that are not ours check every signature, with the secret and with the one before it.
fn verified_by_others(webhooks: &[Webhook]) {
    const PYTHON: &str = "import json, sys
from standardwebhooks.webhooks import Webhook
given = json.load(open(sys.argv[3]))
for one in given:
    for secret in sys.argv[1:3]:
        Webhook(secret).verify(one['body'], one['headers'])
print(len(given))";
    const NODE: &str = "const { Webhook } = require(process.argv[1] + '/node_modules/standardwebhooks');
const given = JSON.parse(require('fs').readFileSync(process.argv[4], 'utf8'));
for (const one of given) for (const secret of process.argv.slice(2, 4)) new Webhook(secret).verify(one.body, one.headers);
console.log(given.length);";
    let mut python = Command::new(installed::folder("WEBHOOKS_DIR").join("bin/python"));
    python.args(["-c", PYTHON, SECRET, FORMER]);
    ask(python, webhooks);
    let mut node = Command::new("node");
    node.args(["-e", NODE])
        .arg(installed::folder("NPM_TOOLS_DIR"))
        .args([SECRET, FORMER]);
    ask(node, webhooks);
}

/// Every event is what the schema of its type says.
fn fits_its_schema(webhooks: &[Webhook]) {
    const VALIDATE: &str = "import json, pathlib, sys
import jsonschema_rs
schemas = pathlib.Path(sys.argv[1])
given = json.load(open(sys.argv[2]))
for one in given:
    event = json.loads(one['body'])
    schema = json.loads((schemas / (event['type'] + '.json')).read_text())
    jsonschema_rs.validator_for(schema).validate(event)
print(len(given))";
    let schemas: PathBuf = [env!("CARGO_MANIFEST_DIR"), "..", "docs", "schemas"]
        .iter()
        .collect();
    let mut python = Command::new(installed::folder("SCHEMATHESIS_DIR").join("bin/python"));
    python.args(["-c", VALIDATE]).arg(schemas);
    ask(python, webhooks);
}

/// A ticket with everything that is told.
async fn whole_story(place: &Place) -> String {
    let reference = place.submit().await;
    let ticket = place.ticket(&reference).await;
    place.act(&[
        "classify",
        &reference,
        "--priority",
        "S3",
        "--category",
        "incident",
    ]);
    let mut tx = place.store.write().await.expect("a transaction");
    let fact = Fact::Assigned {
        staff: Some(Uuid::from_u128(7)),
        name: Some("Sam".into()),
        by: "Sam".into(),
    };
    store::timeline::append(&mut tx, &ticket.site, ticket.id, now(), &fact)
        .await
        .expect("a fact");
    let written = Written {
        id: Uuid::from_u128(8),
        text: "It still fails, and my number is 0660 123456.",
        uploads: &[],
    };
    conversation::answer(
        &mut tx,
        &Policies::default(),
        &ticket,
        Via::Page,
        None,
        &written,
        now(),
    )
    .await
    .expect("an answer");
    tx.commit().await.expect("a commit");
    let output = place.service.try_command(
        &["ticket", "reply", &reference, "--by", "Sam"],
        "Try the new version.",
    );
    assert!(output.status.success(), "{output:?}");
    place.act(&["status", &reference, "--to", "solved", "--reason", "fixed"]);
    place.act(&["status", &reference, "--to", "closed", "--reason", "fixed"]);
    reference
}

const EVERY_KIND: [&str; 8] = [
    "ticket.answered_by_requester",
    "ticket.assigned",
    "ticket.classified",
    "ticket.closed",
    "ticket.created",
    "ticket.replied",
    "ticket.solved",
    "ticket.status_changed",
];

on_both_databases! {
    async fn every_event_is_verified_by_others_and_fits_its_schema(database: Database) {
        let (thin, whole) = (Receiver::start(0).await, Receiver::start(0).await);
        let hooks = [hook("thin", &thin, "", ""), hook("whole", &whole, "", "include_content = true")];
        let place = Place::start(database, &hooks, |setup| setup.reached_at("https://help.acme.example")).await;
        let reference = whole_story(&place).await;
        for receiver in [&thin, &whole] {
            kind_came(receiver, "ticket.closed").await;
            let all = eventually(SOON, "every kind of event", async || {
                let webhooks = receiver.webhooks();
                (kinds(&webhooks).len() == EVERY_KIND.len()).then_some(webhooks)
            })
            .await;
            assert!(kinds(&all).iter().map(String::as_str).eq(EVERY_KIND));
            verified_by_others(&all);
            fits_its_schema(&all);
            assert!(by_id(&all).values().all(|times| *times == 1));
            for webhook in &all {
                let data = &webhook.json()["data"];
                assert_eq!(data["reference"], json!(reference));
                assert_eq!(data["desk_url"], json!(format!("https://help.acme.example/desk/tickets/{reference}")));
            }
        }
        let submission = a_submission();
        let personal = [&submission["summary"], &submission["description"], &submission["email"]];
        let personal = personal.map(|text| text.as_str().expect("a text"));
        for text in personal.iter().chain(&["0660 123456", "Sam", "Try the new version"]) {
            assert!(thin.webhooks().iter().all(|webhook| !webhook.body.contains(text)), "{text}");
            assert!(whole.webhooks().iter().any(|webhook| webhook.body.contains(text)), "{text}");
        }
        // In the log: each once, done.
        let attempts = place.attempts("thin").await;
        assert!(attempts.iter().all(|attempt| attempt.ending == Ending::Done && attempt.seen == Seen::new(204, None)));
    }

    async fn a_repeat_has_the_same_id_and_a_time_of_its_own(database: Database) {
        let receiver = Receiver::start(1).await;
        let place = Place::open(database, &[hook("hook", &receiver, "", "")]).await;
        place.submit().await;
        let webhooks = came(&receiver, 2).await;
        assert_eq!(webhooks[0].body, webhooks[1].body);
        assert_eq!(by_id(&webhooks).len(), 1);
        verified_by_others(&webhooks);
        let attempts = eventually(SOON, "both attempts in the log", async || {
            let attempts = place.attempts("hook").await;
            (attempts.len() == 2).then_some(attempts)
        })
        .await;
        let told: Vec<_> = attempts.iter().map(|attempt| (attempt.ending, attempt.seen.status)).collect();
        assert_eq!(told, [(Ending::Again, Some(503)), (Ending::Done, Some(204))]);
        assert_eq!(attempts[0].reason.as_deref(), Some("it answers 503"));
    }

    async fn a_destination_that_does_not_answer_delays_no_other(database: Database) {
        const TICKETS: usize = 12;
        let (dead, alive) = (Receiver::start(0).await, Receiver::start(0).await);
        dead.answer_with(Reply::Nothing);
        let place = Place::open(database, &[hook("dead", &dead, "", ""), hook("alive", &alive, "", "")]).await;
        for _ in 0..TICKETS {
            place.submit().await;
        }
        came(&alive, TICKETS).await;
        let attempts = place.attempts("dead").await;
        assert!(attempts.iter().all(|attempt| attempt.ending != Ending::Done));
    }

    async fn a_destination_that_fails_is_left_alone_after_five_failures(database: Database) {
        const TICKETS: usize = 12;
        let receiver = Receiver::start(0).await;
        receiver.answer_with(Reply::Status(500));
        // Waits as an operator has them: nothing comes a second time while the test looks.
        let place = Place::start(database, &[hook("hook", &receiver, "", "")], Setup::waits_as_in_production).await;
        for _ in 0..TICKETS {
            place.submit().await;
        }
        eventually(SOON, "the breaker to open", async || place.service.log().contains("a destination is away").then_some(())).await;
        // As many as were under way when the third failed may still come in.
        let tried = receiver.webhooks().len();
        assert!(tried < TICKETS, "{tried}");
    }

    async fn an_event_that_is_never_taken_is_parked_after_ten_tries_and_holds_nobody_up(database: Database) {
        let receiver = Receiver::start(0).await;
        let place = Place::open(database, &[hook("hook", &receiver, "", "")]).await;
        let poison = place.submit().await;
        let first = came(&receiver, 1).await.remove(0);
        let refused = poison.clone();
        receiver.answer_by(move |webhook| {
            let is_it = webhook.body.contains(&refused) && webhook.kind() == "ticket.assigned";
            is_it.then_some(Reply::Status(500))
        });
        let ticket = place.ticket(&poison).await;
        let mut tx = place.store.write().await.expect("a transaction");
        let fact = Fact::Assigned { staff: None, name: None, by: "Sam".into() };
        store::timeline::append(&mut tx, &ticket.site, ticket.id, now(), &fact).await.expect("a fact");
        // A row that no code of ours writes.
        let payload = json!({ "ticket_id": ticket.id, "destination": "hook", "event": "ticket.exploded", "seq": 1 });
        store::jobs::insert(&mut tx, &ticket.site, Uuid::from_u128(5), "deliver_event", &payload, now(), now()).await.expect("a job");
        tx.commit().await.expect("a commit");
        for _ in 0..10 {
            place.submit().await;
        }
        let dead = eventually(SOON, "two dead letters", async || {
            let dead = place.dead("hook").await;
            (dead.len() == 2).then_some(dead)
        })
        .await;
        let tries: BTreeSet<i32> = dead.iter().map(|job| job.attempts).collect();
        assert_eq!(tries, BTreeSet::from([1, 10]));
        let reasons: BTreeSet<_> = dead.iter().filter_map(|job| job.last_error.clone()).collect();
        assert!(reasons.contains("it answers 500") && reasons.contains("the payload cannot be read"), "{reasons:?}");
        eventually(SOON, "everything else", async || {
            let created = receiver.webhooks().iter().filter(|webhook| webhook.kind() == "ticket.created").count();
            (created == 11).then_some(())
        })
        .await;
        let attempts = place.attempts("hook").await;
        assert_eq!(attempts.iter().filter(|attempt| attempt.ending == Ending::Dead).count(), 1);
        // Started again by hand, it is the same event.
        receiver.answer_with(Reply::Status(204));
        let parked = dead.iter().find(|job| job.attempts == 10).expect("the one that was tried");
        place.service.command(&["jobs", "retry", &parked.id.to_string()]);
        eventually(SOON, "the event at last", async || {
            let done = place.attempts("hook").await;
            done.iter().any(|attempt| attempt.job == Some(parked.id) && attempt.ending == Ending::Done).then_some(())
        })
        .await;
        let assigned: Vec<Webhook> = receiver.webhooks().into_iter().filter(|webhook| webhook.kind() == "ticket.assigned").collect();
        assert_eq!(by_id(&assigned).len(), 1);
        assert_ne!(assigned[0].header("webhook-id"), first.header("webhook-id"));
    }

    async fn an_answer_is_one_however_long_it_is(database: Database) {
        let receiver = Receiver::start(0).await;
        let place = Place::open(database, &[hook("hook", &receiver, "", "")]).await;
        for reply in [Reply::Long(1 << 20), Reply::CutOff] {
            receiver.answer_with(reply);
            let reference = place.submit().await;
            eventually(SOON, "an attempt that is written down", async || {
                let attempts = place.attempts("hook").await;
                let ticket = place.ticket(&reference).await.id;
                let mut of_ticket = attempts.into_iter().filter(|attempt| attempt.ticket == Some(ticket));
                of_ticket.next().map(|first| assert_eq!(first.ending, Ending::Done, "{first:?}"))
            })
            .await;
        }
        assert!(by_id(&receiver.webhooks()).values().all(|times| *times == 1));
    }

    async fn who_says_when_to_come_again_is_not_asked_sooner(database: Database) {
        let receiver = Receiver::start(0).await;
        receiver.answer_with(Reply::ComeAgain(2));
        let place = Place::open(database, &[hook("hook", &receiver, "", "")]).await;
        place.submit().await;
        let first = came(&receiver, 1).await.remove(0);
        receiver.answer_with(Reply::Status(200));
        place.submit().await;
        let webhooks = came(&receiver, 3).await;
        for webhook in &webhooks[1..] {
            let after = webhook.at.duration_since(first.at);
            assert!(after >= Duration::from_millis(1_990), "{after:?}");
        }
    }

    async fn one_that_is_gone_stops_and_goes_on_when_somebody_says_so(database: Database) {
        let receiver = Receiver::start(0).await;
        receiver.answer_with(Reply::Status(410));
        let place = Place::open(database, &[hook("hook", &receiver, "", "")]).await;
        place.submit().await;
        eventually(SOON, "it to stop", async || place.state("hook").await.disabled).await;
        let (_, why) = place.state("hook").await.disabled.expect("a reason");
        assert!(why.contains("410"), "{why}");
        assert_eq!(place.attempts("hook").await.last().map(|attempt| attempt.ending), Some(Ending::Disabled));
        receiver.answer_with(Reply::Status(200));
        let second = place.submit().await;
        place.resume("hook").await;
        eventually(SOON, "both tickets", async || {
            let taken = receiver.webhooks().into_iter().filter(|webhook| webhook.body.contains(&second)).count();
            (taken == 1 && receiver.webhooks().len() == 3).then_some(())
        })
        .await;
    }

    async fn a_paused_destination_gets_everything_when_it_goes_on(database: Database) {
        let (paused, other) = (Receiver::start(0).await, Receiver::start(0).await);
        let place = Place::open(database, &[hook("paused", &paused, "", ""), hook("other", &other, "", "")]).await;
        place.pause("paused").await;
        for _ in 0..3 {
            place.submit().await;
        }
        came(&other, 3).await;
        assert!(paused.webhooks().is_empty() && place.attempts("paused").await.is_empty());
        place.resume("paused").await;
        came(&paused, 3).await;
    }

    async fn a_crash_before_an_answer_is_written_down_repeats_an_id_and_makes_no_other(database: Database) {
        let receiver = Receiver::start(0).await;
        let mut place = Place::open(database, &[hook("hook", &receiver, "", "")]).await;
        let pid = place.service.pid();
        // It stands still before it can read the answer, so it cannot act upon it before it is killed.
        receiver.before_next_answer(move || process::send(Signal::Stop, pid));
        place.submit().await;
        came(&receiver, 1).await;
        place.service.kill();
        place.service.start_again().await;
        let webhooks = came(&receiver, 2).await;
        assert_eq!(by_id(&webhooks), BTreeMap::from([(webhooks[0].header("webhook-id").to_owned(), 2)]));
        eventually(SOON, "the log", async || {
            let attempts = place.attempts("hook").await;
            attempts.iter().any(|attempt| attempt.ending == Ending::Done).then_some(())
        })
        .await;
    }

    async fn a_destination_gets_the_tickets_that_its_rules_name_from_when_they_hold(database: Database) {
        let (urgent, incidents, elsewhere) = (Receiver::start(0).await, Receiver::start(0).await, Receiver::start(0).await);
        let hooks = [
            hook("urgent", &urgent, "[[destinations.when]]\npriorities = [\"S1\"]\n", ""),
            hook("incidents", &incidents, "[[destinations.when]]\ncategories = [\"incident\"]\nsites = [\"acme\"]\n", "events = [\"ticket.created\"]"),
            hook("elsewhere", &elsewhere, "sites = [\"other\"]\n", ""),
        ];
        let place = Place::open(database, &hooks).await;
        let plain = place.submit().await;
        let submission = a_submission_with(json!({ "category": "incident" }));
        let incident = place.service.client().submit(&submission).await.reference();
        let webhook = came(&incidents, 1).await.remove(0);
        assert!(webhook.body.contains(&incident) && urgent.webhooks().is_empty());
        place.act(&["classify", &plain, "--priority", "S1"]);
        let first = came(&urgent, 1).await.remove(0);
        let data = &first.json()["data"];
        assert_eq!((first.kind().as_str(), &data["reference"], &data["priority"]), ("ticket.created", &json!(plain), &json!("S1")));
        // From now on it hears of it, whatever its priority.
        place.act(&["classify", &plain, "--priority", "S3"]);
        let changed = kind_came(&urgent, "ticket.classified").await;
        assert_eq!(changed.json()["data"]["priority"], "S3");
        place.act(&["status", &incident, "--to", "closed", "--reason", "fixed"]);
        place.act(&["status", &plain, "--to", "closed", "--reason", "fixed"]);
        kind_came(&urgent, "ticket.closed").await;
        assert_eq!(kinds(&incidents.webhooks()), BTreeSet::from(["ticket.created".to_owned()]));
        assert!(urgent.webhooks().iter().all(|webhook| webhook.body.contains(&plain)));
        assert!(elsewhere.webhooks().is_empty());
    }

    async fn a_held_ticket_goes_nowhere_until_it_is_released(database: Database) {
        let receiver = Receiver::start(0).await;
        let place = Place::open(database, &[hook("hook", &receiver, "", "")]).await;
        let client = place.service.client();
        let submission = a_submission_with(json!({ "website": "https://spam.example" }));
        let request = client.request("POST", &client.path("tickets")).multipart(form(&submission, &[]));
        let held = Answer::of(request.send().await.expect("an answer")).await.reference();
        let open = place.submit().await;
        let webhooks = came(&receiver, 1).await;
        assert!(webhooks[0].body.contains(&open));
        place.service.command(&["ticket", "release", &held]);
        let webhooks = came(&receiver, 2).await;
        assert!(webhooks[1].body.contains(&held) && webhooks[1].kind() == "ticket.created");
    }
}

#[tokio::test]
async fn a_private_address_is_not_called_unless_the_operator_allows_it() {
    let receiver = Receiver::start(0).await;
    let setup = Setup::new(Database::Sqlite);
    let url = Database::Sqlite.new_url();
    let setup = setup
        .database_url(&url)
        .section(&hook("hook", &receiver, "", ""));
    let service = Service::start_with(setup).await;
    let store = Store::open(&url, 1).await.expect("a database");
    let place = Place { service, store };
    place.submit().await;
    eventually(SOON, "it to stop", async || {
        place.state("hook").await.disabled
    })
    .await;
    let (_, why) = place.state("hook").await.disabled.expect("a reason");
    assert!(why.contains("private network"), "{why}");
    assert!(receiver.webhooks().is_empty());
}
