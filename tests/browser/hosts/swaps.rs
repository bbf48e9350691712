//! Pages that replace themselves while somebody writes.

use anyhow::Result;
use cornerdesk_tests::{
    eventually,
    webdriver::{APPEARANCE, Session},
    widget,
};

use super::walk::{TEXT, Visit, Walk};

/// Waits until the page is the one with this title.
async fn arrived(session: &Session, title: &str) {
    eventually(APPEARANCE, title, async || {
        let shown = session.find_all("h1").await.ok()?;
        (shown.first()?.text().await.ok()? == title).then_some(())
    })
    .await;
}

/// Everything typed before is still in the panel, which is still open.
async fn assert_text_is_kept(visit: &Visit<'_>) -> Result<()> {
    widget::enter_panel(visit.session).await?;
    for (name, text) in [("summary", TEXT.summary), ("description", TEXT.description)] {
        assert_eq!(
            widget::field(visit.session, name).await?.value().await?,
            text
        );
    }
    visit.session.enter_page().await
}

async fn goes_to_the_next_page(visit: &Visit<'_>, title: &str) -> Result<()> {
    visit.open().await?;
    visit.write().await?;
    visit.session.enter_page().await?;
    visit.session.find("#next").await?.click().await?;
    arrived(visit.session, title).await;
    assert_text_is_kept(visit).await
}

async fn goes_back(visit: &Visit<'_>, title: &str) -> Result<()> {
    visit.session.run("history.back()", &[]).await?;
    arrived(visit.session, title).await;
    assert_text_is_kept(visit).await
}

async fn sends(visit: &Visit<'_>) -> Result<()> {
    let widgets = visit.session.find_all(widget::HOST_ELEMENT).await?;
    assert_eq!(widgets.len(), 1);
    widget::enter_panel(visit.session).await?;
    visit.send().await?;
    visit.leave().await
}

#[tokio::test]
async fn a_visit_of_turbo_and_the_way_back_keep_the_panel_and_the_text() {
    Walk::on("turbo")
        .visit(async |visit| {
            goes_to_the_next_page(&visit, "The next page of Turbo").await?;
            goes_back(&visit, "Turbo Drive visits pages").await?;
            sends(&visit).await
        })
        .await;
}

#[tokio::test]
async fn a_boosted_link_of_htmx_and_the_way_back_keep_the_panel_and_the_text() {
    Walk::on("htmx")
        .visit(async |visit| {
            goes_to_the_next_page(&visit, "The next page of htmx").await?;
            goes_back(&visit, "htmx boosts links").await?;
            sends(&visit).await
        })
        .await;
}

#[tokio::test]
async fn a_page_that_writes_its_body_anew_keeps_the_panel_and_the_text() {
    Walk::on("new-body")
        .visit(async |visit| {
            goes_to_the_next_page(&visit, "The next page").await?;
            sends(&visit).await
        })
        .await;
}

/// What React has taken over reacts.
async fn count(session: &Session) -> Result<()> {
    let button = session.find("#count").await?;
    eventually(APPEARANCE, "React to take over", async || {
        button.click().await.ok()?;
        (button.text().await.ok()? != "0").then_some(())
    })
    .await;
    Ok(())
}

#[tokio::test]
async fn react_19_takes_a_document_over_that_shows_the_launcher_already() {
    Walk::on("react-19").asks_for_help_after(count).await;
}

#[tokio::test]
async fn react_18_takes_a_document_over_and_adds_the_tag_then() {
    Walk::on("react-18").asks_for_help_after(count).await;
}
