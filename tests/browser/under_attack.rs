//! What people meet when others have sent too much.

use anyhow::Result;
use cornerdesk_tests::{
    Database, Service,
    browser::{Visitor, journey},
    client::a_submission,
    embedded::behind_a_relay,
    eventually,
    host_page::HostPage,
    relay::Relay,
    service::{SITE, Setup},
    webdriver::{APPEARANCE, Session},
    widget::{self, A_REQUEST},
};

const ALWAYS_WORK: &str = "proof_of_work = \"always\"\nleast_fill_ms = 0";
/// In place of a worker: the page's own script decides what it says (`said`) when it is asked to work.
const WORKER_THAT_SAYS: &str = "window.Worker = class {
      postMessage() { setTimeout(() => this.onmessage({ data: said }), 100) }
      terminate() { window.stopped = true }
    };
    const said = ";
/// Twenty seconds pass at once.
const LATER: &str = "const now = Date.now; Date.now = () => now() + 20000";

async fn open_and_fill(session: &Session, page: &str) -> Result<()> {
    session.goto(page).await?;
    widget::open(session).await?;
    session.find("#send[aria-disabled]").await?;
    widget::fill(session, A_REQUEST).await
}

async fn fill_and_send(session: &Session, page: &str) -> Result<()> {
    open_and_fill(session, page).await?;
    widget::send_button(session).await?.click().await
}

async fn reads(session: &Session, wanted: &str) {
    widget::wait_for_text(session, wanted, |text| text.contains(wanted).then_some(())).await;
}

/// What the live region says at some time.
async fn hears(session: &Session, wanted: &str) {
    eventually(APPEARANCE, "words for screen readers", async || {
        let region = session.find("#announcer").await.ok()?;
        let said = region.property("textContent").await.ok()?;
        said.as_str()?.contains(wanted).then_some(())
    })
    .await;
}

/// Presses the button in the notice that is called so.
async fn press(session: &Session, name: &str) -> Result<()> {
    for button in session.find_all("#send-status button").await? {
        if button.text().await? == name {
            return button.click().await;
        }
    }
    anyhow::bail!("no button {name}")
}

async fn assert_nothing_is_lost(session: &Session) -> Result<()> {
    for (name, text) in [
        ("summary", A_REQUEST.summary),
        ("description", A_REQUEST.description),
        ("email", A_REQUEST.email),
    ] {
        let field = widget::field(session, name).await?;
        assert_eq!(field.value().await?, text);
        assert_eq!(field.property("readOnly").await?, false);
    }
    Ok(())
}

async fn assert_focus_is_on_send(session: &Session) -> Result<()> {
    let focused = session.focused().await?.attribute("id").await?;
    assert_eq!(focused.as_deref(), Some("send"));
    Ok(())
}

/// A host page, a relay and a service that always asks for work.
async fn asking() -> (HostPage, Relay, Service, String) {
    let (host, relay) = (HostPage::bind().await, Relay::bind().await);
    let setup = Setup::new(Database::Sqlite)
        .allow_only(&host.origin())
        .reached_at(&relay.origin())
        .limited(ALWAYS_WORK);
    let service = Service::start_with(setup).await;
    relay.pass_to(&service.origin());
    let page = host.embed(&relay.origin(), SITE);
    (host, relay, service, page)
}

#[tokio::test]
async fn the_panel_does_the_work_that_is_asked_for_by_itself() {
    let (_host, _relay, service, page) = asking().await;
    journey("proof-of-work", Visitor::DESKTOP, async |session| {
        fill_and_send(session, &page).await?;
        let reference = widget::receipt(session).await?;
        assert_eq!(service.ticket(&reference)["summary"], A_REQUEST.summary);
        assert_eq!(service.tickets().len(), 1);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn work_that_takes_its_time_is_shown_and_said_and_can_be_cancelled() {
    let (_host, relay, service, page) = asking().await;
    journey("proof-cancelled", Visitor::DESKTOP, async |session| {
        let release = relay.hold("/challenge");
        fill_and_send(session, &page).await?;
        reads(session, "Checking that this is not a robot").await;
        hears(session, "Checking that this is not a robot").await;
        session.find("#send-status progress").await?;
        press(session, "Cancel").await?;
        reads(session, "Not sent. Your text is still here.").await;
        assert_nothing_is_lost(session).await?;
        assert_focus_is_on_send(session).await?;
        release.send(true)?;
        assert!(service.tickets().is_empty());
        let reference = widget::send(session).await?;
        assert_eq!(
            service.ticket(&reference)["description"],
            A_REQUEST.description
        );
        assert_eq!(service.tickets().len(), 1);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_slow_device_need_not_wait_and_staff_look_first() {
    let (_host, _relay, service, page) = asking().await;
    journey("proof-slow", Visitor::PHONE, async |session| {
        open_and_fill(session, &page).await?;
        session.run(&format!("{WORKER_THAT_SAYS}42"), &[]).await?;
        widget::send_button(session).await?.click().await?;
        session.find("#send-status progress[value='42']").await?;
        session.run(LATER, &[]).await?;
        reads(session, "The check is taking longer on this device").await;
        press(session, "Send without the check").await?;
        let reference = widget::receipt(session).await?;
        assert_eq!(session.run("return stopped", &[]).await?, true);
        let held = service.held_tickets();
        assert_eq!(held[0]["reference"], reference);
        assert_eq!(held[0]["reason"], "no_proof_of_work");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_browser_that_cannot_do_the_work_is_told_what_to_do() {
    let (_host, _relay, service, page) = asking().await;
    journey("proof-impossible", Visitor::DESKTOP, async |session| {
        open_and_fill(session, &page).await?;
        session.run(&format!("{WORKER_THAT_SAYS}null"), &[]).await?;
        widget::send_button(session).await?.click().await?;
        reads(session, "does not work in this browser").await;
        hears(session, "does not work in this browser").await;
        assert_nothing_is_lost(session).await?;
        press(session, "Send without the check").await?;
        widget::receipt(session).await?;
        assert_eq!(service.held_tickets()[0]["reason"], "no_proof_of_work");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn who_is_over_the_limit_is_told_in_minutes_and_keeps_the_text() {
    let host = HostPage::bind().await;
    let setup = Setup::new(Database::Sqlite)
        .allow_only(&host.origin())
        .limited("submissions_per_address = 1\nproof_of_work = \"never\"\nleast_fill_ms = 0");
    let service = Service::start_with(setup).await;
    service.client().submit(&a_submission()).await.reference();
    let page = host.embed(&service.origin(), SITE);
    journey("over-the-limit", Visitor::DESKTOP, async |session| {
        fill_and_send(session, &page).await?;
        widget::wait_for_text(session, "words about the limit", |text| {
            let said = text.contains("Too many requests from your network");
            (said && text.contains("60 min")).then_some(())
        })
        .await;
        assert_nothing_is_lost(session).await?;
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn the_wait_goes_on_while_the_page_sleeps_and_send_works_when_it_is_over() {
    let (_host, relay, service, page) = behind_a_relay(Setup::new(Database::Sqlite)).await;
    journey("limit-over", Visitor::DESKTOP, async |session| {
        relay.answer_instead("/tickets", 429, "too-many-requests", Some(3_600));
        fill_and_send(session, &page).await?;
        reads(session, "Next try in 60 min.").await;
        hears(session, "Next try in 60 min.").await;
        let half_an_hour =
            "const now = Date.now; Date.now = () => now() + 1800000; setTimeout(() => Date.now = now, 1500)";
        session.run(half_an_hour, &[]).await?;
        reads(session, "Next try in 30 min.").await;
        // Still too early: told again, nothing lost.
        widget::send_button(session).await?.click().await?;
        reads(session, "Next try in 60 min.").await;
        assert_nothing_is_lost(session).await?;
        relay.step_aside();
        widget::send(session).await?;
        assert_eq!(service.tickets().len(), 1);
        Ok(())
    })
    .await;
}
