//! What the panel looks like while something is in the way; the pictures are in `target/screenshots/`.

use anyhow::Result;
use cornerdesk_tests::{
    Database, Service,
    browser::{Visitor, assert_fits, journey, save_screenshot},
    client::File,
    host_page::{HostPage, embedding_html},
    relay::Relay,
    service::{SITE, Setup},
    webdriver::Session,
    widget::{self, A_REQUEST},
};

use crate::files::on_disk;

/// In place of a worker: what it says when it is asked to work.
const WORKER: &str = "window.Worker = class {
      postMessage() { setTimeout(() => this.onmessage({ data: said }), 50) }
      terminate() {}
    };
    window.said = 42";
const LATER: &str =
    "const now = Date.now; Date.now = () => now() + 20000; setTimeout(() => Date.now = now, 1500)";

/// Saves a picture and checks that nothing is wider than the frame or lies under something else.
async fn picture(session: &Session, name: &str, state: &str) -> Result<()> {
    save_screenshot(session, &format!("{name}-{state}")).await?;
    assert_fits(session, state).await
}

async fn notice(session: &Session, state: &str) -> Result<()> {
    session
        .find(&format!("#send-status .notice {state}"))
        .await?;
    Ok(())
}

async fn send(session: &Session) -> Result<()> {
    widget::send_button(session).await?.click().await
}

/// Pauses the countdown, as who writes on does.
async fn write_on(session: &Session) -> Result<()> {
    widget::field(session, "description")
        .await?
        .type_text(" ")
        .await
}

async fn walk_through(session: &Session, relay: &Relay, name: &str) -> Result<()> {
    session.run(WORKER, &[]).await?;
    relay.answer_instead("/tickets", 428, "proof-of-work-required", None);
    send(session).await?;
    notice(session, "progress[value='42']").await?;
    picture(session, name, "proving").await?;
    session.run(LATER, &[]).await?;
    notice(session, "button:nth-child(2)").await?;
    picture(session, name, "proving-slow").await?;
    notice(session, "button:nth-child(2)").await?;
    let cancel = session
        .find("#send-status .notice button:nth-child(2)")
        .await?;
    cancel.click().await?;
    session.find("#send[aria-disabled=false]").await?;
    picture(session, name, "cancelled").await?;
    session.run("window.said = null", &[]).await?;
    send(session).await?;
    notice(session, "button").await?;
    picture(session, name, "cannot-prove").await?;
    relay.answer_instead("/tickets", 429, "too-many-requests", Some(3_600));
    send(session).await?;
    session
        .find("#send-status .notice--waits .notice__next:not(:empty)")
        .await?;
    picture(session, name, "too-many").await?;
    write_on(session).await?;
    relay.answer_instead("/tickets", 503, "too-busy", Some(20));
    send(session).await?;
    session
        .find("#send-status .notice--waits .notice__next:not(:empty)")
        .await?;
    picture(session, name, "too-busy").await?;
    write_on(session).await?;
    relay.answer_instead("/uploads", 503, "too-busy", None);
    let (small, large) = (
        File::text("log of the export that fails.txt", "x"),
        File::binary("recording.mov", 1_048_577, 1),
    );
    widget::attach(session, &[&on_disk(&small), &on_disk(&large)]).await?;
    session.find("li.file[data-state=failed]").await?;
    session.find("li.file[data-state=interrupted]").await?;
    send(session).await?;
    picture(session, name, "files-cut").await?;
    relay.step_aside();
    widget::receipt(session).await?;
    picture(session, name, "sent-without-one").await?;
    Ok(())
}

async fn look(name: &str, visitor: Visitor, locale: &str) {
    let (host, relay) = (HostPage::bind().await, Relay::bind().await);
    let setup = Setup::new(Database::Sqlite)
        .reached_at(&relay.origin())
        .allow_only(&host.origin())
        .section("[limits]\nattachment_bytes = 1048576");
    let service = Service::start_with(setup).await;
    relay.pass_to(&service.origin());
    let html = embedding_html(&relay.origin(), SITE);
    let html = html.replace("data-site", &format!("data-locale=\"{locale}\" data-site"));
    let page = host.show("/", &html, "");
    journey(name, visitor, async |session| {
        session.goto(&page).await?;
        let launcher = widget::launcher(session).await?;
        let label = if locale == "de" { "Hilfe" } else { "Help" };
        assert_eq!(launcher.accessible_name().await?, label);
        widget::open(session).await?;
        session.find("#send[aria-disabled]").await?;
        widget::fill(session, A_REQUEST).await?;
        walk_through(session, &relay, name).await
    })
    .await;
    assert_eq!(service.tickets().len(), 1);
}

#[tokio::test]
async fn light_on_a_laptop() {
    look("trouble-light", Visitor::DESKTOP, "en").await;
}

#[tokio::test]
async fn dark_in_german() {
    look("trouble-dark-de", Visitor::DARK, "de").await;
}

#[tokio::test]
async fn a_phone_in_german() {
    look("trouble-phone-de", Visitor::PHONE, "de").await;
}
