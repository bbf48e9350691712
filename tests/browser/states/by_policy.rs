//! What a person sees at a site with a support policy.

use anyhow::Result;
use cornerdesk_tests::{
    webdriver::Session,
    widget::{self, A_REQUEST},
};

use super::{Stage, leave_alone, press_send};
use crate::policies::choose;

/// A site that promises by the terms of a policy.
const SITE: &str = "by-policy";

/// Its section of the configuration.
pub(super) fn site(origin: &str) -> String {
    format!(
        "[[sites]]\nkey = \"{SITE}\"\nname = \"Acme\"\nallowed_origins = [\"{origin}\"]\naccent = \"#2f5bea\"\nlocale = \"en\"\npolicy = \"meteorage\"\noverlay = \"meteorage-fr\""
    )
}

impl Stage {
    pub(super) async fn walk_policy(
        &self,
        session: &Session,
        look: &mut impl AsyncFnMut(&Session, &'static str) -> Result<()>,
    ) -> Result<()> {
        let page = self.show("/policy", &self.embedding(SITE, "data-drafts=\"off\""));
        self.open_at(session, &page).await?;
        widget::fill(session, A_REQUEST).await?;
        press_send(session).await?;
        session.find("#category-error:not(:empty)").await?;
        session.find("#category:focus").await?;
        look(session, "policy-missing").await?;
        choose(session, "technical_assistance").await?;
        session.find("#category-error:empty").await?;
        leave_alone(session).await?;
        look(session, "policy").await
    }
}
