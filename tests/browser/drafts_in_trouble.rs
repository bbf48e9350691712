//! What is kept when the network, the service or the browser's storage do not do their part.

use std::{collections::BTreeSet, time::Duration};

use anyhow::Result;
use cornerdesk_tests::{
    Database, Service,
    browser::{Visitor, journey, save_screenshot},
    client::File,
    embedded::{behind_a_relay, embedded},
    eventually,
    host_page::embedding_html,
    service::{SITE, Setup},
    webdriver::{APPEARANCE, Session},
    widget::{self, A_REQUEST},
};
use serde_json::json;

use crate::{
    drafts::{assert_kept, open_kept, wait_for_panel},
    files::{on_disk, wait_until_uploaded},
};

const SENT: Duration = Duration::from_secs(40);

async fn receipt(session: &Session) -> String {
    eventually(SENT, "the receipt", async || {
        widget::find_reference(&widget::visible_text(session).await.ok()?)
    })
    .await
}

/// Tells the page's browser that there is a network, or none; frames of other origins are not asked.
pub async fn set_network(session: &Session, is_there: bool) -> Result<()> {
    let conditions = json!({ "offline": !is_there, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1 });
    session.devtools("Network.enable", json!({})).await?;
    session
        .devtools("Network.emulateNetworkConditions", conditions)
        .await?;
    Ok(())
}

#[tokio::test]
async fn an_answer_that_is_lost_before_a_reload_brings_the_same_reference_after_it() {
    let (host, relay, service, page) = behind_a_relay(Setup::new(Database::Sqlite)).await;
    // Another page of the product: what is said about the page must stay what it was.
    let other = host.show("/other", &embedding_html(&relay.origin(), SITE), "");
    let file = File::text("log.txt", "a line");
    journey("draft-lost-answer", Visitor::DESKTOP, async |session| {
        session.goto(&page).await?;
        widget::open(session).await?;
        widget::fill(session, A_REQUEST).await?;
        wait_for_panel(session).await?;
        widget::attach(session, &[&on_disk(&file)]).await?;
        wait_until_uploaded(session, 1).await;
        // All of them: the panel tries again on its own, at its own time.
        relay.cut_answers("/tickets");
        widget::send_button(session).await?.click().await?;
        eventually(APPEARANCE, "the ticket", async || {
            (service.tickets().len() == 1).then_some(())
        })
        .await;
        session.goto(&other).await?;
        relay.step_aside();
        // The receipt may be there before the form was seen.
        widget::launcher(session).await?.click().await?;
        widget::enter_frame(session).await?;
        let reference = receipt(session).await;
        let tickets = service.tickets();
        assert_eq!(tickets.len(), 1);
        assert_eq!(tickets[0]["reference"], reference);
        let seen = relay.seen().into_iter();
        let keys: BTreeSet<_> = seen
            .filter(|seen| seen.path.ends_with("/tickets"))
            .map(|seen| seen.idempotency_key)
            .collect();
        assert_eq!(keys.len(), 1, "{keys:?}");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn who_presses_send_offline_is_told_and_it_is_sent_once_when_the_network_is_back() {
    let service = Service::start(Database::Sqlite).await;
    let page = service.url(&format!("/help/{SITE}"));
    journey("draft-offline", Visitor::DESKTOP, async |session| {
        session.goto(&page).await?;
        widget::fill(session, A_REQUEST).await?;
        wait_for_panel(session).await?;
        set_network(session, false).await?;
        widget::send_button(session).await?.click().await?;
        widget::wait_for_text(session, "words about the network", |text| {
            text.contains("will be sent when you are back")
                .then_some(())
        })
        .await;
        save_screenshot(session, "draft-offline").await?;
        set_network(session, true).await?;
        receipt(session).await;
        assert_eq!(service.tickets().len(), 1);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn what_was_to_be_sent_offline_is_sent_once_after_a_reload() {
    let service = Service::start(Database::Sqlite).await;
    let page = service.url(&format!("/help/{SITE}"));
    let file = File::text("log.txt", "a line");
    journey("draft-offline-reload", Visitor::DESKTOP, async |session| {
        session.goto(&page).await?;
        widget::fill(session, A_REQUEST).await?;
        wait_for_panel(session).await?;
        set_network(session, false).await?;
        widget::attach(session, &[&on_disk(&file)]).await?;
        widget::send_button(session).await?.click().await?;
        widget::wait_for_text(session, "words about the network", |text| {
            text.contains("your request is sent as soon as it is back")
                .then_some(())
        })
        .await;
        session.goto("about:blank").await?;
        set_network(session, true).await?;
        session.goto(&page).await?;
        // With the network the browser may wake the page that was left, and that one sends: then nothing is left to show.
        eventually(SENT, "the ticket", async || {
            (!service.tickets().is_empty()).then_some(())
        })
        .await;
        let tickets = service.tickets();
        let ticket = service.ticket(tickets[0]["reference"].as_str().expect("a reference"));
        assert_eq!(ticket["summary"], A_REQUEST.summary);
        assert_eq!(ticket["attachments"][0]["sha256"], file.sha256());
        session.goto(&page).await?;
        wait_for_panel(session).await?;
        assert_eq!(service.tickets().len(), 1);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn who_cancels_what_waits_for_the_network_keeps_the_text_and_nothing_is_sent() {
    let service = Service::start(Database::Sqlite).await;
    let page = service.url(&format!("/help/{SITE}"));
    journey("draft-offline-cancel", Visitor::DESKTOP, async |session| {
        session.goto(&page).await?;
        widget::fill(session, A_REQUEST).await?;
        wait_for_panel(session).await?;
        set_network(session, false).await?;
        widget::send_button(session).await?.click().await?;
        let cancel = session.find(".notice__actions button:last-child").await?;
        cancel.click().await?;
        set_network(session, true).await?;
        session.goto(&page).await?;
        assert_kept(session, A_REQUEST).await?;
        wait_for_panel(session).await?;
        widget::send_button(session).await?.click().await?;
        receipt(session).await;
        assert_eq!(service.tickets().len(), 1);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_browser_that_lets_nobody_store_anything_sends_all_the_same() {
    let (_host, service, page) = embedded(Setup::new(Database::Sqlite)).await;
    journey(
        "draft-no-storage",
        Visitor::WITHOUT_STORAGE,
        async |session| {
            session.goto(&page).await?;
            widget::open(session).await?;
            wait_for_panel(session).await?;
            let refused = "try { localStorage.length; return 'stored' } catch { return 'refused' }";
            assert_eq!(session.run(refused, &[]).await?, "refused");
            widget::fill(session, A_REQUEST).await?;
            widget::attach(session, &[&on_disk(&File::text("log.txt", "a line"))]).await?;
            wait_until_uploaded(session, 1).await;
            let ticket = service.ticket(&widget::send(session).await?);
            assert_eq!(ticket["attachments"].as_array().map(Vec::len), Some(1));
            Ok(())
        },
    )
    .await;
}

/// How storage can fail: a name, and what makes it so before a document's own scripts run.
const FAILURES: [(&str, &str); 7] = [
    (
        "localStorage throws",
        "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no', 'SecurityError') } })",
    ),
    (
        "localStorage is full",
        "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError') }",
    ),
    (
        "IndexedDB is missing",
        "delete Window.prototype.indexedDB; Object.defineProperty(window, 'indexedDB', { value: undefined })",
    ),
    (
        "IndexedDB throws",
        "IDBFactory.prototype.open = () => { throw new DOMException('no', 'SecurityError') }",
    ),
    ("IndexedDB hangs", "IDBFactory.prototype.open = () => ({})"),
    (
        "locks are missing",
        "Object.defineProperty(navigator, 'locks', { value: undefined })",
    ),
    (
        "locks hang",
        "LockManager.prototype.request = () => new Promise(() => {})",
    ),
];

#[tokio::test]
async fn storage_that_throws_is_full_missing_or_hangs_does_not_matter() {
    let service = Service::start(Database::Sqlite).await;
    let page = service.url(&format!("/help/{SITE}"));
    journey("draft-failures", Visitor::DESKTOP, async |session| {
        let file = on_disk(&File::text("log.txt", "a line"));
        for (failure, script) in FAILURES {
            let command = "Page.addScriptToEvaluateOnNewDocument";
            let added = session
                .devtools(command, json!({ "source": script }))
                .await?;
            session.goto(&page).await?;
            widget::fill(session, A_REQUEST).await?;
            wait_for_panel(session).await?;
            widget::attach(session, &[&file]).await?;
            wait_until_uploaded(session, 1).await;
            // Once more with what could be kept, and with what could not.
            session.goto(&page).await?;
            wait_for_panel(session).await?;
            for name in ["summary", "description"] {
                widget::field(session, name).await?.clear().await?;
            }
            let summary = widget::field(session, "summary").await?;
            summary.type_text(failure).await?;
            let description = widget::field(session, "description").await?;
            description.type_text(A_REQUEST.description).await?;
            let email = widget::field(session, "email").await?;
            email.clear().await?;
            email.type_text(A_REQUEST.email).await?;
            widget::send_button(session).await?.click().await?;
            let ticket = service.ticket(&receipt(session).await);
            assert_eq!(ticket["summary"], failure);
            session
                .devtools("Page.removeScriptToEvaluateOnNewDocument", added)
                .await?;
        }
        assert_eq!(service.tickets().len(), FAILURES.len());
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn the_summary_of_mistakes_stays_as_it_is_while_somebody_corrects_them() {
    let (_host, _service, page) = embedded(Setup::new(Database::Sqlite)).await;
    journey("draft-summary", Visitor::DESKTOP, async |session| {
        session.goto(&page).await?;
        widget::open(session).await?;
        wait_for_panel(session).await?;
        widget::send_button(session).await?.click().await?;
        let summary = session.find("#error-summary ul").await?;
        // Its text, also while it is coming into sight.
        let before = summary.property("textContent").await?;
        widget::fill(session, A_REQUEST).await?;
        let errors = session.find_all(".field__error span").await?;
        assert!(
            errors.is_empty(),
            "each field says at once that it is right"
        );
        assert_eq!(summary.property("textContent").await?, before);
        open_kept(session, &page, A_REQUEST).await
    })
    .await;
}
