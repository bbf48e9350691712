//! `GET /v1/sites/{site}/settings`.

use axum::{Json, extract::State, http::header, response::IntoResponse};
use cornerdesk_shared::settings::Settings;

use super::{described_problems::Problems, panel, problem::HttpError, site::OfPath};
use crate::{app::App, terms};

/// What the panel needs to know of a site.
#[utoipa::path(
    get, path = "/v1/sites/{site}/settings", tag = "site", operation_id = "site_settings",
    params(("site" = String, Path, description = "The site's key")),
    responses((status = 200, body = Settings, description = "The site and the limits"), Problems),
)]
pub async fn get(
    State(app): State<App>,
    OfPath(site): OfPath,
) -> Result<impl IntoResponse, HttpError> {
    let settings = Settings {
        site: site.key.clone(),
        name: site.name.clone(),
        accent: site.accent.to_hex(),
        locale: site.locale.clone(),
        limits: *app.intake.limits(),
        policy: terms::in_force(&site).map(|policy| panel::policy_form::settings(&policy)),
    };
    Ok((
        [(header::CACHE_CONTROL, "public, max-age=60")],
        Json(settings),
    ))
}
