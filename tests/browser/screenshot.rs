//! A screenshot: taken of the host page without the widget, marked by mouse and by keyboard, and looked at in the bytes that the service has.

mod edit;
mod firefox;
mod kept;
mod looks;
mod marks;
mod private;
mod trouble;

use anyhow::{Context, Result, ensure};
use cornerdesk_tests::{
    Database, Service, eventually,
    host_page::{HostPage, embedding_html},
    service::{SITE, Setup},
    webdriver::{APPEARANCE, Element, Session},
    widget::{self, A_REQUEST},
};
use image::{Rgb, RgbImage};

use crate::{drafts::wait_for_panel, files::wait_until_uploaded};

/// Pure red is private, pure blue is not, the page is white.
const RED: [u8; 3] = [255, 0, 0];
const BLUE: [u8; 3] = [0, 0, 255];
const BLACK: [u8; 3] = [0, 0, 0];

/// A product's page with `body` in it.
struct Product {
    _host: HostPage,
    service: Service,
    page: String,
}

impl Product {
    async fn with(body: &str) -> Self {
        Self::with_tag(body, "data-site").await
    }

    /// In a service with a further section of its configuration.
    async fn limited(body: &str, section: &str) -> Self {
        Self::made(body, "data-site", Some(section)).await
    }

    /// `tag` takes the place of the words `data-site` in the script's tag.
    async fn with_tag(body: &str, tag: &str) -> Self {
        Self::made(body, tag, None).await
    }

    async fn made(body: &str, tag: &str, section: Option<&str>) -> Self {
        let host = HostPage::bind().await;
        let mut setup = Setup::new(Database::Sqlite).allow_only(&host.origin());
        if let Some(section) = section {
            setup = setup.section(section);
        }
        let service = Service::start_with(setup).await;
        let html = embedding_html(&service.origin(), SITE)
            .replace("data-site", tag)
            .replace("</body>", &format!("{body}</body>"));
        let page = host.show("/", &html, "");
        Self {
            _host: host,
            service,
            page,
        }
    }

    /// Writes a request and takes a screenshot: the editor is open.
    async fn open_editor(&self, session: &Session) -> Result<Element> {
        session.goto(&self.page).await?;
        open_editor_here(session).await
    }

    /// Attaches what is in the editor, sends the request, and gives what the service has got.
    async fn send(&self, session: &Session) -> Result<RgbImage> {
        press(session, "Attach the picture").await?;
        wait_until_uploaded(session, 1).await;
        widget::send_button(session).await?.click().await?;
        let reference = widget::receipt(session).await?;
        // An examined file may have been replaced by one without metadata.
        let ticket = self.service.ticket_with_examined_files(&reference).await;
        let sha256 = ticket["attachments"][0]["sha256"].as_str();
        let bytes = self.service.file_with(sha256.context("a file")?);
        Ok(image::load_from_memory(&bytes)?.into_rgb8())
    }
}

async fn open_editor_here(session: &Session) -> Result<Element> {
    let height = "return innerHeight";
    let before = session.run(height, &[]).await?;
    widget::open(session).await?;
    wait_for_panel(session).await?;
    widget::fill(session, A_REQUEST).await?;
    session.find("#screenshot").await?.click().await?;
    session.find("dialog.editor[open] canvas").await?;
    // The browser's bar that says what is shared goes away, and everything moves once more.
    session.enter_page().await?;
    eventually(APPEARANCE, "the browser's bar to be gone", async || {
        (session.run(height, &[]).await.ok()? == before).then_some(())
    })
    .await;
    widget::enter_frame(session).await?;
    eventually(APPEARANCE, "the editor to have its size", async || {
        let room = "return innerHeight";
        let here = session.run(room, &[]).await.ok()?.as_f64()?;
        (here >= before.as_f64()? - 40.0).then_some(())
    })
    .await;
    session.find(".editor canvas").await
}

async fn open_editor_by_button(session: &Session) -> Result<Element> {
    session.find("#screenshot").await?.click().await?;
    session.find(".editor[open] canvas").await
}

/// Presses the button of the editor with these words.
async fn press(session: &Session, words: &str) -> Result<()> {
    for button in session.find_all(".editor :is(button, label)").await? {
        if button.text().await? == words {
            return button.click().await;
        }
    }
    anyhow::bail!("no \"{words}\" in the editor")
}

/// Waits until the editor says this.
async fn said(session: &Session, words: &str) -> Result<()> {
    let place = session.find(".editor__said").await?;
    eventually(APPEARANCE, words, async || {
        place.text().await.ok()?.contains(words).then_some(())
    })
    .await;
    Ok(())
}

/// What the editor says about private parts.
async fn said_about_private_parts(session: &Session) -> Result<String> {
    session.find("#editor-told").await?.text().await
}

/// How many pixels are of a colour, as near as video brings it.
fn count(picture: &RgbImage, colour: [u8; 3]) -> usize {
    let is_near = |&Rgb(pixel): &Rgb<u8>| {
        pixel
            .iter()
            .zip(colour)
            .all(|(part, wanted)| part.abs_diff(wanted) < 75)
    };
    picture.pixels().filter(|pixel| is_near(pixel)).count()
}

/// Fails unless a rectangle, in CSS pixels of a window of this width, has one colour only.
fn one_colour(
    picture: &RgbImage,
    window: f64,
    [x, y, width, height]: [f64; 4],
    colour: [u8; 3],
) -> Result<()> {
    let scale = f64::from(picture.width()) / window;
    let range =
        |from: f64, size: f64| (from * scale).floor() as u32..((from + size) * scale).ceil() as u32;
    for (x, y) in range(y, height).flat_map(|y| range(x, width).map(move |x| (x, y))) {
        ensure!(
            picture.get_pixel(x, y).0 == colour,
            "{:?} at {x}, {y}",
            picture.get_pixel(x, y).0
        );
    }
    Ok(())
}
