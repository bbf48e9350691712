//! Which pages may call the wire contract, and what their browsers are told (Fetch standard, CORS protocol).
//!
//! This stops browsers only: a program sends whatever `Origin` it likes. No cookies are read here, so credentials are never allowed.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use cornerdesk_shared::problem::ProblemKind;

use super::{own_origin, problem::HttpError, site::OfPath};
use crate::{app::App, origin::Origin};

const METHODS: HeaderValue = HeaderValue::from_static("GET, POST, PATCH, HEAD, DELETE, OPTIONS");
const REQUEST_HEADERS: HeaderValue = HeaderValue::from_static(
    "content-type, idempotency-key, identity-token, proof-of-work, tus-resumable, upload-length, upload-offset, upload-metadata, upload-checksum",
);
const ANSWER_HEADERS: HeaderValue = HeaderValue::from_static(
    "location, idempotency-replayed, retry-after, x-request-id, tus-resumable, tus-version, tus-extension, tus-max-size, upload-offset, upload-length, upload-expires",
);
/// Chrome keeps an answer to a preflight for two hours at most.
const MAX_AGE_SECONDS: HeaderValue = HeaderValue::from_static("7200");

/// Refuses other pages' calls, answers preflights and marks the answers to allowed pages.
pub async fn guard(
    State(app): State<App>,
    OfPath(site): OfPath,
    request: Request,
    next: Next,
) -> Response {
    let Some(text) = request.headers().get(header::ORIGIN) else {
        return with_vary(next.run(request).await);
    };
    let own = own_origin::of(&app.config, request.headers());
    let origin = text
        .to_str()
        .ok()
        .and_then(Origin::parse)
        .filter(|origin| own.contains(origin) || site.allows(origin, &own));
    let Some(origin) = origin.and_then(|origin| HeaderValue::from_str(origin.as_str()).ok()) else {
        let detail = format!(
            "The site \"{}\" does not allow pages of this origin. Add the origin to the site's allowed_origins.",
            site.key
        );
        return with_vary(HttpError::new(ProblemKind::OriginNotAllowed, detail).into_response());
    };
    let mut response = if is_preflight(&request) {
        preflight()
    } else {
        next.run(request).await
    };
    mark(response.headers_mut(), origin);
    with_vary(response)
}

fn is_preflight(request: &Request) -> bool {
    request.method() == Method::OPTIONS
        && request
            .headers()
            .contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

fn preflight() -> Response {
    let headers = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, METHODS),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS),
        (header::ACCESS_CONTROL_MAX_AGE, MAX_AGE_SECONDS),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

fn mark(headers: &mut HeaderMap, origin: HeaderValue) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, ANSWER_HEADERS);
    headers.insert(
        super::CROSS_ORIGIN_RESOURCE_POLICY,
        HeaderValue::from_static("cross-origin"),
    );
}

fn with_vary(mut response: Response) -> Response {
    response
        .headers_mut()
        .append(header::VARY, HeaderValue::from_static("origin"));
    response
}
