//! A host page that allows as little as a page can.

use cornerdesk_tests::{
    Database, Service,
    browser::{Visitor, journey},
    host_page::{HostPage, embedding_html},
    service::{SITE, Setup},
    widget::{self, A_REQUEST},
};

#[tokio::test]
async fn the_widget_works_under_the_strictest_policy() {
    let host = HostPage::bind().await;
    let service =
        Service::start_with(Setup::new(Database::Sqlite).allow_only(&host.origin())).await;
    let origin = service.origin();
    let policy = format!(
        "default-src 'none'; script-src {origin}; frame-src {origin}; style-src 'self'; \
         require-trusted-types-for 'script'; trusted-types 'none'"
    );
    let page = host.show("/", &embedding_html(&origin, SITE), &policy);
    journey("strict-policy", Visitor::DESKTOP, async |session| {
        session.goto(&page).await?;
        widget::open(session).await?;
        widget::fill(session, A_REQUEST).await?;
        widget::send_button(session).await?.click().await?;
        let reference = widget::receipt(session).await?;
        assert_eq!(service.ticket(&reference)["summary"], A_REQUEST.summary);
        session.enter_page().await?;
        let console = session.console().await?;
        assert!(console.is_empty(), "{console:#?}");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn the_panel_breaks_none_of_its_own_rules() {
    let service = Service::start(Database::Sqlite).await;
    journey("own-policy", Visitor::DESKTOP, async |session| {
        // The same document as in the frame; on its own, its console is heard.
        session.goto(&service.url(&format!("/help/{SITE}"))).await?;
        widget::fill(session, A_REQUEST).await?;
        widget::send_button(session).await?.click().await?;
        widget::receipt(session).await?;
        let console = session.console().await?;
        assert!(console.is_empty(), "{console:#?}");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_page_that_forbids_frames_gets_a_link_to_the_form_and_is_told_why() {
    let host = HostPage::bind().await;
    let service =
        Service::start_with(Setup::new(Database::Sqlite).allow_only(&host.origin())).await;
    let origin = service.origin();
    let policy = format!("default-src 'none'; script-src {origin}; style-src 'self'");
    let page = host.show("/", &embedding_html(&origin, SITE), &policy);
    journey("no-frames", Visitor::DESKTOP, async |session| {
        session.goto(&page).await?;
        let before = session.windows().await?;
        widget::launcher(session).await?.click().await?;
        let tab = cornerdesk_tests::eventually(
            cornerdesk_tests::webdriver::APPEARANCE,
            "the form in a tab of its own, or a link to it",
            async || {
                let tab = session
                    .windows()
                    .await
                    .ok()?
                    .into_iter()
                    .find(|tab| !before.contains(tab));
                if tab.is_none() {
                    let host = session.find(widget::HOST_ELEMENT).await.ok()?;
                    let links = host
                        .shadow_root()
                        .await
                        .ok()?
                        .find_all("a[href]")
                        .await
                        .ok()?;
                    links.first()?.click().await.ok()?;
                }
                tab
            },
        )
        .await;
        let console = session.console().await?.join("\n");
        assert!(
            console.contains("frame-src"),
            "the page's owner is told what to add: {console}"
        );
        session.enter_window(&tab).await?;
        widget::fill(session, A_REQUEST).await?;
        widget::send_button(session).await?.click().await?;
        widget::receipt(session).await?;
        Ok(())
    })
    .await;
}
