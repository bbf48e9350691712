//! Chromium, against pages of our own.

use anyhow::Result;
use cornerdesk_tests::{
    browser::{Visitor, journey, save_screenshot},
    host_page::HostPage,
    scratch,
    webdriver::{Session, key},
};

/// A frame of another site in a dialog in a shadow root, as the widget builds it.
fn page_with_frame(frame_url: &str) -> String {
    format!(
        r#"<!doctype html><title>Host</title><input id="first">
<x-widget></x-widget>
<script>
const root = document.querySelector("x-widget").attachShadow({{ mode: "open" }});
root.innerHTML = '<button>Help</button><dialog popover="manual"><iframe src="{frame_url}"></iframe></dialog>';
root.querySelector("button").onclick = () => root.querySelector("dialog").showPopover();
console.error("one line of the host");
</script>"#
    )
}

const FRAME: &str = r#"<!doctype html><title>Frame</title>
<style>:root { color-scheme: light dark; } @media (prefers-color-scheme: dark) { body { --scheme: dark; } }</style>
<form><input name="summary"><input name="file" type="file" multiple><button>Send</button></form>
"#;

async fn open_frame(session: &Session) -> Result<()> {
    let root = session.find("x-widget").await?.shadow_root().await?;
    root.find("button").await?.click().await?;
    root.find("dialog iframe").await?.enter().await
}

/// Shows both pages, the frame's on another site than the host's.
fn show(host: &HostPage, other: &HostPage) -> String {
    let frame_url = other
        .show("/frame", FRAME, "")
        .replace("localhost", "127.0.0.1");
    host.show("/", &page_with_frame(&frame_url), "")
}

#[tokio::test]
async fn a_frame_of_another_site_in_a_shadow_root_can_be_worked_with() {
    let (host, other) = (HostPage::bind().await, HostPage::bind().await);
    let url = show(&host, &other);
    let file = scratch::folder("file").join("ä file.txt");
    std::fs::write(&file, "content").expect("a file can be written");
    journey("frame", Visitor::DARK, async |session| {
        session.goto(&url).await?;
        open_frame(session).await?;
        let summary = session.find("[name=summary]").await?;
        summary.click().await?;
        session.press("typed by key").await?;
        assert_eq!(summary.value().await?, "typed by key");
        session.press(&key::TAB.to_string()).await?;
        assert_eq!(
            session.focused().await?.attribute("name").await?.as_deref(),
            Some("file")
        );
        session
            .press(&format!("{}{}", key::SHIFT, key::TAB))
            .await?;
        assert_eq!(
            session.focused().await?.attribute("name").await?.as_deref(),
            Some("summary")
        );
        let input = session.find("[name=file]").await?;
        input.type_text(&file.to_string_lossy()).await?;
        let name = session
            .run("return arguments[0].files[0].name", &[input.as_argument()])
            .await?;
        assert_eq!(name, "ä file.txt");
        let dark = "return getComputedStyle(document.body).getPropertyValue('--scheme')";
        assert_eq!(session.run(dark, &[]).await?, "dark");
        assert!(save_screenshot(session, "harness-dark").await? > 1000);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn the_console_of_the_page_is_heard() {
    let (host, other) = (HostPage::bind().await, HostPage::bind().await);
    let url = show(&host, &other);
    journey("console", Visitor::DESKTOP, async |session| {
        session.goto(&url).await?;
        let console = session.console().await?;
        assert_eq!(console.len(), 1, "{console:?}");
        assert!(
            console[0].ends_with("\"one line of the host\""),
            "{console:?}"
        );
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn scripts_can_be_off() {
    let host = HostPage::bind().await;
    let html = "<!doctype html><p>unchanged</p><input name=a><script>document.querySelector('p').textContent = 'changed'</script>";
    let url = host.show("/", html, "");
    journey("no-scripts", Visitor::WITHOUT_JAVASCRIPT, async |session| {
        session.goto(&url).await?;
        assert_eq!(session.find("p").await?.text().await?, "unchanged");
        let input = session.find("[name=a]").await?;
        input.type_text("typed").await?;
        assert_eq!(input.value().await?, "typed");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_phone_is_narrow_and_touched() {
    let host = HostPage::bind().await;
    let url = host.show(
        "/",
        "<!doctype html><meta name=viewport content='width=device-width'>",
        "",
    );
    journey("phone", Visitor::PHONE, async |session| {
        session.goto(&url).await?;
        let seen = "return [innerWidth, matchMedia('(pointer: coarse)').matches]";
        assert_eq!(
            session.run(seen, &[]).await?,
            serde_json::json!([390, true])
        );
        Ok(())
    })
    .await;
}
