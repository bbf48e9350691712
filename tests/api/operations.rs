//! What operators and their machines look at.

use cornerdesk_tests::{
    Database, Service,
    client::{Answer, File, a_submission, upload_id},
    on_both_databases,
};
use serde_json::Value;

async fn get(service: &Service, path: &str) -> Answer {
    Answer::of(service.client().get(path).await).await
}

on_both_databases! {
    async fn a_healthy_service_says_so(database: Database) {
        let service = Service::start(database).await;
        assert_eq!(get(&service, "/healthz").await.status, 200);
        assert_eq!(get(&service, "/readyz").await.status, 200);
    }

    async fn the_metrics_count_submissions(database: Database) {
        let service = Service::start(database).await;
        service.client().submit(&a_submission()).await.reference();
        let answer = get(&service, "/metrics").await;
        let content_type = answer.header("content-type").expect("a type");
        assert!(content_type.contains("openmetrics-text") || content_type.starts_with("text/plain"), "{content_type}");
        assert_eq!(sample(&answer.text, "cornerdesk_submissions_total{outcome=\"new\"}"), Some(1.0));
        assert_is_exposition(&answer.text);
        assert!(!answer.text.contains("customer.example"), "no personal data in metrics");
    }
}

/// The value of one series.
fn sample(exposition: &str, series: &str) -> Option<f64> {
    let line = exposition
        .lines()
        .find_map(|line| line.strip_prefix(series))?;
    line.trim().parse().ok()
}

/// Every line is a comment or `name{labels} value`.
fn assert_is_exposition(text: &str) {
    for line in text.lines() {
        let is_comment = line.starts_with("# ");
        let is_sample = line.rsplit_once(' ').is_some_and(|(series, value)| {
            let name = series.split('{').next().unwrap_or_default();
            let is_name = name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b':');
            let labels_end = !series.contains('{') || series.ends_with('}');
            is_name && labels_end && (value.parse::<f64>().is_ok() || value == "+Inf")
        });
        assert!(
            is_comment || is_sample,
            "not a line of an exposition: {line}"
        );
    }
}

#[tokio::test]
async fn the_api_description_describes_paths_that_answer() {
    let service = Service::start(Database::Sqlite).await;
    let client = service.client();
    let description = get(&service, "/openapi.json").await.json();
    let version = description["openapi"].as_str().unwrap_or_default();
    assert!(version.starts_with("3.1"), "{version}");
    assert_references_resolve(&description, &description);
    let paths = description["paths"].as_object().expect("paths");
    for needed in [
        "/v1/sites/{site}/tickets",
        "/v1/sites/{site}/settings",
        "/v1/sites/{site}/uploads",
        "/healthz",
        "/readyz",
        "/metrics",
    ] {
        assert!(paths.contains_key(needed), "{needed} is described");
    }
    for (path, operations) in paths {
        let methods = ["get", "put", "post", "delete", "patch", "head"];
        for (method, operation) in operations.as_object().expect("operations") {
            if !methods.contains(&method.as_str()) {
                continue; // parameters and texts of the whole path
            }
            assert!(
                operation["responses"]
                    .as_object()
                    .is_some_and(|found| !found.is_empty()),
                "{method} {path}"
            );
            let upload = client.create_upload(&File::text("note.txt", "x")).await;
            let address = path
                .replace("{site}", "acme")
                .replace("{file}", "desk.css")
                .replace("{upload}", &upload_id(&upload))
                .replace("{upload_id}", &upload_id(&upload))
                .replace("{id}", &upload_id(&upload));
            let request = client.request(&method.to_uppercase(), &address);
            let status = request.send().await.expect("an answer").status().as_u16();
            assert!(
                !matches!(status, 404 | 405 | 500..),
                "{method} {address}: {status}"
            );
            let documented = operation["responses"].as_object().expect("responses");
            let known =
                documented.contains_key(&status.to_string()) || documented.contains_key("default");
            assert!(
                known,
                "{method} {address} answers {status}, which is not described"
            );
        }
    }
}

/// Every `$ref` inside the document points to something in it.
fn assert_references_resolve(value: &Value, document: &Value) {
    match value {
        Value::Object(members) => {
            if let Some(reference) = members.get("$ref").and_then(Value::as_str) {
                let pointer = reference
                    .strip_prefix('#')
                    .expect("a reference into this document");
                assert!(
                    document.pointer(pointer).is_some(),
                    "{reference} points to nothing"
                );
            }
            members
                .values()
                .for_each(|member| assert_references_resolve(member, document));
        }
        Value::Array(items) => items
            .iter()
            .for_each(|item| assert_references_resolve(item, document)),
        _ => {}
    }
}

#[tokio::test]
async fn a_request_id_is_in_the_answer_and_in_the_problem() {
    let service = Service::start(Database::Sqlite).await;
    let answer = get(&service, "/v1/nothing").await;
    let problem = answer.problem(404, "not-found");
    let header = answer
        .header("x-request-id")
        .expect("every answer has an id");
    assert_eq!(problem["request_id"], header);
}

#[tokio::test]
async fn a_request_id_of_the_client_is_kept_when_it_is_one() {
    let service = Service::start(Database::Sqlite).await;
    let answered = async |id: &str| {
        let request = service
            .client()
            .request("GET", "/healthz")
            .header("X-Request-Id", id);
        let answer = Answer::of(request.send().await.expect("an answer")).await;
        answer
            .header("x-request-id")
            .expect("every answer has an id")
            .to_owned()
    };
    assert_eq!(answered("proxy-1.2_Ab").await, "proxy-1.2_Ab");
    let long = "a".repeat(3_000);
    for wrong in [long.as_str(), "two words", "quo\"ted", "<b>"] {
        let id = answered(wrong).await;
        assert!(id != wrong && !id.is_empty(), "{id}");
    }
}
