//! `GET /desk/tickets/{reference}/attachments/{id}`: a file, for saving only.
//!
//! Whatever somebody sent, it is never shown by the browser as part of this origin: see [`apart`].

pub mod apart;
mod disposition;
pub mod preview;
pub(super) mod seen;
pub mod unblock;

use axum::{
    body::Body,
    extract::{Path, State},
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use cornerdesk_shared::problem::ProblemKind;
use uuid::Uuid;

use super::{session::SignedIn, ticket};
use crate::{
    app::App,
    audit::{Act, By},
    care::{Examination, Opening},
    file_type,
    http::problem::HttpError,
    store::{self, staff::Staff},
    ticket::{Attachment, Ticket},
};

/// The file.
///
/// # Errors
/// When there is none, when it is not looked at yet, and when something was found in it.
pub async fn get(
    State(app): State<App>,
    SignedIn(staff): SignedIn,
    Path((reference, id)): Path<(String, String)>,
) -> Result<Response, HttpError> {
    let (ticket, attachment) = find(&app, &staff, &reference, &id).await?;
    match attachment.care.opening() {
        Opening::Open => {}
        Opening::Waits => {
            return Err(HttpError::new(
                ProblemKind::StillRunning,
                "The file is being looked at. Come back in a moment.",
            ));
        }
        Opening::Blocked => {
            return Err(HttpError::new(
                ProblemKind::NotFound,
                "The file is not handed out, because malware was found in it. The page of the ticket says how to get it all the same.",
            ));
        }
    }
    let read = Act::FileRead {
        site: ticket.site,
        ticket: ticket.id,
        attachment: attachment.id,
    };
    let mut tx = app.store.write().await?;
    store::audit::append(&mut tx, By::Staff(staff.id), &read, app.clock.now()).await?;
    tx.commit().await?;
    saved(&app, &attachment).await
}

/// A file to save, whoever may have it.
///
/// # Errors
/// When it cannot be read.
pub(crate) async fn saved(app: &App, attachment: &Attachment) -> Result<Response, HttpError> {
    let bytes = app.uploads.blobs().read(&attachment.blob).await?;
    let headers = [
        (header::CONTENT_TYPE, content_type(attachment)),
        (
            header::CONTENT_LENGTH,
            HeaderValue::from(attachment.size_bytes),
        ),
        (
            header::CONTENT_DISPOSITION,
            disposition::attachment(&attachment.name),
        ),
        // The bytes are what they are: compressing them would only cost time.
        (
            header::CONTENT_ENCODING,
            HeaderValue::from_static("identity"),
        ),
    ];
    Ok((headers, Body::from_stream(bytes)).into_response())
}

/// Of the closed list, and only when the content was looked at.
fn content_type(attachment: &Attachment) -> HeaderValue {
    HeaderValue::from_static(match attachment.care.examination {
        Examination::Done => file_type::listed(&attachment.content_type).content_type,
        Examination::Earlier | Examination::Pending => file_type::OPAQUE,
    })
}

/// An attachment as an address names it.
///
/// # Errors
/// When there is none.
async fn find(
    app: &App,
    staff: &Staff,
    reference: &str,
    id: &str,
) -> Result<(Ticket, Attachment), HttpError> {
    let none = || HttpError::new(ProblemKind::NotFound, "The ticket has no such attachment.");
    let id = Uuid::try_parse(id).map_err(|_| none())?;
    let mut tx = app.store.read().await?;
    let ticket = ticket::find(&mut tx, staff, reference).await?;
    let attachment = store::attachments::find(&mut tx, &ticket.site, ticket.id, id)
        .await?
        .ok_or_else(none)?;
    tx.rollback().await?;
    Ok((ticket, attachment))
}
