//! JSM Operations alerts somebody for what is urgent, until somebody has it and it is over.

use std::time::Duration;

use cornerdesk_tests::{
    Database, Service,
    client::a_submission_with,
    eventually,
    jsm_operations::{API_KEY, Alert, JsmOperations},
    service::Setup,
    vendor_server::Fault,
};
use serde_json::json;

const SOON: Duration = Duration::from_secs(30);

fn setup(section: &str) -> Setup {
    let setup = Setup::new(Database::Sqlite);
    let setup = setup.reached_at("https://help.acme.example");
    setup.waits_ms(10, 10).section(section)
}

async fn stands(jsm: &JsmOperations, alias: &str, status: &str, opened: usize) -> Alert {
    let what = format!("{alias} to be {status}");
    eventually(SOON, &what, async || {
        let found = jsm.alerts().get(alias).cloned();
        found.filter(|alert| alert.status == status && alert.opened == opened)
    })
    .await
}

#[tokio::test]
async fn an_alert_is_there_once_until_somebody_has_the_ticket_and_it_is_over() {
    let jsm = JsmOperations::start().await;
    jsm.fail(1, "/alerts", Fault::LoseAnswer);
    jsm.fail(1, "/acknowledge", Fault::failure());
    jsm.fail(1, "/close", Fault::limit());
    let settings = "priority = \"P2\"\nteams = [\"t-1\"]\ntags = [\"cornerdesk\"]\n";
    let service = Service::start_with(setup(&jsm.section(API_KEY, "", settings))).await;
    let changes = json!({ "summary": "canary-summary", "description": "canary-description", "email": "canary@example.com" });
    let submission = a_submission_with(changes);
    let reference = service.client().submit(&submission).await.reference();
    let alias = format!("cornerdesk-{reference}");
    let alert = stands(&jsm, &alias, "open", 1).await;
    assert_eq!(alert.body["priority"], "P2");
    assert_eq!(
        alert.body["responders"],
        json!([{ "id": "t-1", "type": "team" }])
    );
    let command = ["ticket", "reply", reference.as_str(), "--by", "Sam"];
    assert!(
        service
            .try_command(&command, "We look into it.")
            .status
            .success()
    );
    stands(&jsm, &alias, "acked", 1).await;
    let status = |to: &str| {
        service.command(&["ticket", "status", &reference, "--to", to, "--by", "Sam"]);
    };
    status("solved");
    stands(&jsm, &alias, "closed", 1).await;
    status("open");
    stands(&jsm, &alias, "open", 2).await;
    assert_eq!(jsm.alerts().len(), 1);
    assert!(jsm.calls().iter().all(|call| !call.text.contains("canary")));
    assert_eq!(service.jobs("dead"), Vec::<serde_json::Value>::new());
}

// The command asks while it is waited for.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_not_taken_stops_it_with_words() {
    let jsm = JsmOperations::start().await;
    let service = Service::start_with(setup(&jsm.section("another-key", "", ""))).await;
    let submission = a_submission_with(json!({}));
    service.client().submit(&submission).await;
    let shown = eventually(SOON, "it to stop itself", async || {
        let shown = service.command(&["destination", "show", "jsm_operations"]);
        // The attempt is written down first.
        (shown.contains("does not take the API key") && shown.contains("stopped")).then_some(shown)
    })
    .await;
    assert!(!shown.contains("another-key"), "{shown}");
    let tested = service.try_command(&["destination", "test", "jsm_operations"], "");
    assert!(!tested.status.success());
    assert!(jsm.alerts().is_empty());
}
