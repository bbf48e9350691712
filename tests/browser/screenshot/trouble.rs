//! Where no screenshot comes about: words that say what to do, and nothing is lost.

use std::time::Duration;

use anyhow::Result;
use cornerdesk_tests::{
    Database, Service,
    browser::{Visitor, journey, save_screenshot},
    embedded::behind_a_relay,
    eventually,
    host_page::{HostPage, embedding_html},
    service::{SITE, Setup},
    webdriver::{APPEARANCE, Session},
    widget::{self, A_REQUEST},
};
use serde_json::json;

use super::{
    Product,
    marks::{SPY, focused},
};
use crate::{
    drafts::wait_for_panel,
    states::{Device, Stage},
};

const OTHERWISE: &str = "then paste it here or choose the file.";

async fn open_and_press(session: &Session, page: &str) -> Result<()> {
    press_where(session, page, "").await
}

const AFTER_RETRIES: Duration = Duration::from_secs(60);

/// `broken` is a script that takes something from the panel's browser before.
pub(super) async fn press_where(session: &Session, page: &str, broken: &str) -> Result<()> {
    session.goto(page).await?;
    widget::open(session).await?;
    wait_for_panel(session).await?;
    widget::fill(session, A_REQUEST).await?;
    session.run(SPY, &[]).await?;
    session.run(broken, &[]).await?;
    session.find("#screenshot").await?.click().await
}

/// The words are there, the focus is on the button again, the button can be pressed again, and the text is still there.
pub(super) async fn told(session: &Session, words: &str) -> Result<()> {
    let hint = session.find("#screenshot-hint").await?;
    eventually(APPEARANCE, words, async || {
        let text = hint.text().await.ok()?;
        (text.starts_with(words) && text.ends_with(OTHERWISE)).then_some(())
    })
    .await;
    // The words come before what was shared is given back, and the button had the focus since it was pressed.
    let button = session.find("#screenshot").await?;
    eventually(APPEARANCE, "the button, to be pressed again", async || {
        let disabled = button.attribute("aria-disabled").await.ok()?;
        disabled.is_none().then_some(())
    })
    .await;
    eventually(APPEARANCE, "the focus on the button", async || {
        (focused(session).await.ok()? == "screenshot").then_some(())
    })
    .await;
    assert_eq!(
        widget::field(session, "description").await?.value().await?,
        A_REQUEST.description
    );
    Ok(())
}

#[tokio::test]
async fn who_refuses_to_share_is_told_what_else_to_do() {
    let product = Product::with("").await;
    let refuses = Visitor {
        switches: &["--auto-reject-this-tab-capture"],
        ..Visitor::DESKTOP
    };
    journey("screenshot-refused", refuses, async |session| {
        open_and_press(session, &product.page).await?;
        told(session, "No screenshot was taken.").await?;
        save_screenshot(session, "screenshot-refused").await?;
        let announcer = session.find("#announcer").await?;
        eventually(APPEARANCE, "it to be said", async || {
            let said = announcer.property("textContent").await.ok()?;
            said.as_str()?
                .starts_with("No screenshot was taken.")
                .then_some(())
        })
        .await;
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn when_the_editor_cannot_be_fetched_nothing_is_shared_any_more() {
    let (_host, relay, _service, page) = behind_a_relay(Setup::new(Database::Sqlite)).await;
    journey("screenshot-no-editor", Visitor::SHARING, async |session| {
        relay.answer_instead("_screenshot.js", 503, "too-busy", None);
        open_and_press(session, &page).await?;
        told(session, "For a screenshot,").await?;
        let shared = "return shared.map(({ readyState }) => readyState)";
        assert_eq!(session.run(shared, &[]).await?, json!(["ended"]));
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn without_its_part_in_the_page_the_picture_is_taken_and_not_said_to_be_safe() {
    let (_host, relay, _service, page) = behind_a_relay(Setup::new(Database::Sqlite)).await;
    journey("screenshot-no-part", Visitor::SHARING, async |session| {
        relay.answer_instead("/assets/picture.js", 503, "too-busy", None);
        open_and_press(session, &page).await?;
        // The part is asked for more than once before the picture is taken without it: on a busy machine longer than anything else here.
        eventually(AFTER_RETRIES, "the editor", async || {
            let canvas = session.find_all(".editor[open] canvas").await;
            canvas.ok()?.into_iter().next()
        })
        .await;
        let told = super::said_about_private_parts(session).await?;
        assert!(
            told.starts_with("We could not black out private parts"),
            "{told}"
        );
        Ok(())
    })
    .await;
}

const NO_WORKER: &str = "const Hired = Worker; self.Worker = class extends Hired { constructor(url, options) { super('/no-such-worker.js', options) } }";
const NO_PICTURE: &str = "self.createImageBitmap = async () => { throw new Error('no picture') }";

#[tokio::test]
async fn without_a_worker_or_a_picture_the_page_and_the_button_are_back_at_once() {
    let product = Product::with("").await;
    for (name, broken) in [("worker", NO_WORKER), ("picture", NO_PICTURE)] {
        let name = format!("screenshot-no-{name}");
        journey(&name, Visitor::SHARING, async |session| {
            press_where(session, &product.page, broken).await?;
            told(session, "The screenshot did not work.").await?;
            session.enter_page().await?;
            let hidden =
                "return document.querySelector('cornerdesk-widget').hasAttribute('data-picture')";
            assert_eq!(session.run(hidden, &[]).await?, json!(false));
            Ok(())
        })
        .await;
    }
}

#[tokio::test]
async fn a_phone_says_how_to_attach_a_screenshot_and_a_page_can_do_without() {
    let stage = Stage::set("en").await;
    journey("screenshot-phone", Visitor::SHARING, async |session| {
        Device::Phone.show(session).await?;
        stage.open(session).await?;
        let hint = session.find("#screenshot-hint").await?;
        let text = hint.text().await?;
        assert!(
            text.starts_with("For a screenshot, take one with your device"),
            "{text}"
        );
        assert!(!session.find("#screenshot").await?.is_displayed().await?);
        save_screenshot(session, "screenshot-phone").await?;
        Ok(())
    })
    .await;
    let without = Product::with_tag("", "data-screenshot=off data-site").await;
    journey("screenshot-off", Visitor::SHARING, async |session| {
        session.goto(&without.page).await?;
        widget::open(session).await?;
        wait_for_panel(session).await?;
        for part in ["#screenshot", "#screenshot-hint"] {
            assert!(!session.find(part).await?.is_displayed().await?);
        }
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_page_whose_policy_refuses_the_screen_has_words_in_place_of_the_button() {
    let host = HostPage::bind().await;
    let service =
        Service::start_with(Setup::new(Database::Sqlite).allow_only(&host.origin())).await;
    let html = embedding_html(&service.origin(), SITE);
    let policy = ("permissions-policy", "display-capture=()");
    let page = host.show_with("/", &html, policy);
    journey("screenshot-policy", Visitor::SHARING, async |session| {
        session.goto(&page).await?;
        widget::open(session).await?;
        wait_for_panel(session).await?;
        let hint = session.find("#screenshot-hint").await?;
        let text = hint.text().await?;
        assert!(
            text.starts_with("For a screenshot,") && text.ends_with(OTHERWISE),
            "{text}"
        );
        assert!(!session.find("#screenshot").await?.is_displayed().await?);
        save_screenshot(session, "screenshot-policy").await?;
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_form_in_the_page_is_not_in_the_picture_and_its_editor_has_the_whole_window() {
    let below = "<style>html { background: #00f } h1, p { color: #00f }</style><div id=below style='height: 2000px'></div>";
    let product = Product::with_tag(below, "data-mode=inline data-site").await;
    journey("screenshot-inline", Visitor::SHARING, async |session| {
        session.goto(&product.page).await?;
        widget::enter_panel(session).await?;
        wait_for_panel(session).await?;
        widget::fill(session, A_REQUEST).await?;
        let place = "return [scrollY, below.offsetTop, document.documentElement.scrollHeight]";
        session.find("#screenshot").await?.hover().await?;
        session.enter_page().await?;
        let before = session.run(place, &[]).await?;
        widget::enter_frame(session).await?;
        super::open_editor_by_button(session).await?;
        let fills = "const { width, height } = document.querySelector('.editor').getBoundingClientRect(); return width > 1200 && height > 700 && height === innerHeight";
        eventually(APPEARANCE, "the editor to fill the window", async || {
            (session.run(fills, &[]).await.ok()? == json!(true)).then_some(())
        })
        .await;
        save_screenshot(session, "screenshot-inline").await?;
        session.enter_page().await?;
        assert_eq!(session.run(place, &[]).await?, before, "nothing moves behind it");
        widget::enter_frame(session).await?;
        let picture = product.send(session).await?;
        let blue = super::count(&picture, super::BLUE);
        assert!(blue * 100 > picture.pixels().len() * 95, "{blue}");
        session.enter_page().await?;
        let is_back = "return !document.querySelector('cornerdesk-widget').shadowRoot.querySelector('dialog').matches(':modal')";
        assert_eq!(session.run(is_back, &[]).await?, json!(true));
        Ok(())
    })
    .await;
}
