//! PagerDuty pages somebody for what is urgent, until somebody has it and it is over.

use std::time::Duration;

use cornerdesk_tests::{
    Database, Service,
    client::{a_submission, a_submission_with},
    eventually, on_both_databases,
    pagerduty::{Incident, PagerDuty, ROUTING_KEY},
    service::Setup,
    vendor_server::Fault,
};
use serde_json::json;

const SOON: Duration = Duration::from_secs(30);
const POLICY: &str = "policy = \"m3ter\"\noverlay = \"m3ter-no-holidays\"\n";
const TOP: &str = "[[destinations.when]]\npriorities = [\"S1\"]\n";

fn setup(database: Database, section: &str) -> Setup {
    let setup = Setup::new(database).site_setting(POLICY);
    let setup = setup.reached_at("https://help.acme.example");
    setup.waits_ms(10, 10).section(section)
}

fn act(service: &Service, arguments: &[&str]) {
    service.command(&[&["ticket"], arguments, &["--by", "Sam"]].concat());
}

fn reply(service: &Service, reference: &str) {
    let command = ["ticket", "reply", reference, "--by", "Sam"];
    let output = service.try_command(&command, "We look into it.");
    assert!(output.status.success(), "{output:?}");
}

/// Waits until an incident stands so.
async fn stands(pagerduty: &PagerDuty, key: &str, status: &str, opened: usize) -> Incident {
    let what = format!("{key} to be {status}");
    eventually(SOON, &what, async || {
        let found = pagerduty.incidents().get(key).cloned();
        found.filter(|incident| incident.status == status && incident.opened == opened)
    })
    .await
}

on_both_databases! {
    async fn somebody_is_paged_for_what_is_urgent_until_somebody_has_it_and_it_is_over(database: Database) {
        let pagerduty = PagerDuty::start().await;
        pagerduty.fail(1, "/enqueue", Fault::LoseAnswer);
        pagerduty.fail(1, "/enqueue", Fault::failure());
        pagerduty.fail(1, "/enqueue", Fault::limit());
        let service = Service::start_with(setup(database, &pagerduty.section(ROUTING_KEY, TOP, ""))).await;
        let changes = json!({ "category": "incident", "summary": "canary-summary", "description": "canary-description", "email": "canary@example.com" });
        let reference = service.client().submit(&a_submission_with(changes)).await.reference();
        let quiet = service.client().submit(&a_submission()).await.reference();
        act(&service, &["classify", &quiet, "--priority", "S2"]);
        act(&service, &["classify", &reference, "--priority", "S1"]);
        let key = format!("cornerdesk/{reference}");
        let incident = stands(&pagerduty, &key, "triggered", 1).await;
        let summary = incident.payload["summary"].as_str().expect("a summary");
        assert!(summary.starts_with(&format!("{reference} · Severity 1 - Urgent · Incident")), "{summary}");
        assert_eq!(incident.payload["severity"], "critical");
        assert_eq!(incident.url, json!(format!("https://help.acme.example/desk/tickets/{reference}")));
        reply(&service, &reference);
        stands(&pagerduty, &key, "acknowledged", 1).await;
        act(&service, &["status", &reference, "--to", "solved", "--reason", "fixed"]);
        stands(&pagerduty, &key, "resolved", 1).await;
        act(&service, &["status", &reference, "--to", "open"]);
        stands(&pagerduty, &key, "triggered", 2).await;
        // It is not urgent after all.
        act(&service, &["classify", &reference, "--priority", "S3"]);
        stands(&pagerduty, &key, "resolved", 2).await;
        let keys: Vec<String> = pagerduty.incidents().into_keys().collect();
        assert_eq!(keys, [key]);
        assert!(pagerduty.calls().iter().all(|call| !call.text.contains("canary")));
        assert_eq!(service.jobs("dead"), Vec::<serde_json::Value>::new());
    }
}

#[tokio::test]
async fn a_promise_that_is_broken_pages_again_until_there_is_an_answer() {
    let pagerduty = PagerDuty::start().await;
    let setup = setup(Database::Sqlite, &pagerduty.section(ROUTING_KEY, TOP, ""));
    let service = Service::start_in_false_time(setup).await;
    let submission = a_submission_with(json!({ "category": "incident", "plan": "gold" }));
    let reference = service.client().submit(&submission).await.reference();
    act(&service, &["classify", &reference, "--priority", "S1"]);
    let (key, late) = (
        format!("cornerdesk/{reference}"),
        format!("cornerdesk/{reference}/late"),
    );
    stands(&pagerduty, &key, "triggered", 1).await;
    service.let_pass(Duration::from_secs(61 * 60)).await;
    let incident = stands(&pagerduty, &late, "triggered", 1).await;
    let summary = incident.payload["summary"].as_str().expect("a summary");
    assert!(summary.starts_with("The first answer is late"), "{summary}");
    reply(&service, &reference);
    stands(&pagerduty, &key, "acknowledged", 1).await;
    stands(&pagerduty, &late, "resolved", 1).await;
}

// The command asks PagerDuty while it is waited for.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_not_known_stops_it_and_nothing_is_lost() {
    let pagerduty = PagerDuty::start().await;
    let (wrong, url) = ("f".repeat(32), Database::Sqlite.new_url());
    let setup = |key: &str| {
        let section = pagerduty.section(key, "", "");
        setup(Database::Sqlite, &section).database_url(&url)
    };
    let mut service = Service::start_with(setup(&wrong)).await;
    let reference = service.client().submit(&a_submission()).await.reference();
    let shown = eventually(SOON, "it to stop itself", async || {
        let shown = service.command(&["destination", "show", "pagerduty"]);
        // The attempt is written down first.
        (shown.contains("does not know the routing key") && shown.contains("stopped"))
            .then_some(shown)
    })
    .await;
    assert!(!shown.contains(&wrong), "{shown}");
    let tested = service.try_command(&["destination", "test", "pagerduty"], "");
    let said = String::from_utf8_lossy(&tested.stderr).into_owned();
    assert!(
        !tested.status.success() && said.contains("Integration Key"),
        "{said}"
    );
    let checked = service.command(&["destination", "check", "pagerduty"]);
    assert!(checked.contains("destination test pagerduty"), "{checked}");
    // The operator corrects the file, and lets it go on.
    service.kill();
    service.configure(&setup(ROUTING_KEY));
    service.start_again().await;
    service.command(&["destination", "resume", "pagerduty"]);
    stands(
        &pagerduty,
        &format!("cornerdesk/{reference}"),
        "triggered",
        1,
    )
    .await;
    let tested = service.command(&["destination", "test", "pagerduty"]);
    assert!(tested.contains("The test arrived"), "{tested}");
    stands(&pagerduty, "cornerdesk/test/pagerduty", "triggered", 1).await;
}
