//! A picture that was chosen or pasted is marked and blacked out as well: the only way on a phone.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use cornerdesk_tests::{
    Database, Service,
    browser::{Visitor, journey, save_screenshot},
    client::File,
    embedded::{behind_a_relay, embedded},
    eventually, scratch,
    service::{SITE, Setup},
    webdriver::{APPEARANCE, Session, key},
    widget::{self, A_REQUEST},
};
use image::{Rgb, RgbImage};
use serde_json::Value;

use super::{BLACK, BLUE, RED, count, marks::focused, one_colour, press, said};
use crate::{
    drafts::{wait_for_panel, wait_until_kept},
    files::{on_disk, wait_until_uploaded},
};

/// What is said to those who do not see that the picture is another one now.
const REPLACED: &str = "invoice.png was edited. Only the edited picture is sent.";

/// The upper left quarter is private, the rest is not.
fn picture(name: &str, (width, height): (u32, u32)) -> PathBuf {
    let is_private = |x, y| x < width / 2 && y < height / 2;
    let colour = |x, y| Rgb(if is_private(x, y) { RED } else { BLUE });
    let path = scratch::folder("picture").join(name);
    let drawn = RgbImage::from_fn(width, height, colour);
    drawn.save(&path).expect("a picture can be written");
    path
}

/// A filled form in which a picture was chosen.
async fn choose(session: &Session, page: &str, path: &Path) -> Result<()> {
    session.goto(page).await?;
    widget::open(session).await?;
    wait_for_panel(session).await?;
    widget::fill(session, A_REQUEST).await?;
    widget::attach(session, &[path]).await
}

async fn open_editor(session: &Session) -> Result<()> {
    session.find(".file__edit").await?.click().await?;
    session.find(".editor[open] canvas").await?;
    Ok(())
}

/// Blacks out the upper left quarter, and a little more: to beyond the corner.
async fn black_out(session: &Session) -> Result<()> {
    let canvas = session.find(".editor canvas").await?;
    let half = async |name| {
        let length = canvas.property(name).await?.as_f64();
        anyhow::Ok(length.context("a length")? as i32 / 2)
    };
    let (x, y) = (half("clientWidth").await?, half("clientHeight").await?);
    canvas.drag(&[(8, 8), (0, 0), (-x - 9, -y - 9)]).await?;
    said(session, "Blacked out.").await
}

/// The first attachment of the only ticket, and its picture.
async fn received(service: &Service) -> Result<(Value, RgbImage)> {
    let tickets = service.tickets();
    assert_eq!(tickets.len(), 1);
    let reference = tickets[0]["reference"].as_str().context("a reference")?;
    let ticket = service.ticket_with_examined_files(reference).await;
    let attachment = ticket["attachments"][0].clone();
    let sha256 = attachment["sha256"].as_str().context("a digest")?;
    let picture = image::load_from_memory(&service.file_with(sha256))?;
    Ok((attachment, picture.into_rgb8()))
}

/// Waits until the browser keeps one file, which has not this size.
async fn wait_until_another_is_kept(session: &Session, size_bytes: u64) {
    const SIZES: &str = "return new Promise((resolve) => {
        const opening = indexedDB.open('cornerdesk');
        opening.onsuccess = () => {
            const asked = opening.result.transaction('files').objectStore('files').getAll();
            asked.onsuccess = () => { opening.result.close(); resolve(asked.result.map(({ size }) => size)); };
        };
    })";
    eventually(APPEARANCE, "the edited picture to be kept", async || {
        let sizes = session.run(SIZES, &[]).await.ok()?;
        let [size] = sizes.as_array()?.as_slice() else {
            return None;
        };
        (size.as_u64()? != size_bytes).then_some(())
    })
    .await;
}

/// Loads the page again and waits until the form is there.
async fn reload(session: &Session, page: &str) -> Result<()> {
    session.goto(page).await?;
    widget::open(session).await?;
    wait_for_panel(session).await
}

/// Lists in the document what is said from now on to those who do not see.
async fn listen(session: &Session) -> Result<()> {
    let script = "const place = document.getElementById('announcer');
        window.heard = [];
        new MutationObserver(() => heard.push(place.textContent)).observe(place, { childList: true, characterData: true, subtree: true });";
    session.run(script, &[]).await?;
    Ok(())
}

#[tokio::test]
async fn a_chosen_picture_is_blacked_out_in_place_and_survives_a_reload() {
    let (_host, relay, service, page) = behind_a_relay(Setup::new(Database::Sqlite)).await;
    journey("picture-edited", Visitor::DESKTOP, async |session| {
        let path = picture("invoice.png", (800, 400));
        let original_bytes = fs::metadata(&path)?.len();
        choose(session, &page, &path).await?;
        wait_until_uploaded(session, 1).await;
        let edit = session.find(".file__edit").await?;
        let label = edit.attribute("aria-label").await?;
        assert_eq!(label.as_deref(), Some("Edit invoice.png"));
        session
            .run("arguments[0].focus()", &[edit.as_argument()])
            .await?;
        session.press(&key::ENTER.to_string()).await?;
        session.find(".editor[open] canvas").await?;
        let told = session.find("#editor-told").await?.text().await?;
        assert!(
            told.starts_with("The edited picture replaces this one"),
            "{told}"
        );
        black_out(session).await?;
        save_screenshot(session, "picture-edited").await?;
        listen(session).await?;
        let release = relay.hold("/uploads");
        press(session, "Use the edited picture").await?;
        let uploads = || {
            relay
                .seen()
                .into_iter()
                .filter(|seen| seen.path.contains("/uploads"))
        };
        eventually(APPEARANCE, "the original to be deleted", async || {
            uploads().any(|seen| seen.method == "DELETE").then_some(())
        })
        .await;
        eventually(APPEARANCE, "the focus on the button", async || {
            (focused(session).await.ok()? == "Edit").then_some(())
        })
        .await;
        eventually(APPEARANCE, "words of the edited picture", async || {
            let heard = session.run("return heard.join(' ')", &[]).await.ok()?;
            heard.as_str()?.contains(REPLACED).then_some(())
        })
        .await;
        save_screenshot(session, "picture-edited-list").await?;
        wait_until_another_is_kept(session, original_bytes).await;
        // Nothing of the edited picture has left when the page goes: only what is kept can go.
        session.find("li.file[data-state=running]").await?;
        reload(session, &page).await?;
        release.send(true)?;
        wait_until_uploaded(session, 1).await;
        widget::send(session).await?;
        let (attachment, found) = received(&service).await?;
        assert_eq!(attachment["name"], "invoice.png");
        assert_eq!((count(&found, RED), found.dimensions()), (0, (800, 400)));
        one_colour(&found, 800.0, [0.0, 0.0, 400.0, 200.0], BLACK)?;
        assert!(count(&found, BLUE) > 380 * 380);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn the_original_is_not_kept_in_place_of_the_edited_picture_however_large_it_is() {
    let (_host, relay, service, page) = behind_a_relay(Setup::new(Database::Sqlite)).await;
    journey("picture-large", Visitor::DESKTOP, async |session| {
        let release = relay.hold("/uploads");
        let path = picture("scan.png", (300, 200));
        // As large as a file may be: with it, there is no room for another in what the browser keeps.
        let original_bytes = 25 * 1024 * 1024 - 16;
        fs::File::options()
            .write(true)
            .open(&path)?
            .set_len(original_bytes)?;
        choose(session, &page, &path).await?;
        wait_until_kept(session, 1).await;
        open_editor(session).await?;
        black_out(session).await?;
        press(session, "Use the edited picture").await?;
        wait_until_another_is_kept(session, original_bytes).await;
        reload(session, &page).await?;
        release.send(true)?;
        wait_until_uploaded(session, 1).await;
        widget::send(session).await?;
        let (_, found) = received(&service).await?;
        assert_eq!((count(&found, RED), found.dimensions()), (0, (300, 200)));
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn who_has_pressed_send_and_edits_a_picture_sends_the_edited_one() {
    let (_host, relay, service, page) = behind_a_relay(Setup::new(Database::Sqlite)).await;
    journey("picture-after-send", Visitor::DESKTOP, async |session| {
        choose(session, &page, &picture("order.png", (300, 200))).await?;
        wait_until_uploaded(session, 1).await;
        let release = relay.hold("/uploads");
        let other = on_disk(&File::text("steps.txt", "1. open"));
        widget::attach(session, &[&other]).await?;
        session.find("li.file[data-state=running]").await?;
        widget::send_button(session).await?.click().await?;
        open_editor(session).await?;
        release.send(true)?;
        wait_until_uploaded(session, 2).await;
        black_out(session).await?;
        let is_sent = relay
            .seen()
            .iter()
            .any(|seen| seen.path.ends_with("/tickets"));
        assert!(!is_sent, "the person is still at it");
        press(session, "Use the edited picture").await?;
        let ticket = service.ticket(&widget::receipt(session).await?);
        assert_eq!(ticket["attachments"].as_array().map(Vec::len), Some(2));
        let (attachment, found) = received(&service).await?;
        assert_eq!(attachment["name"], "order.png");
        assert_eq!(count(&found, RED), 0);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_double_click_opens_one_editor() {
    let service = Service::start_with(Setup::new(Database::Sqlite)).await;
    // In a page of its own, where nothing is asked of a host page before the editor opens.
    let page = service.url(&format!("/help/{SITE}"));
    journey("picture-twice", Visitor::DESKTOP, async |session| {
        session.goto(&page).await?;
        wait_for_panel(session).await?;
        widget::fill(session, A_REQUEST).await?;
        widget::attach(session, &[&picture("order.png", (300, 200))]).await?;
        wait_until_uploaded(session, 1).await;
        let twice =
            "const edit = document.querySelector('.file__edit'); edit.click(); edit.click()";
        session.run(twice, &[]).await?;
        session.find(".editor[open] canvas").await?;
        black_out(session).await?;
        press(session, "Use the edited picture").await?;
        wait_until_uploaded(session, 1).await;
        // A second one would be open by now, over everything.
        widget::send(session).await?;
        assert!(session.find_all(".editor").await?.is_empty());
        let (_, found) = received(&service).await?;
        assert_eq!(count(&found, RED), 0);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn while_it_is_edited_nothing_of_a_picture_leaves_and_who_cancels_sends_it_as_it_is() {
    let (_host, relay, service, page) = behind_a_relay(Setup::new(Database::Sqlite)).await;
    journey("picture-held", Visitor::DESKTOP, async |session| {
        let release = relay.hold("/uploads");
        choose(session, &page, &picture("order.png", (300, 200))).await?;
        open_editor(session).await?;
        release.send(true)?;
        let bytes_left = || relay.seen().iter().any(|seen| seen.method == "PATCH");
        black_out(session).await?;
        assert!(!bytes_left(), "the person is still at it");
        press(session, "Cancel").await?;
        said(session, "Your marks will be lost.").await?;
        press(session, "Cancel").await?;
        wait_until_uploaded(session, 1).await;
        assert!(bytes_left());
        widget::send(session).await?;
        let (_, found) = received(&service).await?;
        assert_eq!(
            (count(&found, RED), count(&found, BLUE)),
            (150 * 100, 450 * 100)
        );
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn on_a_phone_the_editor_fills_the_screen_and_a_photo_stays_a_photo() {
    let (_host, service, page) = embedded(Setup::new(Database::Sqlite)).await;
    journey("picture-phone", Visitor::PHONE, async |session| {
        choose(session, &page, &picture("photo.jpg", (1200, 1600))).await?;
        save_screenshot(session, "picture-phone-list").await?;
        open_editor(session).await?;
        black_out(session).await?;
        let fills = "const { width, height } = document.querySelector('.editor').getBoundingClientRect();
            return [width === innerWidth, height >= innerHeight, innerWidth, document.querySelector('.editor').scrollHeight <= height]";
        let fills = session.run(fills, &[]).await?;
        assert_eq!(fills, serde_json::json!([true, true, 390, true]));
        save_screenshot(session, "picture-phone").await?;
        press(session, "Use the edited picture").await?;
        wait_until_uploaded(session, 1).await;
        widget::send(session).await?;
        let (attachment, found) = received(&service).await?;
        assert_eq!(attachment["name"], "photo.jpg");
        assert_eq!((count(&found, RED), found.dimensions()), (0, (1200, 1600)));
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn what_is_no_picture_after_all_stays_attached_and_words_say_so() {
    let (_host, service, page) = embedded(Setup::new(Database::Sqlite)).await;
    journey("picture-broken", Visitor::DESKTOP, async |session| {
        let broken = File::binary("broken.png", 5000, 1);
        choose(session, &page, &on_disk(&broken)).await?;
        wait_until_uploaded(session, 1).await;
        session.find(".file__edit").await?.click().await?;
        let words = "The picture could not be opened for editing. It stays attached as it is.";
        widget::wait_for_text(session, words, |text| text.contains(words).then_some(())).await;
        save_screenshot(session, "picture-broken").await?;
        let reference = widget::send(session).await?;
        let attachment = &service.ticket(&reference)["attachments"][0];
        assert_eq!(attachment["sha256"], broken.sha256());
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn other_files_offer_no_editor() {
    let (_host, _service, page) = embedded(Setup::new(Database::Sqlite)).await;
    journey("picture-none", Visitor::DESKTOP, async |session| {
        let text = on_disk(&File::text("steps.txt", "1. open"));
        choose(session, &page, &text).await?;
        wait_until_uploaded(session, 1).await;
        assert!(session.find_all(".file__edit").await?.is_empty());
        Ok(())
    })
    .await;
}
