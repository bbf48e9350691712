//! What the editor looks like, and what axe says of it: light, dark, forced colours, small, right to left.

use anyhow::Result;
use cornerdesk_tests::{
    browser::{Visitor, journey, save_screenshot},
    webdriver::Session,
};
use serde_json::json;

use super::open_editor_by_button;
use crate::{
    accessibility::audit::{COLOURS, axe, violations},
    states::{Stage, prefer},
};

/// The editor in some of the colours, without a fault that axe finds; a picture of each.
async fn look(session: &Session, name: &str, in_colours: &[usize]) -> Result<()> {
    let axe = axe();
    for &at in in_colours {
        let (colours, features) = COLOURS[at];
        prefer(session, features).await?;
        save_screenshot(session, &format!("screenshot-{name}-{colours}")).await?;
        let found = violations(session, &axe).await?;
        assert!(found.is_empty(), "{name}, {colours}: {}", found.join("\n"));
    }
    let sideways = "const { scrollWidth, clientWidth } = document.querySelector('.editor'); return scrollWidth - clientWidth";
    assert_eq!(
        session.run(sideways, &[]).await?,
        0,
        "{name} scrolls sideways"
    );
    prefer(session, &[]).await
}

async fn show(session: &Session, (width, height): (u32, u32)) -> Result<()> {
    let screen =
        json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
    session
        .devtools("Emulation.setDeviceMetricsOverride", screen)
        .await?;
    Ok(())
}

#[tokio::test]
async fn axe_finds_nothing_in_the_editor_in_any_colours_small_or_right_to_left() {
    for (locale, name, size, colours) in [
        ("en", "desk", (1280, 800), &[0, 1, 2][..]),
        ("en", "small", (390, 700), &[0]),
        ("ar", "rtl", (1000, 700), &[1]),
        ("de", "least", (320, 256), &[0]),
    ] {
        let stage = Stage::set(locale).await;
        journey("screenshot-looks", Visitor::SHARING, async |session| {
            show(session, size).await?;
            stage.open(session).await?;
            open_editor_by_button(session).await?;
            look(session, name, colours).await
        })
        .await;
    }
}
