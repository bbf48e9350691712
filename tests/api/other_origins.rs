//! Pages of other origins, by what they send (S19): no form of ours is obeyed that one of them sent, with whatever cookies, and no answer may be read
//! by one. The same with a browser: `tests/browser/other_origins.rs`.

use cornerdesk_tests::{
    Database, Service,
    client::{Answer, a_submission},
    service::{Setup, Staff},
};

use crate::sites_apart::matrix::{DESK, PAGES};

const ALLOWED: &str = "https://app.customer.example";
const HOST: &str = "help.acme.example";
const FORM: &str = "application/x-www-form-urlencoded";

/// What stands in `Origin` when a page of somebody else asks, for a service at `https://help.acme.example` with a site at `https://app.customer.example`.
const HOSTILE: &[&str] = &[
    "https://evil.example",
    "null",
    "file://",
    "https://help.acme.example.evil.example",
    "https://evilhelp.acme.example",
    "https://evil-help.acme.example",
    "https://evil.help.acme.example",
    "https://acme.example",
    "https://help.acme.example.",
    "https://help.acme.example:8443",
    "https://help.acme.example@evil.example",
    "https://evil.example/https://help.acme.example",
    "https://evil.example#help.acme.example",
    "https://evil.example?help.acme.example",
    "https://help.acme.exampl",
    "https://help.acme.example.org",
    "https://help%2Eacme.example",
    "https://help_acme.example",
    "https://xn--hlp-dma.acme.example",
    "https://hélp.acme.example",
    "chrome-extension://help.acme.example.evil",
    "https://127.0.0.1",
    "http://localhost",
    "https://app.customer.example.evil.example",
    "https://evilapp.customer.example",
    "https://app.customer.example:8443",
    "http://app.customer.example",
    "https://app.customer.example.",
    "https://APP.customer.example.evil.example",
];

async fn service() -> Service {
    let setup = Setup::new(Database::Sqlite)
        .allow(ALLOWED)
        .reached_at(&format!("https://{HOST}"));
    Service::start_with(setup).await
}

/// A form of the desk with the cookie of a colleague, as a page of `origin` makes a browser send it.
async fn forged(
    service: &Service,
    staff: &Staff,
    path: &str,
    origin: &str,
    fetch_site: &str,
) -> Answer {
    let mut request = service
        .client()
        .request("POST", path)
        .header("Host", HOST)
        .header("Origin", origin.as_bytes())
        .header("Cookie", staff.cookie())
        .header("Content-Type", FORM)
        .body("outcome=open&body=owned");
    if !fetch_site.is_empty() {
        request = request.header("Sec-Fetch-Site", fetch_site);
    }
    Answer::to(request).await
}

fn is_readable(answer: &Answer) -> bool {
    let allowed = answer.header("access-control-allow-origin").is_some();
    allowed || answer.header("access-control-allow-credentials").is_some()
}

#[tokio::test]
async fn no_form_of_the_desk_is_obeyed_that_a_page_of_another_origin_sent() {
    let service = service().await;
    let staff = service.sign_in_staff().await;
    let reference = service.client().submit(&a_submission()).await.reference();
    let path = format!("/desk/tickets/{reference}/status");
    for origin in HOSTILE {
        for fetch_site in ["", "cross-site", "same-site"] {
            let answer = forged(&service, &staff, &path, origin, fetch_site).await;
            assert_eq!(
                answer.status, 403,
                "{origin:?} ({fetch_site}): {}",
                answer.text
            );
            assert!(!is_readable(&answer), "{origin:?}: {}", answer.text);
        }
    }
    // Without TLS by the same name: browsers say that it is another site.
    let downgraded = format!("http://{HOST}");
    for fetch_site in ["cross-site", "same-site"] {
        let answer = forged(&service, &staff, &path, &downgraded, fetch_site).await;
        assert_eq!(answer.status, 403, "{fetch_site}: {}", answer.text);
    }
    assert_eq!(service.tickets()[0]["status"], "new");

    // It is not the form that is wrong.
    let own = format!("https://{HOST}");
    let answer = forged(&service, &staff, &path, &own, "same-origin").await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    assert_eq!(service.tickets()[0]["status"], "open");
}

#[tokio::test]
async fn every_form_of_ours_asks_where_it_was_sent_from() {
    let service = service().await;
    let staff = service.sign_in_staff().await;
    let reference = service.client().submit(&a_submission()).await.reference();
    // Programs ask these, without cookies: they are signed, or have a password. Nobody else knows the addresses of those: a page that does may open them.
    let is_known_to_few = |path: &str| {
        let beginnings = ["/v1/", "/t/", "/not-me/", "/confirm/"];
        beginnings
            .iter()
            .any(|beginning| path.starts_with(beginning))
    };
    let operations = DESK.iter().chain(PAGES);
    let forms = operations.filter_map(|operation| operation.strip_prefix("POST "));
    let mut asked = 0;
    for form in forms.filter(|path| !is_known_to_few(path)) {
        let path = form
            .replace("{reference}", &reference)
            .replace("{site}", "acme")
            .replace("{id}", "00000000-0000-7000-8000-000000000000")
            .replace("{name}", "jira")
            .replace("{token}", "nobody-knows");
        let answer = forged(&service, &staff, &path, "https://evil.example", "").await;
        assert_eq!(answer.status, 403, "{form}: {}", answer.text);
        assert!(
            answer.text.contains("another page") && !is_readable(&answer),
            "{form}: {}",
            answer.text
        );
        asked += 1;
    }
    assert!(asked > 40, "{asked}");
    assert_eq!(
        staff.get("/desk").await.status,
        200,
        "nobody was signed out"
    );
}

#[tokio::test]
async fn no_answer_is_read_by_a_page_of_an_origin_that_is_not_allowed() {
    let service = service().await;
    let staff = service.sign_in_staff().await;
    let receipt = service.client().submit(&a_submission()).await;
    let ticket = format!("/desk/tickets/{}", receipt.reference());
    let paths = [
        "/desk",
        &ticket,
        "/desk/audit.json",
        "/desk/reports.json",
        "/desk/search?q=ada",
        "/v1/sites/acme/settings",
        "/v1/sites/acme/challenge",
        "/v1/sites/acme/tickets",
        "/v1/sites/acme/uploads",
        "/help/acme",
        "/find/acme",
    ];
    for origin in HOSTILE {
        for path in paths {
            let request = |method: &str| {
                service
                    .client()
                    .request(method, path)
                    .header("Host", HOST)
                    .header("Origin", origin.as_bytes())
                    .header("Cookie", staff.cookie())
            };
            let answer = Answer::to(request("GET")).await;
            assert!(!is_readable(&answer), "GET {path} from {origin:?}");
            let asking = request("OPTIONS").header("Access-Control-Request-Method", "POST");
            let answer = Answer::to(asking).await;
            assert!(!is_readable(&answer), "OPTIONS {path} from {origin:?}");
        }
    }
    assert_eq!(service.tickets().len(), 1);
}
