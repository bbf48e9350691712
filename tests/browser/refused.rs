//! Pages that may not embed the widget: nothing is drawn, one line says why, nothing is sent.

use cornerdesk_tests::{
    Database, Service,
    browser::{Visitor, journey},
    eventually,
    host_page::HostPage,
    relay::{Relay, Seen},
    service::{SITE, Setup},
    webdriver::{APPEARANCE, Session},
    widget,
};

/// Loads a page with the widget of `site` on an origin that is not allowed, and checks what the issue asks for.
async fn assert_nothing_happens(name: &str, allowed_origin: &str, site: &str, told: &str) {
    let (host, relay) = (HostPage::bind().await, Relay::bind().await);
    let setup = Setup::new(Database::Sqlite).reached_at(&relay.origin());
    let service =
        Service::start_with(setup.allow_only(&allowed_origin.replace("{host}", &host.origin())))
            .await;
    relay.pass_to(&service.origin());
    let page = host.embed(&relay.origin(), site);
    journey(name, Visitor::DESKTOP, async |session| {
        session.goto(&page).await?;
        let lines = console_lines(session).await;
        assert_eq!(lines.len(), 1, "{lines:#?}");
        assert!(
            lines[0].contains(site) && lines[0].contains(told),
            "{lines:#?}"
        );
        assert!(session.find_all(widget::HOST_ELEMENT).await?.is_empty());
        let loader_alone = [Seen {
            method: "GET".to_owned(),
            path: "/widget.js".to_owned(),
            idempotency_key: None,
        }];
        assert_eq!(relay.seen(), loader_alone);
        Ok(())
    })
    .await;
    assert!(service.tickets().is_empty());
}

async fn console_lines(session: &Session) -> Vec<String> {
    eventually(APPEARANCE, "a line on the console", async || {
        let lines = session.console().await.ok()?;
        (!lines.is_empty()).then_some(lines)
    })
    .await
}

#[tokio::test]
async fn a_page_that_is_not_allowed_shows_nothing() {
    assert_nothing_happens(
        "refused-origin",
        "https://elsewhere.example",
        SITE,
        "allowed_origins",
    )
    .await;
}

#[tokio::test]
async fn a_site_that_does_not_exist_shows_nothing() {
    assert_nothing_happens("unknown-site", "{host}", "nobody", "data-site").await;
}

#[tokio::test]
async fn a_frame_on_a_page_that_is_not_allowed_stays_empty() {
    let host = HostPage::bind().await;
    let service =
        Service::start_with(Setup::new(Database::Sqlite).allow_only("https://elsewhere.example"))
            .await;
    let frame = format!(
        "<!doctype html><iframe src=\"{}\"></iframe>",
        service.url(&format!("/w/{SITE}"))
    );
    let page = host.show("/", &frame, "");
    journey("frame-ancestors", Visitor::DESKTOP, async |session| {
        session.goto(&page).await?;
        let lines = console_lines(session).await.join("\n");
        assert!(lines.contains("frame-ancestors"), "{lines}");
        session.find("iframe").await?.enter().await?;
        assert!(session.find_all("form").await?.is_empty());
        Ok(())
    })
    .await;
}
