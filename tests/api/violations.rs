//! Broken rules: all of them, at once, as codes.

use cornerdesk_tests::{
    Database, Service,
    client::{Answer, a_submission_with},
    on_both_databases,
};
use serde_json::{Value, json};

/// The violations of a problem as `field code`, sorted.
fn violations(answer: &Answer) -> Vec<String> {
    let problem = answer.problem(422, "invalid-submission");
    let listed = problem["violations"].as_array().expect("a list").iter();
    let mut violations: Vec<_> = listed
        .map(|violation| {
            let text = |member: &str| violation[member].as_str().expect("a text").to_owned();
            format!("{} {}", text("field"), text("code"))
        })
        .collect();
    violations.sort();
    violations
}

on_both_databases! {
    async fn all_broken_rules_are_told_at_once(database: Database) {
        let service = Service::start(database).await;
        let submission = json!({ "summary": "  ", "email": "not an address", "upload_ids": ["nothing"] });
        let answer = service.client().submit(&submission).await;
        let expected = ["description required", "email invalid", "summary required", "upload_ids unknown"];
        assert_eq!(violations(&answer), expected);
        assert_eq!(service.tickets(), Vec::<Value>::new());
    }
}

#[tokio::test]
async fn each_rule_has_its_code() {
    let service = Service::start(Database::Sqlite).await;
    let client = service.client();
    let long_address = format!("{}@customer.example", "a".repeat(250));
    let cases = [
        (json!({ "summary": "x".repeat(201) }), "summary too_long"),
        (
            json!({ "description": "x".repeat(20_001) }),
            "description too_long",
        ),
        (json!({ "email": long_address }), "email too_long"),
        (json!({ "email": "a@b@customer.example" }), "email invalid"),
        (
            json!({ "email": "ada@customer.example\r\nBcc: x@y.example" }),
            "email invalid",
        ),
        (json!({ "email": "" }), "email required"),
        (
            json!({ "context": { "host": { "a": "x".repeat(4_096) } } }),
            "context too_long",
        ),
        (
            json!({ "context": { "console_errors": vec!["x"; 21] } }),
            "context too_many",
        ),
        (json!({ "summary": null }), "summary required"),
    ];
    for (change, expected) in cases {
        let answer = client.submit(&a_submission_with(change)).await;
        // A member of the wrong type may be malformed rather than missing.
        if expected == "summary required" && answer.status == 400 {
            answer.problem(400, "malformed-request");
            continue;
        }
        assert_eq!(violations(&answer), [expected]);
    }
}

#[tokio::test]
async fn texts_as_long_as_allowed_are_accepted() {
    let service = Service::start(Database::Sqlite).await;
    let submission = a_submission_with(json!({
        // Characters are counted, not bytes.
        "summary": "ä".repeat(200),
        "description": "漢".repeat(20_000),
    }));
    let reference = service.client().submit(&submission).await.reference();
    assert_eq!(
        service.ticket(&reference)["description"],
        submission["description"]
    );
}
