//! Host pages that do things.

use anyhow::Result;
use cornerdesk_tests::{
    Database, Service,
    browser::{Visitor, journey},
    embedded::embedded,
    host_page::{HostPage, embedding_html},
    service::{SITE, Setup},
    webdriver::{Session, key},
    widget::{self, A_REQUEST},
};
use serde_json::json;

async fn assert_sends(session: &Session, service: &Service) -> Result<()> {
    widget::send_button(session).await?.click().await?;
    let reference = widget::receipt(session).await?;
    assert_eq!(service.ticket(&reference)["summary"], A_REQUEST.summary);
    Ok(())
}

#[tokio::test]
async fn help_can_be_asked_for_while_the_page_has_a_modal_dialog_open() {
    let (_host, service, page) = embedded(Setup::new(Database::Sqlite)).await;
    journey("modal", Visitor::DESKTOP, async |session| {
        session.goto(&page).await?;
        widget::launcher(session).await?;
        let open_both =
            "const dialog = document.body.appendChild(document.createElement('dialog'));
            dialog.innerHTML = '<button>Ours</button>';
            dialog.showModal();
            Cornerdesk('open')";
        session.run(open_both, &[]).await?;
        widget::enter_panel(session).await?;
        widget::fill(session, A_REQUEST).await?;
        assert_sends(session, &service).await?;
        session.press(&key::ESCAPE.to_string()).await?;
        session.enter_page().await?;
        let still_open = session
            .run("return document.querySelector('dialog').open", &[])
            .await?;
        assert_eq!(still_open, true, "the page's dialog is the page's");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_page_that_replaces_its_body_keeps_the_widget_and_the_text() {
    let (_host, service, page) = embedded(Setup::new(Database::Sqlite)).await;
    journey("replaced-body", Visitor::DESKTOP, async |session| {
        session.goto(&page).await?;
        widget::open(session).await?;
        widget::fill(session, A_REQUEST).await?;
        session.enter_page().await?;
        session.run("document.body = document.createElement('body'); history.pushState({}, '', '/next')", &[]).await?;
        widget::enter_panel(session).await?;
        assert_eq!(widget::field(session, "description").await?.value().await?, A_REQUEST.description);
        assert_sends(session, &service).await
    })
    .await;
}

#[tokio::test]
async fn two_tags_are_one_widget() {
    let host = HostPage::bind().await;
    let service =
        Service::start_with(Setup::new(Database::Sqlite).allow_only(&host.origin())).await;
    let once = embedding_html(&service.origin(), SITE);
    let tag = once
        .lines()
        .find(|line| line.starts_with("<script"))
        .unwrap_or_default();
    let page = host.show("/", &once.replace(tag, &tag.repeat(2)), "");
    journey("two-tags", Visitor::DESKTOP, async |session| {
        session.goto(&page).await?;
        widget::launcher(session).await?;
        assert_eq!(session.find_all(widget::HOST_ELEMENT).await?.len(), 1);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn hostile_styles_of_the_page_do_not_reach_the_launcher() {
    let host = HostPage::bind().await;
    let service =
        Service::start_with(Setup::new(Database::Sqlite).allow_only(&host.origin())).await;
    let styles = "<style>* { display: none !important; pointer-events: none !important; letter-spacing: 9px !important }
        html, head, body { display: block !important } html { font-size: 62.5% }</style>";
    let html =
        embedding_html(&service.origin(), SITE).replace("</head>", &format!("{styles}</head>"));
    let page = host.show("/", &html, "");
    journey("hostile-styles", Visitor::DESKTOP, async |session| {
        session.goto(&page).await?;
        widget::open(session).await?;
        widget::fill(session, A_REQUEST).await?;
        assert_sends(session, &service).await
    })
    .await;
}

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
        widget::send_button(session).await?.click().await?;
        let ticket = service.ticket(&widget::receipt(session).await?);
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
