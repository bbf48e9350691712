//! The panel's own policy.

use cornerdesk_tests::{
    Database, Service,
    browser::{Visitor, journey},
    service::SITE,
    widget::{self, A_REQUEST},
};

#[tokio::test]
async fn the_panel_breaks_none_of_its_own_rules() {
    let service = Service::start(Database::Sqlite).await;
    journey("own-policy", Visitor::DESKTOP, async |session| {
        // The same document as in the frame; on its own, its console is heard.
        session.goto(&service.url(&format!("/help/{SITE}"))).await?;
        widget::fill(session, A_REQUEST).await?;
        widget::send(session).await?;
        let console = session.console().await?;
        assert!(console.is_empty(), "{console:#?}");
        Ok(())
    })
    .await;
}
