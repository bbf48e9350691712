//! `GET /openapi.json`: the wire contract, made from the handlers.

use std::collections::BTreeMap;

use axum::{Json, http::StatusCode, response::IntoResponse};
use cornerdesk_shared::problem::{Problem, ProblemKind};
use utoipa::{
    IntoResponses, OpenApi,
    openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder},
};

use super::problem::status_of;

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
        super::tickets::post,
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

/// The problems that any address of the wire contract may answer.
#[derive(Debug)]
pub struct Problems;

impl IntoResponses for Problems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        ProblemKind::ALL
            .into_iter()
            .map(|kind| {
                let content = ContentBuilder::new()
                    .schema(Some(Ref::from_schema_name("Problem")))
                    .build();
                let response = ResponseBuilder::new()
                    .description(titles_of(status_of(kind)))
                    .content("application/problem+json", content)
                    .build();
                (status_of(kind).as_str().to_owned(), RefOr::T(response))
            })
            .collect()
    }
}

/// Kinds may share a status: the titles of all of them.
fn titles_of(status: StatusCode) -> String {
    let kinds = ProblemKind::ALL
        .into_iter()
        .filter(|kind| status_of(*kind) == status);
    kinds
        .map(ProblemKind::title)
        .collect::<Vec<_>>()
        .join("; or: ")
}

/// Answers the description.
#[utoipa::path(get, path = "/openapi.json", tag = "health", responses((status = 200, description = "OpenAPI 3.1", content_type = "application/json")))]
pub async fn get() -> impl IntoResponse {
    Json(Description::openapi())
}
