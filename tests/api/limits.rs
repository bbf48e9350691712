//! More than the configuration allows.

use cornerdesk_tests::{
    Database, Service,
    client::{Answer, File, a_submission, form},
    on_both_databases,
    service::Setup,
};
use serde_json::json;

const MIB: usize = 1024 * 1024;
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
async fn the_defaults_are_10_files_of_25_mib_and_50_mib_a_request() {
    let service = Service::start(Database::Sqlite).await;
    let client = service.client();
    let settings = Answer::of(client.get(&client.path("settings")).await).await;
    let limits = &settings.json()["limits"];
    assert_eq!(limits["attachments"], 10);
    assert_eq!(limits["request_bytes"], 50 * MIB);
    for (bytes, status) in [(25 * MIB, 201), (25 * MIB + 1, 413)] {
        let request = client.announcement("a.bin", "image/png", bytes);
        assert_eq!(request.send().await.expect("an answer").status(), status);
    }
}

#[tokio::test]
async fn a_form_has_40_parts_at_most() {
    let service = Service::start(Database::Sqlite).await;
    let client = service.client();
    // A submission has three.
    for (more, status) in [(37, 201), (38, 400)] {
        let own = (0..more).fold(form(&a_submission(), &[]), |form, number| {
            form.text(format!("of_the_page_{number}"), "a")
        });
        let request = client.request("POST", &client.path("tickets"));
        let answer = request.multipart(own).send().await.expect("an answer");
        assert_eq!(answer.status(), status);
    }
}

#[tokio::test]
async fn a_field_over_64_kib_is_not_kept() {
    let service = Service::start(Database::Sqlite).await;
    let client = service.client();
    for (field, status) in [("category", 422), ("email", 422), ("of_the_page", 201)] {
        let mut submission = a_submission();
        submission[field] = "x".repeat(64 * 1024 + 1).into();
        let answer = client.submit_form(&submission, &[]).await;
        assert_eq!(answer.status, status, "{field}: {}", answer.text);
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
