//! Who has lost the link gets another one by mail, and whoever guesses learns nothing (threat S6).

use std::time::Duration;

use cornerdesk_shared::reference::Reference;
use cornerdesk_tests::{
    Database, Service,
    client::{Answer, Client, a_submission_with},
    eventually, on_both_databases,
    service::Setup,
    smtp::SmtpSink,
};
use futures_util::StreamExt;
use serde_json::json;

use crate::status::{follow, path_of};

async fn find(client: &Client, site: &str, reference: &str, email: &str) -> Answer {
    let email = email.replace('@', "%40").replace('+', "%2B");
    let request = client
        .request("POST", &format!("/find/{site}"))
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body(format!("reference={reference}&email={email}"));
    Answer::of(request.send().await.expect("an answer")).await
}

/// As many as threat S6 says, each of five kinds: right, two halves that are right, another site's, and all wrong.
const GUESSES: u64 = 10_000;
const AT_ONCE: usize = 16;

/// Everything that an answer says but what is another in each answer: when it was, and its number.
#[derive(Debug, PartialEq, Eq)]
struct Told {
    status: u16,
    headers: Vec<(String, String)>,
    text: String,
}

/// A guess of one network among many: from each come as many as it may.
async fn told(client: &Client, number: u64, reference: &str, email: &str) -> Told {
    let network = number / 20;
    let request = client
        .request("POST", "/find/acme")
        .header(
            "X-Forwarded-For",
            format!("198.18.{}.{}", network / 250, network % 250 + 1),
        )
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body(format!(
            "reference={reference}&email={}",
            email.replace('@', "%40")
        ));
    let response = request.send().await.expect("an answer");
    let mut headers: Vec<_> = response
        .headers()
        .iter()
        .filter(|(name, _)| !["date", "x-request-id"].contains(&name.as_str()))
        .map(|(name, value)| (name.to_string(), value.to_str().expect("ASCII").to_owned()))
        .collect();
    headers.sort();
    Told {
        status: response.status().as_u16(),
        headers,
        text: response.text().await.expect("a whole answer"),
    }
}

fn setup(database: Database, sink: &SmtpSink) -> Setup {
    Setup::new(database)
        .mail_to(sink)
        .reached_at("https://help.acme.example")
}

on_both_databases! {
    async fn the_link_goes_to_the_mailbox_of_the_request_and_nowhere_else(database: Database) {
        let sink = SmtpSink::start().await;
        let service = Service::start_with(setup(database, &sink)).await;
        let (reference, _) = follow(&service, json!({ "summary": "Canary-summary" })).await;
        service.acknowledged(&reference).await;
        let client = service.client();
        let small = reference.to_lowercase();
        let answer = find(&client, "acme", &small, "ADA+x@customer.example").await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert!(answer.text.contains("If both belong to the same request"), "{}", answer.text);
        let mail = eventually(Duration::from_secs(20), "the link", async || {
            let mails = sink.received().into_iter().map(|received| received.mail());
            mails.into_iter().find(|mail| mail.header("Subject").contains("The link to your request"))
        })
        .await;
        assert!(!mail.everything().contains("Canary"), "{}", mail.everything());
        let links = mail.links();
        let link = links.iter().find(|link| link.contains("/t/")).expect("a link");
        let page = Answer::of(client.get(&path_of(link)).await).await;
        assert!(page.text.contains(&reference), "{}", page.text);
        for received in sink.received() {
            assert_eq!(received.mail().header("To"), "ada@customer.example");
        }
    }

    async fn ten_thousand_guesses_get_the_same_bytes(database: Database) {
        let sink = SmtpSink::start().await;
        let other = "[[sites]]\nkey = \"second\"\nname = \"Second\"\nallowed_origins = [\"self\"]";
        let setup = setup(database, &sink).section(other).server_setting("proxies = [\"127.0.0.0/8\"]");
        let service = Service::start_with(setup).await;
        let (reference, _) = follow(&service, json!({})).await;
        let elsewhere = a_submission_with(json!({ "email": "ada@customer.example" }));
        let elsewhere = service.client().at_site("second").submit(&elsewhere).await.reference();
        for reference in [&reference, &elsewhere] {
            service.acknowledged(reference).await;
        }
        let client = service.client();
        let right = told(&client, 0, &reference, "ada@customer.example").await;
        assert_eq!(right.status, 200, "{}", right.text);
        let guesses = futures_util::stream::iter(1..GUESSES).map(async |number| {
            let made_up = Reference::from_number(number * 7_919).to_string();
            let (guess, email) = match number % 5 {
                0 => (reference.as_str(), "ada@customer.example"),
                1 => (made_up.as_str(), "ada@customer.example"),
                2 => (reference.as_str(), "eve@elsewhere.example"),
                3 => (elsewhere.as_str(), "ada@customer.example"),
                _ => (made_up.as_str(), "eve@elsewhere.example"),
            };
            (number, told(&client, number, guess, email).await)
        });
        let mut guesses = guesses.buffer_unordered(AT_ONCE);
        while let Some((number, answer)) = guesses.next().await {
            assert_eq!(answer, right, "guess {number}");
        }
    }

    async fn a_hundred_guesses_lead_to_mails_of_the_requester_alone(database: Database) {
        let sink = SmtpSink::start().await;
        let service = Service::start_with(setup(database, &sink)).await;
        let (reference, _) = follow(&service, json!({})).await;
        service.acknowledged(&reference).await;
        for host in 0..5 {
            let client = service.client().calling_from(&format!("127.0.7.{}", host + 1));
            for number in 0..20_u64 {
                let made_up = Reference::from_number(host * 7_919 + number).to_string();
                let (guess, email) = match number % 4 {
                    0 => (reference.as_str(), "ada@customer.example"),
                    1 => (made_up.as_str(), "ada@customer.example"),
                    2 => (reference.as_str(), "eve@elsewhere.example"),
                    _ => (made_up.as_str(), "eve@elsewhere.example"),
                };
                assert_eq!(find(&client, "acme", guess, email).await.status, 200);
            }
        }
        eventually(Duration::from_secs(60), "every question to be looked at", async || {
            let waiting = service.jobs("ready").into_iter().filter(|job| job["kind"] == "find_request");
            (waiting.count() == 0).then_some(())
        })
        .await;
        let log = service.log();
        assert!(!log.contains("ada@customer.example") && !log.contains("eve@elsewhere.example"));
        assert!(sink.received().iter().all(|received| received.mail().header("To") == "ada@customer.example"));
    }
}

#[tokio::test]
async fn what_cannot_be_a_reference_or_an_address_is_said() {
    let service = Service::start(Database::Sqlite).await;
    let client = service.client();
    let right = Reference::from_number(7).to_string();
    for (reference, email, words) in [
        ("hello", "ada@customer.example", "This is no reference"),
        (right.as_str(), "ada", "Give the whole email address"),
    ] {
        let answer = find(&client, "acme", reference, email).await;
        assert_eq!(answer.status, 422, "{}", answer.text);
        assert!(
            answer.text.contains(words) && answer.text.contains(reference),
            "{}",
            answer.text
        );
    }
    assert_eq!(find(&client, "nowhere", "x", "y").await.status, 404);
    let gone = Answer::of(client.get("/t/x").await).await;
    assert!(
        gone.text.contains("Find your request by its reference"),
        "{}",
        gone.text
    );
    assert!(
        gone.text
            .replace("&#x2f;", "/")
            .contains("href=\"/find/acme?locale=en\""),
        "{}",
        gone.text
    );
    let mut put_off = 0;
    for _ in 0..=20 {
        put_off += u32::from(find(&client, "acme", "hello", "x").await.status == 429);
    }
    assert!(put_off > 0, "21 questions are too many");
}

#[tokio::test]
async fn no_link_is_sent_to_a_page_that_is_over() {
    let sink = SmtpSink::start().await;
    let mut service = Service::start_in_false_time(setup(Database::Sqlite, &sink)).await;
    let (reference, _) = follow(&service, json!({})).await;
    service.acknowledged(&reference).await;
    service.advance(Duration::from_secs(181 * 86_400));
    find(
        &service.client(),
        "acme",
        &reference,
        "ada@customer.example",
    )
    .await;
    eventually(Duration::from_secs(20), "the job to be done", async || {
        let done = service
            .jobs("done")
            .into_iter()
            .filter(|job| job["kind"] == "find_request");
        (done.count() == 1).then_some(())
    })
    .await;
    assert!(
        service
            .jobs("ready")
            .iter()
            .all(|job| job["kind"] != "send_link")
    );
    assert_eq!(sink.count(), 1, "the acknowledgement");
    service.terminate().await;
}
