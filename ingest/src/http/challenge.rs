//! `GET /v1/sites/{site}/challenge`: work to be done before a submission, in ALTCHA's format.

use axum::{Json, extract::State, http::header, response::IntoResponse};

use super::{described_problems::Problems, problem::HttpError, site::OfPath};
use crate::{
    app::App,
    ids,
    proof_of_work::{self, Challenge},
};

/// A challenge; its solution goes into the header `Proof-Of-Work` or the field `altcha` of a submission.
#[utoipa::path(
    get, path = "/v1/sites/{site}/challenge", tag = "site",
    params(("site" = String, Path, description = "The site's key")),
    responses((status = 200, body = Challenge, description = "In the format of ALTCHA version 2; each counts once"), Problems),
)]
pub async fn get(
    State(app): State<App>,
    OfPath(site): OfPath,
) -> Result<impl IntoResponse, HttpError> {
    let (random, now) = (ids::new_secret_bytes(), app.clock.now());
    let challenge = proof_of_work::challenge(&app.secret, &site.key, &random, now);
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(challenge)))
}
