//! What a person sees who comes back, and whose address has to be confirmed.

use anyhow::Result;
use cornerdesk_tests::{
    webdriver::Session,
    widget::{self, A_REQUEST},
};

use super::{Stage, leave_alone, press_send};

/// A site that keeps drafts, and asks people whether it was them.
const SITE: &str = "asks-first";

/// Its section of the configuration.
pub(super) fn site(origin: &str) -> String {
    format!(
        "[[sites]]\nkey = \"{SITE}\"\nname = \"Acme\"\nallowed_origins = [\"{origin}\"]\naccent = \"#2f5bea\"\nlocale = \"en\"\nacknowledge = \"confirm-first\""
    )
}

impl Stage {
    pub(super) async fn walk_kept(
        &self,
        session: &Session,
        look: &mut impl AsyncFnMut(&Session, &'static str) -> Result<()>,
    ) -> Result<()> {
        let page = self.show("/kept", &self.embedding(SITE, ""));
        self.open_at(session, &page).await?;
        widget::fill(session, A_REQUEST).await?;
        self.open_at(session, &page).await?;
        session.find("#kept:not([hidden])").await?;
        look(session, "kept").await?;
        let act = session.find("#kept button").await?;
        act.click().await?;
        leave_alone(session).await?;
        look(session, "emptied").await?;
        act.click().await?;
        press_send(session).await?;
        session.find("#receipt[data-waits]:not([hidden])").await?;
        session.find("#receipt-actions button").await?;
        look(session, "confirm").await
    }
}
