//! Staff are told what is due: each policy against the real service, whose time of day is put forward.

use std::time::Duration;

use cornerdesk_ingest::clock::Clock;
use cornerdesk_tests::{
    Database, Service,
    client::a_submission_with,
    eventually,
    mail::Mail,
    on_both_databases,
    service::Setup,
    smtp::{Received, SmtpSink},
};
use jiff::{Timestamp, tz::TimeZone};
use serde_json::{Value, json};

const TEAM: &str = "team@acme.example";
const ON_CALL: &str = "on-call@acme.example";
const LEADERSHIP: &str = "leadership@acme.example";
const TAM: &str = "tam@acme.example";
const MINUTE: u64 = 60;
const HOUR: u64 = 3_600;

const NOTIFY: &str = r#"
[notify]
per_hour = 20
[[notify.routes]]
to = ["team@acme.example"]
[[notify.routes]]
to = ["on-call@acme.example"]
about = ["urgent"]
out_of_hours = true
[[notify.routes]]
to = ["leadership@acme.example"]
steps = [4]
"#;
const M3TER: &str = "policy = \"m3ter\"\noverlay = \"m3ter-no-holidays\"\n";
const MEIRO: &str = "policy = \"meiro\"\noverlay = \"meiro-test-prague\"\n";

fn setup(database: Database, sink: &SmtpSink, terms: &str) -> Setup {
    Setup::new(database)
        .mail_to(sink)
        .reached_at("https://help.acme.example")
        .site_setting(terms)
        .section(NOTIFY)
}

async fn start(database: Database, sink: &SmtpSink, terms: &str) -> Service {
    Service::start_in_false_time(setup(database, sink, terms)).await
}

async fn submit(service: &Service, changes: Value) -> String {
    let submission = a_submission_with(changes);
    service.client().submit(&submission).await.reference()
}

fn classify(service: &Service, reference: &str, priority: &str) {
    service.command(&[
        "ticket",
        "classify",
        reference,
        "--priority",
        priority,
        "--by",
        "Sam",
    ]);
}

async fn advance(service: &Service, seconds: u64) {
    service.let_pass(Duration::from_secs(seconds)).await;
}

fn mails_to(sink: &SmtpSink, to: &str) -> Vec<Mail> {
    let received = sink.received().into_iter();
    let theirs = received.filter(|message| message.recipients.iter().any(|one| one == to));
    theirs.map(|message| message.mail()).collect()
}

/// The text of a mail on one line: where its lines break depends on the names of days and months.
fn flat(mail: &Mail) -> String {
    mail.text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Waits for a mail to `to` with these words in its subject.
async fn told(sink: &SmtpSink, to: &str, subject: &str) -> Mail {
    let what = format!("a mail to {to} about \"{subject}\"");
    eventually(Duration::from_secs(30), &what, async || {
        let mut mails = mails_to(sink, to).into_iter();
        mails.find(|mail| mail.header("subject").contains(subject))
    })
    .await
}

fn subjects(sink: &SmtpSink, to: &str) -> Vec<String> {
    let mails = mails_to(sink, to).into_iter();
    let mut subjects: Vec<String> = mails
        .map(|mail| mail.header("subject").to_owned())
        .collect();
    subjects.sort();
    subjects
}

/// The keys of everything that staff were told about a ticket, sorted.
fn keys(service: &Service, reference: &str) -> Vec<String> {
    let ticket = service.ticket(reference);
    let facts = ticket["timeline"].as_array().expect("a timeline").iter();
    let told = facts.filter(|fact| fact["kind"] == "notified");
    let keys = told.flat_map(|fact| fact["keys"].as_array().expect("keys").clone());
    let mut keys: Vec<String> = keys
        .map(|key| key.as_str().expect("a text").to_owned())
        .collect();
    keys.sort();
    keys
}

fn count_of(keys: &[String], key: &str) -> usize {
    keys.iter().filter(|one| *one == key).count()
}

async fn until_told(service: &Service, reference: &str, key: &str) {
    eventually(Duration::from_secs(30), key, async || {
        (count_of(&keys(service, reference), key) > 0).then_some(())
    })
    .await;
}

/// Three tickets, of which the team hears in the same moment that they are late.
async fn late(service: &Service) -> Vec<String> {
    let mut references = Vec::new();
    for _ in 0..3 {
        references.push(submit(service, json!({ "plan": "paid" })).await);
    }
    advance(service, 13 * HOUR).await;
    for reference in &references {
        until_told(service, reference, "first_response/receipt/breach").await;
    }
    references
}

async fn until_no_digest_waits(service: &Service) {
    eventually(Duration::from_secs(30), "the digest's end", async || {
        let jobs = service.jobs("ready");
        let mut kinds = jobs.iter().map(|job| &job["kind"]);
        kinds.all(|kind| kind != "notify_digest").then_some(())
    })
    .await;
}

const LATE: &str = "First answer is late";
const HALF_WAY: &str = "75 % of the time";
const NEARLY: &str = "90 % of the time";

on_both_databases! {
    /// Requirements 34, 54 and 55.
    async fn m3ter_a_severity_1_of_gold_is_told_to_its_account_manager_warned_of_late_and_escalated(database: Database) {
        let sink = SmtpSink::start().await;
        let accounts = format!("{M3TER}[[sites.accounts]]\nkey = \"customer\"\ndomains = [\"customer.example\"]\nplan = \"gold\"\ncontacts = [\"{TAM}\"]\n");
        let service = start(database, &sink, &accounts).await;
        let reference = submit(&service, json!({ "category": "incident", "email": "ada@customer.example", "summary": "canary-summary" })).await;
        classify(&service, &reference, "S1");
        told(&sink, TAM, "Severity 1 - Urgent").await;
        told(&sink, TEAM, "Severity 1 - Urgent").await;
        advance(&service, 45 * MINUTE).await;
        told(&sink, TEAM, HALF_WAY).await;
        advance(&service, 9 * MINUTE).await;
        told(&sink, TEAM, NEARLY).await;
        advance(&service, 7 * MINUTE).await;
        let late = told(&sink, TEAM, LATE).await;
        assert!(late.header("subject").starts_with(&reference), "{}", late.header("subject"));
        for part in [&late.text, &late.html] {
            for words in ["It was due on", "Severity 1 - Urgent", "the first answer comes within 1 hour, day and night", &format!("https://help.acme.example/desk/tickets/{reference}")] {
                let part = part.split_whitespace().collect::<Vec<_>>().join(" ");
                assert!(part.contains(words), "{words}: {part}");
            }
            assert!(!part.contains("canary-summary") && !part.contains("customer.example"), "{part}");
        }
        assert!(mails_to(&sink, LEADERSHIP).is_empty(), "nobody escalates by itself");
        service.command(&["ticket", "escalate", &reference, "--to", "4", "--by", "Sam"]);
        let escalated = told(&sink, LEADERSHIP, "Leadership").await;
        assert!(flat(&escalated).contains("A colleague escalated the ticket"), "{}", escalated.text);
        assert_eq!(mails_to(&sink, TAM).len(), 1, "of what is urgent and nothing else");
    }

    /// Requirement 37.
    async fn memsource_the_one_target_of_a_paid_plan_is_warned_of_and_late(database: Database) {
        let sink = SmtpSink::start().await;
        let service = start(database, &sink, "policy = \"memsource\"\n").await;
        let paid = submit(&service, json!({ "plan": "paid" })).await;
        let free = submit(&service, json!({ "plan": "free" })).await;
        advance(&service, 9 * HOUR).await;
        told(&sink, TEAM, HALF_WAY).await;
        advance(&service, 3 * HOUR + 1).await;
        told(&sink, TEAM, LATE).await;
        until_told(&service, &paid, "first_response/receipt/breach").await;
        assert_eq!(keys(&service, &paid).len(), 3);
        assert!(keys(&service, &free).is_empty());
    }

    /// Requirements 33 and 43: whoever is on call hears at night, at once.
    async fn meteorage_a_high_ticket_at_ten_past_three_is_told_to_those_on_call_at_once(database: Database) {
        let sink = SmtpSink::start().await;
        let service = start(database, &sink, "policy = \"meteorage\"\noverlay = \"meteorage-fr\"\n").await;
        advance(&service, seconds_until_night_in_paris()).await;
        let reference = submit(&service, json!({ "category": "technical_assistance" })).await;
        classify(&service, &reference, "high");
        told(&sink, ON_CALL, "Ticket with priority").await;
        // Received outside hours: twelve hours on the elapsed clock.
        advance(&service, 12 * HOUR - 10 * MINUTE).await;
        let warned = told(&sink, TEAM, NEARLY).await;
        assert!(flat(&warned).contains(HALF_WAY), "{}", warned.text);
        assert!(!subjects(&sink, TEAM).iter().any(|subject| subject.contains(LATE)));
        advance(&service, 11 * MINUTE).await;
        told(&sink, TEAM, LATE).await;
        // In the hours nobody is got out of bed.
        let before = mails_to(&sink, ON_CALL).len();
        advance(&service, seconds_until_a_working_hour_in_paris(&service)).await;
        let by_day = submit(&service, json!({ "category": "technical_assistance" })).await;
        classify(&service, &by_day, "high");
        until_told(&service, &by_day, "priority/1/high").await;
        told(&sink, TEAM, &by_day).await;
        assert_eq!(mails_to(&sink, ON_CALL).len(), before);
    }

    /// Requirements 47 to 49.
    async fn meiro_a_requester_of_p2_hears_daily_even_without_news_and_is_told_when_work_begins(database: Database) {
        let sink = SmtpSink::start().await;
        let service = start(database, &sink, MEIRO).await;
        let reference = submit(&service, json!({ "category": "bug" })).await;
        classify(&service, &reference, "P2");
        told(&sink, TEAM, "Medium priority").await;
        service.command(&["ticket", "answered", &reference, "--by", "Sam"]);
        advance(&service, 25 * HOUR).await;
        let due = told(&sink, TEAM, "The requester is to hear from us").await;
        assert!(flat(&due).contains("even if there is no news"), "{}", due.text);
        service.command(&["ticket", "update", &reference, "--by", "Sam"]);
        advance(&service, 25 * HOUR).await;
        eventually(Duration::from_secs(30), "the second reminder", async || (subjects(&sink, TEAM).iter().filter(|subject| subject.contains("to hear from us")).count() == 2).then_some(())).await;

        service.command(&["ticket", "status", &reference, "--to", "open", "--by", "Sam"]);
        let refused = service.try_command(&["ticket", "status", &reference, "--to", "solved", "--by", "Sam"], "");
        assert!(!refused.status.success());
        assert!(String::from_utf8_lossy(&refused.stderr).contains("say that work has begun"), "{refused:?}");
        advance(&service, 31 * MINUTE).await;
        told(&sink, TEAM, "The requester is to hear: work started").await;
        service.command(&["ticket", "status", &reference, "--to", "solved", "--by", "Sam", "--skip-message", "told on the phone"]);
        assert_eq!(service.ticket(&reference)["status"], "solved");
    }

    /// Requirement 48.
    async fn meiro_a_p1_is_not_closed_without_its_cause(database: Database) {
        let sink = SmtpSink::start().await;
        let service = start(database, &sink, MEIRO).await;
        let reference = submit(&service, json!({ "category": "bug" })).await;
        classify(&service, &reference, "P1");
        advance(&service, 30 * MINUTE + 1).await;
        told(&sink, TEAM, LATE).await;
        let close = ["ticket", "status", &reference, "--to", "closed", "--by", "Sam"];
        let refused = service.try_command(&close, "");
        assert!(!refused.status.success());
        assert!(String::from_utf8_lossy(&refused.stderr).contains("--root-cause"), "{refused:?}");
        service.command(&[&close[..], &["--root-cause", "unknown"]].concat());
        let ticket = service.ticket(&reference);
        let closed = ticket["timeline"].as_array().expect("a timeline").iter().find(|fact| fact["kind"] == "status_changed").expect("the fact");
        assert_eq!(closed["root_cause"], "unknown");
    }

    async fn what_came_due_while_the_service_was_away_is_told_once_with_its_true_instants(database: Database) {
        let sink = SmtpSink::start().await;
        let mut service = start(database, &sink, M3TER).await;
        let reference = submit(&service, json!({ "category": "incident", "plan": "gold" })).await;
        classify(&service, &reference, "S1");
        told(&sink, TEAM, "Severity 1 - Urgent").await;
        service.nothing_due().await;
        service.kill();
        service.advance(Duration::from_secs(57 * MINUTE));
        service.start_again().await;
        let mail = told(&sink, TEAM, NEARLY).await;
        assert!(flat(&mail).contains("75 % of the time"), "both in one: {}", mail.text);
        assert_eq!(flat(&mail).matches("That was reached on").count(), 2, "{}", mail.text);
        assert!(!subjects(&sink, TEAM).iter().any(|subject| subject.contains(HALF_WAY)));
        advance(&service, 4 * MINUTE).await;
        told(&sink, TEAM, LATE).await;
        let keys = keys(&service, &reference);
        for threshold in ["75", "90", "breach"] {
            assert_eq!(count_of(&keys, &format!("first_response/receipt/{threshold}")), 1, "{keys:?}");
        }
    }

    async fn a_process_that_dies_between_the_key_and_the_mail_loses_nothing_and_tells_once(database: Database) {
        let mut sink = SmtpSink::start().await;
        let mut service = start(database, &sink, M3TER).await;
        let reference = submit(&service, json!({ "category": "incident", "plan": "gold" })).await;
        classify(&service, &reference, "S1");
        told(&sink, TEAM, "Severity 1 - Urgent").await;
        service.nothing_due().await;
        sink.go_down().await;
        service.advance(Duration::from_secs(46 * MINUTE));
        until_told(&service, &reference, "first_response/receipt/75").await;
        service.kill();
        sink.come_up().await;
        service.start_again().await;
        // The mail server is tried again within a minute.
        service.advance(Duration::from_secs(2 * MINUTE));
        told(&sink, TEAM, HALF_WAY).await;
        advance(&service, 14 * MINUTE).await;
        told(&sink, TEAM, LATE).await;
        assert_eq!(subjects(&sink, TEAM).iter().filter(|subject| subject.contains(HALF_WAY)).count(), 1);
    }

    async fn a_clock_that_is_put_back_tells_nothing_twice_and_nothing_before_its_time(database: Database) {
        let sink = SmtpSink::start().await;
        let service = start(database, &sink, M3TER).await;
        let reference = submit(&service, json!({ "category": "incident", "plan": "gold" })).await;
        classify(&service, &reference, "S1");
        told(&sink, TEAM, "Severity 1 - Urgent").await;
        advance(&service, 46 * MINUTE).await;
        told(&sink, TEAM, HALF_WAY).await;
        service.set_back(Duration::from_secs(2 * HOUR));
        let second = submit(&service, json!({ "category": "incident", "plan": "gold" })).await;
        classify(&service, &second, "S1");
        until_told(&service, &second, "priority/1/S1").await;
        advance(&service, 2 * HOUR).await;
        until_told(&service, &second, "first_response/receipt/breach").await;
        advance(&service, 15 * MINUTE).await;
        until_told(&service, &reference, "first_response/receipt/breach").await;
        let keys = keys(&service, &reference);
        assert_eq!(count_of(&keys, "first_response/receipt/75"), 1, "{keys:?}");
    }

    async fn a_mass_of_breaches_is_no_storm_of_mails(database: Database) {
        let sink = SmtpSink::start().await;
        let few = NOTIFY.replace("per_hour = 20", "per_hour = 3");
        let setup = Setup::new(database).mail_to(&sink).site_setting("policy = \"memsource\"\n").section(&few);
        let service = Service::start_in_false_time(setup).await;
        let mut references = Vec::new();
        for _ in 0..9 {
            references.push(submit(&service, json!({ "plan": "paid" })).await);
        }
        advance(&service, 13 * HOUR).await;
        for reference in &references {
            until_told(&service, reference, "first_response/receipt/breach").await;
        }
        advance(&service, 16 * MINUTE).await;
        let rest = told(&sink, TEAM, "further notices").await;
        // The three that went by themselves may be on their way still.
        eventually(Duration::from_secs(30), "four mails", async || {
            (mails_to(&sink, TEAM).len() >= 4).then_some(())
        }).await;
        assert_eq!(mails_to(&sink, TEAM).len(), 4, "{:?}", subjects(&sink, TEAM));
        let in_rest = references.iter().filter(|reference| flat(&rest).contains(reference.as_str())).count();
        assert_eq!(in_rest, 6, "{}", rest.text);
        assert!(flat(&rest).contains("first answer is late"), "{}", rest.text);
    }

    async fn an_address_that_was_taken_out_while_notices_waited_gets_the_later_ones_when_it_is_back(database: Database) {
        let sink = SmtpSink::start().await;
        let base = Setup::new(database).mail_to(&sink).site_setting("policy = \"memsource\"\n");
        let setup = |to: &str| {
            let notify = NOTIFY.replace("per_hour = 20", "per_hour = 1").replacen(TEAM, to, 1);
            base.clone().section(&notify)
        };
        let mut service = Service::start_in_false_time(setup(TEAM)).await;
        let before = late(&service).await;
        // Else it would be dropped with the address.
        told(&sink, TEAM, LATE).await;
        for to in ["other@acme.example", TEAM] {
            service.terminate().await;
            service.configure(&setup(to));
            service.start_again().await;
            advance(&service, 16 * MINUTE).await;
            until_no_digest_waits(&service).await;
        }
        assert_eq!(mails_to(&sink, TEAM).len(), 1, "{:?}", subjects(&sink, TEAM));
        let after = late(&service).await;
        advance(&service, 16 * MINUTE).await;
        let rest = flat(&told(&sink, TEAM, "further notices").await);
        let in_rest = |references: &[String]| references.iter().filter(|reference| rest.contains(reference.as_str())).count();
        assert_eq!((in_rest(&before), in_rest(&after)), (0, 2), "{rest}");
    }

    async fn a_message_id_is_the_same_however_often_a_notice_is_sent(database: Database) {
        let sink = SmtpSink::start().await;
        let service = start(database, &sink, M3TER).await;
        sink.answer_with(cornerdesk_tests::smtp::Answer::Cut);
        let reference = submit(&service, json!({ "category": "incident", "plan": "gold" })).await;
        classify(&service, &reference, "S1");
        let offers = eventually(Duration::from_secs(30), "two attempts", async || {
            let offered: Vec<Received> = sink.offered().into_iter().filter(|message| message.recipients.iter().any(|to| to == TEAM)).collect();
            (offered.len() >= 2).then_some(offered)
        }).await;
        let ids: Vec<String> = offers.iter().map(|message| message.mail().header("message-id").to_owned()).collect();
        assert!(ids[0].starts_with("<notify_staff."), "{ids:?}");
        assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    }
}

/// Two processes look for timers; each alarm is told once.
#[tokio::test]
async fn two_processes_on_one_database_tell_each_alarm_once() {
    const TICKETS: usize = 12;
    let sink = SmtpSink::start().await;
    let many = NOTIFY.replace("per_hour = 20", "per_hour = 1000");
    let setup = Setup::new(Database::Postgres)
        .mail_to(&sink)
        .site_setting("policy = \"memsource\"\n")
        .section(&many);
    let service = Service::start_in_false_time(setup).await;
    let _worker = service.start_worker();
    let mut references = Vec::new();
    for _ in 0..TICKETS {
        references.push(submit(&service, json!({ "plan": "paid" })).await);
    }
    for (hours, mails) in [(10, TICKETS), (3, 2 * TICKETS)] {
        advance(&service, hours * HOUR).await;
        for reference in &references {
            let key = if hours == 10 { "75" } else { "breach" };
            until_told(
                &service,
                reference,
                &format!("first_response/receipt/{key}"),
            )
            .await;
        }
        // A lease ends by the time of day: a mail that is on its way when three hours pass at once would go again.
        eventually(Duration::from_secs(30), "the mails", async || {
            (mails_to(&sink, TEAM).len() >= mails).then_some(())
        })
        .await;
    }
    for reference in &references {
        assert_eq!(keys(&service, reference).len(), 3, "{reference}");
    }
    assert_eq!(mails_to(&sink, TEAM).len(), 2 * TICKETS);
}

/// From the machine's time to the next ten past three in the night of a Wednesday, in Paris.
fn seconds_until_night_in_paris() -> u64 {
    until_wednesday(Clock::System.now(), 3, 10)
}

/// From the service's time, half past fifteen or so, to the next Wednesday's late morning.
fn seconds_until_a_working_hour_in_paris(service: &Service) -> u64 {
    until_wednesday(Clock::System.now() + service.ahead(), 10, 30)
}

/// To a Wednesday that is no holiday of France: those that are always on another day of the week do not count.
fn until_wednesday(now: Timestamp, hour: i8, minute: i8) -> u64 {
    const HOLIDAYS: [(i8, i8); 8] = [
        (1, 1),
        (5, 1),
        (5, 8),
        (7, 14),
        (8, 15),
        (11, 1),
        (11, 11),
        (12, 25),
    ];
    let paris = TimeZone::get("Europe/Paris").expect("a zone");
    let local = now.to_zoned(paris.clone());
    let days = i64::from(3 - local.weekday().to_monday_one_offset()).rem_euclid(7);
    let mut day = local.date() + jiff::Span::new().days(days);
    loop {
        let then = day
            .at(hour, minute, 0, 0)
            .to_zoned(paris.clone())
            .expect("a time");
        let seconds = then.timestamp().as_second() - now.as_second();
        let is_holiday = HOLIDAYS.contains(&(day.month(), day.day()));
        if let (Ok(seconds @ 60..), false) = (u64::try_from(seconds), is_holiday) {
            return seconds;
        }
        day += jiff::Span::new().days(7);
    }
}
