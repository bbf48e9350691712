//! What it looks like; the pictures are in `target/screenshots/`.

use anyhow::Result;
use cornerdesk_tests::{
    Database,
    browser::{Visitor, assert_fits, journey, save_screenshot},
    client::File,
    embedded::{behind_a_relay, embedded},
    relay::Relay,
    service::Setup,
    webdriver::Session,
    widget::{self, A_REQUEST},
};
use serde_json::json;

use crate::files::{on_disk, wait_until_uploaded};

/// How bright the background of the form is, from 0 to 255.
const BRIGHTNESS: &str = "const canvas = Object.assign(document.createElement('canvas'), { width: 1, height: 1 }).getContext('2d');
    for (let at = document.querySelector('form'); at; at = at.parentElement) {
      canvas.fillStyle = getComputedStyle(at).backgroundColor;
      canvas.fillRect(0, 0, 1, 1);
      const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
      if (alpha === 255) return (red + green + blue) / 3;
    }
    return getComputedStyle(document.documentElement).colorScheme;";

/// Walks through the states of the panel, takes a picture of each, and returns how bright the empty form was.
async fn walk_through(session: &Session, relay: &Relay, name: &str) -> Result<serde_json::Value> {
    widget::open(session).await?;
    let brightness = session.run(BRIGHTNESS, &[]).await?;
    picture(session, name, "empty").await?;
    widget::send_button(session).await?.click().await?;
    widget::wait_for_text(session, "errors", |text| {
        text.contains("Describe what happened").then_some(())
    })
    .await;
    picture(session, name, "errors").await?;
    assert_fits(session, "the form").await?;
    widget::fill(session, A_REQUEST).await?;
    let release = relay.hold("/uploads/");
    // Large enough that the browser cannot have handed over all of it.
    let file = File::binary("screenshot.png", 5_000_000, 1);
    widget::attach(session, &[&on_disk(&file)]).await?;
    session
        .find("li.file[data-state=running] progress:not([value='0'])")
        .await?;
    picture(session, name, "uploading").await?;
    release.send(true)?;
    wait_until_uploaded(session, 1).await;
    picture(session, name, "uploaded").await?;
    widget::send(session).await?;
    picture(session, name, "sent").await?;
    assert_fits(session, "the form").await?;
    Ok(brightness)
}

async fn picture(session: &Session, name: &str, state: &str) -> Result<()> {
    let size_bytes = save_screenshot(session, &format!("{name}-{state}")).await?;
    assert!(
        size_bytes > 5_000,
        "a picture of nothing has {size_bytes} bytes"
    );
    Ok(())
}

async fn look(name: &str, visitor: Visitor, is_right: fn(f64) -> bool) {
    let (_host, relay, _service, page) = behind_a_relay(Setup::new(Database::Sqlite)).await;
    journey(name, visitor, async |session| {
        session.goto(&page).await?;
        let brightness = walk_through(session, &relay, name).await?;
        assert!(
            brightness.as_f64().is_some_and(is_right),
            "brightness {brightness}"
        );
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn light_on_a_laptop() {
    look("light", Visitor::DESKTOP, |brightness| brightness > 200.0).await;
}

#[tokio::test]
async fn dark_on_a_laptop() {
    look("dark", Visitor::DARK, |brightness| brightness < 80.0).await;
}

#[tokio::test]
async fn light_on_a_phone() {
    look("phone", Visitor::PHONE, |brightness| brightness > 200.0).await;
}

#[tokio::test]
async fn the_panel_fills_a_phone_and_its_text_is_not_zoomed() {
    let (_host, _service, page) = embedded(Setup::new(Database::Sqlite)).await;
    journey("phone-size", Visitor::PHONE, async |session| {
        session.goto(&page).await?;
        widget::open(session).await?;
        let size = session.run("return [innerWidth, innerHeight]", &[]).await?;
        assert_eq!(size, json!([390, 844]));
        // Below 16 pixels iOS zooms into a field that gets the focus.
        let smallest = "return Math.min(...[...document.querySelectorAll('.control')].map((control) => parseFloat(getComputedStyle(control).fontSize)))";
        let smallest = session.run(smallest, &[]).await?;
        assert!(smallest.as_f64() >= Some(16.0), "{smallest}");
        Ok(())
    })
    .await;
}
