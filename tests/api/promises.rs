//! What is said before anything is sent: when the team answers, and by when.

use cornerdesk_tests::{
    Database, Service,
    client::Answer,
    on_both_databases, policy_folder,
    product::Product,
    service::{SITE, Setup},
};
use serde_json::{Value, json};

async fn asked(service: &Service, query: &str, token: Option<&str>) -> Answer {
    let client = service.client();
    let mut request = client.request("GET", &client.path(&format!("promise?{query}")));
    if let Some(token) = token {
        request = request.header("Identity-Token", token);
    }
    Answer::of(request.send().await.expect("an answer")).await
}

async fn said(service: &Service, query: &str, token: Option<&str>) -> Value {
    let answer = asked(service, query, token).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

/// A site with the policy of m3ter, whose product says which plan somebody has.
async fn m3ter(database: Database) -> (Product, Service) {
    let product = Product::new(SITE);
    let settings = format!(
        "{}\npolicy = \"m3ter\"\noverlay = \"m3ter-no-holidays\"",
        product.settings()
    );
    let service = Service::start_with(Setup::new(database).site_setting(&settings)).await;
    (product, service)
}

fn token_with(product: &Product, plan: &str) -> String {
    let mut claims = product.claims();
    claims["plan"] = plan.into();
    product.token_of(&claims)
}

on_both_databases! {
    async fn the_hours_of_a_plan_are_said_to_whoever_has_it(database: Database) {
        let (product, service) = m3ter(database).await;
        for (plan, hours) in [
            ("Pro", "Our team answers Monday–Friday, 10:00 (CET)–17:00 (ET)."),
            ("silver", "Our team answers Monday–Friday, 10:00–18:00 (CET)."),
        ] {
            let said = said(&service, "locale=en", Some(&token_with(&product, plan))).await;
            assert_eq!(said, json!({ "hours": [hours], "sentences": " " }));
        }
        // Nobody knows the plan, and what anybody could write does not count.
        let unknown = said(&service, "locale=en&plan=gold", None).await;
        let hours = ["Our team answers Monday–Friday, 10:00–18:00 (CET).", "Your plan decides how fast we answer."];
        assert_eq!(unknown, json!({ "hours": hours, "sentences": " " }));
        asked(&service, "locale=en", Some("not a token")).await.problem(401, "identity-refused");
    }

    async fn a_promise_is_an_instant_of_the_policy_or_nothing(database: Database) {
        let setup = Setup::new(database)
            .section(&policy_folder::by_day_after_tomorrow())
            .site_setting("policy = \"acme\"");
        let service = Service::start_with(setup).await;
        let answer = asked(&service, "category=question&locale=de&time_zone=Europe/Berlin", None).await;
        assert_eq!(answer.header("cache-control"), Some("private, max-age=20"));
        let said_of_question = answer.json();
        assert_eq!(said_of_question["answer_by"], policy_folder::due().to_string());
        assert_eq!(said_of_question["promise"], "Sie hören von uns bis {time}.");
        for silent in ["idea", "sales", "nothing-of-the-kind"] {
            let said = said(&service, &format!("category={silent}"), None).await;
            let is_promised = said.get("promise").is_some();
            // A category that nobody knows has no row of its own, and the one row is for all.
            assert_eq!(is_promised, silent == "nothing-of-the-kind", "{silent}: {said}");
        }
        for zone in ["Mars/Olympus", "", "../../etc/passwd"] {
            let said = said(&service, &format!("time_zone={zone}"), None).await;
            assert_eq!(said["hours"].as_array().map(Vec::len), Some(1), "{zone}");
        }
    }

    async fn a_site_without_a_policy_says_nothing(database: Database) {
        let service = Service::start(database).await;
        let said = said(&service, "category=question&locale=en&time_zone=Asia/Tokyo", None).await;
        assert_eq!((&said["hours"], said.get("promise")), (&json!([]), None));
        let settings = service.client().get("/v1/sites/acme/settings").await;
        assert_eq!(Answer::of(settings).await.json().get("policy"), None);
    }

    async fn the_settings_have_the_form_of_the_policy_as_data(database: Database) {
        let settings = "policy = \"meteorage\"\noverlay = \"meteorage-fr\"";
        let service = Service::start_with(Setup::new(database).site_setting(settings)).await;
        let settings = service.client().get("/v1/sites/acme/settings").await;
        let policy = Answer::of(settings).await.json()["policy"].clone();
        assert_eq!(policy["title"], "Technical support policy");
        assert_eq!(policy["fields"], json!(["summary", "description", "category", "impact", "attachments", "email"]));
        assert_eq!(policy["languages"], json!(["fr", "en"]));
        let first = json!({ "id": "technical_assistance", "title": "Technical assistance", "definition": "Incidents, and help with using the services.", "has_response_times": true });
        assert_eq!(policy["categories"][0], first);
        assert_eq!(policy["categories"].as_array().map(Vec::len), Some(3));
    }
}

#[tokio::test]
async fn more_questions_than_a_minute_allows_are_put_off_and_sending_is_not() {
    let service = Service::start(Database::Sqlite).await;
    let client = service.client();
    let mut last = None;
    for _ in 0..125 {
        last = Some(asked(&service, "", None).await);
    }
    if let Some(answer) = last {
        answer.problem(429, "too-many-requests");
    }
    let sent = client
        .submit(&cornerdesk_tests::client::a_submission())
        .await;
    assert_eq!(sent.status, 201);
}
