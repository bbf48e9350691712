//! The site that a form of the desk names.

use cornerdesk_shared::problem::ProblemKind;

use crate::{app::App, http::problem::HttpError, store::staff::Staff};

/// The key of a site that is there and that this person sees: of any other they hear the same.
///
/// # Errors
/// When there is no such site, or its row cannot be read.
pub(super) async fn seen(app: &App, staff: &Staff, key: &str) -> Result<String, HttpError> {
    let site = app.sites.find(key).await?;
    let site = site.filter(|site| staff.visible.contains(&site.key));
    let site = site.ok_or_else(|| {
        let detail = "There is no such site. Go back and reload the page.";
        HttpError::new(ProblemKind::UnknownSite, detail)
    })?;
    Ok(site.key.clone())
}
