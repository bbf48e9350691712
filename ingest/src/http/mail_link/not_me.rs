//! `/not-me/{site}/{token}`: "I did not send this."

use axum::{
    extract::{Path, State},
    http::HeaderMap,
    response::Response,
};
use jiff::{Timestamp, tz::TimeZone};

use super::{Page, Place, gone, page};
use crate::{
    app::App,
    consent::{self, Asked},
    http::{checked::Checked, problem::HttpError},
    mail::link::Purpose,
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
        None => gone(&app, &headers),
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
    match consent::object(&app.store, site, token, purpose, now, until).await? {
        Some(asked) if asked.is_answered => show(app, Page::Used, &asked, now).await,
        Some(asked) => {
            tracing::info!(
                site = asked.ticket.site,
                ticket.reference = %asked.ticket.reference,
                "the requester did not send this"
            );
            show(app, Page::Done, &asked, now).await
        }
        None => gone(app, headers),
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
    let words = app.words.links(&asked.ticket.locale);
    let format = words.get("date_format").map_or("%Y-%m-%d", String::as_str);
    let until = until(app, now).to_zoned(TimeZone::UTC);
    let until = until.strftime(format).to_string();
    let days = app.config.acknowledge.objection_days.to_string();
    let values = [("until", until.as_str()), ("days", days.as_str())];
    page(app, Purpose::Object, which, asked, &values).await
}
