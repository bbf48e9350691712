//! The site of a request.

use axum::{
    extract::{FromRequestParts, RawPathParams},
    http::request::Parts,
};
use cornerdesk_shared::problem::ProblemKind;

use super::problem::HttpError;
use crate::{app::App, site::Site};

/// The site that `{site}` in the address names.
#[derive(Clone, Debug)]
pub struct OfPath(pub std::sync::Arc<Site>);

impl FromRequestParts<App> for OfPath {
    type Rejection = HttpError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, HttpError> {
        let unknown = || {
            HttpError::new(
                ProblemKind::UnknownSite,
                "There is no help form at this address: no site has this key. Check the address, or the data-site of the script tag.",
            )
        };
        let params = RawPathParams::from_request_parts(parts, app)
            .await
            .map_err(|_| unknown())?;
        let key = params
            .iter()
            .find(|(name, _)| *name == "site")
            .map(|(_, value)| value)
            .unwrap_or_default();
        app.sites.find(key).await?.map(OfPath).ok_or_else(unknown)
    }
}
