//! Who has lost the link gets another one by mail, and whoever guesses learns nothing (threat S6).

use std::time::Duration;

use cornerdesk_shared::reference::Reference;
use cornerdesk_tests::{
    Database, Service,
    client::{Answer, Client},
    eventually, on_both_databases,
    service::Setup,
    smtp::SmtpSink,
};
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

    async fn four_hundred_guesses_get_the_same_bytes(database: Database) {
        let sink = SmtpSink::start().await;
        let service = Service::start_with(setup(database, &sink)).await;
        let (reference, _) = follow(&service, json!({})).await;
        service.acknowledged(&reference).await;
        let right = find(&service.client(), "acme", &reference, "ada@customer.example").await.text;
        for host in 0..20 {
            let client = service.client().calling_from(&format!("127.0.7.{}", host + 1));
            for number in 0..20_u64 {
                let guess = Reference::from_number(host * 7_919 + number).to_string();
                let (guess, email) = match number % 3 {
                    0 => (guess.as_str(), "ada@customer.example"),
                    1 => (reference.as_str(), "eve@elsewhere.example"),
                    _ => (guess.as_str(), "eve@elsewhere.example"),
                };
                let answer = find(&client, "acme", guess, email).await;
                assert_eq!((answer.status.as_u16(), &answer.text), (200, &right), "{guess} {email}");
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
