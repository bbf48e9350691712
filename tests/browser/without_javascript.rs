//! The help form in a browser that runs no scripts.

use anyhow::Result;
use cornerdesk_tests::{
    Database, Service,
    browser::{Visitor, journey},
    client::File,
    service::{SITE, Setup},
    smtp::SmtpSink,
    webdriver::Session,
    widget::{self, A_REQUEST, Request},
};

use crate::files::on_disk;

async fn submit(session: &Session) -> Result<()> {
    widget::send_button(session).await?.click().await
}

#[tokio::test]
async fn a_person_without_javascript_asks_for_help_with_a_file() {
    asks_with_a_file("no-javascript", Visitor::WITHOUT_JAVASCRIPT).await;
}

/// The journey on the page with the form alone.
pub async fn asks_with_a_file(name: &str, visitor: Visitor) {
    let sink = SmtpSink::start().await;
    let service = Service::start_with(Setup::new(Database::Sqlite).mail_to(&sink)).await;
    let file = File::text("steps.txt", "1. open\n2. look");
    journey(name, visitor, async |session| {
        session.goto(&service.url(&format!("/help/{SITE}"))).await?;
        widget::fill(session, A_REQUEST).await?;
        widget::attach(session, &[&on_disk(&file)]).await?;
        submit(session).await?;
        let reference = widget::receipt(session).await?;
        let ticket = service.ticket(&reference);
        assert_eq!(ticket["summary"], A_REQUEST.summary);
        assert_eq!(ticket["attachments"][0]["sha256"], file.sha256());
        let mail = sink.message_to(A_REQUEST.email).await.mail();
        assert!(mail.header("Subject").contains(&reference));
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_mistake_costs_neither_text_nor_files() {
    let service = Service::start(Database::Sqlite).await;
    let file = File::text("steps.txt", "1. open\n2. look");
    let wrong = Request {
        email: "not an address",
        ..A_REQUEST
    };
    journey(
        "no-javascript-mistake",
        Visitor::WITHOUT_JAVASCRIPT,
        async |session| {
            session.goto(&service.url(&format!("/help/{SITE}"))).await?;
            widget::fill(session, wrong).await?;
            widget::attach(session, &[&on_disk(&file)]).await?;
            submit(session).await?;
            widget::wait_for_text(session, "the error", |text| {
                text.contains("Enter one email address").then_some(())
            })
            .await;
            assert!(service.tickets().is_empty());
            assert!(
                widget::visible_text(session).await?.contains("steps.txt"),
                "the file is kept"
            );
            for (name, text) in [
                ("summary", wrong.summary),
                ("description", wrong.description),
                ("email", wrong.email),
            ] {
                assert_eq!(widget::field(session, name).await?.value().await?, text);
            }
            let email = widget::field(session, "email").await?;
            email.clear().await?;
            email.type_text(A_REQUEST.email).await?;
            submit(session).await?;
            let reference = widget::receipt(session).await?;
            let ticket = service.ticket(&reference);
            assert_eq!(
                ticket["attachments"].as_array().map(Vec::len),
                Some(1),
                "{ticket}"
            );
            assert_eq!(ticket["attachments"][0]["sha256"], file.sha256());
            Ok(())
        },
    )
    .await;
}

#[tokio::test]
async fn a_file_that_was_kept_can_be_left_out() {
    let service = Service::start(Database::Sqlite).await;
    let wrong = Request {
        email: "not an address",
        ..A_REQUEST
    };
    journey(
        "no-javascript-left-out",
        Visitor::WITHOUT_JAVASCRIPT,
        async |session| {
            session.goto(&service.url(&format!("/help/{SITE}"))).await?;
            widget::fill(session, wrong).await?;
            let files = ["right.txt", "wrong.txt"].map(|name| on_disk(&File::text(name, name)));
            widget::attach(session, &[&files[0], &files[1]]).await?;
            submit(session).await?;
            session
                .find("li.file:nth-child(2) [name=upload_ids]")
                .await?;
            let along = session.find_all("[name=upload_ids]").await?;
            assert_eq!(along[1].accessible_name().await?, "Send along wrong.txt");
            along[1].click().await?;
            let email = widget::field(session, "email").await?;
            email.clear().await?;
            email.type_text(A_REQUEST.email).await?;
            submit(session).await?;
            let ticket = service.ticket(&widget::receipt(session).await?);
            assert_eq!(ticket["attachments"].as_array().map(Vec::len), Some(1));
            assert_eq!(ticket["attachments"][0]["name"], "right.txt");
            Ok(())
        },
    )
    .await;
}

#[tokio::test]
async fn sending_the_page_again_makes_no_second_ticket() {
    let service = Service::start(Database::Sqlite).await;
    journey(
        "no-javascript-twice",
        Visitor::WITHOUT_JAVASCRIPT,
        async |session| {
            session.goto(&service.url(&format!("/help/{SITE}"))).await?;
            widget::fill(session, A_REQUEST).await?;
            submit(session).await?;
            let first = widget::receipt(session).await?;
            // The browser sends the form once more.
            session
                .devtools("Page.reload", serde_json::json!({}))
                .await?;
            assert_eq!(widget::receipt(session).await?, first);
            assert_eq!(service.tickets().len(), 1);
            Ok(())
        },
    )
    .await;
}
