//! Marks by mouse, by corners and by keyboard.

use anyhow::Result;
use cornerdesk_tests::{
    browser::{Visitor, journey, save_screenshot},
    eventually,
    webdriver::{APPEARANCE, Element, key},
    widget::{self, A_REQUEST},
};
use serde_json::json;

use super::{BLACK, BLUE, Product, RED, count, one_colour, press, said};

/// Private parts on the left, others on the right; the panel opens in the lower right corner of 1280 × 900.
const PAGE: &str = "<style>.p { position: absolute; width: 200px; height: 80px; border: 0; padding: 0 }</style>
    <div class=p data-cornerdesk-mask style='left: 100px; top: 150px; background: #f00'></div>
    <input class=p type=password value=secret style='left: 100px; top: 250px; background: #f00; color: #f00'>
    <input class=p autocomplete='billing cc-number' value=4242 style='left: 100px; top: 350px; background: #f00; color: #f00'>
    <div class=p style='left: 400px; top: 150px; background: #00f'></div>
    <div class=p style='left: 400px; top: 350px; background: #00f'></div>";

/// Where a place of the page, in its pixels, is on the picture of it: from the middle of the picture, as the mouse counts.
async fn places_on(canvas: &Element) -> Result<impl Fn(f64, f64) -> (i32, i32)> {
    let shown = canvas.property("clientWidth").await?;
    let high = canvas.property("clientHeight").await?;
    let [shown, high] = [shown, high].map(|length| length.as_f64().unwrap_or_default());
    let scale = shown / 1280.0;
    Ok(move |x: f64, y: f64| {
        (
            (x * scale - shown / 2.0) as i32,
            (y * scale - high / 2.0) as i32,
        )
    })
}

/// Keeps what the panel shares, to see that it ends.
pub(super) const SPY: &str = "window.shared = []; const media = navigator.mediaDevices; const ask = media.getDisplayMedia.bind(media);
    media.getDisplayMedia = async (wanted) => { const stream = await ask(wanted); shared.push(...stream.getTracks()); return stream; }";

#[tokio::test]
async fn a_screenshot_shows_the_page_without_the_widget_and_its_private_parts_are_black() {
    let product = Product::with(PAGE).await;
    journey("screenshot", Visitor::SHARING, async |session| {
        session.goto(&product.page).await?;
        widget::open(session).await?;
        crate::drafts::wait_for_panel(session).await?;
        widget::fill(session, A_REQUEST).await?;
        session.run(SPY, &[]).await?;
        session.find("#screenshot").await?.click().await?;
        session.find(".editor[open] canvas").await?;
        let shared = "return shared.map(({ readyState }) => readyState)";
        assert_eq!(session.run(shared, &[]).await?, json!(["ended"]));
        save_screenshot(session, "screenshot-editor").await?;
        let told = session.find("#editor-told").await?.text().await?;
        assert!(
            told.starts_with("What this page marks as private"),
            "{told}"
        );
        let picture = product.send(session).await?;
        // The browser's own bar takes some of the height while the tab is shared.
        assert_eq!(picture.width(), 1280);
        assert_eq!(count(&picture, RED), 0);
        assert!(
            count(&picture, BLUE) > 2 * 190 * 70,
            "{}",
            count(&picture, BLUE)
        );
        for top in [150.0, 250.0, 350.0] {
            one_colour(&picture, 1280.0, [100.0, top, 200.0, 80.0], BLACK)?;
        }
        // Where the panel and the launcher were there is the page, which is white, and no mark of the corners is left.
        let (width, height) = picture.dimensions();
        one_colour(
            &picture,
            1280.0,
            [
                700.0,
                100.0,
                f64::from(width) - 700.0,
                f64::from(height) - 100.0,
            ],
            [255; 3],
        )?;
        one_colour(&picture, 1280.0, [2.0, 2.0, 18.0, 18.0], [255; 3])
    })
    .await;
}

#[tokio::test]
async fn by_mouse_parts_are_blacked_out_and_cut_off_and_a_step_can_be_undone() {
    let product = Product::with(PAGE).await;
    journey("screenshot-mouse", Visitor::SHARING, async |session| {
        let canvas = product.open_editor(session).await?;
        let at = places_on(&canvas).await?;
        canvas
            .drag(&[at(390.0, 140.0), at(500.0, 200.0), at(610.0, 240.0)])
            .await?;
        said(session, "Blacked out.").await?;
        canvas
            .drag(&[at(390.0, 340.0), at(500.0, 400.0), at(610.0, 440.0)])
            .await?;
        press(session, "Undo").await?;
        said(session, "Undone.").await?;
        press(session, "Highlight").await?;
        canvas
            .drag(&[at(390.0, 340.0), at(500.0, 400.0), at(610.0, 440.0)])
            .await?;
        press(session, "Arrow").await?;
        canvas
            .drag(&[at(700.0, 300.0), at(650.0, 350.0), at(620.0, 390.0)])
            .await?;
        press(session, "Crop").await?;
        canvas
            .drag(&[at(80.0, 60.0), at(300.0, 300.0), at(880.0, 560.0)])
            .await?;
        save_screenshot(session, "screenshot-marked").await?;
        let picture = product.send(session).await?;
        let (width, height) = picture.dimensions();
        assert!(
            width.abs_diff(800) <= 4 && height.abs_diff(500) <= 4,
            "{width} x {height}"
        );
        // The corner of what is left is at 80, 60; a pixel of the screen is more than one of the picture.
        one_colour(
            &picture,
            f64::from(width),
            [400.0 - 80.0, 150.0 - 60.0, 200.0, 80.0],
            BLACK,
        )?;
        one_colour(
            &picture,
            f64::from(width),
            [104.0 - 80.0, 154.0 - 60.0, 192.0, 72.0],
            BLACK,
        )
    })
    .await;
}

#[tokio::test]
async fn two_clicks_on_corners_do_what_dragging_does() {
    let product = Product::with(PAGE).await;
    journey("screenshot-corners", Visitor::SHARING, async |session| {
        let canvas = product.open_editor(session).await?;
        let at = places_on(&canvas).await?;
        canvas.drag(&[at(390.0, 140.0)]).await?;
        said(session, "First corner set.").await?;
        session.press(&key::ESCAPE.to_string()).await?;
        said(session, "Not placed.").await?;
        canvas.drag(&[at(390.0, 440.0)]).await?;
        said(session, "First corner set.").await?;
        canvas.drag(&[at(610.0, 140.0)]).await?;
        said(session, "Blacked out.").await?;
        let picture = product.send(session).await?;
        assert_eq!((count(&picture, RED), count(&picture, BLUE)), (0, 0));
        one_colour(&picture, 1280.0, [400.0, 150.0, 200.0, 280.0], BLACK)
    })
    .await;
}

const LEFT: char = '\u{E012}';
const UP: char = '\u{E013}';
const RIGHT: char = '\u{E014}';
const DOWN: char = '\u{E015}';

#[tokio::test]
async fn by_keyboard_alone_a_part_is_blacked_out_and_everything_is_said() {
    let product = Product::with(PAGE).await;
    journey("screenshot-keyboard", Visitor::SHARING, async |session| {
        session.goto(&product.page).await?;
        widget::open(session).await?;
        crate::drafts::wait_for_panel(session).await?;
        widget::fill(session, A_REQUEST).await?;
        session
            .run("document.getElementById('screenshot').focus()", &[])
            .await?;
        session.press(&key::ENTER.to_string()).await?;
        session.find(".editor[open] canvas").await?;
        // Title, tools, undo, redo, remove all, picture, cancel, attach.
        let mut order = Vec::new();
        for _ in 0..7 {
            order.push(focused(session).await?);
            session.press(&key::TAB.to_string()).await?;
        }
        order.push(focused(session).await?);
        let expected = [
            "editor-title",
            "black",
            "Undo",
            "Redo",
            "Remove all",
            "CANVAS",
            "Cancel",
            "Attach the picture",
        ];
        assert_eq!(order, expected);
        let back = [key::SHIFT, key::TAB].iter().collect::<String>();
        session.press(&back).await?;
        session.press(&back).await?;
        assert_eq!(focused(session).await?, "CANVAS");
        session.press(&RIGHT.to_string()).await?;
        said(session, "A rectangle is in the middle of the picture.").await?;
        let times = |key: char, count| key.to_string().repeat(count);
        session
            .press(&[times(LEFT, 25), times(UP, 25)].concat())
            .await?;
        said(
            session,
            "0% from the left, 0% from the top, 20% wide, 20% high.",
        )
        .await?;
        let far = [key::SHIFT.to_string(), times(RIGHT, 15), times(DOWN, 30)].concat();
        session.press(&far).await?;
        said(session, "50% wide, 80% high.").await?;
        save_screenshot(session, "screenshot-keyboard").await?;
        session.press(&key::ENTER.to_string()).await?;
        said(session, "Blacked out.").await?;
        let picture = product.send(session).await?;
        assert_eq!((count(&picture, RED), count(&picture, BLUE)), (0, 0));
        Ok(())
    })
    .await;
}

/// What has the focus: the id, the value of a choice, the words of a button, or the kind of element.
pub(super) async fn focused(session: &cornerdesk_tests::webdriver::Session) -> Result<String> {
    let name = "const { id, value, textContent, tagName } = document.activeElement; return id || value || textContent || tagName";
    Ok(session
        .run(name, &[])
        .await?
        .as_str()
        .unwrap_or_default()
        .to_owned())
}

#[tokio::test]
async fn escape_leads_back_to_the_form_and_asks_before_marks_are_lost() {
    let product = Product::with(PAGE).await;
    journey("screenshot-escape", Visitor::SHARING, async |session| {
        let canvas = product.open_editor(session).await?;
        canvas.drag(&[(-50, -50), (0, 0), (50, 50)]).await?;
        said(session, "Blacked out.").await?;
        session.press(&key::ESCAPE.to_string()).await?;
        said(session, "Your marks will be lost.").await?;
        session.press(&key::ESCAPE.to_string()).await?;
        eventually(APPEARANCE, "the editor to be gone", async || {
            session
                .find_all("dialog.editor")
                .await
                .ok()?
                .is_empty()
                .then_some(())
        })
        .await;
        eventually(APPEARANCE, "the focus on the button", async || {
            (focused(session).await.ok()? == "screenshot").then_some(())
        })
        .await;
        assert!(session.find_all("li.file").await?.is_empty());
        let summary = widget::field(session, "summary").await?;
        assert_eq!(summary.value().await?, A_REQUEST.summary);
        assert!(summary.is_displayed().await?);
        save_screenshot(session, "screenshot-offered").await?;
        Ok(())
    })
    .await;
}
