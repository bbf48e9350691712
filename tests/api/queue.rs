//! The queue of the desk: what is due next, and what nobody has classified (requirement 27).

use cornerdesk_tests::{
    Database, Service,
    client::a_submission_with,
    on_both_databases,
    service::{Setup, Staff},
};
use serde_json::json;

const METEORAGE: &str = "policy = \"meteorage\"\noverlay = \"meteorage-fr\"\n";

async fn ask(service: &Service, submission: serde_json::Value) -> String {
    let submission = a_submission_with(submission);
    service.client().submit(&submission).await.reference()
}

/// The references on a page of the desk, from the top.
async fn references(staff: &Staff, path: &str) -> Vec<String> {
    let page = staff.get(path).await;
    assert_eq!(page.status, 200, "{path}");
    let links = page
        .text
        .split("<a class=\"reference\" href=\"/desk/tickets/");
    let reference = |link: &str| link.split('"').next().map(str::to_owned);
    links.skip(1).filter_map(reference).collect()
}

on_both_databases! {
    async fn a_request_outside_the_classification_is_seen_until_somebody_classifies_it(database: Database) {
        let service = Service::start_with(Setup::new(database).site_setting(METEORAGE)).await;
        let staff = service.sign_in_staff().await;
        let older = ask(&service, json!({ "category": "general_question" })).await;
        let nobodys = ask(&service, json!({ "category": "technical_assistance" })).await;
        assert_eq!(references(&staff, "/desk/unclassified").await, [nobodys.as_str()]);
        assert_eq!(references(&staff, "/desk").await, [older.as_str(), nobodys.as_str()], "the oldest first");
        assert!(staff.get("/desk").await.text.contains("1 ticket has no clock"));

        service.command(&["ticket", "classify", &nobodys, "--priority", "high", "--by", "Kim"]);
        assert!(references(&staff, "/desk/unclassified").await.is_empty());
        assert_eq!(references(&staff, "/desk").await, [nobodys.as_str(), older.as_str()], "it is due now, and the other never");
        assert!(staff.get("/desk").await.text.contains("class=\"due\""));

        service.command(&["ticket", "answered", &nobodys, "--by", "Kim"]);
        assert_eq!(references(&staff, "/desk").await, [older.as_str(), nobodys.as_str()], "nothing is due any more");
        service.command(&["ticket", "status", &older, "--to", "closed", "--by", "Kim"]);
        assert_eq!(references(&staff, "/desk").await, [nobodys.as_str()]);
        assert_eq!(references(&staff, "/desk/tickets").await, [nobodys.as_str(), older.as_str()], "all, newest first");
    }

    async fn an_empty_queue_says_whether_there_is_anything_at_all(database: Database) {
        let service = Service::start_with(Setup::new(database)).await;
        let staff = service.sign_in_staff().await;
        assert!(staff.get("/desk").await.text.contains("No tickets yet"));
        let reference = ask(&service, json!({})).await;
        service.command(&["ticket", "status", &reference, "--to", "closed", "--by", "Kim"]);
        assert!(staff.get("/desk").await.text.contains("Nothing is open"));
        for broken in ["/desk?below=x", "/desk/unclassified?below=-_1_2&page=7"] {
            assert_eq!(staff.get(broken).await.status, 200, "{broken}");
        }
    }
}
