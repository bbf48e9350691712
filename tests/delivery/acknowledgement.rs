//! What the requester gets.

use std::{fs, time::Duration};

use cornerdesk_tests::{
    Database, Service,
    client::{File, a_submission, a_submission_with},
    eventually,
    mail::Mail,
    on_both_databases,
    service::Setup,
    smtp::{Received, SmtpSink},
};
use serde_json::{Value, json};

/// What a sender can type, each with text that no mail of ours holds by chance.
fn poisoned() -> Value {
    json!({
        "summary": "Qwzx-summary https://evil.example/a?b=1 <b>Vrtk</b>\r\nBcc: c@evil.example",
        "description": "Ghjk-description\n\nhttps://evil.example/pay\n<a href='https://evil.example'>Zzyx</a> {{ 7 * 191 }} {reference}",
        "category": "Pqrv-category",
        "plan": "Xkcd-plan",
        "locale": "en",
        "context": {
            "page_url": "https://wvut-page.example/x", "page_title": "Lmno-title", "browser": "Brws-browser", "viewport": "919x717",
            "language": "zz-Language", "time_zone": "Zone/Nowhere", "app_version": "Vsn-9.8.7",
            "host": { "Rtyu-name": "Bnmq-value" }, "console_errors": ["Jklp-error: https://evil.example/app.js"],
        },
    })
}

/// A mail as it came, and decoded: headers and all parts.
fn all_of(message: &Received) -> String {
    let mail = message.mail();
    let raw = String::from_utf8_lossy(&message.raw);
    format!("{raw} {mail:?} {} {}", mail.text, mail.html)
}

/// Every run of six characters in the texts of `value`.
fn fragments(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => {
            let characters: Vec<char> = text.chars().collect();
            found.extend(characters.windows(6).map(|six| six.iter().collect()));
        }
        Value::Object(members) => members.values().for_each(|member| fragments(member, found)),
        Value::Array(entries) => entries.iter().for_each(|entry| fragments(entry, found)),
        _ => {}
    }
}

on_both_databases! {
    async fn a_requester_is_told_the_reference_and_nothing_that_was_typed(database: Database) {
        let sink = SmtpSink::start().await;
        let setup = Setup::new(database).mail_to(&sink).reached_at("https://help.acme.test");
        let service = Service::start_with(setup).await;
        let file = File::text("Hgfd-name https:evil.example.txt", "Yuio-content");
        let upload = service.client().upload(&file).await;
        let mut submission = a_submission_with(poisoned());
        submission["upload_ids"] = json!([upload]);
        let reference = service.client().submit(&submission).await.reference();

        let message = sink.message_to("ada@customer.example").await;
        assert_eq!(message.recipients, ["ada@customer.example"]);
        let mail = message.mail();
        assert!(mail.header("Subject").contains(&reference), "{}", mail.header("Subject"));
        for body in [&mail.text, &mail.html] {
            assert!(body.contains(&reference), "{body}");
            assert!(body.contains("Acme"), "{body}");
        }
        let mut typed = Vec::new();
        fragments(&poisoned(), &mut typed);
        fragments(&json!({ "name": file.name, "content": "Yuio-content" }), &mut typed);
        assert!(typed.len() > 250, "{}", typed.len());
        // What a mail about something else holds as well is ours.
        service.client().submit(&a_submission_with(json!({ "email": "eve@customer.example" }))).await.reference();
        let ours = all_of(&sink.message_to("eve@customer.example").await);
        let everything = all_of(&message);
        let told: Vec<_> = typed.iter().filter(|six| everything.contains(six.as_str()) && !ours.contains(six.as_str())).collect();
        assert!(told.is_empty(), "{told:?}");
    }
}

#[tokio::test]
async fn the_mail_says_that_a_machine_wrote_it() {
    let sink = SmtpSink::start().await;
    let service = Service::start_with(Setup::new(Database::Sqlite).mail_to(&sink)).await;
    service.client().submit(&a_submission()).await.reference();
    let message = sink.message_to("ada@customer.example").await;
    // RFC 3834: section 3.3 for the return path, section 5 for the header.
    assert_eq!(message.sender, "");
    let mail = message.mail();
    assert!(
        mail.header("Auto-Submitted").starts_with("auto-"),
        "{}",
        mail.header("Auto-Submitted")
    );
    assert_eq!(
        mail.header("From"),
        "Acme Support <support@acme.example>".replace("Acme Support", "\"Acme Support\"")
    );
    assert_eq!(mail.header("To"), "ada@customer.example");
    let id = mail.header("Message-ID");
    assert!(
        id.starts_with('<') && id.ends_with("@acme.example>"),
        "{id}"
    );
    assert!(mail.optional_header("Date").is_some());
    assert!(mail.optional_header("Bcc").is_none());
}

#[tokio::test]
async fn the_mail_is_there_as_text_and_as_html() {
    let sink = SmtpSink::start().await;
    let service = Service::start_with(Setup::new(Database::Sqlite).mail_to(&sink)).await;
    service.client().submit(&a_submission()).await.reference();
    let mail = sink.message_to("ada@customer.example").await.mail();
    assert_eq!(
        mail.media_types,
        ["multipart/alternative", "text/plain", "text/html"]
    );
    assert!(
        !mail.text.contains("<p") && !mail.text.contains("{{"),
        "{}",
        mail.text
    );
    assert!(mail.html.starts_with("<!doctype html>"), "{}", mail.html);
    for unwanted in ["<script", "<img", "http://", "{{"] {
        assert!(!mail.html.contains(unwanted), "{unwanted} in {}", mail.html);
    }
}

#[tokio::test]
async fn the_mail_speaks_the_language_of_the_form() {
    let sink = SmtpSink::start().await;
    let service = Service::start_with(Setup::new(Database::Sqlite).mail_to(&sink)).await;
    service
        .client()
        .submit(&a_submission_with(json!({ "locale": "de" })))
        .await
        .reference();
    let mail = sink.message_to("ada@customer.example").await.mail();
    assert_eq!(mail.header("Content-Language"), "de");
    assert!(mail.text.contains("Anfrage"), "{}", mail.text);
}

#[tokio::test]
async fn a_mail_can_be_a_file_instead() {
    let service = Service::start(Database::Sqlite).await;
    let reference = service.client().submit(&a_submission()).await.reference();
    let folder = service.data_folder().join("mail");
    let raw = eventually(
        Duration::from_secs(10),
        "a mail in the folder",
        async || {
            let mut files = fs::read_dir(&folder)
                .ok()?
                .flatten()
                .map(|entry| entry.path());
            let mail =
                files.find(|file| file.extension().is_some_and(|extension| extension == "eml"))?;
            fs::read(mail).ok()
        },
    )
    .await;
    assert!(Mail::parse(&raw).header("Subject").contains(&reference));
}

#[tokio::test]
async fn the_ticket_remembers_that_it_was_acknowledged() {
    let sink = SmtpSink::start().await;
    let service = Service::start_with(Setup::new(Database::Sqlite).mail_to(&sink)).await;
    let reference = service.client().submit(&a_submission()).await.reference();
    eventually(
        Duration::from_secs(10),
        "the fact on the timeline",
        async || {
            let timeline = service.ticket(&reference)["timeline"].to_string();
            timeline.contains("acknowledged").then_some(())
        },
    )
    .await;
}
