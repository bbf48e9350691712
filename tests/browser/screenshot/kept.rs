//! A screenshot is a file like any other: it is kept through a reload and can be removed; a very large one does not hold the page up.

use cornerdesk_tests::{
    Database,
    browser::{Visitor, journey},
    embedded::embedded,
    eventually,
    service::Setup,
    webdriver::APPEARANCE,
    widget,
};
use serde_json::json;

use super::{Product, open_editor_here, press};
use crate::{drafts::wait_for_panel, files::wait_until_uploaded};

#[tokio::test]
async fn a_screenshot_survives_a_reload_and_can_be_removed() {
    let (_host, service, page) = embedded(Setup::new(Database::Sqlite)).await;
    journey("screenshot-kept", Visitor::SHARING, async |session| {
        session.goto(&page).await?;
        open_editor_here(session).await?;
        press(session, "Attach the picture").await?;
        wait_until_uploaded(session, 1).await;
        session.find("#screenshot").await?.click().await?;
        session.find(".editor[open] canvas").await?;
        press(session, "Attach the picture").await?;
        wait_until_uploaded(session, 2).await;
        session.goto(&page).await?;
        widget::open(session).await?;
        wait_for_panel(session).await?;
        wait_until_uploaded(session, 2).await;
        let names = session.find_all(".file__name").await?;
        assert_eq!(names[0].text().await?, "Screenshot 1.png");
        session.find(".file__remove").await?.click().await?;
        eventually(APPEARANCE, "one file to be left", async || {
            (session.find_all("li.file").await.ok()?.len() == 1).then_some(())
        })
        .await;
        widget::send_button(session).await?.click().await?;
        let ticket = service.ticket(&widget::receipt(session).await?);
        assert_eq!(ticket["attachments"][0]["name"], "Screenshot 2.png");
        assert_eq!(ticket["attachments"].as_array().map(Vec::len), Some(1));
        Ok(())
    })
    .await;
}

/// A page that no format makes small, and what its process is busy with.
const NOISE: &str = "<canvas id=noise style='position: absolute; inset: 0'></canvas><script>
    noise.width = innerWidth; noise.height = innerHeight;
    const context = noise.getContext('2d'), dots = context.createImageData(noise.width, noise.height);
    for (let at = 0; at < dots.data.length; at++) dots.data[at] = at % 4 === 3 ? 255 : Math.random() * 256;
    context.putImageData(dots, 0, 0);
    </script>";

/// Counts the pictures that this thread encodes, which holds up whoever writes.
const WHO_ENCODES: &str = "window.encodedHere = 0;
    for (const [type, name] of [[HTMLCanvasElement, 'toBlob'], [HTMLCanvasElement, 'toDataURL'], [OffscreenCanvas, 'convertToBlob']]) {
        const encode = type.prototype[name];
        type.prototype[name] = function (...values) {
            encodedHere++;
            return encode.apply(this, values);
        };
    }";

#[tokio::test]
async fn a_picture_of_a_4k_screen_fits_the_limit_of_the_site_and_blocks_nobody() {
    let product = Product::limited(NOISE, "[limits]\nattachment_bytes = 2000000").await;
    let large = Visitor {
        switches: &["--auto-accept-this-tab-capture", "--window-size=3840,2160"],
        ..Visitor::DESKTOP
    };
    journey("screenshot-4k", large, async |session| {
        session.goto(&product.page).await?;
        session.run(WHO_ENCODES, &[]).await?;
        widget::open(session).await?;
        session.run(WHO_ENCODES, &[]).await?;
        wait_for_panel(session).await?;
        session.find("#screenshot").await?.click().await?;
        session.find(".editor[open] canvas").await?;
        press(session, "Attach the picture").await?;
        wait_until_uploaded(session, 1).await;
        let encoded_here = "return encodedHere";
        assert_eq!(session.run(encoded_here, &[]).await?, 0);
        session.enter_page().await?;
        assert_eq!(session.run(encoded_here, &[]).await?, 0);
        widget::enter_frame(session).await?;
        widget::fill(session, widget::A_REQUEST).await?;
        widget::send_button(session).await?.click().await?;
        let ticket = product.service.ticket(&widget::receipt(session).await?);
        let file = &ticket["attachments"][0];
        assert!(file["size_bytes"].as_u64() <= Some(2_000_000), "{file}");
        assert_eq!(file["name"], json!("Screenshot 1.jpg"));
        Ok(())
    })
    .await;
}
