//! What staff do with a ticket and its clock: on the command line and on its page.

use cornerdesk_tests::{
    Database, Service,
    client::{Answer, a_submission_with},
    on_both_databases,
    service::{Setup, Staff},
};
use serde_json::{Value, json};

const SILENT: &str = "policy = \"m3ter\"\n";
const NO_HOLIDAYS: &str = "policy = \"m3ter\"\noverlay = \"m3ter-no-holidays\"\n";
const METEORAGE: &str = "policy = \"meteorage\"\noverlay = \"meteorage-fr\"\n";

/// A service whose site has these terms, and a ticket of the plan Silver.
async fn service_with_ticket(database: Database, terms: &str) -> (Service, String) {
    let service = Service::start_with(Setup::new(database).site_setting(terms)).await;
    let reference = submit(&service).await;
    (service, reference)
}

async fn submit(service: &Service) -> String {
    let submission = a_submission_with(json!({ "plan": "Standard" }));
    service.client().submit(&submission).await.reference()
}

/// A command by which Sam does something with a ticket.
fn act(service: &Service, arguments: &[&str]) -> String {
    service.command(&[&["ticket"], arguments, &["--by", "Sam"]].concat())
}

/// What a command that must fail said.
fn refusal(service: &Service, arguments: &[&str]) -> String {
    let arguments = [&["ticket"], arguments, &["--by", "Sam"]].concat();
    let output = service.try_command(&arguments, "");
    assert!(!output.status.success(), "{arguments:?} succeeded");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn seconds(instant: &Value) -> i64 {
    let instant = instant.as_str().expect("an instant");
    instant
        .parse::<jiff::Timestamp>()
        .expect("RFC 3339")
        .as_second()
}

/// Kinds of the facts that staff have made.
fn acts_of(ticket: &Value) -> Vec<&str> {
    let timeline = ticket["timeline"].as_array().expect("facts").iter();
    timeline
        .filter(|fact| fact["by"] == "Sam")
        .map(|fact| fact["kind"].as_str().expect("a kind"))
        .collect()
}

async fn post(staff: &Staff, path: &str, fields: &[(&str, &str)]) -> Answer {
    // No value here needs an escape.
    let pairs: Vec<String> = (fields.iter())
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let request = staff.request("POST", path);
    let request = request
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body(pairs.join("&"));
    Answer::of(request.send().await.expect("an answer")).await
}

on_both_databases! {
    async fn staff_classify_and_the_clock_begins_at_receipt(database: Database) {
        let (service, reference) = service_with_ticket(database, NO_HOLIDAYS).await;
        assert_eq!(service.ticket(&reference)["clock"]["reason"], "unclassified");
        act(&service, &["classify", &reference, "--priority", "S1", "--category", "incident"]);
        let ticket = service.ticket(&reference);
        assert_eq!((&ticket["priority"], &ticket["category"], &ticket["status"]), (&json!("S1"), &json!("incident"), &json!("open")));
        assert_eq!(seconds(&ticket["clock"]["due_at"]) - seconds(&ticket["received_at"]), 3600);
        let fact = &ticket["timeline"].as_array().expect("facts").iter().find(|fact| fact["kind"] == "classified").expect("a fact");
        assert_eq!((&fact["by"], &fact["priority"], &fact["category"]), (&json!("Sam"), &json!("S1"), &json!("incident")));
        act(&service, &["classify", &reference, "--no-priority"]);
        assert_eq!(service.ticket(&reference)["clock"]["reason"], "unclassified");
    }

    async fn what_the_policy_does_not_know_is_refused_with_what_it_knows(database: Database) {
        let (service, reference) = service_with_ticket(database, NO_HOLIDAYS).await;
        assert!(refusal(&service, &["classify", &reference, "--priority", "P1"]).contains("\"S1\""));
        assert!(refusal(&service, &["classify", &reference, "--category", "incidents"]).contains("did you mean \"incident\"?"));
        assert!(refusal(&service, &["classify", &reference, "--plan", "platinum"]).contains("plan"));
        assert!(refusal(&service, &["escalate", &reference, "--to", "9"]).contains("step"));
        assert!(refusal(&service, &["resume", &reference]).contains("not paused"));
        // A reason is no choice.
        assert!(refusal(&service, &["pause", &reference]).contains("--reason"));
        assert_eq!(acts_of(&service.ticket(&reference)), Vec::<&str>::new());
    }

    async fn a_pause_stops_the_clock_and_an_answer_ends_it(database: Database) {
        let (service, reference) = service_with_ticket(database, NO_HOLIDAYS).await;
        act(&service, &["classify", &reference, "--priority", "S1"]);
        act(&service, &["pause", &reference, "--reason", "requester"]);
        let paused = service.ticket(&reference);
        assert_eq!((&paused["clock"]["reason"], &paused["clock"]["status"], &paused["status"]), (&json!("paused"), &json!("paused"), &json!("waiting")));
        assert!(refusal(&service, &["pause", &reference, "--reason", "third_party"]).contains("already"));
        act(&service, &["resume", &reference]);
        assert_eq!(service.ticket(&reference)["clock"]["status"], "running");
        act(&service, &["escalate", &reference, "--to", "4"]);
        act(&service, &["answered", &reference]);
        let ticket = service.ticket(&reference);
        assert_eq!((&ticket["clock"]["status"], &ticket["status"]), (&json!("met"), &json!("open")));
        assert_eq!(acts_of(&ticket), ["classified", "paused", "resumed", "escalated_to", "answered"]);
        // After the answer a classification changes the ticket, and the clock no more.
        let due = ticket["clock"]["due_at"].clone();
        act(&service, &["classify", &reference, "--priority", "S3"]);
        let ticket = service.ticket(&reference);
        assert_eq!((&ticket["priority"], &ticket["clock"]["due_at"]), (&json!("S3"), &due));
    }

    async fn staff_see_what_the_policy_does_not_say(database: Database) {
        let (service, reference) = service_with_ticket(database, SILENT).await;
        act(&service, &["classify", &reference, "--priority", "S2"]);
        let reason = "policy_incomplete: holidays of \"selected\"";
        assert_eq!(service.ticket(&reference)["clock"]["reason"], reason);
        assert!(service.command(&["policy", "explain", &reference]).contains(reason));
        let staff = service.sign_in_staff().await;
        let page = staff.get(&format!("/desk/tickets/{reference}")).await;
        assert!(page.text.contains("policy_incomplete: holidays of &quot;selected&quot;"), "{}", page.text);
    }

    async fn a_clock_explains_itself_as_data_to_staff_and_to_nobody_else(database: Database) {
        let (service, reference) = service_with_ticket(database, NO_HOLIDAYS).await;
        act(&service, &["classify", &reference, "--priority", "S2"]);
        let path = format!("/desk/tickets/{reference}/clock");
        assert_ne!(service.client().get(&path).await.status().as_u16(), 200);
        let data = service.sign_in_staff().await.get(&path).await.json();
        let first = &data["first_response"];
        assert_eq!((&first["policy"], &first["budget_s"], &first["calendar"]), (&json!("m3ter"), &json!(14_400), &json!("support_hours_silver")));
        let stretches = first["stretches"].as_array().expect("stretches");
        let counted: i64 = stretches.iter().filter_map(|stretch| stretch["counted_s"].as_i64()).sum();
        assert_eq!(counted, 14_400, "{stretches:?}");
        // A policy without a figure for it is given none.
        assert_eq!(data["resolution"], json!({ "due_at": null, "reason": "no_target" }));
        let told: Value = serde_json::from_str(&service.command(&["policy", "explain", &reference, "--json"])).expect("JSON");
        assert_eq!(told["first_response"]["due_at"], first["due_at"]);
        assert!(service.command(&["policy", "explain", &reference]).contains("counted"));
    }

    async fn the_ticket_page_shows_definitions_of_the_pinned_policy_and_its_forms_work_without_scripts(database: Database) {
        let (service, reference) = service_with_ticket(database, NO_HOLIDAYS).await;
        let staff = service.sign_in_staff().await;
        let path = |rest: &str| format!("/desk/tickets/{reference}{rest}");
        let page = staff.get(&path("")).await.text;
        for text in ["Severity 1 - Urgent", "Production is hit severely", "work goes on without a break until it is solved", "the service or its console is down", "nothing is promised: unclassified", "no target in this policy", "updated 2025-02-10"] {
            assert!(page.contains(text), "{text}: {page}");
        }
        let classified = post(&staff, &path("/classify"), &[("priority", "S1"), ("category", "defect")]).await;
        assert_eq!(classified.status.as_u16(), 303, "{}", classified.text);
        let ticket = service.ticket(&reference);
        assert_eq!((&ticket["priority"], &ticket["category"]), (&json!("S1"), &json!("defect")));
        assert_eq!(acts_of(&ticket), ["classified"]);
        post(&staff, &path("/pause"), &[]).await.problem(400, "malformed-request");
        post(&staff, &path("/pause"), &[("reason", "other_department")]).await;
        assert_eq!(service.ticket(&reference)["clock"]["status"], "paused");
        assert!(staff.get(&path("")).await.text.contains("Resume the clock"));
        post(&staff, &path("/resume"), &[]).await;
        post(&staff, &path("/answered"), &[]).await;
        // A second press is no second fact.
        post(&staff, &path("/answered"), &[]).await;
        assert_eq!(acts_of(&service.ticket(&reference)), ["classified", "paused", "resumed", "answered"]);
        post(&staff, &path("/classify"), &[("priority", "P1")]).await.problem(400, "malformed-request");
    }

    async fn open_tickets_keep_their_terms_until_somebody_puts_them_under_others(database: Database) {
        let setup = Setup::new(database);
        let mut service = Service::start_with(setup.clone().site_setting("policy = \"meteorage\"\n")).await;
        let assistance = a_submission_with(json!({ "category": "technical_assistance" }));
        let (first, solved) = (service.client().submit(&assistance).await.reference(), service.client().submit(&assistance).await.reference());
        act(&service, &["classify", &first, "--priority", "high"]);
        act(&service, &["status", &solved, "--to", "closed"]);
        assert_eq!(service.ticket(&first)["clock"]["reason"], "policy_incomplete: zone of \"business_hours\"");
        service.terminate().await;
        service.configure(&setup.clone().site_setting(METEORAGE));
        service.start_again().await;
        assert_eq!(service.ticket(&first)["policy_version"], 1);
        let repin = ["policy", "repin", "--site", "acme", "--from", "1", "--overlay", "meteorage-fr", "--by", "Sam", "--because", "the zone is known"];
        let shown = service.command(&[repin.as_slice(), &["--dry-run"]].concat());
        assert!(shown.contains("1 tickets: 0 due earlier, 0 later, 1 newly promised") && shown.contains("a dry run"), "{shown}");
        assert_eq!(service.ticket(&first)["policy_version"], 1);
        service.command(&repin);
        let ticket = service.ticket(&first);
        assert_eq!((&ticket["policy_version"], &ticket["clock"]["reason"]), (&json!(2), &Value::Null));
        let fact = ticket["timeline"].as_array().expect("facts").iter().find(|fact| fact["kind"] == "repinned").expect("a fact").clone();
        assert_eq!((&fact["from"], &fact["version"], &fact["because"]), (&json!(1), &json!(2), &json!("the zone is known")));
        assert_eq!(service.ticket(&solved)["policy_version"], 1, "what is over keeps its terms");
        // Done once, it finds nothing left.
        assert!(service.command(&repin).contains("0 tickets are under version 2 now"));
    }

    async fn one_ticket_under_two_contracts_has_two_due_times(database: Database) {
        let accounts = "[[sites.accounts]]\nkey = \"big\"\ndomains = [\"big.example\"]\noverlay = \"meiro-test-berlin\"\n[[sites.accounts]]\nkey = \"small\"\ndomains = [\"small.example\"]\noverlay = \"meiro-test-prague\"";
        let service = Service::start_with(Setup::new(database).site_setting("policy = \"meiro\"\n").section(accounts)).await;
        let mut budgets = Vec::new();
        for domain in ["big", "small", "nobody"] {
            let submission = a_submission_with(json!({ "email": format!("a@{domain}.example"), "category": "bug" }));
            let reference = service.client().submit(&submission).await.reference();
            act(&service, &["classify", &reference, "--priority", "P1"]);
            budgets.push(service.ticket(&reference)["clock"]["budget_s"].clone());
        }
        assert!(budgets[0].is_i64() && budgets[1].is_i64() && budgets[0] != budgets[1], "{budgets:?}");
        assert_eq!(budgets[2], Value::Null, "no contract, no figure");
    }
}
