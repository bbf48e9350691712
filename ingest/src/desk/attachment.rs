//! `GET /desk/tickets/{reference}/attachments/{id}`: a file, for saving only.
//!
//! Whatever somebody sent, it is never shown by the browser as part of this origin: `attachment`, no sniffing, an opaque type, and a sandbox
//! for the case that a browser shows it nevertheless (threat S11).

use axum::{
    body::Body,
    extract::{Path, State},
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use cornerdesk_shared::problem::ProblemKind;
use uuid::Uuid;

use super::{session::SignedIn, ticket};
use crate::{app::App, http::problem::HttpError, store};

/// The file.
///
/// # Errors
/// When there is none.
pub async fn get(
    State(app): State<App>,
    SignedIn(_): SignedIn,
    Path((reference, id)): Path<(String, String)>,
) -> Result<Response, HttpError> {
    let none = || HttpError::new(ProblemKind::NotFound, "The ticket has no such attachment.");
    let id = Uuid::try_parse(&id).map_err(|_| none())?;
    let mut tx = app.store.read().await?;
    let ticket = ticket::find(&mut tx, &reference).await?;
    let attachment = store::attachments::find(&mut tx, &ticket.site, ticket.id, id)
        .await?
        .ok_or_else(none)?;
    tx.rollback().await?;
    let bytes = app.uploads.blobs().read(&attachment.blob).await?;
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/octet-stream"),
        ),
        (
            header::CONTENT_LENGTH,
            HeaderValue::from(attachment.size_bytes),
        ),
        (header::CONTENT_DISPOSITION, disposition(&attachment.name)),
        (
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("sandbox; default-src 'none'; frame-ancestors 'none'"),
        ),
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static("private, no-store"),
        ),
        // The bytes are what they are: compressing them would only cost time.
        (
            header::CONTENT_ENCODING,
            HeaderValue::from_static("identity"),
        ),
    ];
    Ok((headers, Body::from_stream(bytes)).into_response())
}

/// RFC 6266 with both forms of the name: ASCII for old programs, UTF-8 by RFC 8187 for the others.
fn disposition(name: &str) -> HeaderValue {
    let ascii: String = name
        .chars()
        .map(|c| {
            if c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '%') || c == ' ' {
                c
            } else {
                '_'
            }
        })
        .collect();
    let is_attribute_character = |b: u8| b.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&b);
    let utf8: String = name
        .bytes()
        .map(|b| {
            if is_attribute_character(b) {
                char::from(b).to_string()
            } else {
                format!("%{b:02X}")
            }
        })
        .collect();
    HeaderValue::from_str(&format!(
        "attachment; filename=\"{ascii}\"; filename*=UTF-8''{utf8}"
    ))
    .unwrap_or(HeaderValue::from_static("attachment"))
}

#[cfg(test)]
mod tests {
    use super::disposition;

    #[test]
    fn a_name_cannot_leave_its_header() {
        assert_eq!(
            disposition("a\"\\b\r\nX: y.png"),
            "attachment; filename=\"a__b__X: y.png\"; filename*=UTF-8''a%22%5Cb%0D%0AX%3A%20y.png"
        );
        assert_eq!(
            disposition("říjen.xlsx"),
            "attachment; filename=\"__jen.xlsx\"; filename*=UTF-8''%C5%99%C3%ADjen.xlsx"
        );
    }
}
