//! A request whose Send was cut off by a reload goes on under the name of whoever pressed it.

use std::time::Duration;

use anyhow::Result;
use cornerdesk_tests::{
    Database, browser::Visitor, browser::journey, eventually, host_page::embedding_html,
    service::SITE, webdriver::Session, widget,
};

use super::{IDENTIFY, MARA, Place, send, wait_until_known, write};

/// Writes and presses Send as somebody known, and leaves the page while the service is too busy to take it.
async fn send_in_vain(session: &Session, place: &Place) -> Result<()> {
    session.goto(&place.page).await?;
    widget::open(session).await?;
    wait_until_known(session).await;
    crate::drafts::wait_for_panel(session).await?;
    write(session).await?;
    place
        .relay
        .answer_instead("/tickets", 503, "too-busy", Some(60));
    send(session).await?;
    eventually(Duration::from_secs(10), "the attempt", async || {
        place.tried().then_some(())
    })
    .await;
    session.goto("about:blank").await?;
    place.relay.step_aside();
    Ok(())
}

/// Opens the panel, in which what was to be sent goes on; the receipt may be there before the form was seen.
async fn open_and_wait_for_receipt(session: &Session, page: &str) -> Result<()> {
    session.goto(page).await?;
    widget::launcher(session).await?.click().await?;
    widget::enter_frame(session).await?;
    widget::receipt(session).await?;
    Ok(())
}

/// The page's own server takes its time.
const IDENTIFY_SLOWLY: &str =
    "Cornerdesk('identify', { email: 'mara@customer.example', name: 'Mara Lind',
    token: () => new Promise((resolve) => setTimeout(resolve, 1000, 'TOKEN')) });";

#[tokio::test]
async fn what_goes_on_after_a_reload_waits_for_who_the_person_is() {
    let place = Place::open(Database::Sqlite, "", IDENTIFY_SLOWLY).await;
    journey("identity-resumed", Visitor::DESKTOP, async |session| {
        send_in_vain(session, &place).await?;
        open_and_wait_for_receipt(session, &place.page).await
    })
    .await;
    place.assert_only_ticket(MARA, true);
}

#[tokio::test]
async fn what_goes_on_after_a_reload_does_not_wait_for_a_page_that_says_nothing() {
    let place = Place::open(Database::Sqlite, "", IDENTIFY).await;
    let silent = embedding_html(&place.relay.origin(), SITE);
    let silent = place.host.show("/silent", &silent, "");
    journey("identity-silent", Visitor::DESKTOP, async |session| {
        send_in_vain(session, &place).await?;
        open_and_wait_for_receipt(session, &silent).await
    })
    .await;
    place.assert_only_ticket(MARA, false);
}
