//! `GET /desk/tickets/{reference}/attachments/{id}/preview`: a small picture that we drew ourselves.

use axum::{
    extract::{Path, Query, State},
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use cornerdesk_shared::problem::ProblemKind;
use futures_util::TryStreamExt;
use serde::Deserialize;

use super::{find, seen};
use crate::{
    app::App,
    audit::{Act, By},
    desk::session::SignedIn,
    file_type,
    http::{checked::Checked, problem::HttpError},
    store,
};

/// The mark of the page on which it is.
#[derive(Debug, Default, Deserialize)]
pub struct Seen {
    #[serde(default)]
    seen: String,
}

/// The picture. Who sees it is in the log: by the page on which it is, or else now.
///
/// # Errors
/// When there is none, or the log cannot be written.
pub async fn get(
    State(app): State<App>,
    SignedIn(staff): SignedIn,
    Path((reference, id)): Path<(String, String)>,
    Checked(Query(Seen { seen: mark })): Checked<Query<Seen>>,
) -> Result<Response, HttpError> {
    let (ticket, attachment) = find(&app, &staff, &reference, &id).await?;
    let Some(blob) = attachment.care.preview_blob else {
        return Err(HttpError::new(
            ProblemKind::NotFound,
            "There is no preview of this file.",
        ));
    };
    let now = app.clock.now();
    if !seen::is_marked(&app.sealing, staff.id, ticket.id, &mark, now) {
        let act = Act::PreviewsSeen {
            site: ticket.site,
            ticket: ticket.id,
            attachments: vec![attachment.id],
        };
        let mut tx = app.store.write().await?;
        store::audit::append(&mut tx, By::Staff(staff.id), &act, now).await?;
        tx.commit().await?;
    }
    // 512 pixels a side: some hundred kilobytes.
    let chunks: Vec<Bytes> = app.uploads.blobs().read(&blob).await?.try_collect().await?;
    let picture = chunks.concat();
    let content_type = file_type::by_content(&picture).content_type;
    let headers = [(header::CONTENT_TYPE, HeaderValue::from_static(content_type))];
    Ok((headers, picture).into_response())
}
