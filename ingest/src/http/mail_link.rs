//! The pages that links in our mails lead to.
//!
//! GET and HEAD change nothing, however often and by whomever (threat S7: mail scanners open links, some in a real browser). The button
//! spends the token. No script, nothing from elsewhere, and the address, which holds the token, is told to nobody.

mod confirm;
mod not_me;

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    middleware::{self, Next},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use minijinja::context;
use serde::Deserialize;

use super::{accepted_locale, problem::HttpError};
use crate::{app::App, consent::Asked, mail::link::Purpose, words};

/// Where the answer of a person may be kept and told: nowhere. `no-referrer` makes browsers send `Origin: null` with the form, so nothing
/// here asks for the origin of a request: who knows the token may use it from wherever they like.
pub(super) const HEADERS: [(HeaderName, &str); 5] = [
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-store"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("x-robots-tag"), "noindex, nofollow"),
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
];

/// The addresses; the paths are the ones of [`crate::mail::link::url`].
pub fn router() -> Router<App> {
    let path = |purpose: Purpose| format!("/{}/{{site}}/{{token}}", purpose.path());
    Router::new()
        .route(&path(Purpose::Object), get(not_me::get).post(not_me::post))
        .route(
            &path(Purpose::Confirm),
            get(confirm::get).post(confirm::post),
        )
        // A form with a button and nothing else.
        .layer(DefaultBodyLimit::max(1024))
        .layer(middleware::from_fn(protect))
}

/// What a link says.
#[derive(Deserialize)]
struct Place {
    site: String,
    token: String,
}

/// Which words a page has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Page {
    /// The question, with the button.
    Question,
    /// The button was pressed.
    Done,
    /// It was pressed before.
    Used,
}

pub(super) async fn protect(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in HEADERS {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Writes a page about a ticket. `values` fill the words, together with the name of the site and the reference.
async fn page(
    app: &App,
    purpose: Purpose,
    page: Page,
    asked: &Asked,
    values: &[(&str, &str)],
) -> Result<Response, HttpError> {
    let ticket = &asked.ticket;
    let sites = app.sites.all().await?;
    let site = sites.get(&ticket.site);
    let site_name = site.map_or(&ticket.site, |site| &site.name);
    let reference = ticket.reference.to_string();
    let mut all = vec![("site_name", site_name.as_str()), ("reference", &reference)];
    all.extend_from_slice(values);
    let locale = words::shipped_or_english(&ticket.locale);
    let own = site.map(|site| &site.words);
    let none = words::OwnWords::new();
    let words = &*app.words.of_site(own.unwrap_or(&none), "links", locale);
    let section = match purpose {
        Purpose::Object => "object",
        Purpose::Confirm => "confirm",
    };
    let text = |key: &str| {
        let text = words::text(words, &format!("{section}.{key}"));
        words::fill(text, &all)
    };
    let effect = match purpose {
        Purpose::Confirm => text("effect"),
        Purpose::Object => {
            let days = app.config.acknowledge.objection_days.into();
            let text = words::counted(words, locale, "object.effect", days);
            words::fill(text, &[("count", &days.to_string())])
        }
    };
    let (status, heading, texts) = match page {
        Page::Question => (StatusCode::OK, "heading", vec![text("text"), effect]),
        Page::Done => (StatusCode::OK, "done_heading", vec![text("done_text")]),
        Page::Used => (StatusCode::GONE, "used_heading", vec![text("used_text")]),
    };
    let is_question = page == Page::Question;
    let html = app.pages.render(
        "link.html",
        context! {
            locale,
            dir => app.words.direction(locale),
            heading => text(heading),
            texts,
            find => Option::<String>::None,
            button => is_question.then(|| text("button")),
            no => (purpose == Purpose::Confirm).then(|| text("no")),
            otherwise => text("otherwise"),
            // What is theirs now: a receipt.
            receipt => (purpose == Purpose::Confirm && page == Page::Done)
                .then(|| context! { label => text("reference_label"), reference => &reference, hint => text("reference_hint") }),
        },
    )?;
    Ok((status, Html(html)).into_response())
}

/// The answer to a token that nobody was sent, or that is too old: one and the same.
pub(super) async fn gone(app: &App, headers: &HeaderMap) -> Result<Response, HttpError> {
    let locale = accepted_locale(headers).unwrap_or(words::LOCALES[0]);
    let words = app.words.links(locale);
    // The token says nothing of its site: it may be nobody's. Where there is one site alone, its requests are found there.
    let sites = app.sites.all().await?;
    let only = sites.keys().next().filter(|_| sites.len() == 1);
    let find = only.map(|site| {
        context! { url => format!("/find/{site}?locale={locale}"), text => words.get("gone_find") }
    });
    let html = app.pages.render(
        "link.html",
        context! {
            locale,
            dir => app.words.direction(locale),
            heading => words.get("gone_heading").cloned(),
            texts => words.get("gone_text").cloned().into_iter().collect::<Vec<_>>(),
            find,
            button => Option::<String>::None,
            no => Option::<String>::None,
            otherwise => "",
            receipt => Option::<String>::None,
        },
    )?;
    Ok((StatusCode::NOT_FOUND, Html(html)).into_response())
}
