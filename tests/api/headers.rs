//! Security headers, checked as a browser would understand them.

use base64::{Engine, prelude::BASE64_STANDARD};
use cornerdesk_tests::{Database, Service, client::Answer, service::Setup};
use sha2::{Digest, Sha256};

const ALLOWED: &str = "https://app.customer.example";

async fn service() -> Service {
    Service::start_with(Setup::new(Database::Sqlite).allow(ALLOWED)).await
}

async fn get(service: &Service, path: &str) -> Answer {
    Answer::of(service.client().get(path).await).await
}

/// The sources of one directive of the answer's policy.
fn sources(answer: &Answer, directive: &str) -> Vec<String> {
    let policy = answer.header("content-security-policy").expect("a policy");
    let mut directives = policy.split(';').map(|text| text.trim().split(' '));
    let found = directives.find_map(|mut words| (words.next() == Some(directive)).then_some(words));
    found
        .unwrap_or_else(|| panic!("no {directive} in {policy}"))
        .map(str::to_owned)
        .collect()
}

/// The source expressions for all inline elements `<name …>text</name>` that a browser would run or apply.
fn inline_hashes(html: &str, name: &str) -> Vec<String> {
    let mut hashes = Vec::new();
    for element in html.split(&format!("<{name}")).skip(1) {
        let (attributes, rest) = element.split_once('>').expect("a tag ends");
        let (text, _) = rest
            .split_once(&format!("</{name}>"))
            .expect("an element ends");
        if !attributes.contains("src=") && !attributes.contains("application/json") {
            let digest = BASE64_STANDARD.encode(Sha256::digest(text));
            hashes.push(format!("'sha256-{digest}'"));
        }
    }
    hashes
}

#[tokio::test]
async fn the_panel_runs_nothing_but_its_own_code() {
    let service = service().await;
    for path in ["/w/acme", "/help/acme"] {
        let answer = get(&service, path).await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(sources(&answer, "default-src"), ["'none'"]);
        assert_eq!(sources(&answer, "base-uri"), ["'none'"]);
        assert_eq!(sources(&answer, "form-action"), ["'self'"]);
        assert_eq!(sources(&answer, "connect-src"), ["'self'"]);
        let scripts = sources(&answer, "script-src");
        assert!(
            !scripts
                .iter()
                .any(|source| source == "'unsafe-inline'" || source == "'unsafe-eval'"),
            "{scripts:?}"
        );
        for hash in inline_hashes(&answer.text, "script") {
            assert!(
                scripts.contains(&hash),
                "{path}: {hash} is not in {scripts:?}"
            );
        }
        let styles = sources(&answer, "style-src");
        for hash in inline_hashes(&answer.text, "style") {
            assert!(
                styles.contains(&hash),
                "{path}: {hash} is not in {styles:?}"
            );
        }
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert!(answer.header("referrer-policy").is_some());
    }
}

#[tokio::test]
async fn the_panel_can_be_framed_by_the_allowed_pages_alone() {
    let service = service().await;
    let panel = get(&service, "/w/acme").await;
    let ancestors = sources(&panel, "frame-ancestors");
    assert!(
        ancestors.iter().any(|source| source == ALLOWED),
        "{ancestors:?}"
    );
    assert!(
        !ancestors.iter().any(|source| source == "*"),
        "{ancestors:?}"
    );
    assert_eq!(panel.header("x-frame-options"), None, "it knows no origins");
}

#[tokio::test]
async fn the_desk_cannot_be_framed_or_scripted_by_others() {
    let service = service().await;
    let answer = get(&service, "/desk/login").await;
    assert_eq!(answer.status, 200);
    assert_eq!(sources(&answer, "frame-ancestors"), ["'none'"]);
    assert_eq!(sources(&answer, "default-src"), ["'none'"]);
    assert_eq!(sources(&answer, "script-src"), ["'self'"]);
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    let caching = answer.header("cache-control").unwrap_or_default();
    assert!(caching.contains("no-store"), "{caching}");
    let referrer = answer.header("referrer-policy").unwrap_or_default();
    assert!(
        matches!(referrer, "no-referrer" | "same-origin" | "strict-origin"),
        "{referrer}"
    );
}

#[tokio::test]
async fn answers_of_the_api_are_not_kept_or_sniffed() {
    let service = service().await;
    let answer = get(&service, "/v1/sites/acme/settings").await;
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert!(answer.header("server").is_none());
    assert_eq!(sources(&answer, "frame-ancestors"), ["'none'"]);
}

#[tokio::test]
async fn browsers_come_with_tls_alone_where_it_is_there() {
    let header = "strict-transport-security";
    let setup = Setup::new(Database::Sqlite).reached_at("https://help.acme.example");
    let by_tls = Service::start_with(setup).await;
    for path in [
        "/desk/login",
        "/widget.js",
        "/v1/sites/acme/settings",
        "/nowhere",
    ] {
        let answer = get(&by_tls, path).await;
        assert_eq!(answer.header(header), Some("max-age=31536000"), "{path}");
    }
    let plain = service().await;
    assert_eq!(get(&plain, "/desk/login").await.header(header), None);
}
