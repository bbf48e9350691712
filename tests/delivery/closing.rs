//! Why a ticket is closed: what is out of scope is told by mail, and what stays as it is breaks no promise (requirements 29 and 52).

use std::time::Duration;

use cornerdesk_tests::{
    Database, Service,
    client::{Answer, a_submission_with},
    eventually,
    mail::Mail,
    on_both_databases,
    service::Setup,
    smtp::SmtpSink,
};
use serde_json::{Value, json};

const PUBLIC_URL: &str = "https://help.acme.example";
const M3TER: &str = "policy = \"m3ter\"\noverlay = \"m3ter-no-holidays\"\n";
const NOTIFY: &str = "[notify]\n[[notify.routes]]\nto = [\"team@acme.example\"]\n";
const SOON: Duration = Duration::from_secs(30);
const REQUESTER: &str = "ada@customer.example";

fn setup(database: Database, sink: &SmtpSink) -> Setup {
    Setup::new(database)
        .mail_to(sink)
        .reached_at(PUBLIC_URL)
        .site_setting(M3TER)
}

/// A ticket of the plan Silver under m3ter's policy that has been acknowledged, and its priority.
async fn acknowledged(service: &Service, changes: Value) -> String {
    let mut submission = json!({ "plan": "Standard", "category": "incident" });
    for (key, value) in changes.as_object().expect("an object") {
        submission[key] = value.clone();
    }
    let submission = a_submission_with(submission);
    let reference = service.client().submit(&submission).await.reference();
    service.acknowledged(&reference).await;
    service.command(&[
        "ticket",
        "classify",
        &reference,
        "--priority",
        "S1",
        "--by",
        "Sam",
    ]);
    reference
}

fn close<'a>(reference: &'a str, reason: &'a str) -> [&'a str; 9] {
    [
        "ticket", "status", reference, "--to", "closed", "--by", "Sam", "--reason", reason,
    ]
}

fn refusal(service: &Service, arguments: &[&str]) -> String {
    let output = service.try_command(arguments, "");
    assert!(!output.status.success(), "{arguments:?} succeeded");
    String::from_utf8_lossy(&output.stderr).into_owned()
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

fn count_of(service: &Service, reference: &str, kind: &str) -> usize {
    let ticket = service.ticket(reference);
    let facts = ticket["timeline"].as_array().expect("a timeline").iter();
    facts.filter(|fact| fact["kind"] == kind).count()
}

/// The mails to the requester that say that something is out of scope.
fn told(sink: &SmtpSink) -> Vec<Mail> {
    let mails = sink.received().into_iter().map(|message| message.mail());
    mails
        .filter(|mail| mail.header("Message-ID").starts_with("<out_of_scope."))
        .collect()
}

/// The page of the request that a mail leads to.
async fn page_of(service: &Service, mail: &Mail) -> String {
    let links = mail.links();
    let page = links.iter().find_map(|link| {
        link.strip_prefix(PUBLIC_URL)
            .filter(|path| path.starts_with("/t/"))
    });
    let path = page.expect("a link to the page");
    Answer::of(service.client().get(path).await).await.text
}

on_both_databases! {
    async fn what_is_out_of_scope_is_told_once_in_the_policys_words_and_the_clock_counts_it_as_the_answer(database: Database) {
        let sink = SmtpSink::start().await;
        let service = Service::start_with(setup(database, &sink)).await;
        let reference = acknowledged(&service, json!({ "locale": "de", "summary": "Qwzx", "description": "Qwzx https://evil.example/" })).await;
        assert_eq!(service.ticket(&reference)["clock"]["status"], "running");
        service.command(&close(&reference, "out_of_scope"));
        let ticket = service.ticket(&reference);
        assert_eq!((&ticket["status"], &ticket["clock"]["status"]), (&json!("closed"), &json!("met")));
        assert_eq!(ticket["findings"]["closing_reason"], "out_of_scope");
        assert_eq!(fact(&service, &reference, "status_changed").await["reason"], "out_of_scope");

        fact(&service, &reference, "closing_told").await;
        let mails = told(&sink);
        let mail = mails.first().expect("a mail");
        assert_eq!(mails.len(), 1);
        assert_eq!(mail.header("Subject"), format!("[{reference}] Ihre Anfrage liegt außerhalb unseres Supports"));
        for body in [&mail.text, &mail.html] {
            let body = body.split_whitespace().collect::<Vec<_>>().join(" ");
            for said in ["third-party systems without a native or supported integration", "antworten Sie auf diese E-Mail", reference.as_str()] {
                assert!(body.contains(said), "{said}: {body}");
            }
            assert!(!body.contains("Qwzx") && !body.contains("evil.example"), "{body}");
        }
        let page = page_of(&service, mail).await;
        assert!(page.contains("Grund: Unser Support deckt es nicht ab."), "{page}");

        // Said again it is no second closing, and no second mail.
        assert!(refusal(&service, &close(&reference, "out_of_scope")).contains("closed already"));
        assert_eq!(count_of(&service, &reference, "status_changed"), 1);
    }

    async fn who_disagrees_is_opened_again_and_the_answer_stays_the_answer(database: Database) {
        let sink = SmtpSink::start().await;
        let service = Service::start_with(setup(database, &sink)).await;
        let reference = acknowledged(&service, json!({})).await;
        service.command(&close(&reference, "out_of_scope"));
        fact(&service, &reference, "closing_told").await;
        let due = service.ticket(&reference)["clock"]["due_at"].clone();
        service.command(&["ticket", "status", &reference, "--to", "open", "--by", "Sam"]);
        let ticket = service.ticket(&reference);
        assert_eq!((&ticket["status"], &ticket["findings"]["closing_reason"]), (&json!("open"), &Value::Null));
        assert_eq!((&ticket["clock"]["status"], &ticket["clock"]["due_at"]), (&json!("met"), &due));
        let page = page_of(&service, &told(&sink)[0]).await;
        assert!(!page.contains("does not cover it"), "{page}");
    }

    async fn a_mail_about_the_scope_obeys_the_rules_of_mails_and_staff_see_that_it_did_not_go(database: Database) {
        let sink = SmtpSink::start().await;
        let few = setup(database, &sink).few_mails("per_hour = 1");
        let service = Service::start_with(few).await;
        let reference = acknowledged(&service, json!({})).await;
        service.command(&close(&reference, "out_of_scope"));
        let withheld = fact(&service, &reference, "closing_not_told").await;
        assert!(withheld["reason"].as_str().expect("words").contains("as many mails as it may get"), "{withheld}");
        assert_eq!(told(&sink).len(), 0);
    }

    async fn a_reason_that_does_not_fit_is_refused_and_nothing_is_written(database: Database) {
        let sink = SmtpSink::start().await;
        let service = Service::start_with(setup(database, &sink).site_setting("acknowledge = \"confirm-first\"\n")).await;
        let submission = a_submission_with(json!({ "plan": "Standard" }));
        let held = service.client().submit(&submission).await.reference();
        assert!(refusal(&service, &close(&held, "out_of_scope")).contains("release it first"));
        let solved = ["ticket", "status", &held, "--to", "solved", "--by", "Sam", "--reason", "will_not_fix"];
        assert!(refusal(&service, &solved).contains("close it instead"));
        let open = ["ticket", "status", &held, "--to", "open", "--by", "Sam", "--reason", "fixed"];
        assert!(refusal(&service, &open).contains("only what is solved or closed"));
        assert!(refusal(&service, &close(&held, "wontfix")).contains("will_not_fix"));
        assert_eq!(count_of(&service, &held, "status_changed"), 0);
    }

    async fn what_will_not_be_fixed_keeps_a_met_clock_met_and_nobody_is_told_of_a_breach(database: Database) {
        let sink = SmtpSink::start().await;
        let service = Service::start_in_false_time(setup(database, &sink).section(NOTIFY)).await;
        let reference = acknowledged(&service, json!({})).await;
        service.command(&["ticket", "answered", &reference, "--by", "Sam"]);
        service.command(&close(&reference, "will_not_fix"));
        // A ticket that nobody answers, to know when alarms of that time have gone out.
        let other = acknowledged(&service, json!({})).await;
        service.advance(Duration::from_secs(3_700));
        eventually(SOON, "the breach of the other", async || {
            let ticket = service.ticket(&other);
            ticket["timeline"].to_string().contains("first_response/receipt/breach").then_some(())
        })
        .await;
        let ticket = service.ticket(&reference);
        assert_eq!((&ticket["clock"]["status"], &ticket["findings"]["closing_reason"]), (&json!("met"), &json!("will_not_fix")));
        assert!(!ticket["timeline"].to_string().contains("first_response/"), "{ticket}");
        assert_eq!(count_of(&service, &reference, "closing_told"), 0);
        assert_eq!(REQUESTER, ticket["email"]);
    }

    async fn a_cause_that_was_found_out_is_not_asked_for_again_when_the_ticket_is_closed(database: Database) {
        let setup = Setup::new(database).site_setting("policy = \"meiro\"\n");
        let service = Service::start_with(setup).await;
        let submission = a_submission_with(json!({ "category": "bug" }));
        let reference = service.client().submit(&submission).await.reference();
        service.command(&["ticket", "classify", &reference, "--priority", "P1", "--by", "Sam"]);
        assert!(refusal(&service, &close(&reference, "fixed")).contains("--root-cause"));
        service.command(&["ticket", "found", &reference, "--by", "Sam", "--root-cause", "unknown"]);
        service.command(&close(&reference, "fixed"));
        assert_eq!(service.ticket(&reference)["findings"]["root_cause"], "unknown");
    }

    async fn what_was_found_out_is_kept_and_a_workaround_is_shown_when_staff_say_so(database: Database) {
        let sink = SmtpSink::start().await;
        let service = Service::start_with(setup(database, &sink)).await;
        let reference = acknowledged(&service, json!({})).await;
        let found = |arguments: &[&str]| service.command(&[&["ticket", "found", &reference, "--by", "Sam"], arguments].concat());
        found(&["--reproduced", "yes", "--workaround", "Use the <old> export", "--root-cause", "a race"]);
        let mail = sink.message_to(REQUESTER).await.mail();
        assert!(!page_of(&service, &mail).await.contains("old"));
        assert!(found(&["--reproduced", "yes"]).contains("known already"));
        found(&["--show-workaround"]);
        let page = page_of(&service, &mail).await;
        assert!(page.contains("What you can do meanwhile") && page.contains("Use the &lt;old&gt; export") && !page.contains("a race"), "{page}");
        let findings = &service.ticket(&reference)["findings"];
        assert_eq!(findings, &json!({ "reproduced": "yes", "workaround": { "text": "Use the <old> export", "is_shown": true }, "root_cause": "a race", "closing_reason": null }));
        found(&["--no-workaround"]);
        assert!(!page_of(&service, &mail).await.contains("What you can do meanwhile"));
        assert!(refusal(&service, &["ticket", "found", &reference, "--by", "Sam", "--show-workaround"]).contains("write it first"));
    }
}
