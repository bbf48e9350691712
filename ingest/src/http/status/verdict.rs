//! `POST /t/{token}/verdict`: the requester says whether it is solved.

use axum::{
    Form,
    extract::{Path, State},
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use tokio::time::Instant;

use super::{WRITES_MOST, back, look};
use crate::{
    app::App,
    conversation,
    http::{
        checked::{Checked, CheckedBody},
        client_address::Client,
        mail_link,
        patience::Act,
        problem::HttpError,
    },
};

/// The button.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum Answer {
    Solved,
    Unsolved,
}

/// The form.
#[derive(Debug, Deserialize)]
pub(super) struct Said {
    verdict: Answer,
}

/// Writes it down, where it is asked, and goes on: to the rating, or to the form in which they say what is missing.
///
/// # Errors
/// When the client asks too often or the database fails.
pub(super) async fn post(
    State(app): State<App>,
    Checked(Path(token)): Checked<Path<String>>,
    Client(source): Client,
    headers: HeaderMap,
    CheckedBody(Form(said)): CheckedBody<Form<Said>>,
) -> Result<Response, HttpError> {
    app.patience
        .allow(Act::Write, WRITES_MOST, source, Instant::now())?;
    let Some(seen) = look(&app, &token).await? else {
        return mail_link::gone(&app, &headers).await;
    };
    let ticket = &seen.ticket;
    let is_solved = said.verdict == Answer::Solved;
    let mut tx = app.store.write_for(&ticket.site).await?;
    conversation::judge(&mut tx, &app.policies, ticket, is_solved, app.clock.now()).await?;
    tx.commit().await?;
    app.new_jobs.announce();
    let part = if is_solved { "#rating" } else { "#answer" };
    Ok(back(&token, part).into_response())
}
