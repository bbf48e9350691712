//! The npm package, installed from its tarball, in pages that are bundled with it.

use anyhow::Result;
use cornerdesk_tests::{
    Database, Service,
    browser::{Visitor, journey},
    eventually,
    host_page::HostPage,
    service::Setup,
    webdriver::{APPEARANCE, Session},
    widget::{self, A_REQUEST},
    widget_package::bundled,
};
use serde_json::json;

async fn page_of(entry: &'static str) -> (HostPage, Service, String) {
    let host = HostPage::bind().await;
    let service =
        Service::start_with(Setup::new(Database::Sqlite).allow_only(&host.origin())).await;
    let script = tokio::task::spawn_blocking(move || bundled(entry))
        .await
        .expect("a bundle");
    let html = format!(
        "<!doctype html><html lang=en data-service=\"{}\"><title>Bundled</title><body><h1>Bundled</h1><script type=module>{script}</script></body></html>",
        service.origin()
    );
    let page = host.show("/", &html, "");
    (host, service, page)
}

async fn wait_until_said(session: &Session, what: &str) {
    let said = json!(what);
    eventually(APPEARANCE, what, async || {
        let script = "return [...document.querySelectorAll('.said')].some(({ textContent }) => textContent === arguments[0])";
        (session.run(script, std::slice::from_ref(&said)).await.ok()? == json!(true)).then_some(())
    })
    .await;
}

async fn wait_until(session: &Session, what: &str, condition: &str) {
    let script = format!("return {condition}");
    eventually(APPEARANCE, what, async || {
        (session.run(&script, &[]).await.ok()? == json!(true)).then_some(())
    })
    .await;
}

/// Writes what the page has not written, sends it, and checks that the page hears of it.
async fn send(session: &Session, service: &Service) -> Result<()> {
    widget::enter_panel(session).await?;
    for (name, text) in [
        ("summary", A_REQUEST.summary),
        ("description", A_REQUEST.description),
    ] {
        let field = widget::field(session, name).await?;
        if field.value().await?.is_empty() {
            field.type_text(text).await?;
        }
    }
    let control = widget::field(session, "email").await?;
    eventually(APPEARANCE, "the page's address", async || {
        (control.value().await.ok()? == A_REQUEST.email).then_some(())
    })
    .await;
    let reference = widget::send(session).await?;
    assert_eq!(service.ticket(&reference)["email"], A_REQUEST.email);
    session.enter_page().await?;
    wait_until_said(session, &format!("sent {reference}")).await;
    Ok(())
}

/// The component goes with its widget, and another one is the form in the page: that is sent, too.
async fn comes_back_as_form(session: &Session, service: &Service) -> Result<()> {
    session.run("Cornerdesk('close')", &[]).await?;
    session.find("#none").await?.click().await?;
    let gone = "!document.querySelector('cornerdesk-widget, script[data-site]')";
    wait_until(session, "the widget to be gone", gone).await;
    session.find("#form").await?.click().await?;
    let is_there = "!!document.querySelector('.help cornerdesk-widget')";
    wait_until(session, "the form in its place", is_there).await;
    send(session, service).await?;
    assert_eq!(service.tickets().len(), 2);
    Ok(())
}

/// How many times the widget was put into the page.
const PUT_IN: &str = "document.documentElement.dataset.widgets";

#[tokio::test]
async fn a_plain_page_loads_it_and_calls_it() {
    let (_host, service, page) = page_of("plain.ts").await;
    journey("npm-plain", Visitor::DESKTOP, async |session| {
        session.goto(&page).await?;
        wait_until_said(session, "the same widget").await;
        wait_until_said(session, "right: true").await;
        send(session, &service).await?;
        assert_eq!(
            session.run(&format!("return {PUT_IN}"), &[]).await?,
            json!("1")
        );
        let tickets = service.tickets();
        assert_eq!(tickets.len(), 1);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_react_page_has_it_once_and_without_a_flicker() {
    let (_host, service, page) = page_of("react.tsx").await;
    journey("npm-react", Visitor::DESKTOP, async |session| {
        session.goto(&page).await?;
        widget::launcher(session).await?;
        session.find("#blink").await?.click().await?;
        wait_until(
            session,
            "the component to be back",
            "document.querySelectorAll('script[data-site]').length === 1",
        )
        .await;
        session.find("#open").await?.click().await?;
        wait_until_said(session, "ready").await;
        send(session, &service).await?;
        assert_eq!(
            session.run(&format!("return {PUT_IN}"), &[]).await?,
            json!("1"),
            "StrictMode and a blink put it in once"
        );
        comes_back_as_form(session, &service).await
    })
    .await;
}

#[tokio::test]
async fn a_vue_page_has_it_as_button_and_as_form() {
    let (_host, service, page) = page_of("vue.ts").await;
    journey("npm-vue", Visitor::DESKTOP, async |session| {
        session.goto(&page).await?;
        widget::launcher(session).await?;
        session.find("#sign-in").await?.click().await?;
        widget::launcher(session).await?.click().await?;
        wait_until_said(session, "ready").await;
        send(session, &service).await?;
        comes_back_as_form(session, &service).await
    })
    .await;
}
