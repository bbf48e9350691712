//! Pages with keyboard shortcuts: what is typed in the panel is text.

use anyhow::Result;
use cornerdesk_tests::webdriver::Session;
use serde_json::json;

use super::walk::{Walk, noticed};

/// The page does have shortcuts: one works outside the panel.
pub async fn try_a_shortcut(session: &Session) -> Result<()> {
    session.press("s").await?;
    assert_ne!(
        noticed(session, "heard").await?,
        json!([]),
        "the page's shortcuts do not work"
    );
    session.run("heard.length = 0", &[]).await?;
    Ok(())
}

#[tokio::test]
async fn github_hotkey_hears_nothing_from_the_panel() {
    Walk::on("github-hotkey")
        .asks_for_help_after(try_a_shortcut)
        .await;
}

#[tokio::test]
async fn tinykeys_hears_nothing_from_the_panel() {
    Walk::on("tinykeys")
        .asks_for_help_after(try_a_shortcut)
        .await;
}

#[tokio::test]
async fn mousetrap_hears_nothing_from_the_panel() {
    Walk::on("mousetrap")
        .asks_for_help_after(try_a_shortcut)
        .await;
}

#[tokio::test]
async fn listeners_in_the_capture_phase_hear_nothing_from_the_panel() {
    Walk::on("naive-capture")
        .asks_for_help_after(try_a_shortcut)
        .await;
}
