//! What a person sees whom the product knows, and where its help has articles.

use anyhow::Result;
use cornerdesk_tests::{
    product::Product,
    webdriver::Session,
    widget::{self, A_REQUEST},
};

use super::{Stage, leave_alone};
use crate::articles::import_articles;

/// A site that knows its people and has help of its own.
pub(super) const SITE: &str = "knows-people";

/// Its section of the configuration.
pub(super) fn site(origin: &str, product: &Product) -> String {
    let settings = product.settings();
    format!(
        "[[sites]]\nkey = \"{SITE}\"\nname = \"Acme\"\nallowed_origins = [\"{origin}\"]\naccent = \"#2f5bea\"\nlocale = \"en\"\n{settings}"
    )
}

const IDENTIFY: &str = "<script>
  window.Cornerdesk = (...call) => (Cornerdesk.q = Cornerdesk.q || []).push(call);
  Cornerdesk('identify', { email: 'mara@customer.example', name: 'Mara Lind', token: 'TOKEN' });
</script>";

impl Stage {
    pub(super) async fn walk_known(
        &self,
        session: &Session,
        look: &mut impl AsyncFnMut(&Session, &'static str) -> Result<()>,
    ) -> Result<()> {
        let identify = IDENTIFY.replace("TOKEN", &self.product.token());
        let html = self
            .embedding(SITE, "data-drafts=\"off\"")
            .replace("<script async", &format!("{identify}<script async"));
        let page = self.show("/known", &html);
        import_articles(
            &self.service,
            SITE,
            self.locale,
            "https://help.acme.example",
        )
        .await;
        self.open_at(session, &page).await?;
        session.find(".identity").await?;
        leave_alone(session).await?;
        look(session, "known").await?;
        let summary = widget::field(session, "summary").await?;
        summary.type_text(A_REQUEST.summary).await?;
        session.find("#articles:not([hidden]) a").await?;
        look(session, "articles").await
    }
}
