//! The loader, the panel and the help form as documents.

use cornerdesk_tests::{Database, Service, client::Answer, service::Setup};

const ALLOWED: &str = "https://app.customer.example";

async fn loader(service: &Service, path: &str, referrer: Option<&str>) -> Answer {
    let mut request = service.client().request("GET", path);
    if let Some(referrer) = referrer {
        request = request.header("Referer", referrer);
    }
    Answer::of(request.send().await.expect("an answer")).await
}

#[tokio::test]
async fn the_loader_knows_the_sites_of_the_page_that_asks() {
    let service = Service::start_with(Setup::new(Database::Sqlite).allow(ALLOWED)).await;
    let allowed = loader(
        &service,
        "/widget.js",
        Some(&format!("{ALLOWED}/orders?id=7")),
    )
    .await;
    assert_eq!(allowed.status, 200);
    assert!(
        allowed
            .header("content-type")
            .is_some_and(|found| found.starts_with("text/javascript"))
    );
    assert!(
        allowed
            .header("vary")
            .is_some_and(|vary| vary.to_lowercase().contains("referer"))
    );
    assert!(allowed.text.contains("\"acme\""), "the site is in it");
    assert!(!allowed.text.contains("__CORNERDESK_SITES__"));
    let refused = loader(&service, "/widget.js", Some("https://evil.example/")).await;
    assert!(
        !refused.text.contains("acme"),
        "sites are not told to strangers"
    );
    let unknown = loader(&service, "/widget.js", None).await;
    assert!(
        !unknown.text.contains("acme"),
        "sites are not told to nobody"
    );
}

#[tokio::test]
async fn the_loader_can_be_asked_for_one_site() {
    let service = Service::start_with(Setup::new(Database::Sqlite).allow(ALLOWED)).await;
    let known = loader(&service, "/widget.js?site=acme", None).await;
    assert!(
        known.text.contains("\"acme\"")
            && known.text.contains(r"https\:\/\/app\.customer\.example"),
        "{}",
        known.text
    );
    assert!(
        known
            .text
            .contains(r#""label":"Help","labels":{"ar":"مساعدة","cs":"Pomoc","de":"Hilfe","es":"Ayuda","fr":"Aide","ja":"ヘルプ"}"#),
        "the launcher speaks the language of the page: {}",
        known.text
    );
    let unknown = loader(&service, "/widget.js?site=nobody", None).await;
    assert_eq!(unknown.status, 200);
    assert!(!unknown.text.contains("\"acme\""));
}

#[tokio::test]
async fn unknown_sites_have_no_form() {
    let service = Service::start(Database::Sqlite).await;
    for path in ["/w/nobody", "/help/nobody"] {
        let answer = loader(&service, path, None).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(!answer.text.contains("<form"), "{path}");
    }
}

#[tokio::test]
async fn the_form_is_complete_without_any_script() {
    let service = Service::start(Database::Sqlite).await;
    for path in ["/w/acme", "/help/acme"] {
        let form = loader(&service, path, None).await.text;
        for control in [
            "name=\"summary\"",
            "name=\"description\"",
            "name=\"email\"",
            "name=\"attachments\"",
            "type=\"submit\"",
        ] {
            assert!(form.contains(control), "{path} has {control}");
        }
        assert!(
            form.contains("method=\"post\"") && form.contains("multipart/form-data"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn each_form_has_a_key_of_its_own() {
    let service = Service::start(Database::Sqlite).await;
    let key = async || {
        let form = loader(&service, "/help/acme", None).await.text;
        let after = form
            .split("name=\"idempotency_key\" value=\"")
            .nth(1)
            .expect("a key")
            .to_owned();
        after.split('"').next().expect("a value ends").to_owned()
    };
    assert_ne!(key().await, key().await);
}

#[tokio::test]
async fn the_form_speaks_the_language_that_is_asked_for() {
    let service = Service::start(Database::Sqlite).await;
    let german = loader(&service, "/w/acme?locale=de", None).await.text;
    assert!(german.contains("lang=\"de\""));
    let unknown = loader(&service, "/w/acme?locale=xx", None).await.text;
    assert!(unknown.contains("lang=\"en\""));
}

#[tokio::test]
async fn assets_are_served_compressed_and_cached() {
    let service = Service::start(Database::Sqlite).await;
    let request = service
        .client()
        .request("GET", "/assets/desk.css")
        .header("Accept-Encoding", "br");
    let response = request.send().await.expect("an answer");
    assert_eq!(response.status(), 200);
    let header = |name: &str| response.headers()[name].to_str().expect("ASCII").to_owned();
    assert_eq!(header("content-encoding"), "br");
    assert!(header("content-type").starts_with("text/css"));
    assert!(
        header("cache-control").contains("max-age=600"),
        "{}",
        header("cache-control")
    );
    let missing = loader(&service, "/assets/../Cargo.toml", None).await;
    assert_eq!(missing.status, 404);
}
