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
        Settings,
        jira::{client::HOOK_SECRET, hook},
        secret,
    },
    outbox::sync_ticket,
};

/// Something happened, and the body is signed.
///
/// # Errors
/// When there is no such destination, or somebody else posts.
pub async fn signed(
    State(app): State<App>,
    Path(name): Path<String>,
    headers: HeaderMap,
    CheckedBody(body): CheckedBody<Bytes>,
) -> Result<StatusCode, HttpError> {
    let signature = headers.get("x-hub-signature");
    let proof = hook::Proof {
        signature: signature.and_then(|value| value.to_str().ok()),
        token: None,
    };
    take(&app, &name, proof, &body).await
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
    let proof = hook::Proof {
        signature: None,
        token: Some(&token),
    };
    take(&app, &name, proof, &body).await
}

async fn take(
    app: &App,
    name: &str,
    proof: hook::Proof<'_>,
    body: &[u8],
) -> Result<StatusCode, HttpError> {
    let destination = app.forwarding.destinations.of(name);
    let destination = destination.filter(|one| matches!(one.settings, Settings::Jira(_)));
    // Whether there is one is nobody's business who has no secret.
    let destination = destination.ok_or_else(refused)?;
    let secrets = secret::of(&app.store, &app.sealing, destination).await;
    let secrets = secrets.map_err(|_| busy())?;
    let secret = secrets.get(HOOK_SECRET).ok_or_else(refused)?;
    let now = app.clock.now();
    let id = hook::request_of(secret.reveal(), proof, body, now).map_err(|_| refused())?;
    if let Some(id) = id {
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
