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

async fn press(session: &Session, key: char) -> Result<()> {
    session.press(&key.to_string()).await
}

/// Presses Tab until the control with this name or id has the focus.
async fn tab_to(session: &Session, wanted: &str) -> Result<()> {
    for _ in 0..12 {
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

/// The element of the host page with the focus: its id, or its name when it has none.
async fn focus_in_page(session: &Session) -> Result<String> {
    session.enter_page().await?;
    let script = "return document.activeElement.id || document.activeElement.localName";
    Ok(session
        .run(script, &[])
        .await?
        .as_str()
        .unwrap_or_default()
        .to_owned())
}

#[tokio::test]
async fn a_person_without_a_mouse_asks_for_help() {
    let (_host, service, page) = embedded(Setup::new(Database::Sqlite)).await;
    journey("keyboard", Visitor::DESKTOP, async |session| {
        session.goto(&page).await?;
        widget::launcher(session).await?;
        session.find("#search").await?.click().await?;
        press(session, key::TAB).await?;
        ensure!(
            focus_in_page(session).await? == widget::HOST_ELEMENT,
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
        assert_eq!(focus_in_page(session).await?, widget::HOST_ELEMENT);
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

#[tokio::test]
async fn keys_typed_in_the_panel_do_not_reach_the_page() {
    let (_host, _service, page) = embedded(Setup::new(Database::Sqlite)).await;
    journey("shortcuts", Visitor::DESKTOP, async |session| {
        session.goto(&page).await?;
        let listen = "window.heard = []; for (const target of [window, document]) for (const name of ['keydown', 'keypress', 'keyup']) \
                      target.addEventListener(name, (event) => { heard.push(event.key); event.preventDefault(); }, true)";
        session.run(listen, &[]).await?;
        widget::open(session).await?;
        let summary = widget::field(session, "summary").await?;
        summary.type_text("as sb /k").await?;
        assert_eq!(summary.value().await?, "as sb /k");
        session.enter_page().await?;
        assert_eq!(session.run("return heard", &[]).await?, serde_json::json!([]));
        Ok(())
    })
    .await;
}
