//! What looks secret is said before it leaves, and the person decides.

use anyhow::{Context, Result};
use cornerdesk_tests::{
    Database, Service,
    browser::{Visitor, journey, save_screenshot},
    client::File,
    embedded::embedded,
    eventually,
    host_page::{HostPage, embedding_html},
    service::{SITE, Setup},
    webdriver::{APPEARANCE, Session},
    widget::{self, A_REQUEST, Request},
};
use serde_json::{Value, json};

use crate::{
    drafts::wait_until_kept,
    files::{on_disk, wait_until_uploaded},
};

/// In two parts, so that nobody's scanner takes it for a leak.
const KEY: &str = concat!("AKIA", "IOSFODNN7EXAMPLE");
const CARD: &str = "4242 4242 4242 4242";

/// Chooses in the card of a place.
async fn choose(session: &Session, place: &str, choice: &str) -> Result<()> {
    let buttons = session
        .find(&format!(".secret[data-place^={place}]"))
        .await?
        .find_all("button")
        .await?;
    for button in buttons {
        if button.text().await? == choice {
            return button.click().await;
        }
    }
    anyhow::bail!("no {choice} in the card of {place}")
}

async fn send(session: &Session) -> Result<()> {
    widget::send_button(session).await?.click().await
}

/// What the card of a place says, once it has come into sight.
async fn card(session: &Session, place: &str) -> Result<String> {
    let card = session
        .find(&format!(".secret[data-place^={place}]"))
        .await?;
    Ok(eventually(APPEARANCE, "the card to be readable", async || {
        let text = card.text().await.ok()?;
        (!text.is_empty()).then_some(text)
    })
    .await)
}

#[tokio::test]
async fn a_key_in_the_text_is_blacked_out() {
    let (_host, service, page) = embedded(Setup::new(Database::Sqlite)).await;
    let description = format!("It says no. My key is {KEY} and it worked yesterday.");
    journey("secret-text", Visitor::DESKTOP, async |session| {
        session.goto(&page).await?;
        widget::open(session).await?;
        widget::fill(
            session,
            Request {
                description: &description,
                ..A_REQUEST
            },
        )
        .await?;
        send(session).await?;
        let said = card(session, "description").await?;
        assert!(
            said.contains("The description contains something that looks secret."),
            "{said}"
        );
        assert!(said.contains("Key: AKIA…") && !said.contains(KEY), "{said}");
        let focused = session.focused().await?.attribute("class").await?;
        assert_eq!(
            focused.as_deref(),
            Some("secret__title"),
            "a reader's attention goes to it"
        );
        save_screenshot(session, "secret-text").await?;
        assert!(service.tickets().is_empty(), "nothing has left");
        choose(session, "description", "Black it out").await?;
        let expected = "It says no. My key is ████████ and it worked yesterday.";
        assert_eq!(
            widget::field(session, "description").await?.value().await?,
            expected
        );
        assert_eq!(
            session.focused().await?.attribute("id").await?.as_deref(),
            Some("send")
        );
        save_screenshot(session, "secret-text-black").await?;
        send(session).await?;
        let ticket = service.ticket(&widget::receipt(session).await?);
        assert_eq!(ticket["description"], expected);
        assert!(!ticket.to_string().contains(KEY));
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_false_alarm_costs_one_click() {
    let (_host, service, page) = embedded(Setup::new(Database::Sqlite)).await;
    let summary = format!("Test card {CARD} is refused");
    journey("secret-kept", Visitor::PHONE, async |session| {
        session.goto(&page).await?;
        widget::open(session).await?;
        widget::fill(
            session,
            Request {
                summary: &summary,
                ..A_REQUEST
            },
        )
        .await?;
        send(session).await?;
        assert!(
            card(session, "summary")
                .await?
                .contains("Card number: 424…")
        );
        save_screenshot(session, "secret-phone").await?;
        choose(session, "summary", "Send as it is").await?;
        let ticket = service.ticket(&widget::receipt(session).await?);
        assert_eq!(ticket["summary"], summary);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_warning_goes_when_the_text_is_mended_by_hand() {
    let (_host, service, page) = embedded(Setup::new(Database::Sqlite)).await;
    journey("secret-mended", Visitor::DARK, async |session| {
        session.goto(&page).await?;
        widget::open(session).await?;
        widget::fill(
            session,
            Request {
                summary: KEY,
                description: CARD,
                ..A_REQUEST
            },
        )
        .await?;
        send(session).await?;
        card(session, "summary").await?;
        card(session, "description").await?;
        save_screenshot(session, "secret-dark").await?;
        for (name, text) in [("summary", "Sum"), ("description", "Desc")] {
            let field = widget::field(session, name).await?;
            field.clear().await?;
            field.type_text(text).await?;
        }
        assert!(session.find_all(".secret").await?.is_empty());
        send(session).await?;
        assert_eq!(
            service.ticket(&widget::receipt(session).await?)["description"],
            "Desc"
        );
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_secret_in_what_the_page_adds_is_blacked_out() {
    let host = HostPage::bind().await;
    let service =
        Service::start_with(Setup::new(Database::Sqlite).allow_only(&host.origin())).await;
    let facts = format!(
        "<script>(window.Cornerdesk = (...call) => (Cornerdesk.q = Cornerdesk.q || []).push(call))('setContext', {{ debug: 'auth {KEY} ok' }})</script><script async"
    );
    let page = host.show(
        "/",
        &embedding_html(&service.origin(), SITE).replace("<script async", &facts),
        "",
    );
    journey("secret-context", Visitor::DESKTOP, async |session| {
        session.goto(&page).await?;
        widget::open(session).await?;
        session.find(".page-context").await?;
        widget::fill(session, A_REQUEST).await?;
        send(session).await?;
        let said = card(session, "host").await?;
        assert!(said.contains("“debug” among the page details"), "{said}");
        save_screenshot(session, "secret-context").await?;
        choose(session, "host", "Black it out").await?;
        send(session).await?;
        let context = &service.ticket(&widget::receipt(session).await?)["context"];
        assert_eq!(context["host"], json!({ "debug": "auth ████████ ok" }));
        Ok(())
    })
    .await;
}

/// A recording of a browser with a cookie, a sign-in header and a token in an address.
fn recording() -> File {
    let har = json!({ "log": { "version": "1.2", "entries": [{
        "request": {
            "method": "GET", "url": "https://api.acme.example/me?access_token=abc123def456&page=2",
            "headers": [
                { "name": "Accept", "value": "application/json" },
                { "name": "Authorization", "value": "Bearer opaque-value-0001" },
                { "name": "Cookie", "value": "sid=s3ss10n" },
            ],
            "cookies": [{ "name": "sid", "value": "s3ss10n" }],
        },
        "response": { "status": 500, "headers": [{ "name": "Set-Cookie", "value": "sid=n3w; HttpOnly" }] },
    }] } });
    File::text("session.har", &har.to_string())
}

#[tokio::test]
async fn a_recording_is_uploaded_without_its_cookies() {
    let (_host, service, page) = embedded(Setup::new(Database::Sqlite)).await;
    journey("secret-har", Visitor::DESKTOP, async |session| {
        session.goto(&page).await?;
        widget::open(session).await?;
        widget::fill(session, A_REQUEST).await?;
        widget::attach(session, &[&on_disk(&recording())]).await?;
        let said = card(session, "file").await?;
        assert!(
            said.contains(
                "session.har contains something that looks secret. It has not been uploaded yet."
            ),
            "{said}"
        );
        assert!(said.contains("Cookie: s…"), "{said}");
        save_screenshot(session, "secret-har").await?;
        assert!(session.find_all("li.file").await?.is_empty());
        assert!(
            !service.file_digests().contains(&recording().sha256()),
            "nothing of it has left"
        );
        // Send leads to what is open.
        send(session).await?;
        assert!(service.tickets().is_empty());
        choose(session, "file", "Black it out").await?;
        // It goes by itself: Send was pressed before.
        let reference = widget::receipt(session).await?;
        let ticket = service.ticket_with_examined_files(&reference).await;
        assert_eq!(ticket["attachments"][0]["name"], "session.har");
        let sha256 = ticket["attachments"][0]["sha256"]
            .as_str()
            .context("a digest")?;
        let bytes = service.file_with(sha256);
        let stored: Value = serde_json::from_slice(&bytes).context("it is JSON still")?;
        let entry = &stored["log"]["entries"][0];
        assert_eq!(
            entry["request"]["url"],
            "https://api.acme.example/me?access_token=[removed]&page=2"
        );
        assert_eq!(entry["request"]["headers"][0]["value"], "application/json");
        for secret in ["abc123", "opaque", "s3ss10n", "n3w"] {
            assert!(!stored.to_string().contains(secret), "{secret}");
        }
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_file_with_a_secret_goes_as_it_is_or_not_at_all_when_the_person_says_so() {
    let (_host, service, page) = embedded(Setup::new(Database::Sqlite)).await;
    let (log, env) = (
        File::text("app.log", &format!("key {KEY}")),
        File::text("my.env", "DB_PASSWORD=letmein"),
    );
    journey("secret-file-kept", Visitor::DESKTOP, async |session| {
        session.goto(&page).await?;
        widget::open(session).await?;
        widget::fill(session, A_REQUEST).await?;
        widget::attach(session, &[&on_disk(&log), &on_disk(&env)]).await?;
        eventually(APPEARANCE, "two cards", async || {
            (session.find_all(".secret").await.ok()?.len() == 2).then_some(())
        })
        .await;
        for (name, choice) in [("app.log", "Attach as it is"), ("my.env", "Do not attach")] {
            let place = session
                .run(
                "return [...document.querySelectorAll('.secret')].find((card) => card.textContent.includes(arguments[0])).dataset.place",
                &[json!(name)],
            )
            .await?;
            choose(session, place.as_str().context("a place")?, choice).await?;
        }
        wait_until_uploaded(session, 1).await;
        send(session).await?;
        let attachments = service.ticket(&widget::receipt(session).await?)["attachments"].clone();
        assert_eq!(attachments.as_array().map(Vec::len), Some(1));
        assert_eq!(attachments[0]["sha256"], log.sha256());
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_file_that_waits_for_a_decision_is_there_again_after_a_reload() {
    let (_host, service, page) = embedded(Setup::new(Database::Sqlite)).await;
    let log = File::text("app.log", &format!("key {KEY}"));
    journey("secret-file-reload", Visitor::DESKTOP, async |session| {
        session.goto(&page).await?;
        widget::open(session).await?;
        widget::attach(session, &[&on_disk(&log)]).await?;
        card(session, "file").await?;
        wait_until_kept(session, 1).await;
        // Twice: what was taken up again is kept as before.
        for _ in 0..2 {
            session.goto(&page).await?;
            widget::open(session).await?;
            let said = card(session, "file").await?;
            assert!(
                said.contains("app.log contains something that looks secret."),
                "{said}"
            );
            wait_until_kept(session, 1).await;
        }
        assert!(
            session.find_all("li.file").await?.is_empty(),
            "it has not been uploaded"
        );
        choose(session, "file", "Attach as it is").await?;
        wait_until_uploaded(session, 1).await;
        widget::fill(session, A_REQUEST).await?;
        send(session).await?;
        let ticket = service.ticket(&widget::receipt(session).await?);
        assert_eq!(ticket["attachments"][0]["sha256"], log.sha256());
        wait_until_kept(session, 0).await;
        Ok(())
    })
    .await;
}

/// Counts how often this thread reads more than a line of a file, and how many workers it starts.
const WHO_READS: &str = "window.readHere = window.workers = 0;
    for (const name of ['text', 'arrayBuffer', 'bytes', 'stream']) {
        const read = Blob.prototype[name];
        Blob.prototype[name] = function () {
            if (this.size > 1024) readHere++;
            return read.call(this);
        };
    }
    window.Worker = class extends Worker {
        constructor(...values) {
            super(...values);
            workers++;
        }
    }";

#[tokio::test]
async fn five_megabytes_are_looked_through_without_holding_up_who_writes() {
    let (_host, service, page) = embedded(Setup::new(Database::Sqlite)).await;
    let line = "2026-11-22T10:00:00Z INFO GET /orders/17?page=2 200 12ms key=page token count 17\n";
    let log = File::text("large.log", &line.repeat(5 * 1024 * 1024 / line.len()));
    journey("secret-large", Visitor::DESKTOP, async |session| {
        session.goto(&page).await?;
        widget::open(session).await?;
        widget::fill(session, A_REQUEST).await?;
        session.run(WHO_READS, &[]).await?;
        widget::attach(session, &[&on_disk(&log)]).await?;
        wait_until_uploaded(session, 1).await;
        let read_here = session.run("return [readHere, workers]", &[]).await?;
        send(session).await?;
        let ticket = service.ticket(&widget::receipt(session).await?);
        assert_eq!(ticket["attachments"][0]["sha256"], log.sha256());
        assert_eq!(read_here, json!([0, 1]), "read by a worker");
        Ok(())
    })
    .await;
}
