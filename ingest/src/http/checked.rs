//! Extractors whose refusals are problems like every other.

use axum::{
    extract::{FromRequest, FromRequestParts, Request},
    http::{StatusCode, request::Parts},
    response::IntoResponse,
};
use cornerdesk_shared::problem::ProblemKind;

use super::problem::HttpError;

/// axum's extractor `E`, which answers plain text when it refuses.
#[derive(Clone, Copy, Debug)]
pub struct Checked<E>(pub E);

impl<E, S> FromRequestParts<S> for Checked<E>
where
    E: FromRequestParts<S>,
    E::Rejection: IntoResponse + std::fmt::Display,
    S: Send + Sync,
{
    type Rejection = HttpError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, HttpError> {
        E::from_request_parts(parts, state)
            .await
            .map(Self)
            .map_err(problem)
    }
}

/// A body's extractor `E`, likewise.
#[derive(Clone, Copy, Debug)]
pub struct CheckedBody<E>(pub E);

impl<E, S> FromRequest<S> for CheckedBody<E>
where
    E: FromRequest<S>,
    E::Rejection: IntoResponse + std::fmt::Display,
    S: Send + Sync,
{
    type Rejection = HttpError;

    async fn from_request(request: Request, state: &S) -> Result<Self, HttpError> {
        E::from_request(request, state)
            .await
            .map(Self)
            .map_err(problem)
    }
}

fn problem<R: IntoResponse + std::fmt::Display>(rejection: R) -> HttpError {
    let detail = format!("{rejection}.");
    let kind = match rejection.into_response().status() {
        StatusCode::PAYLOAD_TOO_LARGE => ProblemKind::PayloadTooLarge,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => ProblemKind::UnsupportedMediaType,
        _ => ProblemKind::MalformedRequest,
    };
    HttpError::new(kind, detail)
}
