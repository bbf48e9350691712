//! Which pages may submit: the browser says where it is, and the service believes it.

use cornerdesk_tests::{
    Database, Service,
    client::{Answer, a_submission, form, new_key},
    on_both_databases,
    service::Setup,
};

const ALLOWED: &str = "https://app.customer.example";
const BELOW: &str = "https://*.tenants.example";

async fn submit_from(service: &Service, origin: &str) -> Answer {
    let request = service
        .client()
        .submission(&new_key(), &a_submission())
        .header("Origin", origin);
    Answer::of(request.send().await.expect("an answer")).await
}

async fn preflight(service: &Service, path: &str, origin: &str, method: &str) -> Answer {
    let client = service.client();
    let request = client
        .request("OPTIONS", &client.path(path))
        .header("Origin", origin)
        .header("Access-Control-Request-Method", method)
        .header(
            "Access-Control-Request-Headers",
            "content-type,idempotency-key",
        );
    Answer::of(request.send().await.expect("an answer")).await
}

on_both_databases! {
    async fn a_page_of_another_origin_is_refused_and_leaves_nothing(database: Database) {
        let service = Service::start_with(Setup::new(database).allow(ALLOWED)).await;
        let answer = submit_from(&service, "https://evil.example").await;
        answer.problem(403, "origin-not-allowed");
        assert!(answer.header("access-control-allow-origin").is_none());
        assert!(service.tickets().is_empty());
    }
}

#[tokio::test]
async fn the_allowed_origins_are_exactly_those_that_are_written_down() {
    let service =
        Service::start_with(Setup::new(Database::Sqlite).allow(ALLOWED).allow(BELOW)).await;
    let own = service.origin();
    let cases = [
        (ALLOWED, true),
        (own.as_str(), true),
        ("https://a.tenants.example", true),
        ("https://a.b.tenants.example", true),
        ("https://tenants.example", false),
        ("http://a.tenants.example", false),
        ("https://a.tenants.example:8443", false),
        ("https://a.tenants.example.evil.example", false),
        ("https://eviltenants.example", false),
        ("http://app.customer.example", false),
        ("https://app.customer.example:8443", false),
        ("https://app.customer.example.evil.example", false),
        ("null", false),
        ("", false),
    ];
    for (origin, allowed) in cases {
        let answer = submit_from(&service, origin).await;
        let expected = if allowed { 201 } else { 403 };
        assert_eq!(answer.status, expected, "from {origin:?}: {}", answer.text);
    }
}

#[tokio::test]
async fn an_allowed_page_may_read_the_answer() {
    let service = Service::start_with(Setup::new(Database::Sqlite).allow(ALLOWED)).await;
    let answer = submit_from(&service, ALLOWED).await;
    assert_eq!(answer.status, 201);
    assert_eq!(answer.header("access-control-allow-origin"), Some(ALLOWED));
    let vary = answer.header("vary").unwrap_or_default().to_lowercase();
    assert!(vary.contains("origin"), "{vary}");
    assert!(answer.header("access-control-allow-credentials").is_none());
    let exposed = answer
        .header("access-control-expose-headers")
        .unwrap_or_default()
        .to_lowercase();
    assert!(
        exposed.contains("location") && exposed.contains("upload-offset"),
        "{exposed}"
    );
}

#[tokio::test]
async fn a_preflight_tells_an_allowed_page_what_it_may_do() {
    let service = Service::start_with(Setup::new(Database::Sqlite).allow(ALLOWED)).await;
    for (path, method) in [
        ("tickets", "POST"),
        ("uploads", "POST"),
        ("uploads/1", "PATCH"),
    ] {
        let answer = preflight(&service, path, ALLOWED, method).await;
        assert!(answer.status.is_success(), "{path}: {}", answer.status);
        assert_eq!(
            answer.header("access-control-allow-origin"),
            Some(ALLOWED),
            "{path}"
        );
        let methods = answer
            .header("access-control-allow-methods")
            .unwrap_or_default();
        assert!(methods.contains(method), "{path}: {methods}");
        let headers = answer
            .header("access-control-allow-headers")
            .unwrap_or_default()
            .to_lowercase();
        for needed in [
            "content-type",
            "idempotency-key",
            "upload-offset",
            "tus-resumable",
        ] {
            assert!(headers.contains(needed), "{path}: {headers}");
        }
        assert!(answer.header("access-control-max-age").is_some(), "{path}");
    }
}

#[tokio::test]
async fn a_preflight_of_another_page_gets_no_permission() {
    let service = Service::start_with(Setup::new(Database::Sqlite).allow(ALLOWED)).await;
    let answer = preflight(&service, "tickets", "https://evil.example", "POST").await;
    assert!(answer.header("access-control-allow-origin").is_none());
}

#[tokio::test]
async fn a_request_that_is_not_from_a_page_is_accepted() {
    let service = Service::start_with(Setup::new(Database::Sqlite).allow_only(ALLOWED)).await;
    service.client().submit(&a_submission()).await.reference();
}

#[tokio::test]
async fn the_forms_are_sent_by_their_own_pages_and_by_programs_alone() {
    let service = Service::start_with(Setup::new(Database::Sqlite).allow(ALLOWED)).await;
    let own = service.origin();
    let cases = [
        (Some(own.as_str()), "same-origin", 201),
        (None, "", 201),
        (Some("https://evil.example"), "cross-site", 403),
        (Some("https://evil.example"), "", 403),
        // An allowed page embeds the panel; it does not send the panel's form.
        (Some(ALLOWED), "cross-site", 403),
        (Some("null"), "cross-site", 403),
    ];
    for path in ["/help/acme", "/w/acme"] {
        for (origin, fetch_site, expected) in cases {
            let mut request = service
                .client()
                .request("POST", path)
                .multipart(form(&a_submission(), &[]));
            if let Some(origin) = origin {
                request = request.header("Origin", origin);
            }
            if !fetch_site.is_empty() {
                request = request.header("Sec-Fetch-Site", fetch_site);
            }
            let answer = Answer::of(request.send().await.expect("an answer")).await;
            assert_eq!(
                answer.status, expected,
                "{path} from {origin:?} ({fetch_site}): {}",
                answer.text
            );
        }
    }
    assert_eq!(service.tickets().len(), 4);
}
