//! The form as a document: `/w/{site}` in the widget's frame, `/help/{site}` as a page; `POST` is the form without JavaScript.

mod document;
pub(super) mod policy_form;
mod submit;
mod texts;
pub mod words;

use axum::{
    extract::{Query, Request, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use serde::Deserialize;

use super::{
    checked::Checked, client_address::Client, idempotency_key::IdempotencyKey, problem::HttpError,
    site::OfPath,
};
use crate::{app::App, ids, site::Site};
use document::{Shown, document, locale};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// In the widget's frame.
    Frame,
    /// As a page of its own.
    Page,
}

impl Mode {
    /// The name of its form in a policy.
    const fn form(self) -> &'static str {
        match self {
            Self::Frame => "widget",
            Self::Page => "help_form",
        }
    }
}

/// `?locale=de&theme=dark&drafts=off`.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Wish {
    locale: Option<String>,
    theme: Option<String>,
    /// `off`: the browser keeps nothing of what is written.
    drafts: Option<String>,
    /// Of the words: whose labels, as [`Mode::form`] calls it.
    form: Option<String>,
}

/// `GET /w/{site}`.
///
/// # Errors
/// When the template is at fault.
pub async fn get_frame(
    State(app): State<App>,
    OfPath(site): OfPath,
    Checked(Query(wish)): Checked<Query<Wish>>,
    headers: HeaderMap,
) -> Result<Response, HttpError> {
    empty(&app, &site, Mode::Frame, &wish, &headers)
}

/// `GET /help/{site}`.
///
/// # Errors
/// When the template is at fault.
pub async fn get_page(
    State(app): State<App>,
    OfPath(site): OfPath,
    Checked(Query(wish)): Checked<Query<Wish>>,
    headers: HeaderMap,
) -> Result<Response, HttpError> {
    empty(&app, &site, Mode::Page, &wish, &headers)
}

/// `POST /w/{site}`.
///
/// # Errors
/// When the form cannot be read or nothing could be saved.
pub async fn post_frame(
    State(app): State<App>,
    OfPath(site): OfPath,
    Checked(Query(wish)): Checked<Query<Wish>>,
    Client(source): Client,
    request: Request,
) -> Result<Response, HttpError> {
    submit::submit(&app, &site, Mode::Frame, wish, source, request).await
}

/// `POST /help/{site}`.
///
/// # Errors
/// When the form cannot be read or nothing could be saved.
pub async fn post_page(
    State(app): State<App>,
    OfPath(site): OfPath,
    Checked(Query(wish)): Checked<Query<Wish>>,
    Client(source): Client,
    request: Request,
) -> Result<Response, HttpError> {
    submit::submit(&app, &site, Mode::Page, wish, source, request).await
}

fn empty(
    app: &App,
    site: &Site,
    mode: Mode,
    wish: &Wish,
    headers: &HeaderMap,
) -> Result<Response, HttpError> {
    let shown = Shown {
        key: new_key().as_str().to_owned(),
        ..Shown::default()
    };
    document(
        app,
        site,
        mode,
        wish,
        locale(site, wish, headers),
        StatusCode::OK,
        &shown,
    )
}

fn new_key() -> IdempotencyKey {
    let id = ids::new_secret_id().simple().to_string();
    // An id has the form of a key.
    IdempotencyKey::parse(&id).unwrap_or_else(new_key)
}
