//! What a person sees of what goes along with a request, and of what looks secret in it.

use anyhow::Result;
use cornerdesk_tests::{
    client::File,
    eventually,
    service::SITE,
    webdriver::{APPEARANCE, Session},
    widget::{self, A_REQUEST, Request},
};

use super::{Stage, leave_alone, press_send};
use crate::files::on_disk;

/// In two parts, so that nobody's scanner takes it for a leak.
const KEY: &str = concat!("AKIA", "IOSFODNN7EXAMPLE");
/// What the page says of itself: names and values that are not of the panel's language.
const FACTS: &str = "<script>
  window.Cornerdesk = (...call) => (Cornerdesk.q = Cornerdesk.q || []).push(call);
  Cornerdesk('setContext', { plan: 'Team (2026)', 'الطلب': 'A-17, مدفوع' });
</script>";

impl Stage {
    /// Opens the form of a page that has something to say about itself.
    async fn open_with_facts(&self, session: &Session) -> Result<()> {
        let html = self.embedding(SITE, "data-drafts=\"off\" data-app-version=\"4.2.0\"");
        let html = html.replace("<script async", &format!("{FACTS}<script async"));
        self.open_at(session, &self.show("/orders", &html)).await
    }

    pub(super) async fn walk_what_goes_along(
        &self,
        session: &Session,
        look: &mut impl AsyncFnMut(&Session, &'static str) -> Result<()>,
    ) -> Result<()> {
        self.open_with_facts(session).await?;
        session
            .find(".page-context > summary")
            .await?
            .click()
            .await?;
        session
            .find(".page-context [data-row=page_title]")
            .await?
            .click()
            .await?;
        leave_alone(session).await?;
        let to_sight = "document.querySelector('.page-context').scrollIntoView()";
        session.run(to_sight, &[]).await?;
        look(session, "included").await?;
        self.open_with_facts(session).await?;
        let log = format!("GET /orders 200\naws_access_key_id={KEY}\n");
        widget::attach(session, &[&on_disk(&File::text("export (3).log", &log))]).await?;
        session.find(".secret[data-place^=file]").await?;
        let description = format!("It says no. My key is {KEY} and it worked yesterday.");
        let request = Request {
            description: &description,
            ..A_REQUEST
        };
        widget::fill(session, request).await?;
        press_send(session).await?;
        eventually(APPEARANCE, "the first card to be told", async || {
            let focused = session
                .focused()
                .await
                .ok()?
                .attribute("class")
                .await
                .ok()?;
            (focused.as_deref() == Some("secret__title")).then_some(())
        })
        .await;
        look(session, "secrets").await
    }
}
