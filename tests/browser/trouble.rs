//! The network and the service when they do not do their part.

use std::time::Duration;

use anyhow::Result;
use cornerdesk_tests::{
    Database, Service,
    browser::{Visitor, journey},
    embedded::{behind_a_relay, embedded},
    eventually,
    service::{SITE, Setup},
    webdriver::{APPEARANCE, Session},
    widget::{self, A_REQUEST},
};
use serde_json::{Value, json};

const RETRIED: Duration = Duration::from_secs(40);

async fn receipt_after_retry(session: &Session) -> String {
    eventually(RETRIED, "the receipt after a retry", async || {
        widget::find_reference(&widget::visible_text(session).await.ok()?)
    })
    .await
}

async fn assert_text_is_there(session: &Session) -> Result<()> {
    for (name, text) in [
        ("summary", A_REQUEST.summary),
        ("description", A_REQUEST.description),
        ("email", A_REQUEST.email),
    ] {
        assert_eq!(widget::field(session, name).await?.value().await?, text);
    }
    Ok(())
}

/// Waits until the panel's WebAssembly has taken the form over: it says of the button whether it can be pressed.
async fn wait_for_panel(session: &Session) -> Result<()> {
    session.find("#send[aria-disabled]").await?;
    Ok(())
}

#[tokio::test]
async fn a_service_that_is_down_at_send_gets_the_request_once_when_it_is_back() {
    let (_host, mut service, page) = embedded(Setup::new(Database::Sqlite)).await;
    journey("down-at-send", Visitor::DESKTOP, async |session| {
        session.goto(&page).await?;
        widget::open(session).await?;
        widget::fill(session, A_REQUEST).await?;
        wait_for_panel(session).await?;
        service.kill();
        widget::send_button(session).await?.click().await?;
        widget::wait_for_text(session, "words about the trouble", |text| {
            (text.contains("could not reach") && text.contains("Your text is safe")).then_some(())
        })
        .await;
        assert_text_is_there(session).await?;
        service.start_again().await;
        let reference = receipt_after_retry(session).await;
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
async fn an_answer_that_is_lost_does_not_double_the_ticket() {
    let (_host, relay, service, page) = behind_a_relay(Setup::new(Database::Sqlite)).await;
    journey("lost-answer", Visitor::DESKTOP, async |session| {
        session.goto(&page).await?;
        widget::open(session).await?;
        widget::fill(session, A_REQUEST).await?;
        wait_for_panel(session).await?;
        relay.cut_next_answer("/tickets");
        widget::send_button(session).await?.click().await?;
        let reference = receipt_after_retry(session).await;
        let sent = relay
            .seen()
            .iter()
            .filter(|seen| seen.path.ends_with("/tickets"))
            .count();
        assert!(sent >= 2, "the panel tried again");
        let tickets = service.tickets();
        assert_eq!(tickets.len(), 1);
        assert_eq!(tickets[0]["reference"], reference);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn what_is_typed_before_webassembly_arrives_stays_and_so_does_the_focus() {
    let (_host, relay, service, page) = behind_a_relay(Setup::new(Database::Sqlite)).await;
    journey("before-wasm", Visitor::DESKTOP, async |session| {
        let release = relay.hold(".wasm");
        session.goto(&page).await?;
        widget::open(session).await?;
        widget::fill(session, A_REQUEST).await?;
        let description = widget::field(session, "description").await?;
        description.click().await?;
        eventually(APPEARANCE, "WebAssembly to be asked for", async || {
            relay
                .seen()
                .iter()
                .any(|seen| seen.path.ends_with(".wasm"))
                .then_some(())
        })
        .await;
        release.send(true)?;
        wait_for_panel(session).await?;
        assert_text_is_there(session).await?;
        let focused = session.focused().await?.attribute("name").await?;
        assert_eq!(focused.as_deref(), Some("description"));
        let reference = widget::send(session).await?;
        assert_eq!(service.ticket(&reference)["summary"], A_REQUEST.summary);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn without_webassembly_the_form_in_the_panel_is_still_a_form() {
    let (_host, relay, service, page) = behind_a_relay(Setup::new(Database::Sqlite)).await;
    journey("no-wasm", Visitor::DESKTOP, async |session| {
        let _never_released = relay.hold(".wasm");
        session.goto(&page).await?;
        widget::open(session).await?;
        widget::fill(session, A_REQUEST).await?;
        let reference = widget::send(session).await?;
        assert_eq!(service.ticket(&reference)["summary"], A_REQUEST.summary);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_browser_that_runs_no_webassembly_has_a_form_with_a_native_control_for_files() {
    let service = Service::start(Database::Sqlite).await;
    let page = service.url(&format!("/help/{SITE}"));
    journey("no-wasm-at-all", Visitor::DESKTOP, async |session| {
        let added = before_each_document(session, "delete window.WebAssembly").await?;
        session.goto(&page).await?;
        widget::fill(session, A_REQUEST).await?;
        session.find("html:not(.enhanced)").await?;
        let reference = widget::send(session).await?;
        assert_eq!(service.ticket(&reference)["summary"], A_REQUEST.summary);
        session
            .devtools("Page.removeScriptToEvaluateOnNewDocument", added)
            .await?;
        // One that only cannot compile while it receives has the panel.
        let script = "delete WebAssembly.compileStreaming; delete WebAssembly.instantiateStreaming";
        before_each_document(session, script).await?;
        session.goto(&page).await?;
        wait_for_panel(session).await
    })
    .await;
}

async fn before_each_document(session: &Session, script: &str) -> Result<Value> {
    let command = "Page.addScriptToEvaluateOnNewDocument";
    session.devtools(command, json!({ "source": script })).await
}

#[tokio::test]
async fn without_what_listens_for_files_the_control_takes_dropped_ones_by_itself() {
    let (_host, relay, _service, page) = behind_a_relay(Setup::new(Database::Sqlite)).await;
    journey("no-errands", Visitor::DESKTOP, async |session| {
        relay.answer_instead("_errands.js", 503, "unavailable", None);
        session.goto(&page).await?;
        widget::open(session).await?;
        session.find("html:not(.enhanced)").await?;
        let is_left_to_the_browser = "const dataTransfer = new DataTransfer();
            dataTransfer.items.add(new File(['a line'], 'log.txt'));
            const event = new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer });
            return document.querySelector(arguments[0]).dispatchEvent(event)";
        for (place, wanted) in [("#attachments", true), ("#summary", false)] {
            let left = session.run(is_left_to_the_browser, &[json!(place)]).await?;
            assert_eq!(left, wanted, "{place}");
        }
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn the_panel_starts_with_its_style_or_after_that_has_failed() {
    let (_host, relay, _service, page) = behind_a_relay(Setup::new(Database::Sqlite)).await;
    journey("later-style", Visitor::DESKTOP, async |session| {
        let release = relay.hold("_later.css");
        session.goto(&page).await?;
        widget::open(session).await?;
        let arrived = "const all = performance.getEntriesByType('resource').map(({ name }) => name);
            return ['.wasm', '_errands.js', '/words/panel'].every((part) => all.some((name) => name.includes(part)))";
        eventually(APPEARANCE, "all but the style", async || {
            session.run(arrived, &[]).await.ok()?.as_bool()?.then_some(())
        })
        .await;
        assert!(session.find_all("#send[aria-disabled]").await?.is_empty());
        release.send(true)?;
        wait_for_panel(session).await?;
        relay.answer_instead("_later.css", 503, "unavailable", None);
        session.devtools("Network.clearBrowserCache", json!({})).await?;
        session.goto(&page).await?;
        widget::open(session).await?;
        wait_for_panel(session).await
    })
    .await;
}

#[tokio::test]
async fn a_browser_without_a_clipboard_marks_the_reference_and_does_not_say_copied() {
    let (_host, _service, page) = embedded(Setup::new(Database::Sqlite)).await;
    journey("no-clipboard", Visitor::DESKTOP, async |session| {
        session.goto(&page).await?;
        widget::open(session).await?;
        widget::fill(session, A_REQUEST).await?;
        wait_for_panel(session).await?;
        let reference = widget::send(session).await?;
        let refuse = "navigator.clipboard.writeText = () => Promise.reject(new Error('refused'))";
        session.run(refuse, &[]).await?;
        session
            .find("#receipt-reference button")
            .await?
            .click()
            .await?;
        eventually(RETRIED, "the reference to be marked", async || {
            let marked = session
                .run("return String(getSelection())", &[])
                .await
                .ok()?;
            (marked.as_str()?.trim() == reference).then_some(())
        })
        .await;
        assert!(!widget::visible_text(session).await?.contains("Copied"));
        eventually(APPEARANCE, "that copying failed to be said", async || {
            let region = session.find("#announcer").await.ok()?;
            let said = region.property("textContent").await.ok()?;
            said.as_str()?.contains("Could not copy").then_some(())
        })
        .await;
        Ok(())
    })
    .await;
}
