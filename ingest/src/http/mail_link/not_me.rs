//! `/not-me/{site}/{token}`: "I did not send this."

use axum::{
    extract::{Path, State},
    http::HeaderMap,
    response::Response,
};
use jiff::Timestamp;

use super::{Page, Place, gone, page};
use crate::{
    app::App,
    consent::{self, Asked},
    http::{checked::Checked, problem::HttpError},
    mail::link::Purpose,
    words,
};

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
    let (site, token) = (&place.site, &place.token);
    match consent::look(&app.store, site, token, Purpose::Object, now).await? {
        Some(asked) if asked.is_answered => show(&app, Page::Used, &asked, now).await,
        Some(asked) => show(&app, Page::Question, &asked, now).await,
        None => gone(&app, &headers).await,
    }
}

/// The button.
///
/// # Errors
/// When the database fails; nothing was changed.
pub(super) async fn post(
    State(app): State<App>,
    Checked(Path(place)): Checked<Path<Place>>,
    headers: HeaderMap,
) -> Result<Response, HttpError> {
    object(&app, &place, Purpose::Object, &headers).await
}

/// The same by the other link.
pub(super) async fn object(
    app: &App,
    place: &Place,
    purpose: Purpose,
    headers: &HeaderMap,
) -> Result<Response, HttpError> {
    let now = app.clock.now();
    let until = until(app, now);
    let (site, token) = (&place.site, &place.token);
    let objected = consent::object(&app.store, &app.products, site, token, purpose, now, until);
    match objected.await? {
        Some(asked) if asked.is_answered => show(app, Page::Used, &asked, now).await,
        Some(asked) => {
            app.new_jobs.announce();
            tracing::info!(
                site = asked.ticket.site,
                ticket.reference = %asked.ticket.reference,
                "the requester did not send this"
            );
            show(app, Page::Done, &asked, now).await
        }
        None => gone(app, headers).await,
    }
}

fn until(app: &App, now: Timestamp) -> Timestamp {
    now.saturating_add(app.rules.objection)
        .unwrap_or(Timestamp::MAX)
}

async fn show(
    app: &App,
    which: Page,
    asked: &Asked,
    now: Timestamp,
) -> Result<Response, HttpError> {
    let formats = app.words.formats(&asked.ticket.locale);
    let until = words::day(formats, until(app, now));
    page(app, Purpose::Object, which, asked, &[("until", &until)]).await
}
