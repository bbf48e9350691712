//! Every way for a file to come in, to be paused, changed and taken out again: by pointer, by keyboard, with words for whoever does not see it.

use std::{fs, path::PathBuf};

use anyhow::Result;
use cornerdesk_tests::{
    Database, Service,
    browser::{Visitor, journey, save_screenshot},
    client::File,
    embedded::{behind_a_relay, embedded},
    eventually,
    service::{SITE, Setup},
    webdriver::{APPEARANCE, Session, key},
    widget::{self, A_REQUEST},
};
use serde_json::{Value, json};

use crate::{
    drafts::wait_for_panel,
    files::{on_disk, wait_until_uploaded},
};

/// Makes files of texts and gives them to the panel as a browser does: `arguments` are how, where, and pairs of name and type.
const GIVE: &str = "const [how, where, ...files] = arguments;
    const data = new DataTransfer();
    for (const [name, type] of files) data.items.add(new File([name], name, { type, lastModified: 1 }));
    const options = { bubbles: true, cancelable: true, dataTransfer: data, clipboardData: data };
    const event = how === 'paste' ? new ClipboardEvent(how, options) : new DragEvent(how, options);
    document.querySelector(where).dispatchEvent(event);";

/// The texts of the announcer so far.
const LISTEN: &str = "window.heard = [];
    const region = document.getElementById('announcer');
    new MutationObserver(() => heard.push(region.textContent)).observe(region, { childList: true, characterData: true, subtree: true })";

async fn open_and_fill(session: &Session, page: &str) -> Result<()> {
    session.goto(page).await?;
    widget::open(session).await?;
    wait_for_panel(session).await?;
    widget::fill(session, A_REQUEST).await
}

async fn names(session: &Session) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for element in session.find_all(".file__name").await? {
        names.push(element.text().await?);
    }
    Ok(names)
}

async fn wait_for_words(session: &Session, wanted: &str) {
    widget::wait_for_text(session, wanted, |text| text.contains(wanted).then_some(())).await;
}

async fn heard(session: &Session, wanted: &str) {
    eventually(APPEARANCE, &format!("to hear: {wanted}"), async || {
        let heard = session.run("return heard.join('|')", &[]).await.ok()?;
        heard.as_str()?.contains(wanted).then_some(())
    })
    .await;
}

/// Waits until the focus is on the element with this label or id.
async fn focus_on(session: &Session, name: &str) {
    eventually(APPEARANCE, &format!("the focus on {name}"), async || {
        let focused = session.focused().await.ok()?;
        // The driver computes no names in frames of other sites; these elements have theirs in an attribute, or an id.
        let label = focused.attribute("aria-label").await.ok()?;
        let id = focused.attribute("id").await.ok()?;
        (label.as_deref() == Some(name) || id.as_deref() == Some(name)).then_some(())
    })
    .await;
}

fn texts<const N: usize>(names: [&str; N]) -> [PathBuf; N] {
    names.map(|name| on_disk(&File::text(name, name)))
}

#[tokio::test]
async fn files_come_by_dropping_them_anywhere_and_by_pasting_and_a_pasted_picture_gets_a_name() {
    let (_host, service, page) = embedded(Setup::new(Database::Sqlite)).await;
    journey("attach-ways", Visitor::DESKTOP, async |session| {
        open_and_fill(session, &page).await?;
        let over = [
            json!("dragenter"),
            json!("h1"),
            json!(["a.txt", "text/plain"]),
        ];
        session.run(GIVE, &over).await?;
        assert!(session.find(".drop__now").await?.is_displayed().await?);
        save_screenshot(session, "attach-dragging").await?;
        let several = [
            json!("drop"),
            json!("h1"),
            json!(["a.txt", "text/plain"]),
            json!(["b.txt", "text/plain"]),
        ];
        session.run(GIVE, &several).await?;
        assert!(!session.find(".drop__now").await?.is_displayed().await?);
        // Texts are looked through before they are listed, pictures are not: what comes within the same moment may overtake.
        wait_until_uploaded(session, 2).await;
        for _ in 0..2 {
            let picture = [
                json!("paste"),
                json!("#summary"),
                json!(["image.png", "image/png"]),
            ];
            session.run(GIVE, &picture).await?;
        }
        let paper = [
            json!("paste"),
            json!("body"),
            json!(["c.pdf", "application/pdf"]),
        ];
        session.run(GIVE, &paper).await?;
        wait_until_uploaded(session, 5).await;
        let expected = [
            "a.txt",
            "b.txt",
            "Pasted image 1.png",
            "Pasted image 2.png",
            "c.pdf",
        ];
        assert_eq!(names(session).await?, expected);
        let ticket = service.ticket(&widget::send(session).await?);
        assert_eq!(ticket["attachments"].as_array().map(Vec::len), Some(5));
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_file_that_is_dropped_before_the_panel_is_there_waits_for_it() {
    // The panel itself, or what listens for files.
    for late in [".wasm", "errands"] {
        drops_early(late).await;
    }
}

/// Drops a file while this part of the panel is on its way.
async fn drops_early(late: &str) {
    let (_host, relay, _service, page) = behind_a_relay(Setup::new(Database::Sqlite)).await;
    journey("attach-early", Visitor::DESKTOP, async |session| {
        let release = relay.hold(late);
        session.goto(&page).await?;
        widget::open(session).await?;
        for name in ["early.txt", "second.txt"] {
            let file = [json!("drop"), json!("h1"), json!([name, "text/plain"])];
            session.run(GIVE, &file).await?;
        }
        let control =
            "return [...document.getElementById('attachments').files].map(({ name }) => name)";
        let both = ["early.txt", "second.txt"];
        assert_eq!(session.run(control, &[]).await?, json!(both));
        release.send(true)?;
        wait_until_uploaded(session, 2).await;
        assert_eq!(names(session).await?, both);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn an_empty_file_a_folder_a_repeated_and_a_vanished_file_are_told_in_words() {
    let (_host, relay, _service, page) = behind_a_relay(Setup::new(Database::Sqlite)).await;
    journey("attach-odd", Visitor::DESKTOP, async |session| {
        open_and_fill(session, &page).await?;
        let [first, second, vanished] = texts(["first.txt", "second.txt", "vanished.txt"]);
        let empty = on_disk(&File::text("empty.log", ""));
        widget::attach(session, &[&empty]).await?;
        wait_for_words(session, "The file is empty (0 KB)").await;
        // Two files at once are under way, so that the third has not been touched when it goes.
        let release = relay.hold("/uploads");
        widget::attach(session, &[&first, &second, &vanished]).await?;
        session.find("li.file[data-state=queued]").await?;
        fs::remove_file(&vanished)?;
        release.send(true)?;
        wait_for_words(session, "the file is no longer here").await;
        wait_for_words(session, "1 file cannot be sent along.").await;
        widget::attach(session, &[&first]).await?;
        wait_for_words(session, "first.txt is already attached.").await;
        // Who finds it again goes on with it.
        fs::write(&vanished, "found again")?;
        widget::attach(session, &[&vanished]).await?;
        wait_until_uploaded(session, 4).await;
        let folder = "DataTransferItem.prototype.webkitGetAsEntry = () => ({ isDirectory: true })";
        session.run(folder, &[]).await?;
        let dropped = [json!("drop"), json!("body"), json!(["logs", ""])];
        session.run(GIVE, &dropped).await?;
        wait_for_words(session, "logs is a folder. Choose the files in it").await;
        save_screenshot(session, "attach-odd").await?;
        assert_eq!(names(session).await?.len(), 4);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn with_the_keyboard_alone_files_are_paused_resumed_and_removed_and_the_focus_stays_near() {
    let (_host, relay, service, page) = behind_a_relay(Setup::new(Database::Sqlite)).await;
    journey("attach-keyboard", Visitor::DESKTOP, async |session| {
        open_and_fill(session, &page).await?;
        session.run(LISTEN, &[]).await?;
        let release = relay.hold("/uploads");
        let [a, b, c] = texts(["a.txt", "b.txt", "c.txt"]);
        widget::attach(session, &[&a, &b, &c]).await?;
        heard(session, "3 files added.").await;
        let focus = "document.getElementById('attachments').focus()";
        session.run(focus, &[]).await?;
        session.press(&key::TAB.to_string()).await?;
        focus_on(session, "screenshot").await;
        session.press(&key::TAB.to_string()).await?;
        focus_on(session, "Pause the upload of a.txt").await;
        session.press(&key::ENTER.to_string()).await?;
        focus_on(session, "Resume the upload of a.txt").await;
        session.find("li.file[data-state=paused]").await?;
        save_screenshot(session, "attach-paused").await?;
        release.send(true)?;
        wait_until_uploaded(session, 2).await;
        session.press(&key::ENTER.to_string()).await?;
        wait_until_uploaded(session, 3).await;
        focus_on(session, "Remove a.txt").await;
        session.press(&key::ENTER.to_string()).await?;
        heard(session, "a.txt removed.").await;
        focus_on(session, "Remove b.txt").await;
        session.press(&key::TAB.to_string()).await?;
        focus_on(session, "Remove c.txt").await;
        session.press(&key::ENTER.to_string()).await?;
        focus_on(session, "Remove b.txt").await;
        session.press(&key::ENTER.to_string()).await?;
        focus_on(session, "attachments").await;
        let ticket = service.ticket(&widget::send(session).await?);
        assert_eq!(ticket["attachments"].as_array().map(Vec::len), Some(0));
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn each_quarter_of_an_upload_is_said() {
    let service = Service::start(Database::Sqlite).await;
    let page = service.url(&format!("/help/{SITE}"));
    let file = on_disk(&File::binary("recording.bin", 1_000_000, 1));
    journey("attach-quarters", Visitor::DESKTOP, async |session| {
        session.goto(&page).await?;
        wait_for_panel(session).await?;
        session.run(LISTEN, &[]).await?;
        let slow = json!({ "offline": false, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 150_000 });
        session.devtools("Network.enable", json!({})).await?;
        session.devtools("Network.emulateNetworkConditions", slow).await?;
        widget::attach(session, &[&file]).await?;
        wait_until_uploaded(session, 1).await;
        heard(session, "recording.bin is uploaded.").await;
        let heard = session.run("return heard.join('|')", &[]).await?;
        let heard = heard.as_str().unwrap_or_default();
        let parts = ["recording.bin added.", "25% uploaded", "50% uploaded", "75% uploaded"];
        for part in parts {
            assert!(heard.contains(part), "{part} in {heard}");
        }
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn the_bytes_of_files_never_enter_the_memory_of_webassembly() {
    const MEMORY: &str = "const glue = performance.getEntriesByType('resource').find(({ name }) => /panel-[0-9a-f]+\\.js$/.test(name)).name;
        return import(glue).then((panel) => panel.default()).then(({ memory }) => memory.buffer.byteLength)";
    let (_host, _service, page) = embedded(Setup::new(Database::Sqlite)).await;
    let files: Vec<_> = (1..=4)
        .map(|seed| {
            on_disk(&File::binary(
                &format!("{seed}.bin"),
                20 * 1024 * 1024,
                seed,
            ))
        })
        .collect();
    journey("attach-memory", Visitor::DESKTOP, async |session| {
        open_and_fill(session, &page).await?;
        let before = session.run(MEMORY, &[]).await?;
        let paths: Vec<_> = files.iter().map(AsRef::as_ref).collect();
        widget::attach(session, &paths).await?;
        wait_until_uploaded(session, 4).await;
        let after = session.run(MEMORY, &[]).await?;
        let bytes = |value: &Value| value.as_u64().expect("a number of bytes");
        let grown = bytes(&after) - bytes(&before);
        println!("80 MiB attached: memory {before} bytes before, {grown} more after");
        assert!(grown <= 2 * 65_536, "{grown} bytes");
        Ok(())
    })
    .await;
}

/// Makes a photo of a telephone that was held upright: 4,000 × 3,000 pixels, the left half red, the right half blue, and the note that it is
/// to be turned by a quarter. Noise makes it large.
const TAKE_PHOTO: &str = "return (async () => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 4000, height: 3000 });
    const context = canvas.getContext('2d');
    const image = context.createImageData(4000, 3000);
    for (let at = 0, seed = 1; at < image.data.length; at += 4) {
        seed = (seed * 1103515245 + 12345) & 0x7fffffff;
        const isLeft = (at / 4) % 4000 < 2000;
        image.data.set([isLeft ? 190 + (seed >> 16) % 60 : 20, (seed >> 20) % 60, isLeft ? 20 : 190 + (seed >> 12) % 60, 255], at);
    }
    context.putImageData(image, 0, 0);
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg', 0.95));
    const tiff = [0x4d, 0x4d, 0, 0x2a, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0];
    const exif = new Uint8Array([0xff, 0xe1, 0, 8 + tiff.length, 0x45, 0x78, 0x69, 0x66, 0, 0, ...tiff]);
    const photo = new File([blob.slice(0, 2), exif, blob.slice(2)], 'photo.jpeg', { type: 'image/jpeg', lastModified: 1 });
    const data = new DataTransfer();
    data.items.add(photo);
    const control = document.getElementById('attachments');
    control.files = data.files;
    control.dispatchEvent(new Event('change', { bubbles: true }));
    window.photo = photo;
    return photo.size;
})()";

/// What the smaller copy of it looks like: width, height, and the colours in the middle of the upper and of the lower half.
const LOOK: &str = "return (async () => {
    const { name } = performance.getEntriesByType('resource').find(({ name }) => name.endsWith('_smaller.js'));
    const { smaller } = await import(name);
    const bitmap = await createImageBitmap(await smaller(window.photo), { imageOrientation: 'none' });
    const canvas = Object.assign(document.createElement('canvas'), { width: bitmap.width, height: bitmap.height });
    const context = canvas.getContext('2d');
    context.drawImage(bitmap, 0, 0);
    const colour = (part) => {
        const [red, , blue] = context.getImageData(bitmap.width / 2, bitmap.height * part, 1, 1).data;
        return red > blue ? 'red' : 'blue';
    };
    return [bitmap.width, bitmap.height, colour(0.25), colour(0.75)];
})()";

#[tokio::test]
async fn a_large_photo_can_be_sent_smaller_the_right_way_up_and_back_again() {
    let (_host, service, page) = embedded(Setup::new(Database::Sqlite)).await;
    journey("attach-photo", Visitor::DESKTOP, async |session| {
        open_and_fill(session, &page).await?;
        session.run(LISTEN, &[]).await?;
        let original = session.run(TAKE_PHOTO, &[]).await?;
        let original = original.as_u64().expect("a size");
        wait_until_uploaded(session, 1).await;
        wait_for_words(session, "Send smaller (").await;
        save_screenshot(session, "attach-photo").await?;
        heard(session, "Send smaller (").await;
        let looks = session.run(LOOK, &[]).await?;
        assert_eq!(looks, json!([1920, 2560, "red", "blue"]));
        let choice = || session.find(".file__choice");
        choice().await?.click().await?;
        wait_for_words(session, "Send the original (").await;
        wait_until_uploaded(session, 1).await;
        // There and back: the choice can be taken back.
        choice().await?.click().await?;
        wait_for_words(session, "Send smaller (").await;
        choice().await?.click().await?;
        wait_for_words(session, "Send the original (").await;
        wait_until_uploaded(session, 1).await;
        let ticket = service.ticket(&widget::send(session).await?);
        let attachments = ticket["attachments"].as_array().expect("a list");
        assert_eq!(attachments.len(), 1);
        assert_eq!(attachments[0]["name"], "photo.jpg");
        let size = attachments[0]["size_bytes"].as_u64().expect("a size");
        assert!(size * 3 <= original * 2, "{size} of {original} bytes");
        Ok(())
    })
    .await;
}
