//! Under which terms a submission becomes a ticket: category, plan, channel and version of the site's policy, and what it is promised.

use cornerdesk_tests::{
    Database, Service,
    client::{Answer, Client, a_submission_with, new_key},
    on_both_databases,
    product::Product,
    service::{SITE, Setup},
};
use serde_json::{Value, json};

use crate::identity::{submit_as, without_address};

const NO_HOLIDAYS: &str = "policy = \"m3ter\"\noverlay = \"m3ter-no-holidays\"\n";
const METEORAGE: &str = "policy = \"meteorage\"\noverlay = \"meteorage-fr\"\n";
const MEMSOURCE: &str = "policy = \"memsource\"\n";

async fn service(database: Database, terms: &str) -> Service {
    Service::start_with(Setup::new(database).site_setting(terms)).await
}

/// Sends a submission with these changes and shows its ticket.
async fn ticket_of(service: &Service, changes: Value) -> Value {
    let answer = service.client().submit(&a_submission_with(changes)).await;
    service.ticket(&answer.reference())
}

/// The first fact of a ticket.
fn terms_of(ticket: &Value) -> &Value {
    &ticket["timeline"][0]["terms"]
}

/// Sends a submission as one of our own forms does.
async fn submit_from(client: &Client, page: &str, changes: Value) -> Answer {
    let request = client.submission(&new_key(), &a_submission_with(changes));
    let request = request
        .header("Form-Token", "x")
        .header("Referer", format!("https://help.acme.example{page}"));
    Answer::of(request.send().await.expect("an answer")).await
}

on_both_databases! {
    async fn a_site_without_a_policy_promises_nothing_and_keeps_what_it_is_told(database: Database) {
        let service = Service::start(database).await;
        let answer = service.client().submit(&a_submission_with(json!({ "category": "anything", "plan": "any" }))).await;
        assert_eq!(answer.json().get("answer_by"), None);
        let ticket = service.ticket(&answer.reference());
        assert_eq!((&ticket["category"], &ticket["plan"]), (&json!("anything"), &json!("any")));
        assert_eq!((&ticket["policy_version"], &ticket["clock"]), (&Value::Null, &Value::Null));
    }

    async fn only_categories_of_the_policy_are_taken_and_several_faults_are_told_at_once(database: Database) {
        let service = service(database, METEORAGE).await;
        let client = service.client();
        for (category, code) in [("incident", "unknown"), ("Technical assistance", "invalid")] {
            let problem = client.submit(&a_submission_with(json!({ "category": category }))).await.problem(422, "invalid-submission");
            assert_eq!(problem["violations"], json!([{ "field": "category", "code": code }]));
        }
        let both = json!({ "category": "incident", "channel": "pigeon" });
        let problem = client.submit(&a_submission_with(both)).await.problem(422, "invalid-submission");
        assert_eq!(problem["violations"], json!([{ "field": "category", "code": "unknown" }, { "field": "channel", "code": "unknown" }]));
        for category in ["technical_assistance", "general_question", "suggest_an_improvement"] {
            assert_eq!(ticket_of(&service, json!({ "category": category })).await["category"], category);
        }
        // Staff classify what a program leaves out; a person is asked.
        assert_eq!(ticket_of(&service, json!({})).await["category"], Value::Null);
        let problem = submit_from(&client, "/w/acme", json!({})).await.problem(422, "invalid-submission");
        assert_eq!(problem["violations"], json!([{ "field": "category", "code": "required" }]));
    }

    async fn a_request_that_goes_elsewhere_is_no_ticket_and_is_told_where(database: Database) {
        let service = service(database, METEORAGE).await;
        let answer = service.client().submit(&a_submission_with(json!({ "category": "commercial" }))).await;
        assert_eq!(answer.problem(422, "category-redirected")["address"], "commercial@meteorage.com");
        assert!(service.tickets().is_empty());
    }

    async fn a_requester_cannot_set_the_priority_and_may_describe_the_impact(database: Database) {
        let service = service(database, METEORAGE).await;
        let claimed = json!({ "category": "technical_assistance", "priority": "high", "impact": "Nobody\r\ncan pay." });
        let problem = service.client().submit(&a_submission_with(claimed)).await.problem(422, "invalid-submission");
        assert_eq!(problem["violations"], json!([{ "field": "priority", "code": "staff_only" }]));
        let ticket = ticket_of(&service, json!({ "category": "technical_assistance", "impact": "Nobody\r\ncan pay." })).await;
        assert_eq!((&ticket["impact"], &ticket["priority"]), (&json!("Nobody\ncan pay."), &Value::Null));
        let patch = service.client().request("PATCH", &service.client().path("tickets")).json(&json!({ "priority": "high" }));
        Answer::of(patch.send().await.expect("an answer")).await.problem(405, "method-not-allowed");
    }

    async fn what_is_due_is_promised_in_the_receipt_and_in_the_repeated_one(database: Database) {
        let service = service(database, MEMSOURCE).await;
        let (client, key) = (service.client(), new_key());
        let submission = a_submission_with(json!({ "plan": "paid" }));
        let first = Answer::of(client.submission(&key, &submission).send().await.expect("an answer")).await;
        let received: jiff::Timestamp = first.json()["received_at"].as_str().expect("an instant").parse().expect("an instant");
        let due: jiff::Timestamp = first.json()["answer_by"].as_str().expect("a promise").parse().expect("an instant");
        assert_eq!(due.as_second() - received.as_second(), 12 * 3600);
        let second = Answer::of(client.submission(&key, &submission).send().await.expect("an answer")).await;
        assert_eq!(second.json(), first.json());
        let ticket = service.ticket(&first.reference());
        assert_eq!(ticket["clock"], json!({ "metric": "first_response", "due_at": due.to_string(), "status": "running", "reason": null, "budget_s": 43200 }));
        assert_eq!((&ticket["policy_version"], &terms_of(&ticket)["policy_version"]), (&json!(1), &json!(1)));
    }

    async fn nothing_is_promised_where_the_policy_is_silent_and_staff_see_why(database: Database) {
        let service = service(database, MEMSOURCE).await;
        let answer = service.client().submit(&a_submission_with(json!({ "plan": "free" }))).await;
        assert_eq!(answer.json().get("answer_by"), None);
        let clock = &service.ticket(&answer.reference())["clock"];
        assert_eq!((&clock["due_at"], &clock["status"], &clock["reason"]), (&Value::Null, &json!("none"), &json!("no_target")));
        let unknown = ticket_of(&service, json!({ "plan": "Enterprise-2019" })).await;
        assert_eq!(unknown["clock"]["reason"], "unknown_plan: \"Enterprise-2019\"");
        assert!(service.command(&["ticket", "show", &answer.reference()]).contains("nothing is promised: no_target"));
    }

    async fn a_request_that_nobody_has_classified_has_no_clock_and_an_uncovered_one_never(database: Database) {
        let service = service(database, METEORAGE).await;
        for (category, reason) in [("technical_assistance", "unclassified"), ("general_question", "category_not_covered")] {
            assert_eq!(ticket_of(&service, json!({ "category": category })).await["clock"]["reason"], reason);
        }
    }

    async fn what_the_product_says_wins_over_the_account_and_that_over_what_anybody_writes(database: Database) {
        let product = Product::new(SITE);
        let accounts = "[[sites.accounts]]\nkey = \"big\"\ndomains = [\"big.example\"]\nplan = \"Pro\"\n[[sites.accounts]]\nkey = \"small\"\ndomains = [\"customer.example\"]\nplan = \"silver\"";
        let setup = Setup::new(database).site_setting(&format!("{NO_HOLIDAYS}{}", product.settings())).section(accounts);
        let service = Service::start_with(setup).await;
        let seen = |ticket: &Value| {
            let terms = terms_of(ticket);
            [&terms["account"], &terms["plan"], &terms["plan_from"], &ticket["plan"]].map(Clone::clone)
        };
        let claimed = ticket_of(&service, json!({ "email": "a@BIG.example", "plan": "gold" })).await;
        assert_eq!(seen(&claimed), [json!("big"), json!("Pro"), json!("claimed_domain"), json!("Pro")]);
        let stranger = ticket_of(&service, json!({ "email": "a@nobody.example", "plan": "gold" })).await;
        assert_eq!(seen(&stranger), [Value::Null, Value::Null, Value::Null, Value::Null]);
        let mut claims = product.claims();
        for (change, seen_then) in [
            (json!({}), [json!("small"), json!("silver"), json!("verified_domain"), json!("silver")]),
            (json!({ "account": "big" }), [json!("big"), json!("Pro"), json!("account"), json!("Pro")]),
            (json!({ "plan": "gold" }), [json!("big"), json!("gold"), json!("identity"), json!("gold")]),
        ] {
            claims.as_object_mut().expect("claims").extend(change.as_object().expect("a change").clone());
            let answer = submit_as(&service.client(), &product.token_of(&claims), &without_address()).await;
            assert_eq!(seen(&service.ticket(&answer.reference())), seen_then);
        }
    }

    async fn who_is_not_on_the_accounts_list_is_told_whom_to_ask(database: Database) {
        let account = "[[sites.accounts]]\nkey = \"big\"\ndomains = [\"big.example\"]\nentitled = [\"ada@big.example\"]\nadministrator = \"Ada Ö, ada@big.example\"";
        let product = Product::new(SITE);
        let setup = Setup::new(database).site_setting(&format!("{MEMSOURCE}{}", product.settings())).section(account);
        let service = Service::start_with(setup).await;
        let mut claims = product.claims();
        claims["account"] = json!("big");
        let answer = submit_as(&service.client(), &product.token_of(&claims), &without_address()).await;
        assert_eq!(answer.problem(403, "not-entitled")["address"], "Ada Ö, ada@big.example");
        // Whoever types an address is not told who the account's people are.
        let answer = service.client().submit(&a_submission_with(json!({ "email": "bob@big.example" }))).await;
        assert_eq!(answer.problem(403, "not-entitled")["address"], Value::Null);
        assert!(!answer.text.contains("ada@"), "{}", answer.text);
        assert!(service.tickets().is_empty());
        assert_eq!(ticket_of(&service, json!({ "email": "Ada@big.example" })).await["account"], "big");
    }

    async fn a_ticket_keeps_the_channel_that_it_came_by(database: Database) {
        let channels = "channels = { widget = \"customer_area\", help_form = \"help_center\", api = \"customer_area\" }\n";
        let service = service(database, &format!("{METEORAGE}{channels}")).await;
        let covered = json!({ "category": "technical_assistance" });
        for (page, channel) in [("/w/acme", "customer_area"), ("/help/acme", "help_center")] {
            let answer = submit_from(&service.client(), page, covered.clone()).await;
            assert_eq!(service.ticket(&answer.reference())["channel"], channel, "{page}");
        }
        assert_eq!(ticket_of(&service, covered).await["channel"], "customer_area");
        // Who passes a call on says so, and nothing is promised for it.
        let call = ticket_of(&service, json!({ "category": "technical_assistance", "channel": "phone" })).await;
        assert_eq!((&call["channel"], &call["clock"]["reason"]), (&json!("phone"), &json!("channel_not_guaranteed")));
    }

    async fn staff_read_what_the_contract_of_an_account_says_beside_the_policy(database: Database) {
        let account = |key: &str, note: &str| format!("[[sites.accounts]]\nkey = \"{key}\"\ndomains = [\"{key}.example\"]\n{note}");
        let accounts = [account("big", "note = \"Metering <SLA> as in the order form\"\n"), account("small", "")].concat();
        let service = Service::start_with(Setup::new(database).site_setting(NO_HOLIDAYS).section(&accounts)).await;
        let staff = service.sign_in_staff().await;
        for (key, is_said) in [("big", true), ("small", false)] {
            let email = json!({ "email": format!("ada@{key}.example"), "plan": "Pro" });
            let reference = service.client().submit(&a_submission_with(email)).await.reference();
            let page = staff.get(&format!("/desk/tickets/{reference}")).await.text;
            assert_eq!(page.contains("Metering &lt;SLA&gt; as in the order form"), is_said, "{page}");
        }
    }

    async fn a_channel_that_the_plan_has_not_is_refused(database: Database) {
        let service = service(database, NO_HOLIDAYS).await;
        let by = |plan: &str, channel: &str| a_submission_with(json!({ "plan": plan, "channel": channel }));
        let problem = service.client().submit(&by("Standard", "slack_teams")).await.problem(422, "invalid-submission");
        assert_eq!(problem["violations"], json!([{ "field": "channel", "code": "not_allowed" }]));
        for (plan, channel) in [("Pro", "slack_teams"), ("Standard", "web")] {
            let reference = service.client().submit(&by(plan, channel)).await.reference();
            assert_eq!(service.ticket(&reference)["channel"], channel);
        }
    }

    async fn a_changed_policy_is_a_new_version_for_new_tickets_and_an_accepted_submission_stays_accepted(database: Database) {
        let setup = Setup::new(database);
        let mut service = Service::start_with(setup.clone().site_setting(METEORAGE)).await;
        let (key, submission) = (new_key(), a_submission_with(json!({ "category": "technical_assistance" })));
        let first = Answer::of(service.client().submission(&key, &submission).send().await.expect("an answer")).await;
        service.terminate().await;
        service.configure(&setup.clone().site_setting(NO_HOLIDAYS));
        service.start_again().await;
        // The category is not known any more, and the receipt is.
        let again = Answer::of(service.client().submission(&key, &submission).send().await.expect("an answer")).await;
        assert_eq!(again.json(), first.json());
        assert_eq!(service.ticket(&first.reference())["policy_version"], 1);
        let second = ticket_of(&service, json!({ "category": "incident" })).await;
        assert_eq!(second["policy_version"], 2);
        service.terminate().await;
        service.start_again().await;
        // What is in force already is not published again.
        assert_eq!(ticket_of(&service, json!({ "category": "incident" })).await["policy_version"], 2);
    }
}

#[tokio::test]
async fn a_service_whose_policies_have_faults_does_not_start_and_says_all_of_them() {
    let terms =
        "policy = \"m3ter\"\noverlay = \"m3ter-no-holidais\"\nchannels = { widget = \"fax\" }\n";
    let account =
        "[[sites.accounts]]\nkey = \"big\"\nplan = \"platinum\"\noverlay = \"meteorage-fr\"";
    let service = Service::prepare(
        &Setup::new(Database::Sqlite)
            .site_setting(terms)
            .section(account),
    );
    for command in [["config", "check"].as_slice(), &["serve"]] {
        let output = service.try_command(command, "");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success(), "{said}");
        for fault in ["m3ter-no-holidais", "meteorage-fr"] {
            assert!(said.contains(fault), "{command:?}: {said}");
        }
    }
}
