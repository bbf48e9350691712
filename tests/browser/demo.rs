//! The demonstration: what somebody sees who has just started it, from the product page to the mailbox and the desk.

use anyhow::{Context, Result};
use cornerdesk_tests::{
    Service,
    browser::{Visitor, journey, save_screenshot},
    client::File,
    eventually,
    service::Setup,
    smtp::ARRIVAL,
    webdriver::Session,
    widget::{self, A_REQUEST},
};

use crate::files::{on_disk, wait_until_uploaded};

/// The password that the start printed.
fn password(service: &Service) -> Result<String> {
    let log = service.log();
    let after = log
        .split("with the password ")
        .nth(1)
        .context("a password is printed")?;
    let word = after
        .split_whitespace()
        .next()
        .context("a password is a word")?;
    Ok(word.to_owned())
}

async fn ask(session: &Session, service: &Service, name: &str) -> Result<String> {
    session.goto(&service.url("/demo")).await?;
    widget::launcher(session).await?;
    save_screenshot(session, &format!("demo-{name}-page")).await?;
    widget::open(session).await?;
    widget::fill(session, A_REQUEST).await?;
    widget::attach(
        session,
        &[&on_disk(&File::text("steps.txt", "1. open\n2. look"))],
    )
    .await?;
    wait_until_uploaded(session, 1).await;
    save_screenshot(session, &format!("demo-{name}-panel")).await?;
    let reference = widget::send(session).await?;
    session.enter_page().await?;
    let console = session.console().await?;
    assert!(console.is_empty(), "{console:#?}");
    Ok(reference)
}

/// Finds the acknowledgement in the mailbox and opens it.
async fn read_mail(
    session: &Session,
    service: &Service,
    reference: &str,
    name: &str,
) -> Result<()> {
    eventually(ARRIVAL, "the mail in the mailbox", async || {
        session.goto(&service.url("/demo/mail")).await.ok()?;
        let text = widget::visible_text(session).await.ok()?;
        text.contains(reference).then_some(())
    })
    .await;
    save_screenshot(session, &format!("demo-{name}-mailbox")).await?;
    session
        .find("a[href^='/demo/mail/']")
        .await?
        .click()
        .await?;
    session.find("iframe").await?.enter().await?;
    let mail = widget::visible_text(session).await?;
    assert!(mail.contains(reference), "{mail}");
    session.enter_page().await?;
    save_screenshot(session, &format!("demo-{name}-mail")).await?;
    Ok(())
}

async fn work(session: &Session, service: &Service, reference: &str, name: &str) -> Result<()> {
    session.goto(&service.url("/desk")).await?;
    session
        .find("[name=email]")
        .await?
        .type_text("demo@cornerdesk.example")
        .await?;
    session
        .find("[name=password]")
        .await?
        .type_text(&password(service)?)
        .await?;
    session
        .find("form button[type=submit]")
        .await?
        .click()
        .await?;
    let link = session
        .find(&format!("a[href='/desk/tickets/{reference}']"))
        .await?;
    save_screenshot(session, &format!("demo-{name}-desk")).await?;
    link.click().await?;
    widget::wait_for_text(session, "the ticket", |text| {
        text.contains("steps.txt").then_some(())
    })
    .await;
    save_screenshot(session, &format!("demo-{name}-ticket")).await?;
    Ok(())
}

async fn demonstrate(name: &str, visitor: Visitor) {
    let service = Service::start_with(Setup::demo()).await;
    journey(&format!("demo-{name}"), visitor, async |session| {
        let reference = ask(session, &service, name).await?;
        read_mail(session, &service, &reference, name).await?;
        work(session, &service, &reference, name).await
    })
    .await;
}

#[tokio::test]
async fn the_demo_shows_everything_from_the_page_to_the_desk() {
    demonstrate("light", Visitor::DESKTOP).await;
}

#[tokio::test]
async fn the_demo_works_in_the_dark() {
    demonstrate("dark", Visitor::DARK).await;
}

#[tokio::test]
async fn the_demo_works_on_a_phone() {
    demonstrate("phone", Visitor::PHONE).await;
}
