//! "I did not send this": the link in every mail, and what it does.

use cornerdesk_tests::{
    Database, Service,
    client::{Answer, a_submission, a_submission_with, with_another_end},
    on_both_databases,
    relay::Relay,
    service::Setup,
    smtp::SmtpSink,
};
use serde_json::json;

use crate::budget::settled;

/// A service that people reach through a relay, so that its address is known before it starts.
struct Place {
    service: Service,
    sink: SmtpSink,
    relay: Relay,
}

impl Place {
    async fn open(database: Database, setup: impl FnOnce(Setup) -> Setup) -> Self {
        let (sink, relay) = (SmtpSink::start().await, Relay::bind().await);
        let base = Setup::new(database)
            .mail_to(&sink)
            .reached_at(&relay.origin());
        let service = Service::start_with(setup(base)).await;
        relay.pass_to(&service.origin());
        Self {
            service,
            sink,
            relay,
        }
    }

    /// Submits for an address; the reference, and the path of the link in the mail.
    async fn mail_to(&self, email: &str) -> (String, String) {
        let submission = a_submission_with(json!({ "email": email }));
        let reference = self.service.client().submit(&submission).await.reference();
        settled(&self.service).await;
        let mail = self.sink.message_to(email).await.mail();
        let links = mail.links();
        let link = links.first().expect("a link");
        let path = link.strip_prefix(&self.relay.origin()).expect("our origin");
        (reference, path.to_owned())
    }

    async fn ask(&self, method: &str, path: &str) -> Answer {
        let request = self.service.client().request(method, path);
        Answer::of(request.send().await.expect("an answer")).await
    }

    fn facts(&self, reference: &str) -> String {
        self.service.ticket(reference)["timeline"].to_string()
    }
}

on_both_databases! {
    async fn who_did_not_send_it_gets_no_further_mail(database: Database) {
        let place = Place::open(database, |setup| setup).await;
        let (reference, path) = place.mail_to("ada@customer.example").await;
        let done = place.ask("POST", &path).await;
        assert_eq!(done.status, 200, "{}", done.text);
        assert!(done.text.contains("Thank you for telling us"), "{}", done.text);
        assert!(place.facts(&reference).contains("disowned"));
        let staff = place.service.sign_in_staff().await;
        let page = staff.get(&format!("/desk/tickets/{reference}")).await;
        assert!(page.text.contains("would reach the wrong person"), "{}", page.text);

        let submission = a_submission_with(json!({ "email": "ADA+again@customer.example" }));
        let second = place.service.client().submit(&submission).await.reference();
        settled(&place.service).await;
        assert_eq!(place.sink.count(), 1);
        assert!(place.facts(&second).contains("\"objected\""), "{}", place.facts(&second));
        // Others are none of their business.
        place.mail_to("bob@customer.example").await;
    }

    async fn looking_changes_nothing_and_a_token_counts_once_for_its_ticket(database: Database) {
        let place = Place::open(database, |setup| setup).await;
        let (reference, path) = place.mail_to("ada@customer.example").await;
        let (other, other_path) = place.mail_to("bob@customer.example").await;
        for method in ["HEAD", "GET", "GET", "HEAD"] {
            let page = place.ask(method, &path).await;
            assert_eq!(page.status, 200);
            for (name, value) in [("referrer-policy", "no-referrer"), ("cache-control", "no-store"), ("x-frame-options", "DENY")] {
                assert_eq!(page.header(name), Some(value), "{method} {name}");
            }
        }
        assert!(!place.facts(&reference).contains("disowned"));
        assert_eq!(place.ask("POST", &path).await.status, 200);
        for method in ["POST", "GET"] {
            let used = place.ask(method, &path).await;
            assert_eq!(used.status, 410);
            assert!(used.text.contains("told us already"), "{}", used.text);
        }
        assert_eq!(place.facts(&reference).matches("disowned").count(), 1);
        assert!(!place.facts(&other).contains("disowned"));
        assert_eq!(place.ask("GET", &other_path).await.status, 200);
    }

    async fn two_presses_at_once_are_one(database: Database) {
        let place = Place::open(database, |setup| setup).await;
        let (reference, path) = place.mail_to("ada@customer.example").await;
        let press = || place.ask("POST", &path);
        let (one, two, three) = tokio::join!(press(), press(), press());
        let mut statuses = [one.status.as_u16(), two.status.as_u16(), three.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 410, 410]);
        assert_eq!(place.facts(&reference).matches("disowned").count(), 1);
    }
}

#[tokio::test]
async fn every_link_leads_to_the_configured_origin() {
    let place = Place::open(Database::Sqlite, |setup| setup).await;
    // What a request says of the host is the sender's to choose.
    let request = place
        .service
        .client()
        .submission("key", &a_submission())
        .header("Host", "evil.example")
        .header("X-Forwarded-Host", "evil.example");
    Answer::of(request.send().await.expect("an answer"))
        .await
        .reference();
    let mail = place.sink.message_to("ada@customer.example").await.mail();
    let links = mail.links();
    assert_eq!(links.len(), 2, "{links:?}");
    let page = format!("{}/t/", place.relay.origin());
    assert!(
        links.iter().any(|link| link.starts_with(&page)),
        "{links:?}"
    );
    let link = links.first().expect("a link");
    let token = link
        .strip_prefix(&format!("{}/not-me/acme/", place.relay.origin()))
        .expect("our origin");
    // 256 bits in base64.
    assert_eq!(token.len(), 43);
    assert!(mail.text.contains(link) && mail.html.contains(link));
}

#[tokio::test]
async fn without_a_public_address_there_is_no_link() {
    let sink = SmtpSink::start().await;
    let service = Service::start_with(Setup::new(Database::Sqlite).mail_to(&sink)).await;
    service.client().submit(&a_submission()).await.reference();
    let mail = sink.message_to("ada@customer.example").await.mail();
    assert!(mail.links().is_empty(), "{:?}", mail.links());
    assert!(mail.text.contains("You can ignore"), "{}", mail.text);
    let checked = service.try_command(&["config", "check"], "");
    let told = String::from_utf8_lossy(&checked.stdout);
    assert!(
        checked.status.success() && told.contains("server.public_url"),
        "{told}"
    );
}

#[tokio::test]
async fn a_wrong_token_learns_nothing_and_every_wrong_one_the_same() {
    let place = Place::open(Database::Sqlite, |setup| setup).await;
    let (_, path) = place.mail_to("ada@customer.example").await;
    let one_off = with_another_end(&path);
    let other_site = path.replace("/acme/", "/second/");
    let answers = [
        place.ask("GET", &one_off).await,
        place.ask("POST", &one_off).await,
        place.ask("GET", &other_site).await,
        place.ask("GET", "/not-me/acme/x").await,
        place.ask("POST", "/not-me/acme/%00%FF").await,
    ];
    for answer in &answers[..4] {
        assert_eq!(answer.status, 404);
        assert_eq!(answer.text, answers[0].text);
    }
    assert!(answers[4].status.is_client_error());
    assert_eq!(place.ask("GET", &path).await.status, 200);
}

#[tokio::test]
async fn the_page_speaks_the_language_of_the_mail() {
    let place = Place::open(Database::Sqlite, |setup| setup).await;
    let submission = a_submission_with(json!({ "locale": "de" }));
    place.service.client().submit(&submission).await.reference();
    let mail = place.sink.message_to("ada@customer.example").await.mail();
    let links = mail.links();
    let path = links
        .first()
        .and_then(|link| link.strip_prefix(&place.relay.origin()));
    let page = place.ask("GET", path.expect("a link")).await;
    assert!(
        page.text.contains("Das war ich nicht") && page.text.contains("lang=\"de\""),
        "{}",
        page.text
    );
}

#[tokio::test]
async fn no_token_is_in_the_log_at_trace_level() {
    let place = Place::open(Database::Sqlite, |setup| setup.log_level("trace")).await;
    let (_, path) = place.mail_to("ada@customer.example").await;
    for method in ["HEAD", "GET", "POST", "POST"] {
        place.ask(method, &path).await;
    }
    let token = path.rsplit('/').next().expect("a token");
    let log = place.service.log();
    assert!(
        log.contains("/not-me/{site}/{token}"),
        "requests are logged by their route"
    );
    let told: Vec<_> = log.lines().filter(|line| line.contains(token)).collect();
    assert!(told.is_empty(), "{told:#?}");
}
