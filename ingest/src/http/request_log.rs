//! One line and one count for each request: the route's pattern, never the address, which may hold a token.

use axum::{
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::Response,
};
use tokio::time::Instant;

use super::problem::request_id;
use crate::app::App;

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
