//! Submissions that are as they should be, and requests that are not submissions at all.

use cornerdesk_tests::{
    Database, Service,
    client::{Answer, File, a_submission, a_submission_with},
    on_both_databases,
};
use serde_json::json;

on_both_databases! {
    async fn a_submission_becomes_a_ticket(database: Database) {
        let service = Service::start(database).await;
        let answer = service.client().submit(&a_submission()).await;
        let reference = answer.reference();
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert!(answer.header("idempotency-replayed").is_none());
        let receipt = answer.json();
        let received_at = receipt["received_at"].as_str().expect("a time");
        assert!(received_at.ends_with('Z'), "{received_at}");

        let ticket = service.ticket(&reference);
        assert_eq!(ticket["reference"], reference);
        for field in ["summary", "description", "email"] {
            assert_eq!(ticket[field], a_submission()[field]);
        }
        assert_eq!(service.tickets().len(), 1);
    }

    async fn a_form_with_files_becomes_a_ticket_with_attachments(database: Database) {
        let service = Service::start(database).await;
        let files = [
            File::text("notes – März.txt", "total: 42"),
            File::binary("dump.bin", 300_000, 1),
        ];
        let reference = service.client().submit_form(&a_submission(), &files).await.reference();
        let ticket = service.ticket(&reference);
        let attachments = ticket["attachments"].as_array().expect("a list");
        assert_eq!(attachments.len(), 2);
        for (attachment, file) in attachments.iter().zip(&files) {
            assert_eq!(attachment["name"], file.name);
            assert_eq!(attachment["sha256"], file.sha256());
            assert_eq!(attachment["size_bytes"], file.bytes.len());
        }
    }

    async fn an_empty_file_input_is_no_attachment(database: Database) {
        let service = Service::start(database).await;
        // What browsers send for a file input in which nothing was chosen.
        let nothing = File::binary("", 0, 1);
        let reference = service.client().submit_form(&a_submission(), &[nothing]).await.reference();
        assert_eq!(service.ticket(&reference)["attachments"], json!([]));
    }

    async fn texts_of_any_script_are_kept_as_written(database: Database) {
        let service = Service::start(database).await;
        let submission = a_submission_with(json!({
            "summary": "フォームが 壊れた 👩🏽‍🔧 “quoted” <b>&amp;</b>",
            "description": "שלום\nعالم\n\n\ttabbed ' \" \\ %s {{ 7*7 }} $1 ; drop table tickets",
        }));
        let reference = service.client().submit(&submission).await.reference();
        let ticket = service.ticket(&reference);
        assert_eq!(ticket["summary"], submission["summary"]);
        assert_eq!(ticket["description"], submission["description"]);
    }

    async fn every_submission_has_a_reference_of_its_own(database: Database) {
        let service = Service::start(database).await;
        let client = service.client();
        let submission = a_submission();
        let submissions = (0..20).map(|_| client.submit(&submission));
        let answers = futures_util::future::join_all(submissions).await;
        let mut references: Vec<_> = answers.iter().map(Answer::reference).collect();
        references.sort();
        references.dedup();
        assert_eq!(references.len(), 20);
        assert_eq!(service.tickets().len(), 20);
    }
}

#[tokio::test]
async fn an_unknown_site_is_a_problem() {
    let service = Service::start(Database::Sqlite).await;
    let elsewhere = service.client().at_site("nobody");
    elsewhere
        .submit(&a_submission())
        .await
        .problem(404, "unknown-site");
    let settings = elsewhere.get(&elsewhere.path("settings")).await;
    Answer::of(settings).await.problem(404, "unknown-site");
}

#[tokio::test]
async fn a_body_that_is_not_json_is_malformed() {
    let service = Service::start(Database::Sqlite).await;
    let client = service.client();
    for body in [
        "",
        "{",
        "[]",
        "\"text\"",
        r#"{"summary": 7}"#,
        "{\"summary\": \"\u{0}",
    ] {
        let request = client
            .request("POST", &client.path("tickets"))
            .header("Content-Type", "application/json")
            .body(body);
        let answer = Answer::of(request.send().await.expect("an answer")).await;
        answer.problem(400, "malformed-request");
    }
}

#[tokio::test]
async fn a_body_of_another_kind_is_unsupported() {
    let service = Service::start(Database::Sqlite).await;
    let client = service.client();
    let request = client
        .request("POST", &client.path("tickets"))
        .header("Content-Type", "text/plain")
        .body("help");
    let answer = Answer::of(request.send().await.expect("an answer")).await;
    answer.problem(415, "unsupported-media-type");
}

#[tokio::test]
async fn unknown_paths_and_methods_are_problems() {
    let service = Service::start(Database::Sqlite).await;
    let client = service.client();
    Answer::of(client.get("/v1/nothing").await)
        .await
        .problem(404, "not-found");
    let answer = Answer::of(client.get(&client.path("tickets")).await).await;
    answer.problem(405, "method-not-allowed");
    let allowed = answer.header("allow").expect("a 405 says what is allowed");
    assert!(allowed.contains("POST"), "{allowed}");
}

#[tokio::test]
async fn a_field_nobody_knows_is_refused_or_ignored_but_never_stored() {
    let service = Service::start(Database::Sqlite).await;
    let submission = a_submission_with(json!({ "priority": "canary-urgent" }));
    service.client().submit(&submission).await;
    let tickets = format!("{:?}", service.tickets());
    assert!(!tickets.contains("canary-urgent"), "{tickets}");
}

on_both_databases! {
    async fn what_the_page_adds_is_kept_with_the_ticket(database: Database) {
        let service = Service::start(database).await;
        let context = json!({
            "page_url": "https://app.acme.example/orders",
            "host": { "plan": "Team", "order": "A 17\n\u{0}" },
            "console_errors": ["10:00:01Z TypeError: total is undefined (app.js:3:7)", "\u{1}"],
        });
        let submission = a_submission_with(json!({ "context": context }));
        let answer = service.client().submit(&submission).await;
        let kept = &service.ticket(&answer.reference())["context"];
        let expected = json!({
            "page_url": "https://app.acme.example/orders",
            "host": { "order": "A 17", "plan": "Team" },
            "console_errors": ["10:00:01Z TypeError: total is undefined (app.js:3:7)"],
        });
        assert_eq!(*kept, expected);
    }
}
