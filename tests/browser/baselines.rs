//! What every state of the panel looks like, against pictures that a person has looked at: light and dark, desk and phone, English and
//! Arabic. `make looks` renews them; look at what changed before you commit it (docs/decisions/0031).

mod picture;

use std::{fs, path::PathBuf};

use anyhow::{Context, Result};
use base64::{Engine, prelude::BASE64_STANDARD};
use cornerdesk_tests::{
    browser::{Visitor, journey},
    scratch,
    webdriver::Session,
    widget,
};
use serde_json::json;

use crate::states::{Device, Stage, prefer};
use picture::Picture;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/browser/baselines");
/// All of them together, in bytes.
const ROOM: u64 = 6 * 1024 * 1024;

/// Whether this run writes down what it finds rather than comparing: `make looks`.
pub fn renewing() -> bool {
    std::env::var_os("CORNERDESK_RENEW").is_some()
}

/// Takes away what differs from run to run: the caret, motion, times, the reference, how far a file is.
const STILL: &str = "if (!window.still) {
      window.still = new CSSStyleSheet();
      still.replaceSync('*, ::before, ::after { animation: none !important; transition: none !important; caret-color: transparent !important } .notice__next { visibility: hidden }');
      document.adoptedStyleSheets.push(still);
    }
    document.querySelector('.receipt:not([hidden]) .receipt__code')?.replaceChildren('CD-7K3F-92XQ');
    document.querySelector('.receipt:not([hidden]) #receipt-details')?.replaceChildren('2026-11-22 09:12');
    document.querySelector('#promise')?.replaceChildren('10:00–18:00 (CET)');
    for (const bar of document.querySelectorAll('.file progress')) bar.value = 40;
    const told = { page_url: 'https://app.acme.example/orders', browser: 'Chromium 150', viewport: '900×800' };
    for (const [name, text] of Object.entries(told)) for (const part of document.querySelectorAll(`.page-context__row:has([data-row=${name}]) :is(bdi, small)`)) part.replaceChildren(text);
    for (const state of document.querySelectorAll('.file[data-state=running] .file__text')) state.replaceChildren('40 %');
    return document.fonts.ready.then(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true)))));";

/// The part of the screen that shows the widget.
fn frame_of(device: Device, state: &str) -> (u32, u32, u32, u32) {
    let (width, height) = device.size();
    match device {
        Device::Desktop if state == "closed" => (width - 200, height - 120, 200, 120),
        Device::Desktop if state.starts_with("page") || state.starts_with("editor") => {
            (0, 0, width, height)
        }
        Device::Desktop => (width - 450, 0, 450, height),
        Device::Phone => (0, 0, width, height),
    }
}

async fn photograph(session: &Session, device: Device, state: &str) -> Result<Picture> {
    session.run(STILL, &[]).await?;
    let (x, y, width, height) = frame_of(device, state);
    let clip = json!({ "x": x, "y": y, "width": width, "height": height, "scale": 1 });
    let taken = session
        .devtools(
            "Page.captureScreenshot",
            json!({ "format": "png", "clip": clip }),
        )
        .await?;
    let data = taken["data"].as_str().context("a picture")?;
    Picture::decode(&BASE64_STANDARD.decode(data)?)
}

/// Compares with the baseline of that name, or writes it; says what is wrong.
fn compare(name: &str, found: &Picture) -> Result<Option<String>> {
    let file = PathBuf::from(FOLDER).join(format!("{name}.png"));
    if renewing() {
        let known = fs::read(&file)
            .ok()
            .and_then(|bytes| Picture::decode(&bytes).ok());
        // One that is still right is left alone, so that a commit shows what changed.
        if !known.is_some_and(|known| known.is_like(found)) {
            fs::write(&file, found.encode()?)?;
        }
        return Ok(None);
    }
    let Ok(bytes) = fs::read(&file) else {
        return Ok(Some(format!("{name}: there is no baseline")));
    };
    let known = Picture::decode(&bytes)?;
    if known.is_like(found) {
        return Ok(None);
    }
    let folder = scratch::target_folder().join("screenshots");
    fs::create_dir_all(&folder)?;
    fs::write(
        folder.join(format!("looks-{name}-found.png")),
        found.encode()?,
    )?;
    let difference = known.difference(found);
    fs::write(
        folder.join(format!("looks-{name}-difference.png")),
        difference.encode()?,
    )?;
    Ok(Some(format!("{name}: {}", known.told(found))))
}

async fn look(device: Device, locale: &'static str) {
    let stage = Stage::set(locale).await;
    journey("looks", Visitor::DESKTOP, async |session| {
        device.show(session).await?;
        let mut wrong = Vec::new();
        stage
            .walk(session, async |session, state| {
                for scheme in ["light", "dark"] {
                    prefer(session, &[("prefers-color-scheme", scheme)]).await?;
                    let found = photograph(session, device, state).await?;
                    let name = format!("{state}-{}-{scheme}-{locale}", device.name());
                    wrong.extend(compare(&name, &found)?);
                }
                Ok(())
            })
            .await?;
        assert!(
            wrong.is_empty(),
            "not what it was; pictures of the differences are in target/screenshots, `make looks` renews the baselines:\n{}",
            wrong.join("\n")
        );
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn the_panel_looks_as_it_did_on_a_desk() {
    look(Device::Desktop, "en").await;
}

#[tokio::test]
async fn the_panel_looks_as_it_did_on_a_phone() {
    look(Device::Phone, "en").await;
}

#[tokio::test]
async fn the_panel_looks_as_it_did_on_a_desk_in_arabic() {
    look(Device::Desktop, "ar").await;
}

#[tokio::test]
async fn the_panel_looks_as_it_did_on_a_phone_in_arabic() {
    look(Device::Phone, "ar").await;
}

#[test]
fn the_baselines_do_not_fill_the_repository() {
    let files = fs::read_dir(FOLDER)
        .expect("the folder of the baselines")
        .flatten();
    let pictures = files.filter(|file| file.path().extension().is_some_and(|end| end == "png"));
    let size: u64 = pictures
        .map(|file| file.metadata().expect("a file").len())
        .sum();
    assert!(size <= ROOM, "{size} bytes");
}

/// What must be seen, and what must not: each done to the same form.
#[tokio::test]
async fn a_moved_button_and_another_colour_are_seen_and_another_machines_letters_are_not() {
    const CHANGES: [(&str, bool, &str); 7] = [
        ("nothing", true, ""),
        (
            "letters between two pixels",
            true,
            ".panel { translate: .35px .35px }",
        ),
        (
            "letters drawn otherwise",
            true,
            "* { text-rendering: geometricPrecision !important }",
        ),
        (
            "a button moved by 8 pixels",
            false,
            "#send { transform: translateY(8px) }",
        ),
        (
            "another colour",
            false,
            ":root { --cd-accent: #1b7a4b !important }",
        ),
        (
            "a field that is gone",
            false,
            "#email { visibility: hidden }",
        ),
        (
            "soft text that is too soft",
            false,
            ".form__lead, .field__hint { opacity: .3 }",
        ),
    ];
    let stage = Stage::set("en").await;
    journey("looks-sees", Visitor::DESKTOP, async |session| {
        Device::Desktop.show(session).await?;
        stage.open(session).await?;
        widget::field(session, "summary").await?;
        let known = photograph(session, Device::Desktop, "empty").await?;
        let mut found_out = Vec::new();
        for (what, is_same, css) in CHANGES {
            let put = "window.change ??= (document.adoptedStyleSheets.push(new CSSStyleSheet()), document.adoptedStyleSheets.at(-1)); change.replaceSync(arguments[0])";
            session.run(put, &[json!(css)]).await?;
            let found = photograph(session, Device::Desktop, "empty").await?;
            let is_right = known.is_like(&found) == is_same;
            found_out.push((is_right, format!("{what}: {}", known.told(&found))));
        }
        assert!(found_out.iter().all(|(is_right, _)| *is_right), "{found_out:#?}");
        Ok(())
    })
    .await;
}
