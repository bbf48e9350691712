//! `/confirm/{site}/{token}`: "Yes, I sent this", or no.

use axum::{
    Form,
    extract::{Path, State},
    http::HeaderMap,
    response::Response,
};
use serde::Deserialize;

use super::{Page, Place, gone, not_me, page};
use crate::{
    app::App,
    consent,
    http::{
        checked::{Checked, CheckedBody},
        problem::HttpError,
    },
    mail::link::Purpose,
};

/// Which button was pressed.
#[derive(Debug, Deserialize)]
pub(super) struct Pressed {
    answer: Answer,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Answer {
    Yes,
    No,
}

/// The question.
///
/// # Errors
/// When the database fails.
pub(super) async fn get(
    State(app): State<App>,
    Checked(Path(place)): Checked<Path<Place>>,
    headers: HeaderMap,
) -> Result<Response, HttpError> {
    let now = app.clock.now();
    let purpose = Purpose::Confirm;
    match consent::look(&app.store, &place.site, &place.token, purpose, now).await? {
        Some(asked) if asked.is_answered => page(&app, purpose, Page::Used, &asked, &[]).await,
        Some(asked) => page(&app, purpose, Page::Question, &asked, &[]).await,
        None => gone(&app, &headers).await,
    }
}

/// One of the buttons.
///
/// # Errors
/// When the database fails; nothing was changed.
pub(super) async fn post(
    State(app): State<App>,
    Checked(Path(place)): Checked<Path<Place>>,
    headers: HeaderMap,
    CheckedBody(Form(pressed)): CheckedBody<Form<Pressed>>,
) -> Result<Response, HttpError> {
    let now = app.clock.now();
    let purpose = Purpose::Confirm;
    if matches!(pressed.answer, Answer::No) {
        return not_me::object(&app, &place, purpose, &headers).await;
    }
    match consent::confirm(&app.store, &place.site, &place.token, now).await? {
        Some(asked) if asked.is_answered => page(&app, purpose, Page::Used, &asked, &[]).await,
        Some(asked) => {
            app.new_jobs.announce();
            page(&app, purpose, Page::Done, &asked, &[]).await
        }
        None => gone(&app, &headers).await,
    }
}
