//! `POST /desk/tickets/{reference}/pause` and `…/resume`: the clock stands still for a reason, and goes on.

use axum::{
    Form,
    extract::{Path, State},
    response::Redirect,
};
use cornerdesk_shared::problem::ProblemKind;
use serde::Deserialize;

use super::{act::done, session::SignedIn};
use crate::{app::App, handling::Act, http::problem::HttpError, ticket::terms::PauseReason};

/// The form.
#[derive(Debug, Deserialize)]
pub struct Wish {
    /// Name of a [`PauseReason`].
    #[serde(default)]
    reason: String,
}

/// Pauses and shows the ticket.
///
/// # Errors
/// When there is no such ticket, or no reason was given.
pub async fn post(
    State(app): State<App>,
    SignedIn(staff): SignedIn,
    Path(reference): Path<String>,
    Form(wish): Form<Wish>,
) -> Result<Redirect, HttpError> {
    let reason = PauseReason::from_name(&wish.reason).ok_or_else(|| {
        HttpError::new(
            ProblemKind::MalformedRequest,
            "Say what the ticket waits for: it stays on the timeline. Go back and choose a reason.",
        )
    })?;
    done(&app, &staff, &reference, Act::Pause(reason)).await
}

/// Lets the clock go on and shows the ticket.
///
/// # Errors
/// When there is no such ticket.
pub async fn resume(
    State(app): State<App>,
    SignedIn(staff): SignedIn,
    Path(reference): Path<String>,
) -> Result<Redirect, HttpError> {
    done(&app, &staff, &reference, Act::Resume).await
}
