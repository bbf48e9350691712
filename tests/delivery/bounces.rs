//! Addresses that nobody can be reached under, said at once or afterwards.

use std::{process::Output, time::Duration};

use cornerdesk_tests::{
    Database, Service,
    client::{a_submission, a_submission_with},
    eventually,
    mail::delivery_report,
    on_both_databases,
    service::Setup,
    smtp::SmtpSink,
};
use serde_json::{Value, json};

const SOON: Duration = Duration::from_secs(20);
const DAY: Duration = Duration::from_secs(24 * 3_600);
const ADA: &str = "ada@customer.example";

/// Waits for a fact of this kind and returns it.
async fn fact(service: &Service, reference: &str, kind: &str) -> Value {
    eventually(SOON, &format!("the fact {kind}"), async || {
        facts(service, reference, kind).into_iter().next()
    })
    .await
}

fn facts(service: &Service, reference: &str, kind: &str) -> Vec<Value> {
    let ticket = service.ticket(reference);
    let timeline = ticket["timeline"].as_array().expect("a timeline").iter();
    timeline
        .filter(|fact| fact["kind"] == kind)
        .cloned()
        .collect()
}

fn bounce(service: &Service, arguments: &[&str], mail: &str) -> Output {
    service.try_command(&[&["bounce"], arguments].concat(), mail)
}

/// Runs `cornerdesk bounce`, which must succeed, and returns its line.
fn bounced(service: &Service, arguments: &[&str], mail: &str) -> String {
    let output = bounce(service, arguments, mail);
    let line = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(output.status.success(), "{line}");
    assert_eq!(
        (line.lines().count(), output.stdout.len()),
        (1, 0),
        "{line}"
    );
    assert!(!line.contains('@'), "{line}");
    line
}

fn with_verp(database: Database, sink: &SmtpSink) -> Setup {
    Setup::new(database)
        .mail_to(sink)
        .mail_setting("bounce_address = \"bounces@acme.example\"\nverp = true\n")
}

on_both_databases! {
    async fn an_address_that_is_refused_is_asked_once_in_thirty_days(database: Database) {
        let sink = SmtpSink::start().await;
        let service = Service::start_in_false_time(Setup::new(database).mail_to(&sink)).await;
        sink.do_not_know(ADA);
        let first = service.client().submit(&a_submission()).await.reference();
        let failed = fact(&service, &first, "acknowledgement_failed").await;
        assert!(failed["reason"].as_str().expect("words").contains("cannot be reached: 550 5.1.1"), "{failed}");
        sink.know_everybody();
        service.advance(29 * DAY);
        let second = service.client().submit(&a_submission()).await.reference();
        let withheld = fact(&service, &second, "acknowledgement_withheld").await;
        assert_eq!(withheld["reason"], "undeliverable");
        service.client().submit(&a_submission_with(json!({ "email": "eva@customer.example" }))).await.reference();
        sink.message_to("eva@customer.example").await;
        assert_eq!(sink.asked_for(ADA), 1);

        service.advance(DAY);
        service.client().submit(&a_submission()).await.reference();
        sink.message_to(ADA).await;
        assert_eq!(sink.asked_for(ADA), 2);
    }

    async fn a_person_can_have_a_refused_address_tried_again(database: Database) {
        let sink = SmtpSink::start().await;
        let service = Service::start_with(Setup::new(database).mail_to(&sink)).await;
        sink.do_not_know(ADA);
        let reference = service.client().submit(&a_submission()).await.reference();
        fact(&service, &reference, "acknowledgement_failed").await;
        sink.know_everybody();
        let job = service.jobs("dead").remove(0);
        service.command(&["jobs", "retry", job["id"].as_str().expect("an id")]);
        sink.message_to(ADA).await;
    }

    async fn a_mail_that_comes_back_is_told_on_its_ticket(database: Database) {
        let sink = SmtpSink::start().await;
        let service = Service::start_with(with_verp(database, &sink)).await;
        let reference = service.client().submit(&a_submission()).await.reference();
        let path = sink.message_to(ADA).await.sender;
        assert!(path.starts_with("bounces+") && path.ends_with("@acme.example"), "{path}");

        let line = bounced(&service, &["--recipient", &path], &delivery_report(&path, "delayed", "4.4.1"));
        assert!(line.contains("delivery_delayed"), "{line}");
        // By the headers alone; and a mail server may bring the same twice.
        for _ in 0..2 {
            bounced(&service, &[], &delivery_report(&path, "failed", "5.1.1"));
        }
        assert_eq!(facts(&service, &reference, "delivery_delayed").len(), 1);
        let failed = facts(&service, &reference, "delivery_failed");
        assert_eq!((failed.len(), &failed[0]["status"]), (1, &json!("5.1.1")));
        let shown = service.command(&["ticket", "show", &reference]);
        assert!(shown.contains("Mail came back: "), "{shown}");

        let next = service.client().submit(&a_submission()).await.reference();
        assert_eq!(fact(&service, &next, "acknowledgement_withheld").await["reason"], "undeliverable");
        assert_eq!((sink.asked_for(ADA), service.tickets().len()), (1, 2));
    }

    async fn what_is_no_report_about_a_mail_of_ours_is_dropped(database: Database) {
        let sink = SmtpSink::start().await;
        let service = Service::start_with(with_verp(database, &sink)).await;
        let reference = service.client().submit(&a_submission()).await.reference();
        let path = sink.message_to(ADA).await.sender;
        let report = |to: &str| delivery_report(to, "failed", "5.1.1");
        let forged = path.replace('-', "-a");
        let absence = format!("From: {ADA}\r\nTo: {path}\r\nAuto-Submitted: auto-replied\r\nSubject: away\r\n\r\nI am away.\r\n");
        let person = format!("From: {ADA}\r\nTo: {path}\r\nSubject: hello\r\n\r\nAction: failed\r\n");
        let deep = format!("To: {path}\r\n{}", "Content-Type: message/rfc822\r\n\r\n".repeat(20_000));
        for (arguments, mail, reason) in [
            (vec![], report(&forged), "token"),
            (vec!["--recipient", &forged], report(&path), "token"),
            (vec!["--recipient", "bounces@acme.example"], report(&path), "token"),
            (vec!["--recipient", &path], delivery_report(&path, "delivered", "2.0.0"), "delivered"),
            (vec!["--recipient", &path], absence, "absence"),
            (vec!["--recipient", &path, "--sender", "<>"], person.clone(), "a program"),
            (vec!["--recipient", &path], person, "a person"),
            (vec!["--recipient", &path], deep, "thousand parts"),
            (vec!["--recipient", &path], String::new(), "no mail"),
        ] {
            let line = bounced(&service, &arguments, &mail);
            assert!(line.contains(reason), "{reason}: {line}");
        }
        assert!(facts(&service, &reference, "delivery_failed").is_empty());
        service.client().submit(&a_submission()).await.reference();
        sink.messages(2).await;
        assert_eq!(service.tickets().len(), 2, "no mail becomes a ticket");
        assert_eq!(sink.offered().len(), 2, "no mail is answered");
    }
}

#[tokio::test]
async fn a_report_that_cannot_be_written_down_now_comes_again() {
    let sink = SmtpSink::start().await;
    let setup =
        with_verp(Database::Sqlite, &sink).database_url("postgres://nobody@127.0.0.1:1/none");
    let service = Service::prepare(&setup);
    let report = delivery_report("bounces+x@acme.example", "failed", "5.1.1");
    // EX_TEMPFAIL: the mail server keeps the mail.
    assert_eq!(bounce(&service, &[], &report).status.code(), Some(75));
}

#[tokio::test]
async fn the_return_path_is_null_unless_the_operator_says_otherwise() {
    for (setting, sender) in [
        ("", ""),
        (
            "bounce_address = \"Bounces <bounces@acme.example>\"\n",
            "bounces@acme.example",
        ),
    ] {
        let sink = SmtpSink::start().await;
        let setup = Setup::new(Database::Sqlite)
            .mail_to(&sink)
            .mail_setting(setting);
        let service = Service::start_with(setup).await;
        service.client().submit(&a_submission()).await.reference();
        assert_eq!(sink.message_to(ADA).await.sender, sender);
    }
}
