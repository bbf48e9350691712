//! `POST /desk/tickets/{reference}/answered`: a colleague has answered by e-mail; the first time ends the clock of the first response.

use axum::{
    extract::{Path, State},
    response::Redirect,
};

use super::{act::done, session::SignedIn};
use crate::{app::App, handling::Act, http::problem::HttpError};

/// Writes it down and shows the ticket.
///
/// # Errors
/// When there is no such ticket.
pub async fn post(
    State(app): State<App>,
    SignedIn(staff): SignedIn,
    Path(reference): Path<String>,
) -> Result<Redirect, HttpError> {
    done(&app, &staff, &reference, Act::Answer).await
}
