//! What people meet when others have sent too much.

use anyhow::Result;
use cornerdesk_tests::{
    Database, Service,
    browser::{Visitor, journey},
    client::a_submission,
    host_page::HostPage,
    service::{SITE, Setup},
    webdriver::Session,
    widget::{self, A_REQUEST},
};

async fn fill_and_send(session: &Session, page: &str) -> Result<()> {
    session.goto(page).await?;
    widget::open(session).await?;
    session.find("#send[aria-disabled]").await?;
    widget::fill(session, A_REQUEST).await?;
    widget::send_button(session).await?.click().await?;
    Ok(())
}

#[tokio::test]
async fn the_panel_does_the_work_that_is_asked_for_by_itself() {
    let host = HostPage::bind().await;
    let setup = Setup::new(Database::Sqlite)
        .allow_only(&host.origin())
        .limited("proof_of_work = \"always\"\nleast_fill_ms = 0");
    let service = Service::start_with(setup).await;
    let page = host.embed(&service.origin(), SITE);
    journey("proof-of-work", Visitor::DESKTOP, async |session| {
        fill_and_send(session, &page).await?;
        let reference = widget::wait_for_text(session, "the receipt", widget::find_reference).await;
        assert_eq!(service.ticket(&reference)["summary"], A_REQUEST.summary);
        assert_eq!(service.tickets().len(), 1);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn who_is_over_the_limit_is_told_in_minutes_and_keeps_the_text() {
    let host = HostPage::bind().await;
    let setup = Setup::new(Database::Sqlite)
        .allow_only(&host.origin())
        .limited("submissions_per_address = 1\nproof_of_work = \"never\"\nleast_fill_ms = 0");
    let service = Service::start_with(setup).await;
    service.client().submit(&a_submission()).await.reference();
    let page = host.embed(&service.origin(), SITE);
    journey("over-the-limit", Visitor::DESKTOP, async |session| {
        fill_and_send(session, &page).await?;
        widget::wait_for_text(session, "words about the limit", |text| {
            let said = text.contains("Too many requests from your network");
            (said && text.contains("60 min")).then_some(())
        })
        .await;
        let typed = widget::field(session, "description").await?.value().await?;
        assert_eq!(typed, A_REQUEST.description);
        Ok(())
    })
    .await;
}
