//! Host pages that do things.

use cornerdesk_tests::{
    Database, Service,
    browser::{Visitor, journey},
    host_page::{HostPage, embedding_html},
    service::{SITE, Setup},
    widget::{self, A_REQUEST},
};
use serde_json::json;

#[tokio::test]
async fn what_the_page_knows_is_filled_in_and_its_address_is_sent() {
    let host = HostPage::bind().await;
    let service =
        Service::start_with(Setup::new(Database::Sqlite).allow_only(&host.origin())).await;
    let html = embedding_html(&service.origin(), SITE).replace(
        "<script async",
        "<script>(window.Cornerdesk = window.Cornerdesk || ((...call) => (Cornerdesk.q = Cornerdesk.q || []).push(call)))
            ('identify', { email: 'grace@customer.example' });</script><script async",
    );
    let page = host.show("/invoices", &html, "");
    journey("identify", Visitor::DESKTOP, async |session| {
        session
            .goto(&format!("{page}?token=secret#private"))
            .await?;
        widget::open(session).await?;
        widget::field(session, "summary")
            .await?
            .type_text(A_REQUEST.summary)
            .await?;
        widget::field(session, "description")
            .await?
            .type_text(A_REQUEST.description)
            .await?;
        session.find("#send[aria-disabled]").await?;
        assert_eq!(
            widget::field(session, "email").await?.value().await?,
            A_REQUEST.email
        );
        let ticket = service.ticket(&widget::send(session).await?);
        assert_eq!(ticket["email"], A_REQUEST.email);
        assert_eq!(
            ticket["context"]["page_url"],
            json!(page),
            "without query and hash"
        );
        Ok(())
    })
    .await;
}
