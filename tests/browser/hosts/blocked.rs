//! Something in the browser refuses our requests: an ad blocker, say. Each part is refused in its turn.

use anyhow::{Result, ensure};
use cornerdesk_tests::{
    Database,
    browser::{Visitor, journey, save_screenshot},
    embedded::embedded,
    eventually,
    service::Setup,
    webdriver::{APPEARANCE, Session},
    widget::{self, A_REQUEST},
};

use super::walk::{TEXT, Visit, Walk, noticed};
use crate::drafts_in_trouble::set_network;

/// What the page's owner reads on the console, which is then empty for the end of the visit.
async fn told(session: &Session) -> Result<String> {
    session.enter_page().await?;
    let told = noticed(session, "observed").await?.to_string();
    session.run("observed.length = 0", &[]).await?;
    session.console().await?;
    Ok(told)
}

#[tokio::test]
async fn without_the_loader_a_link_leads_to_the_form() {
    Walk::on("help-link")
        .blocking("/widget.js")
        .visit(async |visit| {
            let session = visit.session;
            let refused = told(session).await?;
            ensure!(refused.contains("/widget.js"), "{refused}");
            let page = session.address().await?;
            session.find("#help").await?.click().await?;
            widget::fill(session, A_REQUEST).await?;
            widget::send(session).await?;
            session.goto(&page).await?;
            told(session).await?;
            Ok(())
        })
        .await;
}

#[tokio::test]
async fn the_same_link_opens_the_panel_where_nothing_is_refused() {
    Walk::on("help-link").through("#help").asks_for_help().await;
}

#[tokio::test]
async fn without_the_second_part_of_the_loader_the_form_works() {
    Walk::on("no-policy")
        .blocking("/embed.js")
        .visit(async |visit| {
            visit.open().await?;
            visit.write().await?;
            visit.send().await?;
            visit.leave().await?;
            let warned = told(visit.session).await?;
            ensure!(warned.contains("The form works"), "{warned}");
            Ok(())
        })
        .await;
}

#[tokio::test]
async fn a_frame_that_is_refused_is_a_form_in_a_tab_of_its_own() {
    let page = Walk::on("no-policy").blocking("/w/acme?");
    page.visit(async |visit| asks_in_a_tab(&visit, "ad blocker").await)
        .await;
}

/// Asks for help in the tab that comes instead of the panel. The console says why, with `reason`.
pub async fn asks_in_a_tab(visit: &Visit<'_>, reason: &str) -> Result<()> {
    let session = visit.session;
    let before = session.windows().await?;
    widget::launcher(session).await?.click().await?;
    let tab = opened(session, &before).await;
    let told = told(session).await?;
    ensure!(told.contains(reason), "{told}");
    session.enter_window(&tab).await?;
    widget::fill(session, A_REQUEST).await?;
    widget::send_button(session).await?.click().await?;
    let ticket = visit.service.ticket(&widget::receipt(session).await?);
    assert_eq!(ticket["summary"], A_REQUEST.summary);
    session.enter_window(&before[0]).await
}

/// Waits for a tab that was not there `before`, and presses the link to it where there is one.
async fn opened(session: &Session, before: &[String]) -> String {
    eventually(
        APPEARANCE,
        "the form in a tab, or a link to it",
        async || {
            let tabs = session.windows().await.ok()?;
            let tab = tabs.into_iter().find(|tab| !before.contains(tab));
            if tab.is_none() {
                let root = session
                    .find(widget::HOST_ELEMENT)
                    .await
                    .ok()?
                    .shadow_root()
                    .await
                    .ok()?;
                let links = root.find_all("a[href]").await.ok()?;
                links.first()?.click().await.ok()?;
            }
            tab
        },
    )
    .await
}

#[tokio::test]
async fn who_is_kept_from_sending_is_told_by_what_and_keeps_the_text() {
    Walk::on("no-policy")
        .blocking("/tickets")
        .visit(async |visit| {
            visit.open().await?;
            visit.write().await?;
            let send = widget::send_button(visit.session).await?;
            send.click().await?;
            let words = "Something in this browser, perhaps an ad blocker";
            widget::wait_for_text(visit.session, words, |text| {
                text.contains(words).then_some(())
            })
            .await;
            save_screenshot(visit.session, "blocked").await?;
            let summary = widget::field(visit.session, "summary").await?;
            assert_eq!(summary.value().await?, TEXT.summary);
            assert!(visit.service.tickets().is_empty());
            Ok(())
        })
        .await;
}

/// Offline is another matter: the browser says so itself, and the panel comes by itself.
#[tokio::test]
async fn the_panel_comes_when_the_browser_is_online_again() {
    let (_host, mut service, page) = embedded(Setup::new(Database::Sqlite)).await;
    journey("offline-before", Visitor::DESKTOP, async |session| {
        session.goto(&page).await?;
        let launcher = widget::launcher(session).await?;
        service.kill();
        set_network(session, false).await?;
        launcher.click().await?;
        eventually(APPEARANCE, "a line on the console", async || {
            let lines = session.console().await.ok()?.join("\n");
            lines.contains("Cornerdesk").then_some(())
        })
        .await;
        widget::enter_frame(session).await?;
        save_screenshot(session, "offline-before").await?;
        service.start_again().await;
        set_network(session, true).await?;
        widget::enter_panel(session).await?;
        widget::fill(session, A_REQUEST).await?;
        let reference = widget::send(session).await?;
        assert_eq!(service.ticket(&reference)["summary"], A_REQUEST.summary);
        Ok(())
    })
    .await;
}
