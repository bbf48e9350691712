//! `GET /openapi.json`: the wire contract, made from the handlers.

use axum::{Json, response::IntoResponse};
use cornerdesk_shared::problem::Problem;
use utoipa::OpenApi;

/// The description of the wire contract.
#[derive(OpenApi)]
#[openapi(
    components(schemas(Problem)),
    info(
        title = "Cornerdesk",
        description = "Submissions become tickets. Stable from the first release."
    ),
    paths(
        super::settings::get,
        super::articles::search,
        super::articles::vote,
        super::challenge::get,
        super::identity::post,
        super::promise::get,
        super::tickets::post,
        super::access::post,
        super::alerts::post,
        super::uploads::post,
        super::uploads::head,
        super::uploads::patch,
        super::uploads::delete,
        super::health::alive,
        super::health::ready,
        super::health::metrics,
        get,
    )
)]
pub struct Description;

/// Answers the description.
#[utoipa::path(get, path = "/openapi.json", tag = "health", operation_id = "description", responses((status = 200, description = "OpenAPI 3.1", content_type = "application/json")))]
pub async fn get() -> impl IntoResponse {
    Json(Description::openapi())
}
