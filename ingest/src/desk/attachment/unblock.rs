//! `POST /desk/tickets/{reference}/attachments/{id}/unblock`: staff want a file although malware was found in it, and say why.

use axum::{
    Form,
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
};
use cornerdesk_shared::{problem::ProblemKind, validation::clean_line};
use serde::Deserialize;

use super::find;
use crate::{
    app::App,
    audit::{Act, By},
    desk::session::SignedIn,
    http::problem::HttpError,
    store,
    ticket::Fact,
};

/// Longest reason, in characters.
const REASON_MOST_CHARS: usize = 500;

/// The form.
#[derive(Debug, Deserialize)]
pub struct Wish {
    /// What it is needed for; stays on the timeline.
    #[serde(default)]
    reason: String,
}

/// Hands the file out from now on, and writes down who wanted it and why.
///
/// # Errors
/// When there is no such file, or no reason was given.
pub async fn post(
    State(app): State<App>,
    SignedIn(staff): SignedIn,
    Path((reference, id)): Path<(String, String)>,
    Form(wish): Form<Wish>,
) -> Result<Response, HttpError> {
    let (ticket, attachment) = find(&app, &staff, &reference, &id).await?;
    let reason: String = clean_line(&wish.reason)
        .chars()
        .take(REASON_MOST_CHARS)
        .collect();
    if reason.is_empty() {
        return Err(HttpError::new(
            ProblemKind::MalformedRequest,
            "Say what the file is needed for: it stays on the timeline. Go back and fill the field in.",
        ));
    }
    let now = app.clock.now();
    let mut tx = app.store.write_for(&ticket.site).await?;
    // Nothing to write down when somebody else was faster.
    if store::attachments::release(&mut tx, &ticket.site, attachment.id, now).await? {
        let fact = Fact::FileUnblocked {
            file: attachment.name,
            by: staff.name,
            reason,
        };
        store::timeline::append(&mut tx, &ticket.site, ticket.id, now, &fact).await?;
        let act = Act::FileUnblocked {
            site: ticket.site.clone(),
            ticket: ticket.id,
            attachment: attachment.id,
        };
        store::audit::append(&mut tx, By::Staff(staff.id), &act, now).await?;
    }
    tx.commit().await?;
    Ok(Redirect::to(&format!("/desk/tickets/{}#attachments", ticket.reference)).into_response())
}
