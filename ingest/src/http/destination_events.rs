//! `POST /v1/destinations/{name}/events`: a desk elsewhere says that something happened to a ticket of ours there.
//!
//! What it says is not believed: it makes us look.

use axum::{
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
};
use cornerdesk_shared::problem::ProblemKind;

use super::{checked::CheckedBody, problem::HttpError};
use crate::{
    app::App,
    destination::{
        hook::{self, HOOK_SECRET, Posted},
        secret,
    },
    outbox::sync_ticket,
};

/// Something happened, and the body is signed or a header has the secret.
///
/// # Errors
/// When there is no such destination, or somebody else posts.
pub async fn signed(
    State(app): State<App>,
    Path(name): Path<String>,
    headers: HeaderMap,
    CheckedBody(body): CheckedBody<Bytes>,
) -> Result<StatusCode, HttpError> {
    let posted = Posted {
        headers: &headers,
        token: None,
        body: &body,
    };
    take(&app, &name, posted).await
}

/// Something happened, and nothing is signed: the end of the address is the secret.
///
/// # Errors
/// When there is no such destination, or somebody else posts.
pub async fn by_token(
    State(app): State<App>,
    Path((name, token)): Path<(String, String)>,
    CheckedBody(body): CheckedBody<Bytes>,
) -> Result<StatusCode, HttpError> {
    let posted = Posted {
        headers: &HeaderMap::new(),
        token: Some(&token),
        body: &body,
    };
    take(&app, &name, posted).await
}

async fn take(app: &App, name: &str, posted: Posted<'_>) -> Result<StatusCode, HttpError> {
    let destination = app.forwarding.destinations.of(name);
    let destination = destination.filter(|one| one.settings.is_mirror());
    // Whether there is one is nobody's business who has no secret.
    let destination = destination.ok_or_else(refused)?;
    let secrets = secret::of(&app.store, &app.sealing, destination).await;
    let secrets = secrets.map_err(|_| busy())?;
    let secret = secrets.get(HOOK_SECRET).ok_or_else(refused)?;
    let now = app.clock.now();
    let id = hook::heard(&destination.settings, secret.reveal(), posted, now);
    if let Some(id) = id.map_err(|_| refused())? {
        let mut tx = app.store.write().await?;
        sync_ticket::look(&mut tx, name, &id, now).await?;
        tx.commit().await?;
        app.new_jobs.announce();
    }
    Ok(StatusCode::NO_CONTENT)
}

fn refused() -> HttpError {
    let detail = "Neither signature nor token are those of the destination's hook_secret, or this is an old copy. Nothing was done.";
    HttpError::new(ProblemKind::IdentityRefused, detail)
}

fn busy() -> HttpError {
    let detail = "This cannot be taken now. Send it again in a moment.";
    HttpError::new(ProblemKind::TooBusy, detail)
}
