//! With the keyboard alone.

use anyhow::{Result, ensure};
use cornerdesk_tests::{
    Database,
    browser::{Visitor, journey},
    embedded::embedded,
    eventually,
    service::Setup,
    webdriver::{APPEARANCE, Session, key},
    widget::{self, A_REQUEST},
};

pub async fn press(session: &Session, key: char) -> Result<()> {
    session.press(&key.to_string()).await
}

/// Presses Tab until the control with this name or id has the focus.
pub async fn tab_to(session: &Session, wanted: &str) -> Result<()> {
    for _ in 0..16 {
        let focused = session.focused().await?;
        for attribute in ["name", "id"] {
            if focused.attribute(attribute).await?.as_deref() == Some(wanted) {
                return Ok(());
            }
        }
        press(session, key::TAB).await?;
    }
    anyhow::bail!("Tab never came to {wanted}")
}

#[tokio::test]
async fn a_person_without_a_mouse_asks_for_help() {
    asks_without_a_mouse("keyboard", Visitor::DESKTOP).await;
}

/// The journey with the keyboard alone, from a field of the page to the receipt.
pub async fn asks_without_a_mouse(name: &str, visitor: Visitor) {
    let (_host, service, page) = embedded(Setup::new(Database::Sqlite)).await;
    journey(name, visitor, async |session| {
        session.goto(&page).await?;
        widget::launcher(session).await?;
        session.find("#search").await?.click().await?;
        press(session, key::TAB).await?;
        ensure!(
            widget::focus_in_page(session).await? == widget::HOST_ELEMENT,
            "Tab leads to the launcher"
        );
        press(session, key::ENTER).await?;
        widget::enter_panel(session).await?;
        eventually(APPEARANCE, "the focus to be in the form", async || {
            let focused = session.focused().await.ok()?;
            (focused.attribute("name").await.ok()?.as_deref() == Some("summary")).then_some(())
        })
        .await;
        session.press(A_REQUEST.summary).await?;
        tab_to(session, "description").await?;
        session.press(A_REQUEST.description).await?;
        tab_to(session, "email").await?;
        session.press(A_REQUEST.email).await?;
        tab_to(session, "send").await?;
        press(session, key::ENTER).await?;
        let reference = widget::receipt(session).await?;
        assert_eq!(service.ticket(&reference)["summary"], A_REQUEST.summary);
        // A reader's attention goes to the news.
        let focused = session.focused().await?.attribute("id").await?;
        assert_eq!(focused.as_deref(), Some("receipt-title"));
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn escape_closes_the_panel_and_returns_to_where_the_person_was() {
    let (_host, _service, page) = embedded(Setup::new(Database::Sqlite)).await;
    journey("escape", Visitor::DESKTOP, async |session| {
        session.goto(&page).await?;
        widget::open(session).await?;
        widget::field(session, "summary")
            .await?
            .type_text("half a thought")
            .await?;
        press(session, key::ESCAPE).await?;
        session.enter_page().await?;
        let launcher = widget::launcher(session).await?;
        eventually(APPEARANCE, "the panel to be closed", async || {
            let expanded = launcher.attribute("aria-expanded").await.ok()?;
            (expanded.as_deref() == Some("false")).then_some(())
        })
        .await;
        assert_eq!(widget::focus_in_page(session).await?, widget::HOST_ELEMENT);
        press(session, key::ENTER).await?;
        widget::enter_panel(session).await?;
        assert_eq!(
            widget::field(session, "summary").await?.value().await?,
            "half a thought"
        );
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn mistakes_are_told_and_the_focus_goes_there() {
    let (_host, service, page) = embedded(Setup::new(Database::Sqlite)).await;
    journey("mistakes", Visitor::DESKTOP, async |session| {
        session.goto(&page).await?;
        widget::open(session).await?;
        widget::field(session, "email")
            .await?
            .type_text("not an address")
            .await?;
        widget::send_button(session).await?.click().await?;
        widget::wait_for_text(session, "all three errors", |text| {
            let all = [
                "Write in a few words",
                "Describe what happened",
                "Enter one email address",
            ];
            all.iter().all(|words| text.contains(words)).then_some(())
        })
        .await;
        for name in ["summary", "description", "email"] {
            let field = widget::field(session, name).await?;
            assert_eq!(
                field.attribute("aria-invalid").await?.as_deref(),
                Some("true"),
                "{name}"
            );
        }
        let focused = session.focused().await?.attribute("id").await?;
        assert!(
            matches!(focused.as_deref(), Some("error-summary" | "summary")),
            "{focused:?}"
        );
        assert!(service.tickets().is_empty());
        Ok(())
    })
    .await;
}
