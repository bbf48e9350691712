//! `POST /desk/tickets/{reference}/release`: a held ticket is let in.

use axum::{
    extract::{Path, State},
    response::Redirect,
};

use super::{session::SignedIn, ticket};
use crate::{app::App, http::problem::HttpError, ticket::Releaser};

/// Lets the ticket in and shows it. A ticket that a colleague has released meanwhile is shown as well.
///
/// # Errors
/// When there is no such ticket or the database fails.
pub async fn post(
    State(app): State<App>,
    SignedIn(staff): SignedIn,
    Path(reference): Path<String>,
) -> Result<Redirect, HttpError> {
    let ticket = ticket::read(&app, &staff, &reference).await?;
    app.intake
        .release(&ticket, Releaser::Staff(staff.name))
        .await?;
    Ok(Redirect::to(&format!("/desk/tickets/{}", ticket.reference)))
}
