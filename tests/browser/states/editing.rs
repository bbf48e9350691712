//! What a person sees who marks a picture.

use anyhow::Result;
use cornerdesk_tests::{
    eventually, scratch,
    webdriver::{APPEARANCE, Session},
    widget,
};
use image::{Rgb, RgbImage};

use super::{Stage, leave_alone};

/// A page of a product, as a child would draw it.
fn picture() -> RgbImage {
    let colour = |x: u32, y: u32| match (x, y) {
        (_, 0..40) => [47, 91, 234],
        (40..360, 80..100) => [20, 23, 31],
        (40..560, 130..330) if (y - 130) % 50 < 2 => [180, 186, 200],
        (40..160, 130..330) if (y - 130) % 50 > 20 && y % 50 < 40 => [90, 96, 110],
        _ => [255, 255, 255],
    };
    RgbImage::from_fn(600, 380, |x, y| Rgb(colour(x, y)))
}

impl Stage {
    pub(super) async fn walk_editing(
        &self,
        session: &Session,
        look: &mut impl AsyncFnMut(&Session, &'static str) -> Result<()>,
    ) -> Result<()> {
        self.open(session).await?;
        let path = scratch::folder("picture").join("orders.png");
        picture().save(&path)?;
        widget::attach(session, &[&path]).await?;
        session.find("li.file[data-state=done] .file__edit").await?;
        // By script: the last step of the upload may make the button anew.
        session
            .run("document.querySelector('.file__edit').click()", &[])
            .await?;
        let canvas = session.find(".editor[open] canvas").await?;
        leave_alone(session).await?;
        look(session, "editor").await?;
        canvas.drag(&[(-100, -60), (0, 0), (40, -30)]).await?;
        for tool in ["highlight", "arrow"] {
            let choose = "document.querySelector(`.editor [value=${arguments[0]}]`).click()";
            session.run(choose, &[tool.into()]).await?;
            let from = if tool == "arrow" { 110 } else { -100 };
            canvas.drag(&[(from, 60), (0, 0), (10, 20)]).await?;
        }
        let told = session.find(".editor__said").await?;
        eventually(APPEARANCE, "the marks to be told", async || {
            (!told.text().await.ok()?.is_empty()).then_some(())
        })
        .await;
        leave_alone(session).await?;
        look(session, "editor-marked").await
    }
}
