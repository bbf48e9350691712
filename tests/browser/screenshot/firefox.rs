//! Firefox shares windows and screens, never a tab: nothing private is known to be in the picture or not, and the person is told so.

use cornerdesk_tests::{
    browser::{Visitor, journey},
    webdriver::Session,
    widget::{self, A_REQUEST},
};
use image::Rgb;

use super::{
    BLACK, BLUE, Product, count, said, said_about_private_parts,
    trouble::{press_where, told},
};

/// All of the window's page is blue.
const PAGE: &str = "<style>html { background: #00f; color: #00f }</style>";

/// Nothing of the panel, which opens in the lower right corner, is in the picture of the whole screen.
fn widget_is_hidden(picture: &image::RgbImage) -> bool {
    let (width, height) = picture.dimensions();
    let Rgb(corner) = picture.get_pixel(width - 200, height - 100);
    corner
        .iter()
        .zip(BLUE)
        .all(|(part, wanted)| part.abs_diff(wanted) < 75)
}

#[tokio::test]
async fn a_screenshot_of_the_screen_is_marked_and_arrives_in_firefox() {
    let product = Product::with(PAGE).await;
    journey(
        "screenshot-firefox",
        Visitor::FIREFOX_SHARING,
        async |session: &Session| {
            press_where(session, &product.page, "").await?;
            let canvas = session.find(".editor[open] canvas").await?;
            let warned = said_about_private_parts(session).await?;
            assert!(
                warned.starts_with("We could not black out private parts"),
                "{warned}"
            );
            let shared = "return shared.map(({ readyState }) => readyState)";
            assert_eq!(
                session.run(shared, &[]).await?,
                serde_json::json!(["ended"])
            );
            canvas.drag(&[(-60, -40), (0, 0), (60, 40)]).await?;
            said(session, "Blacked out.").await?;
            let picture = product.send(session).await?;
            assert!(widget_is_hidden(&picture), "the widget is in the picture");
            let all = picture.pixels().len();
            assert!(
                count(&picture, BLUE) * 2 > all,
                "the page is in the picture"
            );
            let middle = picture.get_pixel(picture.width() / 2 - 10, picture.height() / 2);
            assert_eq!(middle.0, BLACK);
            Ok(())
        },
    )
    .await;
}

#[tokio::test]
async fn where_firefox_has_nothing_to_share_words_say_what_else_to_do_and_the_request_goes() {
    let product = Product::with(PAGE).await;
    journey(
        "screenshot-firefox-none",
        Visitor::FIREFOX,
        async |session: &Session| {
            press_where(session, &product.page, "").await?;
            told(session, "No screenshot was taken.").await?;
            let reference = widget::send(session).await?;
            assert_eq!(
                product.service.ticket(&reference)["description"],
                A_REQUEST.description
            );
            Ok(())
        },
    )
    .await;
}
