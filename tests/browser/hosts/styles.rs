//! Pages whose styles, layers and modes reach for everything.

use anyhow::Result;
use cornerdesk_tests::{
    eventually,
    webdriver::{APPEARANCE, Session},
    widget,
};
use serde_json::json;

use super::walk::Walk;

/// Where the launcher is and how large: distance from the window's right and bottom edge and height in CSS pixels, and whether a click in its
/// middle reaches it.
const PLACE: &str = "const host = document.querySelector('cornerdesk-widget');
    const box = host.shadowRoot.querySelector('button').getBoundingClientRect();
    const hit = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
    const edge = document.documentElement.clientWidth;
    return [edge - box.right, innerHeight - box.bottom, box.height].map(Math.round).concat(hit === host)";

/// The launcher is where it is on a page without styles, as large, and on top.
async fn assert_in_place(session: &Session) -> Result<()> {
    let place = session.run(PLACE, &[]).await?;
    assert_eq!(place, json!([20, 20, 52, true]));
    Ok(())
}

#[tokio::test]
async fn the_launcher_of_a_page_without_styles_is_the_measure() {
    Walk::on("no-policy")
        .visit(async |visit| {
            widget::launcher(visit.session).await?;
            assert_in_place(visit.session).await
        })
        .await;
}

#[tokio::test]
async fn a_small_root_font_changes_nothing() {
    Walk::on("small-root")
        .asks_for_help_after(assert_in_place)
        .await;
}

#[tokio::test]
async fn important_styles_for_everything_change_nothing() {
    Walk::on("hostile-styles")
        .asks_for_help_after(assert_in_place)
        .await;
}

#[tokio::test]
async fn a_page_that_is_moved_and_scaled_leaves_the_launcher_in_its_corner() {
    Walk::on("transformed")
        .asks_for_help_after(assert_in_place)
        .await;
}

#[tokio::test]
async fn an_overlay_with_the_highest_index_stays_below() {
    Walk::on("overlay")
        .asks_for_help_after(assert_in_place)
        .await;
}

#[tokio::test]
async fn a_page_from_right_to_left_has_the_launcher_within_its_window() {
    Walk::on("right-to-left")
        .asks_for_help_after(assert_in_place)
        .await;
}

/// Whether a click in the launcher's corner reaches the launcher.
async fn is_reached(session: &Session) -> Result<bool> {
    let place = session.run(PLACE, &[]).await?;
    Ok(place[3] == true)
}

#[tokio::test]
async fn what_fills_the_screen_covers_the_launcher() {
    Walk::on("fullscreen")
        .asks_for_help_after(async |session| {
            for (button, reached) in [("#enter", false), ("#leave", true)] {
                session.find(button).await?.click().await?;
                eventually(APPEARANCE, "the screen to change", async || {
                    let filled = session.run("return !!document.fullscreenElement", &[]);
                    let filled = filled.await.ok()? == true;
                    (filled != reached && is_reached(session).await.ok()? == reached).then_some(())
                })
                .await;
            }
            Ok(())
        })
        .await;
}

#[tokio::test]
async fn the_launcher_is_not_printed() {
    Walk::on("no-policy")
        .visit(async |visit| {
            widget::launcher(visit.session).await?;
            let is_drawn = "return document.querySelector('cornerdesk-widget').shadowRoot.querySelector('button').checkVisibility()";
            for (media, shown) in [("print", false), ("screen", true)] {
                let media = json!({ "media": media });
                visit
                    .session
                    .devtools("Emulation.setEmulatedMedia", media)
                    .await?;
                assert_eq!(visit.session.run(is_drawn, &[]).await?, shown);
            }
            Ok(())
        })
        .await;
}
