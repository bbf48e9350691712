//! "Start afresh" and its undoing, where something comes between.

use anyhow::Result;
use cornerdesk_tests::{
    Database,
    browser::{Visitor, journey},
    embedded::embedded,
    eventually,
    service::Setup,
    webdriver::{APPEARANCE, Session},
    widget::{self, A_REQUEST, Request},
};

use crate::drafts::{assert_kept, open_and_fill, open_kept, press_in_line, wait_for_panel};

/// Says it as the host page, and comes back to the panel.
async fn say(session: &Session, call: &str) -> Result<()> {
    session.enter_page().await?;
    session.run(call, &[]).await?;
    widget::enter_panel(session).await
}

async fn wait_for_value(session: &Session, name: &str, wanted: &str) -> Result<()> {
    let field = widget::field(session, name).await?;
    eventually(APPEARANCE, wanted, async || {
        (field.value().await.ok()? == wanted).then_some(())
    })
    .await;
    Ok(())
}

#[tokio::test]
async fn a_space_after_starting_afresh_costs_no_word() {
    let (_host, _service, page) = embedded(Setup::new(Database::Sqlite)).await;
    journey("draft-undo-space", Visitor::DESKTOP, async |session| {
        open_and_fill(session, &page, A_REQUEST).await?;
        open_kept(session, &page, A_REQUEST).await?;
        wait_for_panel(session).await?;
        press_in_line(session, "Start afresh").await?;
        session.press(" ").await?;
        press_in_line(session, "Undo").await?;
        assert_kept(session, A_REQUEST).await?;
        open_kept(session, &page, A_REQUEST).await
    })
    .await;
}

#[tokio::test]
async fn the_first_letter_ends_what_could_be_undone_at_once() {
    let (_host, _service, page) = embedded(Setup::new(Database::Sqlite)).await;
    journey("draft-undo-letter", Visitor::DESKTOP, async |session| {
        open_and_fill(session, &page, A_REQUEST).await?;
        open_kept(session, &page, A_REQUEST).await?;
        wait_for_panel(session).await?;
        press_in_line(session, "Start afresh").await?;
        let letter = "const summary = document.getElementById('summary');
            summary.value = 'W';
            summary.dispatchEvent(new Event('input', { bubbles: true }));
            return document.getElementById('kept').inert";
        assert_eq!(session.run(letter, &[]).await?, true);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn starting_afresh_leaves_alone_what_the_host_page_has_locked() {
    let (_host, _service, page) = embedded(Setup::new(Database::Sqlite)).await;
    let locked =
        "Cornerdesk('prefill', { summary: { value: 'About order A-17', readOnly: true } })";
    let request = Request {
        summary: "About order A-17",
        ..A_REQUEST
    };
    journey("draft-locked", Visitor::DESKTOP, async |session| {
        session.goto(&page).await?;
        widget::open(session).await?;
        say(session, locked).await?;
        wait_for_value(session, "summary", request.summary).await?;
        for (name, text) in [
            ("description", request.description),
            ("email", request.email),
        ] {
            widget::field(session, name).await?.type_text(text).await?;
        }
        open_kept(session, &page, request).await?;
        say(session, locked).await?;
        session.find("#summary[data-locked]").await?;
        press_in_line(session, "Start afresh").await?;
        wait_for_value(session, "description", "").await?;
        wait_for_value(session, "summary", request.summary).await?;
        // Whoever goes on writing does so in a field that takes it.
        let focused = "return document.activeElement.id";
        assert_eq!(session.run(focused, &[]).await?, "description");
        // It is no text of the person's, which would take the place of theirs.
        session.press(" ").await?;
        press_in_line(session, "Undo").await?;
        assert_kept(session, request).await
    })
    .await;
}

#[tokio::test]
async fn what_is_undone_belongs_to_whom_the_host_page_has_named_meanwhile() {
    let (_host, _service, page) = embedded(Setup::new(Database::Sqlite)).await;
    let identify = |email: &str| format!("Cornerdesk('identify', {{ email: '{email}' }})");
    let another = "alan@customer.example";
    journey("draft-undo-identity", Visitor::DESKTOP, async |session| {
        let anonymous = Request {
            email: "",
            ..A_REQUEST
        };
        open_and_fill(session, &page, anonymous).await?;
        open_kept(session, &page, anonymous).await?;
        wait_for_panel(session).await?;
        press_in_line(session, "Start afresh").await?;
        say(session, &identify(A_REQUEST.email)).await?;
        wait_for_value(session, "email", A_REQUEST.email).await?;
        press_in_line(session, "Undo").await?;
        assert_kept(session, A_REQUEST).await?;
        say(session, &identify(another)).await?;
        let theirs = Request {
            summary: "",
            description: "",
            email: another,
        };
        assert_kept(session, theirs).await
    })
    .await;
}
