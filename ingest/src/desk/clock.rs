//! `GET /desk/tickets/{reference}/clock`: why the clock of a ticket stands where it stands, as data.

use axum::{
    Json,
    extract::{Path, State},
};
use serde_json::Value;

use super::{session::SignedIn, ticket};
use crate::{app::App, explained, http::problem::HttpError};

/// The clock as it stands now.
///
/// # Errors
/// When there is no such ticket or the database fails.
pub async fn get(
    State(app): State<App>,
    SignedIn(staff): SignedIn,
    Path(reference): Path<String>,
) -> Result<Json<Value>, HttpError> {
    let mut tx = app.store.read().await?;
    let ticket = ticket::find(&mut tx, &staff, &reference).await?;
    let explained = explained::of(&mut tx, &app.policies, &ticket, app.clock.now()).await?;
    tx.rollback().await?;
    Ok(Json(explained.to_json(&ticket)))
}
