//! More than the configuration allows.

use cornerdesk_tests::{
    Database, Service,
    client::{Answer, File, a_submission},
    on_both_databases,
    service::Setup,
};
use serde_json::json;

const SMALL: &str = "[limits]\nattachments = 2\nattachment_bytes = 100000\nrequest_bytes = 150000";

on_both_databases! {
    async fn too_many_files_are_refused(database: Database) {
        let service = Service::start_with(Setup::new(database).section(SMALL)).await;
        let files = [1, 2, 3].map(|seed| File::binary("part.bin", 100, seed));
        let answer = service.client().submit_form(&a_submission(), &files).await;
        let problem = answer.problem(422, "invalid-submission");
        assert_eq!(problem["violations"], json!([{ "field": "attachments", "code": "too_many" }]));
        assert!(service.tickets().is_empty());
    }

    async fn a_file_over_the_limit_is_refused(database: Database) {
        let service = Service::start_with(Setup::new(database).section(SMALL)).await;
        let files = [File::binary("large.bin", 100_001, 1)];
        let answer = service.client().submit_form(&a_submission(), &files).await;
        let problem = answer.problem(413, "payload-too-large");
        assert_eq!(problem["violations"], json!([{ "field": "attachments", "code": "too_large" }]));
        assert!(service.tickets().is_empty());
    }

    async fn a_request_over_the_limit_is_too_large(database: Database) {
        let service = Service::start_with(Setup::new(database).section(SMALL)).await;
        let files = [1, 2].map(|seed| File::binary("half.bin", 90_000, seed));
        let answer = service.client().submit_form(&a_submission(), &files).await;
        answer.problem(413, "payload-too-large");
        assert!(service.tickets().is_empty());
    }
}

#[tokio::test]
async fn a_file_as_large_as_allowed_is_accepted() {
    let service = Service::start_with(Setup::new(Database::Sqlite).section(SMALL)).await;
    let file = File::binary("exact.bin", 100_000, 1);
    let answer = service
        .client()
        .submit_form(&a_submission(), std::slice::from_ref(&file))
        .await;
    let ticket = service.ticket(&answer.reference());
    assert_eq!(ticket["attachments"][0]["sha256"], file.sha256());
}

#[tokio::test]
async fn json_over_the_limit_is_too_large() {
    let service = Service::start_with(Setup::new(Database::Sqlite).section(SMALL)).await;
    let mut submission = a_submission();
    submission["description"] = "x".repeat(2 * 1024 * 1024).into();
    service
        .client()
        .submit(&submission)
        .await
        .problem(413, "payload-too-large");
}

#[tokio::test]
async fn an_upload_over_the_limit_is_refused_before_its_bytes_come() {
    let service = Service::start_with(Setup::new(Database::Sqlite).section(SMALL)).await;
    let request = service
        .client()
        .announcement("large.bin", "image/png", 100_001);
    let answer = Answer::of(request.send().await.expect("an answer")).await;
    answer.problem(413, "payload-too-large");
}

#[tokio::test]
async fn the_settings_tell_the_limits() {
    let service = Service::start_with(Setup::new(Database::Sqlite).section(SMALL)).await;
    let client = service.client();
    let answer = Answer::of(client.get(&client.path("settings")).await).await;
    let settings = answer.json();
    assert_eq!(settings["site"], "acme");
    assert_eq!(settings["name"], "Acme");
    assert_eq!(settings["accent"], "#2f5bea");
    assert_eq!(settings["locale"], "en");
    let limits = json!({
        "summary_chars": 200, "description_chars": 20_000, "email_chars": 254,
        "attachments": 2, "attachment_bytes": 100_000, "request_bytes": 150_000,
    });
    assert_eq!(settings["limits"], limits);
}
