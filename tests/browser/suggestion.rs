//! What is suggested for a ticket: taken by a key or by a press, and never by itself.

use cornerdesk_tests::{
    Database, Service,
    browser::{Visitor, journey, save_screenshot},
    client::a_submission_with,
    service::Setup,
    webdriver::Session,
    widget,
};
use serde_json::{Value, json};

use crate::{accessibility::audit, desk};

async fn ticket() -> (Service, String) {
    let terms = "policy = \"m3ter\"\noverlay = \"m3ter-no-holidays\"\n";
    let service = Service::start_with(Setup::new(Database::Sqlite).site_setting(terms)).await;
    let submission = a_submission_with(json!({
        "summary": "The console is down", "description": "Since 9:40 nobody can work, all users are affected.", "plan": "Pro",
    }));
    let reference = service.client().submit(&submission).await.reference();
    (service, reference)
}

/// Waits until the ticket is classified as suggested.
async fn assert_taken(session: &Session, service: &Service, reference: &str) {
    widget::wait_for_text(session, "the fact", |text| {
        text.contains("Classified").then_some(())
    })
    .await;
    let ticket = service.ticket(reference);
    assert_eq!(ticket["priority"], "S1");
    assert_eq!(ticket["category"], "incident");
    let suggestions = session.find_all(".suggestion").await.expect("an answer");
    assert!(suggestions.is_empty(), "it is decided");
}

#[tokio::test]
async fn a_suggestion_is_taken_with_one_key() {
    for (name, visitor) in [
        ("desk-suggestion", Visitor::DESKTOP),
        ("desk-suggestion-dark", Visitor::DARK),
        ("desk-suggestion-phone", Visitor::PHONE),
    ] {
        let (service, reference) = ticket().await;
        journey(name, visitor, async |session| {
            desk::assert_shows(session, &service, &reference, &[]).await?;
            let text = session.find(".suggestion").await?.text().await?;
            for part in ["Incident", "Severity 1 - Urgent", "is down", "%"] {
                assert!(text.contains(part), "{part}: {text}");
            }
            let violations = audit::violations(session, &audit::axe()).await?;
            assert!(violations.is_empty(), "{violations:#?}");
            save_screenshot(session, name).await?;
            assert_eq!(
                service.ticket(&reference)["priority"],
                Value::Null,
                "nothing is applied by itself"
            );
            session.press("Y").await?;
            assert_taken(session, &service, &reference).await;
            let console = session.console().await?;
            assert!(console.is_empty(), "{console:#?}");
            Ok(())
        })
        .await;
    }
}

#[tokio::test]
async fn a_suggestion_is_taken_by_a_press_without_javascript() {
    let (service, reference) = ticket().await;
    journey(
        "desk-suggestion-plain",
        Visitor::WITHOUT_JAVASCRIPT,
        async |session| {
            desk::assert_shows(session, &service, &reference, &[]).await?;
            save_screenshot(session, "desk-suggestion-plain").await?;
            session.find(".suggestion button").await?.click().await?;
            assert_taken(session, &service, &reference).await;
            Ok(())
        },
    )
    .await;
}
