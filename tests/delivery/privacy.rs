//! What never stands in the log, however much is logged.

use cornerdesk_tests::{
    Database, Service,
    client::{File, a_submission_with},
    on_both_databases,
    service::Setup,
    smtp::{Answer, SmtpSink},
};
use serde_json::json;

on_both_databases! {
    async fn nothing_that_was_typed_is_in_the_log_at_trace_level(database: Database) {
        let sink = SmtpSink::start().await;
        let setup = Setup::new(database).mail_to(&sink).log_level("trace");
        let service = Service::start_with(setup).await;
        let upload = service.client().upload(&File::text("canary-name.txt", "canary-content")).await;
        let submission = a_submission_with(json!({
            "summary": "canary-summary",
            "description": "canary-description",
            "email": "canary-address@canary-domain.example",
            "upload_ids": [upload],
            "context": { "page_title": "canary-title" },
        }));
        // A failed attempt is logged too.
        sink.answer_with(Answer::NotNow);
        service.client().submit(&submission).await.reference();
        sink.offers(1).await;
        sink.answer_with(Answer::Accept);
        sink.messages(1).await;
        let wrong = a_submission_with(json!({ "summary": "canary-summary", "email": "canary-nonsense" }));
        service.client().submit(&wrong).await.problem(422, "invalid-submission");

        let log = service.log();
        for logged in ["ticket received", "job failed", "request"] {
            assert!(log.contains(logged), "{logged} is logged");
        }
        let told: Vec<_> = log.lines().filter(|line| line.contains("canary")).collect();
        assert!(told.is_empty(), "{told:#?}");
    }
}
