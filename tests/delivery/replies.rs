//! What staff write reaches the requester as a mail, in the thread of the acknowledgement.

use std::time::Duration;

use cornerdesk_tests::{
    Database, Service,
    client::a_submission_with,
    eventually, on_both_databases,
    service::Setup,
    smtp::{Answer, SmtpSink},
};
use serde_json::{Value, json};

const PUBLIC_URL: &str = "https://help.acme.example";
const SOON: Duration = Duration::from_secs(30);
const ADA: &str = "ada@customer.example";
const ADDRESS: &str = "reply_address = \"reply@acme.example\"\n";

fn setup(database: Database, sink: &SmtpSink) -> Setup {
    Setup::new(database)
        .mail_to(sink)
        .mail_setting(ADDRESS)
        .reached_at(PUBLIC_URL)
}

/// The first fact of a kind, as soon as it is there.
async fn fact(service: &Service, reference: &str, kind: &str) -> Value {
    eventually(SOON, kind, async || {
        let ticket = service.ticket(reference);
        let facts = ticket["timeline"].as_array().expect("a timeline").iter();
        facts.clone().find(|fact| fact["kind"] == kind).cloned()
    })
    .await
}

fn reply(service: &Service, reference: &str, text: &str, id: Option<&str>) -> String {
    let mut arguments = vec!["ticket", "reply", reference, "--by", "Sam"];
    arguments.extend(id.into_iter().flat_map(|id| ["--id", id]));
    let output = service.try_command(&arguments, text);
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

on_both_databases! {
    async fn a_reply_is_mailed_once_and_follows_the_acknowledgement(database: Database) {
        let sink = SmtpSink::start().await;
        let service = Service::start_with(setup(database, &sink)).await;
        let submission = a_submission_with(json!({ "email": ADA, "locale": "de", "summary": "canary-summary" }));
        let reference = service.client().submit(&submission).await.reference();
        service.acknowledged(&reference).await;
        let id = "0199b0a0-0000-7000-8000-000000000001";
        for said in ["written", "written before"] {
            assert!(reply(&service, &reference, "Bitte noch einmal versuchen.\n", Some(id)).contains(said));
        }
        fact(&service, &reference, "reply_sent").await;
        let received = sink.messages(2).await;
        let [first, second] = [0, 1].map(|at| received[at].mail());
        assert_eq!(second.header("subject"), format!("Re: {}", first.header("subject")));
        assert_eq!(second.header("in-reply-to"), first.header("message-id"));
        assert_eq!(second.header("references"), first.header("message-id"));
        assert_eq!(second.optional_header("auto-submitted"), None);
        let answers_to = second.header("reply-to").to_owned();
        assert!(answers_to.contains("reply+") && answers_to.contains("@acme.example"), "{answers_to}");
        assert_eq!(first.header("reply-to"), answers_to);
        // It comes back to where somebody reads it.
        assert!(received[1].sender.starts_with("reply+"), "{}", received[1].sender);
        assert!(second.text.contains("Bitte noch einmal versuchen."), "{}", second.text);
        assert!(second.text.contains(&format!("{PUBLIC_URL}/t/")) && second.html.contains("lang=\"de\""));
        assert!(!second.everything().contains("canary"), "{}", second.everything());

        reply(&service, &reference, "Und noch etwas.", None);
        let third = sink.messages(3).await[2].mail();
        assert_eq!(third.header("in-reply-to"), second.header("message-id"));
        let both = format!("{} {}", first.header("message-id"), second.header("message-id"));
        assert_eq!(third.header("references"), both);
        assert_eq!(sink.count(), 3);
    }

    async fn a_persons_reply_goes_out_when_the_budget_is_spent_and_counts(database: Database) {
        let sink = SmtpSink::start().await;
        let setup = setup(database, &sink).few_mails("per_hour = 2\nper_day = 2\nper_hour_and_site = 2\nper_day_and_site = 2\neverybody_per_hour = 2\n");
        let service = Service::start_with(setup).await;
        let submission = a_submission_with(json!({ "email": ADA }));
        let reference = service.client().submit(&submission).await.reference();
        service.acknowledged(&reference).await;
        for (text, count) in [("one", 2), ("two", 3), ("three", 4)] {
            reply(&service, &reference, text, None);
            sink.messages(count).await;
        }
        let next = service.client().submit(&submission).await.reference();
        assert_eq!(fact(&service, &next, "acknowledgement_withheld").await["reason"], "recipient_budget");
    }

    async fn a_reply_that_cannot_be_mailed_is_told_on_the_ticket(database: Database) {
        let sink = SmtpSink::start().await;
        let service = Service::start_with(setup(database, &sink)).await;
        let machine = service.client().submit(&a_submission_with(json!({ "email": "noreply@customer.example" }))).await.reference();
        reply(&service, &machine, "hello", None);
        let told = fact(&service, &machine, "reply_not_sent").await;
        assert!(told["reason"].as_str().expect("words").contains("no person reads"), "{told}");

        let reference = service.client().submit(&a_submission_with(json!({ "email": ADA }))).await.reference();
        service.acknowledged(&reference).await;
        sink.answer_with(Answer::Never);
        reply(&service, &reference, "hello", None);
        let told = fact(&service, &reference, "reply_not_sent").await;
        assert!(told["reason"].as_str().expect("words").contains("550"), "{told}");
        let shown = service.command(&["ticket", "show", &reference]);
        assert!(shown.contains("Reply not mailed: "), "{shown}");
    }

    async fn a_reply_waits_for_a_mail_server_that_is_away_and_goes_once(database: Database) {
        let mut sink = SmtpSink::start().await;
        let mut service = Service::start_with(setup(database, &sink)).await;
        let reference = service.client().submit(&a_submission_with(json!({ "email": ADA }))).await.reference();
        service.acknowledged(&reference).await;
        sink.go_down().await;
        reply(&service, &reference, "hello", None);
        service.kill();
        sink.come_up().await;
        service.start_again().await;
        fact(&service, &reference, "reply_sent").await;
        assert_eq!(sink.count(), 2);
    }
}
