//! What a person writes is kept until there is a receipt.

use std::{fs, path::Path, time::Duration};

use anyhow::Result;
use cornerdesk_tests::{
    Database, Service,
    browser::{Kind, Visitor, journey, journey_in, kill_browser, save_screenshot},
    client::File,
    embedded::{behind_a_relay, embedded},
    eventually, scratch,
    service::{SITE, Setup},
    webdriver::{APPEARANCE, Session, key},
    widget::{self, A_REQUEST, Request},
};

use crate::files::{on_disk, wait_until_uploaded};

const KEPT: &str = "We kept what you wrote.";
/// A browser writes down what pages store when it has time.
const WRITTEN_DOWN: Duration = Duration::from_secs(60);

const ANOTHER: Request<'static> = Request {
    summary: "Where is the invoice of May?",
    description: "I only find the one of April.",
    email: "alan@customer.example",
};

pub async fn open_and_fill(session: &Session, page: &str, request: Request<'_>) -> Result<()> {
    session.goto(page).await?;
    widget::open(session).await?;
    widget::fill(session, request).await
}

/// Opens the panel and waits until what was kept stands in the form.
pub async fn open_kept(session: &Session, page: &str, request: Request<'_>) -> Result<()> {
    session.goto(page).await?;
    widget::open(session).await?;
    assert_kept(session, request).await
}

pub async fn assert_kept(session: &Session, request: Request<'_>) -> Result<()> {
    let fields = [
        ("summary", request.summary),
        ("description", request.description),
        ("email", request.email),
    ];
    for (name, text) in fields {
        let field = widget::field(session, name).await?;
        eventually(
            APPEARANCE,
            &format!("{name} to be there again"),
            async || (field.value().await.ok()? == text).then_some(()),
        )
        .await;
    }
    Ok(())
}

/// The panel is there, and the form is empty.
async fn assert_empty(session: &Session) -> Result<()> {
    wait_for_panel(session).await?;
    for name in ["summary", "description"] {
        assert_eq!(widget::field(session, name).await?.value().await?, "");
    }
    assert!(!widget::visible_text(session).await?.contains(KEPT));
    Ok(())
}

pub async fn wait_for_panel(session: &Session) -> Result<()> {
    session.find("#send[aria-disabled]").await?;
    Ok(())
}

async fn said_to_readers(session: &Session, wanted: &str) {
    eventually(APPEARANCE, wanted, async || {
        let region = session.find("#announcer").await.ok()?;
        let said = region.property("textContent").await.ok()?;
        said.as_str()?.contains(wanted).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_reload_and_another_page_cost_no_word_and_the_receipt_ends_it() {
    asks_after_a_reload("draft-reload", Visitor::DESKTOP).await;
}

/// Writes, reloads, goes to another page of the product, sends.
pub async fn asks_after_a_reload(name: &str, visitor: Visitor) {
    let (host, service, page) = embedded(Setup::new(Database::Sqlite)).await;
    let html = cornerdesk_tests::host_page::embedding_html(&service.origin(), SITE);
    let other_page = host.show("/other", &html, "");
    journey(name, visitor, async |session| {
        open_and_fill(session, &page, A_REQUEST).await?;
        open_kept(session, &page, A_REQUEST).await?;
        wait_for_panel(session).await?;
        said_to_readers(session, KEPT).await;
        // Firefox takes no picture from within a frame of another site.
        if visitor.browser == Kind::Chromium {
            save_screenshot(session, "draft-kept").await?;
        }
        open_kept(session, &other_page, A_REQUEST).await?;
        wait_for_panel(session).await?;
        let reference = widget::send(session).await?;
        assert_eq!(service.ticket(&reference)["summary"], A_REQUEST.summary);
        session.goto(&page).await?;
        widget::open(session).await?;
        assert_empty(session).await?;
        assert_eq!(service.tickets().len(), 1);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn without_webassembly_the_text_is_kept_too_and_goes_with_the_plain_form() {
    let (_host, relay, service, page) = behind_a_relay(Setup::new(Database::Sqlite)).await;
    journey("draft-no-wasm", Visitor::DESKTOP, async |session| {
        let _never_released = relay.hold(".wasm");
        open_and_fill(session, &page, A_REQUEST).await?;
        open_kept(session, &page, A_REQUEST).await?;
        assert!(widget::visible_text(session).await?.contains(KEPT));
        let reference = widget::send(session).await?;
        assert_eq!(service.ticket(&reference)["summary"], A_REQUEST.summary);
        session.goto(&page).await?;
        widget::open(session).await?;
        let summary = widget::field(session, "summary").await?;
        assert_eq!(summary.value().await?, "");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn what_was_written_when_the_browser_crashes_is_there_again() {
    let (_host, service, page) = embedded(Setup::new(Database::Sqlite)).await;
    let profile = scratch::folder("profile");
    journey_in(&profile, "draft-crash", Visitor::DESKTOP, async |session| {
        open_and_fill(session, &page, A_REQUEST).await?;
        eventually(WRITTEN_DOWN, "the text on the disk", async || {
            is_written_down(&profile, A_REQUEST.description).then_some(())
        })
        .await;
        kill_browser(&profile);
        Ok(())
    })
    .await;
    journey_in(
        &profile,
        "draft-after-crash",
        Visitor::DESKTOP,
        async |session| {
            open_kept(session, &page, A_REQUEST).await?;
            wait_for_panel(session).await?;
            let reference = widget::send(session).await?;
            assert_eq!(service.ticket(&reference)["summary"], A_REQUEST.summary);
            Ok(())
        },
    )
    .await;
    let _ = fs::remove_dir_all(profile);
}

/// Whether the browser has put a text into the file of what pages store.
fn is_written_down(profile: &Path, text: &str) -> bool {
    let folder = profile.join("Default/Local Storage/leveldb");
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    files.into_iter().any(|file| {
        let bytes = fs::read(file.path()).unwrap_or_default();
        bytes
            .windows(text.len())
            .any(|window| window == text.as_bytes())
    })
}

#[tokio::test]
async fn who_starts_afresh_leaves_nothing_behind() {
    let (_host, service, page) = embedded(Setup::new(Database::Sqlite)).await;
    journey("draft-afresh", Visitor::DESKTOP, async |session| {
        open_and_fill(session, &page, A_REQUEST).await?;
        widget::attach(session, &[&on_disk(&File::text("log.txt", "a line"))]).await?;
        wait_until_uploaded(session, 1).await;
        open_kept(session, &page, A_REQUEST).await?;
        wait_until_uploaded(session, 1).await;
        session.find("#kept button").await?.click().await?;
        let focused = session.focused().await?.attribute("name").await?;
        assert_eq!(focused.as_deref(), Some("summary"));
        assert_empty(session).await?;
        assert!(session.find_all("li.file").await?.is_empty());
        session.goto(&page).await?;
        widget::open(session).await?;
        assert_empty(session).await?;
        // What follows is a request like any other.
        widget::fill(session, A_REQUEST).await?;
        let ticket = service.ticket(&widget::send(session).await?);
        assert_eq!(ticket["attachments"].as_array().map(Vec::len), Some(0));
        Ok(())
    })
    .await;
}

/// The button in the line above the form, and what it is called.
pub async fn press_in_line(session: &Session, name: &str) -> Result<()> {
    let button = session.find("#kept button").await?;
    assert_eq!(button.text().await?, name);
    button.click().await
}

#[tokio::test]
async fn starting_afresh_can_be_undone_with_the_keyboard_words_files_and_key() {
    let (_host, relay, service, page) = behind_a_relay(Setup::new(Database::Sqlite)).await;
    journey("draft-undo", Visitor::DESKTOP, async |session| {
        open_and_fill(session, &page, A_REQUEST).await?;
        widget::attach(session, &[&on_disk(&File::text("log.txt", "a line"))]).await?;
        wait_until_uploaded(session, 1).await;
        open_kept(session, &page, A_REQUEST).await?;
        wait_until_uploaded(session, 1).await;
        let of_request = widget::field(session, "idempotency_key").await?;
        let before = of_request.value().await?;
        press_in_line(session, "Start afresh").await?;
        said_to_readers(session, "The form is empty again.").await;
        save_screenshot(session, "draft-emptied").await?;
        // From the first field, where the focus is, one step back.
        session
            .press(&format!("{}{}", key::SHIFT, key::TAB))
            .await?;
        session.press(&key::ENTER.to_string()).await?;
        assert_kept(session, A_REQUEST).await?;
        assert!(widget::visible_text(session).await?.contains(KEPT));
        wait_until_uploaded(session, 1).await;
        let focused = session.focused().await?.attribute("name").await?;
        assert_eq!(focused.as_deref(), Some("summary"));
        assert_eq!(of_request.value().await?, before);
        // All of it is kept as it was before.
        open_kept(session, &page, A_REQUEST).await?;
        wait_until_uploaded(session, 1).await;
        let ticket = service.ticket(&widget::send(session).await?);
        assert_eq!(ticket["attachments"].as_array().map(Vec::len), Some(1));
        let sent = relay
            .seen()
            .into_iter()
            .filter(|seen| seen.path.ends_with("/tickets"));
        let keys: Vec<_> = sent.map(|seen| seen.idempotency_key).collect();
        assert_eq!(keys, [Some(before)]);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn what_is_written_after_starting_afresh_stays_and_nothing_moves() {
    let (_host, _service, page) = embedded(Setup::new(Database::Sqlite)).await;
    journey("draft-undo-over", Visitor::DESKTOP, async |session| {
        open_and_fill(session, &page, A_REQUEST).await?;
        open_kept(session, &page, A_REQUEST).await?;
        wait_for_panel(session).await?;
        press_in_line(session, "Start afresh").await?;
        let top = "return document.getElementById('summary').getBoundingClientRect().top";
        let before = session.run(top, &[]).await?;
        let summary = widget::field(session, "summary").await?;
        summary.type_text(ANOTHER.summary).await?;
        session.find("#kept[inert]").await?;
        assert!(!session.find("#kept button").await?.is_displayed().await?);
        assert_eq!(session.run(top, &[]).await?, before);
        session.goto(&page).await?;
        widget::open(session).await?;
        let summary = widget::field(session, "summary").await?;
        eventually(APPEARANCE, "the new text", async || {
            (summary.value().await.ok()? == ANOTHER.summary).then_some(())
        })
        .await;
        assert_eq!(
            widget::field(session, "description").await?.value().await?,
            ""
        );
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn two_tabs_have_two_drafts_and_neither_touches_the_others() {
    let (_host, service, page) = embedded(Setup::new(Database::Sqlite)).await;
    journey("draft-tabs", Visitor::DESKTOP, async |session| {
        open_and_fill(session, &page, A_REQUEST).await?;
        let second = session.new_window().await?;
        let windows = session.windows().await?;
        let first = windows.iter().find(|handle| **handle != second);
        let first = first.expect("two windows").clone();
        session.enter_window(&second).await?;
        session.goto(&page).await?;
        widget::open(session).await?;
        assert_empty(session).await?;
        widget::fill(session, ANOTHER).await?;
        open_kept(session, &page, ANOTHER).await?;
        session.enter_window(&first).await?;
        open_kept(session, &page, A_REQUEST).await?;
        wait_for_panel(session).await?;
        let reference = widget::send(session).await?;
        assert_eq!(service.ticket(&reference)["summary"], A_REQUEST.summary);
        session.enter_window(&second).await?;
        open_kept(session, &page, ANOTHER).await?;
        wait_for_panel(session).await?;
        let reference = widget::send(session).await?;
        assert_eq!(service.ticket(&reference)["summary"], ANOTHER.summary);
        assert_eq!(service.tickets().len(), 2);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn who_sits_down_next_does_not_see_what_somebody_else_wrote() {
    let (_host, _service, page) = embedded(Setup::new(Database::Sqlite)).await;
    let identify = |email: &str| format!("Cornerdesk('identify', {{ email: '{email}' }})");
    journey("draft-identity", Visitor::DESKTOP, async |session| {
        session.goto(&page).await?;
        session.run(&identify(A_REQUEST.email), &[]).await?;
        widget::open(session).await?;
        let email = widget::field(session, "email").await?;
        eventually(APPEARANCE, "the address", async || {
            (email.value().await.ok()? == A_REQUEST.email).then_some(())
        })
        .await;
        for (name, text) in [
            ("summary", A_REQUEST.summary),
            ("description", A_REQUEST.description),
        ] {
            widget::field(session, name).await?.type_text(text).await?;
        }
        open_kept(session, &page, A_REQUEST).await?;
        // The same person again changes nothing; another one has a form of their own.
        session.enter_page().await?;
        session.run(&identify(A_REQUEST.email), &[]).await?;
        widget::enter_panel(session).await?;
        assert_kept(session, A_REQUEST).await?;
        session.enter_page().await?;
        session.run(&identify(ANOTHER.email), &[]).await?;
        widget::enter_panel(session).await?;
        let theirs = Request {
            summary: "",
            description: "",
            email: ANOTHER.email,
        };
        assert_kept(session, theirs).await?;
        session.goto(&page).await?;
        widget::open(session).await?;
        assert_empty(session).await?;
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_site_that_wants_no_drafts_has_none() {
    let service = Service::start(Database::Sqlite).await;
    let page = service.url(&format!("/help/{SITE}?drafts=off"));
    journey("draft-off", Visitor::DESKTOP, async |session| {
        session.goto(&page).await?;
        widget::fill(session, A_REQUEST).await?;
        wait_for_panel(session).await?;
        let file = on_disk(&File::text("log.txt", "a line"));
        widget::attach(session, &[&file]).await?;
        wait_until_uploaded(session, 1).await;
        session.goto(&page).await?;
        assert_empty(session).await?;
        let kept = session.run("return localStorage.length", &[]).await?;
        assert_eq!(kept, 0);
        let databases = "return indexedDB.databases().then((all) => all.length)";
        assert_eq!(session.run(databases, &[]).await?, 0);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn files_come_back_with_the_text_and_what_had_arrived_is_not_sent_again() {
    let (_host, relay, service, page) = behind_a_relay(Setup::new(Database::Sqlite)).await;
    let done = File::binary("done.bin", 200_000, 1);
    let waiting = File::binary("waiting.bin", 300_000, 2);
    journey("draft-files", Visitor::DESKTOP, async |session| {
        open_and_fill(session, &page, A_REQUEST).await?;
        wait_for_panel(session).await?;
        let paths = [on_disk(&done), on_disk(&waiting)];
        widget::attach(session, &[&paths[0]]).await?;
        wait_until_uploaded(session, 1).await;
        relay.answer_instead("/uploads", 503, "too-busy", Some(60));
        widget::attach(session, &[&paths[1]]).await?;
        session.find("li.file[data-state=interrupted]").await?;
        wait_until_kept(session, 2).await;
        // Neither file is where it was.
        paths
            .iter()
            .for_each(|path| fs::remove_file(path).expect("it is there"));
        relay.step_aside();
        open_kept(session, &page, A_REQUEST).await?;
        wait_until_uploaded(session, 2).await;
        let ticket = service.ticket(&widget::send(session).await?);
        assert_eq!(ticket["attachments"][0]["sha256"], done.sha256());
        assert_eq!(ticket["attachments"][1]["sha256"], waiting.sha256());
        let sent = relay
            .seen()
            .into_iter()
            .filter(|seen| seen.method == "PATCH");
        assert_eq!(sent.count(), 2, "each file was sent once");
        wait_until_kept(session, 0).await;
        Ok(())
    })
    .await;
}

/// Waits until the browser keeps so many files.
pub async fn wait_until_kept(session: &Session, count: u64) {
    const COUNT: &str = "return new Promise((resolve) => {
        const opening = indexedDB.open('cornerdesk');
        opening.onupgradeneeded = () => opening.transaction.abort();
        opening.onerror = () => resolve(0);
        opening.onsuccess = () => {
            const counting = opening.result.transaction('files').objectStore('files').count();
            counting.onsuccess = () => { opening.result.close(); resolve(counting.result); };
        };
    })";
    eventually(APPEARANCE, &format!("{count} kept files"), async || {
        (session.run(COUNT, &[]).await.ok()? == count).then_some(())
    })
    .await;
}
