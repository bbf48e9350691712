//! `GET /desk/tickets/{reference}/attachments/{id}/preview`: a small picture that we drew ourselves.

use axum::{
    extract::{Path, State},
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use cornerdesk_shared::problem::ProblemKind;
use futures_util::TryStreamExt;

use super::find;
use crate::{app::App, desk::session::SignedIn, file_type, http::problem::HttpError};

/// The picture.
///
/// # Errors
/// When there is none.
pub async fn get(
    State(app): State<App>,
    SignedIn(staff): SignedIn,
    Path((reference, id)): Path<(String, String)>,
) -> Result<Response, HttpError> {
    let (_, attachment) = find(&app, &staff, &reference, &id).await?;
    let Some(blob) = attachment.care.preview_blob else {
        return Err(HttpError::new(
            ProblemKind::NotFound,
            "There is no preview of this file.",
        ));
    };
    // 512 pixels a side: some hundred kilobytes.
    let chunks: Vec<Bytes> = app.uploads.blobs().read(&blob).await?.try_collect().await?;
    let picture = chunks.concat();
    let content_type = file_type::by_content(&picture).content_type;
    let headers = [(header::CONTENT_TYPE, HeaderValue::from_static(content_type))];
    Ok((headers, picture).into_response())
}
