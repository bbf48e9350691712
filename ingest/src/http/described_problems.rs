//! How the description of the wire contract tells of problems.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use cornerdesk_shared::problem::ProblemKind;
use utoipa::{
    IntoResponses,
    openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder},
};

use super::problem::status_of;

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
