//! `POST /desk/tickets/{reference}/found`: staff write down whether it happens again, a way around it, and the cause.

use axum::{
    Form,
    extract::{Path, State},
    response::Redirect,
};
use serde::Deserialize;

use super::{session::SignedIn, ticket, work};
use crate::{
    app::App,
    http::problem::HttpError,
    progress::finding::{self, Found},
    ticket::findings::Reproduced,
};

/// Largest form: two texts of their longest, each character in twelve bytes as forms are sent, and some names.
pub const FORM_MOST_BYTES: usize = 2 * 12 * finding::TEXT_MOST_CHARS + 1024;

/// The form as a whole: an empty text is none any more.
#[derive(Debug, Deserialize)]
pub struct Wish {
    /// Name of a [`Reproduced`].
    #[serde(default)]
    reproduced: String,
    /// A way around it.
    workaround: Option<String>,
    /// There when the requester is to read it.
    shown: Option<String>,
    /// The cause.
    root_cause: Option<String>,
}

/// Writes it down and shows the ticket.
///
/// # Errors
/// When there is no such ticket, a text is too long, or the database fails.
pub async fn post(
    State(app): State<App>,
    SignedIn(staff): SignedIn,
    Path(reference): Path<String>,
    Form(wish): Form<Wish>,
) -> Result<Redirect, HttpError> {
    let ticket = ticket::read(&app, &staff, &reference).await?;
    let found = Found {
        reproduced: Reproduced::from_name(&wish.reproduced),
        // A box that is not ticked is not sent: it says something only together with the text.
        shows_workaround: wish.workaround.is_some().then_some(wish.shown.is_some()),
        workaround: wish.workaround,
        root_cause: wish.root_cause,
    };
    let mut tx = app.store.write_for(&ticket.site).await?;
    let (now, by) = (app.clock.now(), &staff.name);
    finding::found(&mut tx, &app.policies, &ticket, found, by, now).await?;
    tx.commit().await?;
    app.new_jobs.announce();
    Ok(work::back(&ticket))
}
