//! What staff are offered as category and priority: suggested, never applied, and learned from (requirement 28).

use cornerdesk_tests::{
    Database, Service, client::a_submission_with, on_both_databases, service::Setup,
};
use serde_json::{Value, json};

const NO_HOLIDAYS: &str = "policy = \"m3ter\"\noverlay = \"m3ter-no-holidays\"\n";

async fn service(database: Database) -> Service {
    Service::start_with(Setup::new(database).site_setting(NO_HOLIDAYS)).await
}

async fn submit(service: &Service, summary: &str, description: &str) -> String {
    let text = json!({ "summary": summary, "description": description, "plan": "Pro" });
    let submission = a_submission_with(text);
    service.client().submit(&submission).await.reference()
}

fn suggested(service: &Service, reference: &str) -> Value {
    let said = service.command(&["ticket", "suggest", reference, "--json"]);
    serde_json::from_str(&said).expect("JSON")
}

fn report(service: &Service) -> Value {
    let said = service.command(&["ticket", "suggestions", "--site", "acme", "--json"]);
    serde_json::from_str(&said).expect("JSON")
}

fn classify(service: &Service, reference: &str, category: &str, priority: &str) {
    let mut arguments = vec!["ticket", "classify", reference, "--by", "Kim"];
    arguments.extend(["--category", category, "--priority", priority]);
    service.command(&arguments);
}

on_both_databases! {
    async fn words_for_a_breach_suggest_the_first_priority_and_change_nothing(database: Database) {
        let service = service(database).await;
        for (summary, description) in [("Data leak", "Please call us."), ("Question", "Ich sehe in der Liste fremde Kundendaten.")] {
            let reference = submit(&service, summary, description).await;
            let before = service.ticket(&reference);
            let said = suggested(&service, &reference);
            assert_eq!(said["priority"]["id"], "S1", "{said}");
            assert!(said["priority"]["percent"].as_u64() >= Some(55), "{said}");
            assert!(!said["priority"]["because"].as_array().expect("words").is_empty(), "{said}");
            let shown = service.command(&["ticket", "suggest", &reference]);
            assert!(shown.contains("Severity 1") && shown.contains("because of: “"), "{shown}");
            // Shown, not applied: neither to the ticket nor to its clock.
            let after = service.ticket(&reference);
            for field in ["category", "priority", "clock", "status"] {
                assert_eq!(after[field], before[field], "{field}");
            }
            // The acknowledgement may have come in between.
            let facts = after["timeline"].as_array().expect("a timeline");
            assert!(facts.iter().all(|fact| fact["kind"] != "classified"), "{after}");
            assert_eq!((&after["priority"], &after["clock"]["reason"]), (&Value::Null, &json!("unclassified")));
        }
        assert_eq!(report(&service)["priority"]["all"]["decided"], 0);
    }

    async fn what_staff_decide_is_reported_as_taken_changed_or_not_suggested(database: Database) {
        let service = service(database).await;
        let taken = submit(&service, "API is down", "Nobody can work, all users are affected.").await;
        classify(&service, &taken, "incident", "S1");
        let changed = submit(&service, "API is down", "Nobody can work.").await;
        classify(&service, &changed, "incident", "S2");
        let silent = submit(&service, "Hello", "Hello").await;
        classify(&service, &silent, "defect", "S3");
        let report = report(&service);
        let all = json!({ "decided": 3, "suggested": 2, "taken": 1, "changed": 1, "silent": 1 });
        assert_eq!(report["priority"]["all"], all);
        let category = json!({ "decided": 3, "suggested": 2, "taken": 2, "changed": 0, "silent": 1 });
        assert_eq!(report["category"]["all"], category);
        assert_eq!(report["priority"]["classes"]["S2"]["changed"], 1);
        // A later decision is another choice for the same suggestion.
        classify(&service, &changed, "incident", "S1");
        let again = self::report(&service);
        assert_eq!(again["priority"]["all"], json!({ "decided": 3, "suggested": 2, "taken": 2, "changed": 0, "silent": 1 }));
        let shown = service.command(&["ticket", "suggestions", "--site", "acme", "--since", "2020-01-01"]);
        assert!(shown.contains("100 %"), "{shown}");
        let none = service.command(&["ticket", "suggestions", "--site", "acme", "--since", "2100-01-01"]);
        assert!(none.contains("0 decided"), "{none}");
    }
}
