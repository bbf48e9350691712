//! A lead looks at how it went.

use std::time::Duration;

use cornerdesk_tests::{
    Database, Service,
    browser::{Visitor, journey, save_screenshot},
    client::a_submission_with,
    service::Setup,
    widget,
};
use serde_json::json;

use crate::{accessibility::audit, desk::sign_in};

/// Three days with tickets that were answered in time, late and not at all, and one for which nothing is promised.
async fn service() -> Service {
    let policy = "policy = \"meteorage\"\noverlay = \"meteorage-fr\"\n";
    let setup = Setup::new(Database::Sqlite).site_setting(policy);
    let service = Service::start_at(setup, "2026-03-02T09:00:00Z").await;
    let ask = async || {
        let submission =
            json!({ "category": "technical_assistance", "summary": "An export stops" });
        let submission = a_submission_with(submission);
        service.client().submit(&submission).await.reference()
    };
    let high = |reference: &str| {
        service.command(&[
            "ticket",
            "classify",
            reference,
            "--priority",
            "high",
            "--by",
            "Kim",
        ]);
    };
    let answer =
        |reference: &str| service.command(&["ticket", "answered", reference, "--by", "Kim"]);
    let in_time = ask().await;
    high(&in_time);
    answer(&in_time);
    let late = ask().await;
    high(&late);
    high(&ask().await);
    service.let_pass(Duration::from_hours(26)).await;
    answer(&late);
    ask().await;
    service
}

#[tokio::test]
async fn a_lead_sees_how_it_went_and_takes_the_figures_along() {
    let service = service().await;
    service.add_staff();
    for (name, visitor) in [
        ("desk-reports", Visitor::DESKTOP),
        ("desk-reports-dark", Visitor::DARK),
        ("desk-reports-phone", Visitor::PHONE),
        ("desk-reports-no-script", Visitor::WITHOUT_JAVASCRIPT),
    ] {
        journey(name, visitor, async |session| {
            sign_in(session, &service).await?;
            session.goto(&service.url("/desk/reports")).await?;
            let text = widget::visible_text(session).await?;
            for words in [
                "4 tickets",
                "33 % answered in time",
                "No promise: unclassified",
            ] {
                assert!(text.contains(words), "{words}: {text}");
            }
            save_screenshot(session, name).await?;
            if visitor.javascript {
                let found = audit::violations(session, &audit::axe()).await?;
                assert!(found.is_empty(), "{found:?}");
            }
            // Days in which nothing came.
            session
                .goto(&service.url("/desk/reports?from=2020-01-01&to=2020-01-07"))
                .await?;
            let text = widget::visible_text(session).await?;
            assert!(text.contains("No ticket came in these days"), "{text}");
            save_screenshot(session, &format!("{name}-empty")).await?;
            Ok(())
        })
        .await;
    }
}
