//! Pages for staff: read-only, but for letting held tickets in. Without JavaScript.

pub mod attachment;
pub mod held;
pub mod login;
pub mod password;
pub mod release;
pub mod session;
pub mod ticket;
pub mod tickets;
pub mod way_back;

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request},
    http::{HeaderName, HeaderValue, header},
    middleware::{self, Next},
    response::Response,
    routing::{get, post},
};

use crate::{app::App, http::own_forms};

/// Largest form: an address, a password and where to go.
const FORM_MOST_BYTES: usize = 8 * 1024;

/// The addresses below `/desk`.
pub fn router(app: &App) -> Router<App> {
    Router::new()
        .route("/desk", get(tickets::get))
        .route("/desk/held", get(held::get))
        .route("/desk/login", get(login::get).post(login::post))
        .route("/desk/logout", post(login::logout))
        .route("/desk/tickets/{reference}", get(ticket::get))
        .route("/desk/tickets/{reference}/release", post(release::post))
        .route(
            "/desk/tickets/{reference}/attachments/{id}",
            get(attachment::get),
        )
        .route(
            "/desk/tickets/{reference}/attachments/{id}/preview",
            get(attachment::preview::get),
        )
        .route(
            "/desk/tickets/{reference}/attachments/{id}/unblock",
            post(attachment::unblock::post),
        )
        .layer(own_forms::layer(app))
        .layer(DefaultBodyLimit::max(FORM_MOST_BYTES))
        .layer(middleware::from_fn(protect))
}

/// Only our own styles and images, in no frame, kept by no cache, seen by no opener.
async fn protect(request: Request, next: Next) -> Response {
    const POLICY: HeaderValue = HeaderValue::from_static(
        "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    );
    const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(POLICY);
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    headers.insert(OPENER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    response
}
