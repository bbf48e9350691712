//! What the page of a ticket says and hears while it is open: drafts that are kept, who else is there, and what is new. With the script only.

mod watch;

use axum::{
    Form,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use cornerdesk_shared::problem::ProblemKind;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use uuid::Uuid;

pub use self::watch::Watchers;
use super::{session::SignedIn, ticket};
use crate::{
    app::App,
    http::{checked::Checked, problem::HttpError},
    message::{BODY_MOST_CHARS, Kind},
    store::{self, drafts::Draft},
};

/// Largest form: a text of the longest, each character in twelve bytes as forms are sent.
pub const FORM_MOST_BYTES: usize = 12 * BODY_MOST_CHARS + 1024;
/// Who was not heard of for so long has left. The script says every 15 seconds that somebody is there.
const AWAY_AFTER: SignedDuration = SignedDuration::from_secs(40);

/// A text on its way.
#[derive(Debug, Deserialize)]
pub struct Typing {
    message: Uuid,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    text: String,
}

/// `POST /desk/tickets/{reference}/draft`: keeps what is in the box; an empty box keeps nothing.
///
/// # Errors
/// When there is no such ticket, the text is longer than a message may be, or the database fails.
pub async fn draft(
    State(app): State<App>,
    SignedIn(staff): SignedIn,
    Path(reference): Path<String>,
    Form(typing): Form<Typing>,
) -> Result<StatusCode, HttpError> {
    let ticket = ticket::read(&app, &staff, &reference).await?;
    if typing.text.chars().count() > BODY_MOST_CHARS {
        let detail = "The text is too long for a message, so it is not kept.";
        return Err(HttpError::new(ProblemKind::PayloadTooLarge, detail));
    }
    let (site, id, now) = (&ticket.site, ticket.id, app.clock.now());
    let mut tx = app.store.write_for(site).await?;
    // The page of a message that is sent already may still say what was typed.
    let is_sent = store::messages::find(&mut tx, site, typing.message).await?;
    if typing.text.trim().is_empty() || is_sent.is_some() {
        store::drafts::delete(&mut tx, site, id, staff.id).await?;
    } else {
        let draft = Draft {
            message: typing.message,
            kind: if typing.kind == "note" {
                Kind::Note
            } else {
                Kind::Reply
            },
            body: typing.text,
            saved_at: now,
        };
        store::drafts::put(&mut tx, site, id, staff.id, &draft).await?;
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// That somebody is there.
#[derive(Debug, Deserialize)]
pub struct Beat {
    /// `here`, `writing` or `gone`.
    #[serde(default)]
    state: String,
}

/// `POST /desk/tickets/{reference}/presence`.
///
/// # Errors
/// When there is no such ticket, or the database fails.
pub async fn presence(
    State(app): State<App>,
    SignedIn(staff): SignedIn,
    Path(reference): Path<String>,
    Form(beat): Form<Beat>,
) -> Result<StatusCode, HttpError> {
    let ticket = ticket::read(&app, &staff, &reference).await?;
    let (site, id, now) = (&ticket.site, ticket.id, app.clock.now());
    let mut tx = app.store.write_for(site).await?;
    store::presence::forget(&mut tx, since(now)).await?;
    if beat.state == "gone" {
        store::presence::gone(&mut tx, site, id, staff.id).await?;
    } else {
        let is_writing = beat.state == "writing";
        store::presence::seen(&mut tx, site, id, staff.id, is_writing, now).await?;
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Who was seen after it is there.
fn since(now: Timestamp) -> Timestamp {
    now.saturating_sub(AWAY_AFTER).unwrap_or(now)
}

/// What the page has.
#[derive(Debug, Deserialize)]
pub struct Seen {
    /// Number of its last fact.
    #[serde(default)]
    after: i32,
}

/// `GET /desk/tickets/{reference}/events`: colleagues who are there, and how much is new, whenever that changes.
///
/// # Errors
/// When there is no such ticket, too many pages are open, or the database fails.
pub async fn events(
    State(app): State<App>,
    SignedIn(staff): SignedIn,
    Path(reference): Path<String>,
    Checked(Query(seen)): Checked<Query<Seen>>,
) -> Result<Response, HttpError> {
    let ticket = ticket::read(&app, &staff, &reference).await?;
    let stream = watch::open(&app, staff, ticket, seen.after).ok_or_else(|| {
        let detail = "Too many pages of tickets are open. This one works all the same, and hears nothing new by itself.";
        HttpError::new(ProblemKind::TooBusy, detail)
    })?;
    Ok(stream.into_response())
}
