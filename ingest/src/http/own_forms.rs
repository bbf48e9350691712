//! Only our own pages may send our forms: other pages must not act in a visitor's or a colleague's name.

use axum::response::{IntoResponse, Response};
use cornerdesk_shared::problem::ProblemKind;
use tower_http::csrf::{CsrfLayer, ProtectionError};

use super::problem::HttpError;
use crate::app::App;

/// Refuses unsafe requests of other pages, by `Sec-Fetch-Site` and `Origin`. Programs, which send neither, pass.
pub fn layer(app: &App) -> CsrfLayer<fn(ProtectionError) -> Response> {
    let layer =
        CsrfLayer::new().with_rejection_response(refusal as fn(ProtectionError) -> Response);
    let public_url = app.config.server.public_url.trim_end_matches('/');
    if public_url.is_empty() {
        return layer;
    }
    // Checked with the rest of the configuration.
    match layer.clone().add_trusted_origin(public_url) {
        Ok(with_public_url) => with_public_url,
        Err(_) => layer,
    }
}

fn refusal(_: ProtectionError) -> Response {
    let detail = "This form was sent from another page. Open it here and send it again.";
    HttpError::new(ProblemKind::OriginNotAllowed, detail).into_response()
}
