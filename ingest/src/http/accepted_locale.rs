//! The language that a browser asks for.

use axum::http::{HeaderMap, header};

use crate::words;

/// The shipped language that the browser likes best (`Accept-Language`); nothing when it likes none of them.
#[must_use]
pub fn accepted_locale(headers: &HeaderMap) -> Option<&'static str> {
    let wishes = headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?;
    words::shipped_locale(wishes)
}
