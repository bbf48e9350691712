//! What must not be seen is covered wherever the page puts it; where nobody can know, the editor says so.

use anyhow::Result;
use cornerdesk_tests::{
    browser::{Visitor, journey, save_screenshot},
    webdriver::Session,
    widget::{self, A_REQUEST},
};

use super::{BLUE, Product, RED, count, said_about_private_parts};
use crate::drafts::wait_for_panel;

const ANY_TAB: &str =
    "const media = navigator.mediaDevices; const ask = media.getDisplayMedia.bind(media);
    media.getDisplayMedia = (wanted) => ask({ ...wanted, preferCurrentTab: false })";

/// A person who shares the tab of [`open_elsewhere`].
const SHARING_ELSEWHERE: Visitor = Visitor {
    switches: &["--auto-select-tab-capture-source-by-title=Elsewhere"],
    ..Visitor::DESKTOP
};

/// Another tab, which is blue. The one that is looked at stays the same.
async fn open_elsewhere(session: &Session) -> Result<()> {
    let here = session.windows().await?.remove(0);
    let other = session.new_window().await?;
    session.enter_window(&other).await?;
    session
        .goto("data:text/html,<title>Elsewhere</title><body style='background: blue'>")
        .await?;
    session.enter_window(&here).await
}

/// Everything red is private, everything blue is not; 63,000 CSS pixels are blue.
const HARD: &str = r#"<style>body { height: 3000px } .at { position: absolute } [red] { background: #f00; border: 0; padding: 0; color: #f00 } [blue] { background: #00f } iframe { border: 0 }
      @keyframes go { to { transform: translateX(120px) } } @keyframes slide { to { left: 560px } }</style>
    <div class=at style="left: 20px; top: 800px; width: 220px; height: 100px; overflow: auto"><div style="height: 600px; padding-top: 100px"><input red type=password style="width: 200px; height: 300px"></div></div>
    <div class=at blue style="left: 20px; top: 920px; width: 200px; height: 100px"></div>
    <div class=at style="left: 300px; top: 820px; transform: rotate(20deg) scale(1.2)"><input red autocomplete="section-a cc-csc" style="width: 100px; height: 40px"></div>
    <iframe class=at style="left: 440px; top: 800px; width: 160px; height: 90px; padding: 5px; border: 3px solid #eee" srcdoc="<body style='margin: 10px; overflow: hidden'><input type=password style='background: red; border: 0; width: 100px; height: 30px'><div style='background: blue; width: 100px; height: 30px'>"></iframe>
    <iframe class=at style="left: 640px; top: 800px; width: 100px; height: 60px; transform: rotate(180deg)" srcdoc="<input type=password style='background: red; border: 0; width: 60px'>"></iframe>
    <iframe class=at style="left: 20px; top: 1040px; width: 150px; height: 60px" src="data:text/html,<body style='background: red'>"></iframe>
    <iframe class=at data-cornerdesk-mask=off style="left: 200px; top: 1040px; width: 200px; height: 100px" src="data:text/html,<body style='background: blue'>"></iframe>
    <iframe class=at style="inset: 0; width: 100%; height: 3000px; opacity: 0; pointer-events: none" src="data:text/html,"></iframe>
    <div class=at style="left: 440px; top: 920px" id=shadow></div>
    <div class=at data-cornerdesk-mask style="left: 440px; top: 980px; width: 30px; height: 20px"><div red class=at style="left: -20px; top: 30px; width: 150px; height: 30px"></div><span style="white-space: nowrap; background: red; color: red">sticks out of its box to the right</span></div>
    <div data-cornerdesk-mask red style="position: fixed; left: 440px; top: 4px; width: 100px; height: 30px"></div>
    <div class=at data-cornerdesk-mask red style="left: 440px; top: 1100px; width: 60px; height: 30px; animation: slide .7s linear infinite alternate"></div>
    <div class=at data-cornerdesk-mask red style="left: 440px; top: 1150px; width: 60px; height: 30px; animation: go .5s linear infinite alternate"></div>
    <input class=at red autocomplete=current-password value=shown style="left: 640px; top: 900px; width: 90px; height: 30px">
    <input class=at red name=cardNumber value=4242 style="left: 640px; top: 940px; width: 90px; height: 30px">
    <div class=at blue style="left: 20px; top: 1180px; width: 400px; height: 50px"></div>
    <div data-cornerdesk-mask style="display: contents"><div class=at red style="left: 800px; top: 800px; width: 100px; height: 30px"></div></div>
    <div class=at style="left: 800px; top: 840px; color: #f00; font: bold 40px sans-serif"><span data-cornerdesk-mask style="display: contents">secret</span></div>
    <div data-cornerdesk-mask style="visibility: hidden"><div class=at red style="left: 800px; top: 900px; width: 100px; height: 30px; visibility: visible"></div></div>
    <embed class=at style="left: 1000px; top: 800px; width: 120px; height: 60px" type="text/html" src="data:text/html,<body style='background: red'>">
    <div class=at data-cornerdesk-mask id=out style="left: 1000px; top: 900px; width: 20px; height: 20px"></div>
    <div class=at id=slotted style="left: 1000px; top: 960px; color: #f00; font: bold 40px sans-serif"><b red style="display: block; width: 100px; height: 30px"></b>secret</div>
    <script>
      out.attachShadow({ mode: "open" }).innerHTML = "<div style='position: absolute; left: 40px; top: 0; width: 80px; height: 30px; background: red'></div>";
      slotted.attachShadow({ mode: "open" }).innerHTML = "<slot data-cornerdesk-mask></slot>";
      shadow.attachShadow({ mode: "open" }).innerHTML = "<input type=password style='background: red; border: 0; padding: 0; width: 120px; height: 30px'>";
      addEventListener("load", () => { document.querySelector("div").scrollTop = 150; scrollTo(0, 780); });
    </script>"#;

/// What of it the page says to be private is seen without the service's rules: that red there is to be seen at all is shown, too.
async fn take(visitor: Visitor, name: &str, scale: f64) {
    let product = Product::with(HARD).await;
    journey(name, visitor, async |session| {
        product.open_editor(session).await?;
        save_screenshot(session, name).await?;
        let told = said_about_private_parts(session).await?;
        assert!(
            told.starts_with("What this page marks as private"),
            "{told}"
        );
        let picture = product.send(session).await?;
        let wanted_width = (1280.0 * scale) as u32;
        assert!(
            picture.width().abs_diff(wanted_width) <= 2,
            "{} pixels wide",
            picture.width()
        );
        assert_eq!(count(&picture, RED), 0, "of something private");
        // What is not private is still there but for the edges of what is.
        let blue = count(&picture, BLUE) as f64 / (scale * scale);
        assert!((61_500.0..63_100.0).contains(&blue), "{blue}");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn scrolled_turned_framed_moving_and_hidden_in_shadows_what_is_private_is_black() {
    take(Visitor::SHARING, "screenshot-private", 1.0).await;
}

#[tokio::test]
async fn on_a_screen_of_two_pixels_for_one_and_of_one_and_a_quarter_it_is_black_too() {
    let fine = Visitor {
        switches: &[
            "--auto-accept-this-tab-capture",
            "--force-device-scale-factor=2",
            "--window-size=1280,900",
        ],
        ..Visitor::DESKTOP
    };
    take(fine, "screenshot-private-fine", 2.0).await;
    let odd = Visitor {
        switches: &[
            "--auto-accept-this-tab-capture",
            "--force-device-scale-factor=1.25",
            "--window-size=1280,900",
        ],
        ..Visitor::DESKTOP
    };
    take(odd, "screenshot-private-odd", 1.25).await;
}

/// A masked row comes and goes several times a second; another one stays.
const COMING_AND_GOING: &str = r#"<div data-cornerdesk-mask style="background: #f00; width: 200px; height: 60px"></div><div data-cornerdesk-mask id=row style="background: #f00; width: 200px; height: 60px">x</div>
    <script>setInterval(() => (row.hidden = !row.hidden), 50)</script>"#;
/// And it is somewhere else each time.
const ELSEWHERE_EACH_TIME: &str = "<script>setInterval(() => (row.style.marginLeft = `${(parseInt(row.style.marginLeft || 0) + 70) % 700}px`), 110)</script>";

/// What the editor says of a page like that; the picture shows nothing of its private parts.
async fn told_of(name: &str, body: &str) -> String {
    let product = Product::with(body).await;
    let mut told = String::new();
    journey(name, Visitor::SHARING, async |session| {
        product.open_editor(session).await?;
        told = said_about_private_parts(session).await?;
        let picture = product.send(session).await?;
        assert_eq!(count(&picture, RED), 0, "of something private");
        Ok(())
    })
    .await;
    told
}

#[tokio::test]
async fn private_parts_that_come_and_go_in_their_place_are_covered() {
    let told = told_of("screenshot-going", COMING_AND_GOING).await;
    assert!(
        told.starts_with("What this page marks as private"),
        "{told}"
    );
}

#[tokio::test]
async fn where_private_parts_come_and_go_on_the_way_the_picture_is_not_said_to_be_safe() {
    let body = [COMING_AND_GOING, ELSEWHERE_EACH_TIME].concat();
    let told = told_of("screenshot-wandering", &body).await;
    assert!(
        told.starts_with("We could not black out private parts"),
        "{told}"
    );
}

#[tokio::test]
async fn where_the_panel_fills_the_window_it_is_not_in_the_picture_either() {
    let product = Product::with("<style>html { background: #00f }</style>").await;
    let low = Visitor {
        switches: &["--auto-accept-this-tab-capture", "--window-size=1280,560"],
        ..Visitor::DESKTOP
    };
    journey("screenshot-low", low, async |session| {
        product.open_editor(session).await?;
        save_screenshot(session, "screenshot-low").await?;
        assert!(session.find_all("#editor-told").await?.is_empty());
        let picture = product.send(session).await?;
        let blue = count(&picture, BLUE);
        assert!(blue * 100 > picture.pixels().len() * 97, "{blue}");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_picture_of_something_else_is_not_said_to_be_without_private_parts() {
    let product = Product::with(HARD).await;
    journey(
        "screenshot-elsewhere",
        SHARING_ELSEWHERE,
        async |session: &Session| {
            session.goto(&product.page).await?;
            open_elsewhere(session).await?;
            widget::open(session).await?;
            wait_for_panel(session).await?;
            // The browser asks about this tab only where it is preferred, and the switch for another one works where it is not.
            session.run(ANY_TAB, &[]).await?;
            widget::fill(session, A_REQUEST).await?;
            session.find("#screenshot").await?.click().await?;
            session.find(".editor[open] canvas").await?;
            let told = said_about_private_parts(session).await?;
            assert!(
                told.starts_with("We could not black out private parts"),
                "{told}"
            );
            save_screenshot(session, "screenshot-elsewhere").await?;
            let picture = product.send(session).await?;
            assert!(count(&picture, BLUE) * 2 > picture.pixels().len());
            Ok(())
        },
    )
    .await;
}

#[tokio::test]
async fn the_form_as_a_page_of_its_own_shares_another_tab() {
    let product = Product::with("").await;
    journey(
        "screenshot-page",
        SHARING_ELSEWHERE,
        async |session: &Session| {
            session.goto(&product.service.url("/help/acme")).await?;
            open_elsewhere(session).await?;
            wait_for_panel(session).await?;
            widget::fill(session, A_REQUEST).await?;
            session.find("#screenshot").await?.click().await?;
            session.find(".editor[open] canvas").await?;
            assert_eq!(
                said_about_private_parts(session).await?,
                "Look the picture over, and black out what nobody should see."
            );
            save_screenshot(session, "screenshot-page").await?;
            let picture = product.send(session).await?;
            assert!(count(&picture, BLUE) * 2 > picture.pixels().len());
            Ok(())
        },
    )
    .await;
}
