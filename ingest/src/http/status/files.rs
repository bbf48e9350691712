//! `GET /t/{token}/files/{id}`: a file of a message, for whoever reads the mailbox, and for saving only.

use axum::{
    extract::{Path, State},
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use cornerdesk_shared::problem::ProblemKind;
use tokio::time::Instant;
use uuid::Uuid;

use super::{
    LOOKS_MOST, Seen, back, look,
    messages::opening_for_requester,
    sign_in::{Stage, stage},
};
use crate::{
    app::App,
    care::Opening,
    desk::attachment,
    http::{
        checked::Checked, client_address::Client, mail_link, patience::Act, problem::HttpError,
    },
    status::reader::Reader,
    ticket::Attachment,
};

/// The file. Who is not signed in comes to the page, where they can.
///
/// # Errors
/// When there is none for whoever asks, and when it is not looked at yet.
pub(super) async fn get(
    State(app): State<App>,
    Checked(Path((token, id))): Checked<Path<(String, String)>>,
    Client(source): Client,
    headers: HeaderMap,
) -> Result<Response, HttpError> {
    app.patience
        .allow(Act::Follow, LOOKS_MOST, source, Instant::now())?;
    let Some(seen) = look(&app, &token).await? else {
        return mail_link::gone(&app, &headers).await;
    };
    let stage: Stage = stage(&app, &seen, &headers).await?;
    let reader = seen.reader(&stage);
    if !reader.may_open_files() {
        return Ok(back(&token, "#messages").into_response());
    }
    let none = || HttpError::new(ProblemKind::NotFound, "The request has no such file.");
    let file = find(&seen, reader, &id).ok_or_else(none)?;
    match opening_for_requester(file) {
        Opening::Open => attachment::saved(&app, file).await,
        Opening::Waits => Err(HttpError::new(
            ProblemKind::StillRunning,
            "The file is being looked at. Come back in a moment.",
        )),
        Opening::Blocked => Err(none()),
    }
}

/// The file, where it belongs to a message that they may read.
fn find<'a>(seen: &'a Seen, reader: Reader, id: &str) -> Option<&'a Attachment> {
    let id = Uuid::try_parse(id).ok()?;
    let file = seen.attachments.iter().find(|file| file.id == id)?;
    let message = file.message?;
    let message = seen.messages.iter().find(|one| one.id == message)?;
    reader.may_read(message).then_some(file)
}
