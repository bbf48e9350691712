//! What is over is erased after so many days without anything; what is not over, or is opened again, stays.

use std::time::Duration;

use cornerdesk_tests::{
    Database, Service,
    client::{File, a_submission_with},
    eventually, on_both_databases,
    service::Setup,
};
use serde_json::json;

use super::canaries::{files_of, post};

const DAY: Duration = Duration::from_secs(86_400);

async fn ask(service: &Service) -> String {
    let file = service
        .client()
        .upload(&File::text("steps.txt", "1. open"))
        .await;
    let submission = a_submission_with(json!({ "upload_ids": [file] }));
    let reference = service.client().submit(&submission).await.reference();
    service.ticket_with_examined_files(&reference).await;
    service.acknowledged(&reference).await;
    reference
}

fn is_there(service: &Service, reference: &str) -> bool {
    let shown = service.try_command(&["ticket", "show", reference], "");
    shown.status.success()
}

on_both_databases! {
    async fn what_is_over_goes_when_its_days_are_over(database: Database) {
        let setup = Setup::new(database).site_setting("retention = { closed_days = 30, files_days = 10 }");
        let mut service = Service::start_at(setup, "2026-03-02T09:00:00Z").await;
        let (closed, reopened, open) = (ask(&service).await, ask(&service).await, ask(&service).await);
        let staff = service.sign_in_staff().await;
        for reference in [&closed, &reopened] {
            let path = format!("/desk/tickets/{reference}/status");
            assert_eq!(post(&staff, &path, "outcome=closed:no_reply").await.status, 303);
        }
        let page = staff.get(&format!("/desk/tickets/{closed}")).await.text;
        assert!(page.contains("Kept until") && page.contains("1 Apr 2026"), "{page}");
        let page = staff.get(&format!("/desk/tickets/{open}")).await.text;
        assert!(!page.contains("Kept until"), "{page}");

        // It looks at its start, and every five minutes.
        service.let_pass(DAY * 11).await;
        service.terminate().await;
        service.start_again().await;
        eventually(Duration::from_secs(30), "the files to be erased", async || {
            let shown = service.ticket(&closed);
            shown["attachments"].as_array().is_some_and(Vec::is_empty).then_some(())
        }).await;
        assert!(service.ticket(&closed)["timeline"].to_string().contains("files_erased"));
        assert_eq!(service.ticket(&open)["attachments"].as_array().expect("files").len(), 1);
        let staff = service.sign_in_again(cornerdesk_tests::service::STAFF_EMAIL).await;
        assert_eq!(post(&staff, &format!("/desk/tickets/{reopened}/status"), "outcome=open").await.status, 303);

        service.let_pass(DAY * 20).await;
        service.terminate().await;
        service.start_again().await;
        eventually(Duration::from_secs(30), "the ticket to be erased", async || (!is_there(&service, &closed)).then_some(())).await;
        eventually(Duration::from_secs(30), "it to be counted", async || {
            let metrics = service.client().get("/metrics").await.text().await.expect("metrics");
            metrics.contains("cornerdesk_kept_no_longer_total{outcome=\"tickets\"} 1").then_some(())
        }).await;
        assert!(is_there(&service, &reopened) && is_there(&service, &open));
        assert!(service.log().contains("erased what is kept no longer"));
        assert_eq!(files_of(&service.data_folder().join("blobs")).len(), 1, "of the one that is open");
        service.assert_storage_is_counted();
    }
}

#[tokio::test]
async fn days_that_cannot_be_meant_are_said() {
    let setup = Setup::new(Database::Sqlite)
        .site_setting("retention = { closed_days = 0, files_days = 5 }");
    let service = Service::prepare(&setup);
    let output = service.try_command(&["config", "check"], "");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        !output.status.success() && said.contains("retention.closed_days: 1 to 36500 days"),
        "{said}"
    );
}
