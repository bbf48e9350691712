//! The pages that links in our mails lead to, as mail scanners and people meet them.

use cornerdesk_tests::{
    Database,
    browser::{Visitor, journey, picture, save_screenshot},
    client::{a_submission, a_submission_with},
    embedded::reached_by_mail,
    service::{SITE, Setup},
    widget::{self, reads},
};
use serde_json::json;

/// What a mail scanner does with a link: it asks twice by program and opens it in a browser, where it presses nothing.
async fn scan(link: &str, visitor: Visitor, picture: &str) {
    let http = reqwest::Client::new();
    for method in [reqwest::Method::HEAD, reqwest::Method::GET] {
        let answer = http.request(method, link).send().await.expect("an answer");
        assert_eq!(answer.status(), 200);
    }
    journey("scanner", visitor, async |session| {
        session.goto(link).await?;
        reads(session, "I did not send this").await?;
        save_screenshot(session, picture).await?;
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn scanners_change_nothing_and_a_person_without_javascript_can_object() {
    let setup = Setup::new(Database::Sqlite).log_level("trace");
    let (sink, relay, service) = reached_by_mail(setup).await;
    let reference = service.client().submit(&a_submission()).await.reference();
    let mail = sink.message_to("ada@customer.example").await.mail();
    let links = mail.links();
    let link = links.first().expect("a link").as_str();

    for (visitor, picture) in [
        (Visitor::DESKTOP, "not-me-light"),
        (Visitor::DARK, "not-me-dark"),
        (Visitor::PHONE, "not-me-phone"),
    ] {
        scan(link, visitor, picture).await;
    }
    let facts = || service.ticket(&reference)["timeline"].to_string();
    assert!(!facts().contains("disowned"));

    journey("objection", Visitor::WITHOUT_JAVASCRIPT, async |session| {
        session.goto(link).await?;
        session.find("button").await?.click().await?;
        reads(session, "Thank you for telling us").await?;
        save_screenshot(session, "not-me-done").await?;
        // Somebody goes back, or opens the mail again.
        session.goto(link).await?;
        reads(session, "You have told us already").await?;
        Ok(())
    })
    .await;
    assert!(facts().contains("disowned"));

    let token = link.rsplit('/').next().expect("a token");
    let told: Vec<_> = relay
        .referers()
        .into_iter()
        .filter(|from| from.contains(token))
        .collect();
    assert!(told.is_empty(), "{told:?}");
    assert!(!service.log().contains(token));
    let own = |path: &str| {
        path.starts_with("/not-me/") || path.starts_with("/assets/") || path == "/favicon.ico"
    };
    assert!(
        relay.seen().iter().all(|seen| own(&seen.path)),
        "{:?}",
        relay.seen()
    );
}

#[tokio::test]
async fn who_was_written_to_in_german_objects_in_german() {
    let setup = Setup::new(Database::Sqlite);
    let (sink, _relay, service) = reached_by_mail(setup).await;
    let german = a_submission_with(json!({ "locale": "de" }));
    service.client().submit(&german).await.reference();
    let mail = sink.message_to("ada@customer.example").await.mail();
    let links = mail.links();
    let link = links.first().expect("a link").as_str();
    journey("objection-de", Visitor::PHONE, async |session| {
        session.goto(link).await?;
        reads(session, "Das war ich nicht").await?;
        picture(session, "not-me-de").await?;
        session.find("button").await?.click().await?;
        reads(session, "Danke, dass Sie uns Bescheid geben").await?;
        picture(session, "not-me-de-done").await?;
        session.goto(link).await?;
        reads(session, "Das haben Sie uns schon gesagt").await?;
        picture(session, "not-me-de-used").await
    })
    .await;
}

/// One person's words, in the order in which they meet them: receipt, question, answer.
struct Words {
    locale: &'static str,
    receipt: &'static str,
    question: &'static str,
    done: &'static str,
}

const ENGLISH: Words = Words {
    locale: "en",
    receipt: "One more step",
    question: "Is this request from you?",
    done: "your request is with us",
};
const GERMAN: Words = Words {
    locale: "de",
    receipt: "Noch ein Schritt",
    question: "Ist diese Anfrage von Ihnen?",
    done: "Ihre Anfrage ist bei uns",
};

/// A request to a site that asks first, from the receipt to the confirmation, with pictures; then the other link of the mail.
async fn confirm(name: &str, visitor: Visitor, words: Words) {
    let setup = Setup::new(Database::Sqlite).site_setting("acknowledge = \"confirm-first\"");
    let (sink, relay, service) = reached_by_mail(setup).await;
    journey(name, visitor, async |session| {
        let form = format!("{}/help/{SITE}?locale={}", relay.origin(), words.locale);
        session.goto(&form).await?;
        session.find("#send[aria-disabled]").await?;
        widget::fill(session, widget::A_REQUEST).await?;
        widget::send_button(session).await?.click().await?;
        reads(session, words.receipt).await?;
        picture(session, &format!("{name}-receipt")).await?;
        let mail = sink.message_to(widget::A_REQUEST.email).await.mail();
        let links = mail.links();
        session.goto(links.first().expect("a link")).await?;
        reads(session, words.question).await?;
        picture(session, &format!("{name}-question")).await?;
        session.find("button[value=yes]").await?.click().await?;
        reads(session, words.done).await?;
        assert!(widget::find_reference(&widget::visible_text(session).await?).is_some());
        picture(session, &format!("{name}-done")).await?;
        Ok(())
    })
    .await;
    assert_eq!(service.tickets().len(), 1);
}

#[tokio::test]
async fn the_panel_says_that_a_request_has_to_be_confirmed_and_a_person_does_it() {
    confirm("confirm-light", Visitor::DESKTOP, ENGLISH).await;
}

#[tokio::test]
async fn confirming_in_german_with_dark_colours() {
    confirm("confirm-dark-de", Visitor::DARK, GERMAN).await;
}

#[tokio::test]
async fn confirming_in_german_on_a_phone() {
    confirm("confirm-phone-de", Visitor::PHONE, GERMAN).await;
}
