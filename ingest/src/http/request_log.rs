//! One line and one count for each request: the route's pattern, never the address, which may hold a token.

use axum::{
    extract::{MatchedPath, Request, State},
    http::HeaderName,
    middleware::Next,
    response::Response,
};
use tokio::time::Instant;

use super::problem::request_id;
use crate::app::App;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Takes away a client's `X-Request-Id` that is no short name, so that one is made: it goes into the log and into answers.
pub async fn drop_unusable_id(mut request: Request) -> Request {
    const MOST_OCTETS: usize = 64;
    let is_usable = |id: &[u8]| {
        let is_name = |b: &u8| b.is_ascii_alphanumeric() || b"._-".contains(b);
        !id.is_empty() && id.len() <= MOST_OCTETS && id.iter().all(is_name)
    };
    if request
        .headers()
        .get(REQUEST_ID)
        .is_some_and(|id| !is_usable(id.as_bytes()))
    {
        request.headers_mut().remove(REQUEST_ID);
    }
    request
}

/// Logs and counts.
pub async fn record(State(app): State<App>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let method = request.method().clone();
    let id = request_id(request.headers());
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "unmatched".to_owned(), |path| path.as_str().to_owned());
    let response = next.run(request).await;
    let seconds = began.elapsed().as_secs_f64();
    let status = response.status().as_u16();
    app.metrics.request(&route, status, seconds);
    tracing::info!(http.method = %method, http.route = route, http.status = status, duration_ms = seconds * 1000.0, request.id = id, "request");
    response
}
