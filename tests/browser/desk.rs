//! The staff side, as staff see it.

use std::time::Duration;

use anyhow::Result;
use cornerdesk_tests::{
    Database, Service,
    browser::{Visitor, journey, save_screenshot},
    client::{File, a_submission, a_submission_with},
    mail::delivery_report,
    service::{STAFF_EMAIL, STAFF_PASSWORD, Setup},
    smtp::SmtpSink,
    webdriver::Session,
    widget,
};
use serde_json::json;

use crate::accessibility::audit;

/// Signs in, finds the ticket in the list, opens it, and checks that it has its files.
pub async fn assert_shows(
    session: &Session,
    service: &Service,
    reference: &str,
    files: &[File],
) -> Result<()> {
    service.add_staff();
    sign_in(session, service).await?;
    open_from_the_list(session, reference, files).await
}

/// Signs in as [`STAFF_EMAIL`], who was added before; ends in the list.
pub async fn sign_in(session: &Session, service: &Service) -> Result<()> {
    session.enter_page().await?;
    sign_in_as(session, service, STAFF_EMAIL, "/desk").await
}

/// Signs in as somebody who was added before; ends at `path`.
pub async fn sign_in_as(
    session: &Session,
    service: &Service,
    email: &str,
    path: &str,
) -> Result<()> {
    session.goto(&service.url(path)).await?;
    session.find("[name=email]").await?.type_text(email).await?;
    let password = session.find("[name=password]").await?;
    password.type_text(STAFF_PASSWORD).await?;
    session
        .find("form button[type=submit]")
        .await?
        .click()
        .await?;
    // It is there: who goes elsewhere before would be brought back to it.
    session.find("form[action='/desk/logout']").await?;
    Ok(())
}

async fn open_from_the_list(session: &Session, reference: &str, files: &[File]) -> Result<()> {
    session
        .find(&format!("a[href='/desk/tickets/{reference}']"))
        .await?
        .click()
        .await?;
    let text = widget::wait_for_text(session, "the ticket", |text| {
        text.contains("Timeline").then(|| text.to_owned())
    })
    .await;
    for file in files {
        assert!(text.contains(&file.name), "{} is on the page", file.name);
    }
    Ok(())
}

#[tokio::test]
async fn markup_in_a_request_is_shown_as_text() {
    let service = Service::start(Database::Sqlite).await;
    let attack =
        "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>";
    let context =
        json!({ "page_title": attack, "host": { attack: attack }, "console_errors": [attack] });
    let submission =
        a_submission_with(json!({ "summary": attack, "description": attack, "context": context }));
    let reference = service.client().submit(&submission).await.reference();
    journey("desk-markup", Visitor::DESKTOP, async |session| {
        assert_shows(session, &service, &reference, &[]).await?;
        let text = widget::visible_text(session).await?;
        assert_eq!(text.matches(attack).count(), 7, "{text}");
        assert_ne!(session.run("return document.title", &[]).await?, "owned");
        save_screenshot(session, "desk-ticket").await?;
        let console = session.console().await?;
        assert!(console.is_empty(), "{console:#?}");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_mail_that_came_back_is_seen_on_its_ticket() {
    let sink = SmtpSink::start().await;
    let setup = Setup::new(Database::Sqlite)
        .mail_to(&sink)
        .mail_setting("bounce_address = \"bounces@acme.example\"\nverp = true\n");
    let service = Service::start_with(setup).await;
    let reference = service.client().submit(&a_submission()).await.reference();
    let path = sink.message_to("ada@customer.example").await.sender;
    for (action, status) in [("delayed", "4.4.1"), ("failed", "5.1.1")] {
        service.try_command(&["bounce"], &delivery_report(&path, action, status));
    }
    journey("desk-bounce", Visitor::DESKTOP, async |session| {
        assert_shows(session, &service, &reference, &[]).await?;
        let text = widget::visible_text(session).await?;
        for told in [
            "Mail is late",
            "Mail came back",
            "no mail for 30 days",
            "5.1.1",
        ] {
            assert!(text.contains(told), "{told} in {text}");
        }
        save_screenshot(session, "desk-bounce").await?;
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_wrong_password_is_said_to_be_wrong() {
    let service = Service::start(Database::Sqlite).await;
    service.add_staff();
    journey("desk-password", Visitor::DESKTOP, async |session| {
        session.goto(&service.url("/desk/login")).await?;
        session
            .find("[name=email]")
            .await?
            .type_text(STAFF_EMAIL)
            .await?;
        session
            .find("[name=password]")
            .await?
            .type_text("wrong")
            .await?;
        session
            .find("form button[type=submit]")
            .await?
            .click()
            .await?;
        let alert = session.find("[role=alert]").await?;
        assert!(!alert.text().await?.is_empty());
        save_screenshot(session, "desk-sign-in").await?;
        Ok(())
    })
    .await;
}

/// A queue with something late, something due, something answered and something that nobody has classified.
#[tokio::test]
async fn the_queue_says_what_is_due_next_and_what_is_late() {
    let policy = "policy = \"meteorage\"\noverlay = \"meteorage-fr\"\n";
    let setup = Setup::new(Database::Sqlite).site_setting(policy);
    let service = Service::start_at(setup, "2026-03-02T09:00:00Z").await;
    let ask = async |summary: &str| {
        let submission = json!({ "category": "technical_assistance", "summary": summary });
        let submission = a_submission_with(submission);
        service.client().submit(&submission).await.reference()
    };
    let late = ask("Nobody can sign in").await;
    let due = ask("An export stops half way").await;
    let nobodys = ask("What does this column mean?").await;
    for (reference, priority) in [(&late, "high"), (&due, "low")] {
        let classify = [
            "ticket",
            "classify",
            reference,
            "--priority",
            priority,
            "--by",
            "Kim",
        ];
        service.command(&classify);
    }
    service.let_pass(Duration::from_hours(26)).await;
    service.add_staff();
    for (name, visitor) in [
        ("desk-queue", Visitor::DESKTOP),
        ("desk-queue-dark", Visitor::DARK),
        ("desk-queue-phone", Visitor::PHONE),
    ] {
        journey(name, visitor, async |session| {
            sign_in(session, &service).await?;
            let text = widget::wait_for_text(session, "the queue", |text| {
                text.contains("3 open tickets").then(|| text.to_owned())
            })
            .await;
            let place = |reference: &str| text.find(reference).expect("it is in the queue");
            assert!(
                place(&late) < place(&due) && place(&due) < place(&nobodys),
                "{text}"
            );
            assert!(
                text.contains(" late") && text.contains("1 ticket has no clock"),
                "{text}"
            );
            save_screenshot(session, name).await?;
            let found = audit::violations(session, &audit::axe()).await?;
            assert!(found.is_empty(), "{found:?}");
            session.goto(&service.url("/desk/unclassified")).await?;
            let text = widget::visible_text(session).await?;
            assert!(text.contains(&nobodys) && !text.contains(&due), "{text}");
            save_screenshot(session, &format!("{name}-unclassified")).await?;
            Ok(())
        })
        .await;
    }
}
