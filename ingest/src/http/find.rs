//! `/find/{site}`: for whoever has lost the link to their request. They type its reference and their address, and are told the same words whatever they
//! type; the link itself goes to the mailbox of the request (threat S6).

use axum::{
    Form, Router,
    extract::{DefaultBodyLimit, Query, State},
    http::{HeaderMap, StatusCode},
    middleware,
    response::{Html, IntoResponse, Response},
    routing::get,
};
use cornerdesk_shared::reference::Reference;
use minijinja::context;
use serde::Deserialize;
use tokio::time::Instant;

use super::{
    accepted_locale,
    checked::{Checked, CheckedBody},
    client_address::Client,
    mail_link, own_forms,
    patience::Act,
    problem::HttpError,
    site::OfPath,
};
use crate::{
    app::App,
    ids,
    mail::recipient::{Key, Recipient},
    outbox::find_request,
    site::Site,
    store::{self, StoreError},
    words,
};

/// So often in a minute one address may ask, in each process by itself. Nobody mistypes more often, and nobody guesses one of 2⁴⁰ references with that.
const ASKS_MOST: u32 = 20;

/// The addresses.
pub fn router(app: &App) -> Router<App> {
    Router::new()
        .route("/find/{site}", get(show).post(ask))
        .layer(own_forms::layer(app))
        .layer(DefaultBodyLimit::max(4 * 1024))
        .layer(middleware::from_fn(mail_link::protect))
}

/// `?locale=de`.
#[derive(Debug, Default, Deserialize)]
struct Wish {
    locale: Option<String>,
}

/// The form.
async fn show(
    State(app): State<App>,
    OfPath(site): OfPath,
    Checked(Query(wish)): Checked<Query<Wish>>,
    headers: HeaderMap,
) -> Result<Response, HttpError> {
    let locale = locale(&site, &wish, &headers);
    page(&app, &site, locale, &Shown::default())
}

/// What somebody typed.
#[derive(Clone, Debug, Default, Deserialize)]
struct Typed {
    #[serde(default)]
    reference: String,
    #[serde(default)]
    email: String,
}

/// Takes it down; a job looks. Whether there is such a request changes neither the answer nor the time that it takes.
async fn ask(
    State(app): State<App>,
    OfPath(site): OfPath,
    Checked(Query(wish)): Checked<Query<Wish>>,
    Client(source): Client,
    headers: HeaderMap,
    CheckedBody(Form(typed)): CheckedBody<Form<Typed>>,
) -> Result<Response, HttpError> {
    app.patience
        .allow(Act::Find, ASKS_MOST, source, Instant::now())?;
    let locale = locale(&site, &wish, &headers);
    // What can be no reference or no address is said: it tells nothing of what there is.
    let reference = Reference::parse(typed.reference.trim());
    let email = typed.email.trim();
    let fault = match (&reference, is_address(email)) {
        (Err(_), _) => Some(Wrong::Reference),
        (Ok(_), false) => Some(Wrong::Email),
        (Ok(_), true) => None,
    };
    if let (Ok(reference), None) = (reference, fault) {
        take_down(&app, &site.key, reference, &Recipient::of(email).key()).await?;
        app.new_jobs.announce();
        let shown = Shown {
            is_done: true,
            ..Shown::default()
        };
        return page(&app, &site, locale, &shown);
    }
    let shown = Shown {
        typed,
        wrong: fault,
        is_done: false,
    };
    page(&app, &site, locale, &shown)
}

async fn take_down(
    app: &App,
    site: &str,
    reference: Reference,
    recipient: &Key,
) -> Result<(), StoreError> {
    let now = app.clock.now();
    let payload = find_request::payload(reference, recipient);
    let (id, kind) = (ids::new_id(), find_request::KIND);
    let mut tx = app.store.write_for(site).await?;
    store::jobs::insert(&mut tx, site, id, kind, &payload, now, now).await?;
    tx.commit().await
}

/// Could it be one? Whether mail arrives there is for the mailbox to say.
fn is_address(text: &str) -> bool {
    let whole = text.len() <= 254 && !text.contains(char::is_whitespace);
    let parts = text.rsplit_once('@');
    whole && parts.is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty())
}

/// What cannot be right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wrong {
    Reference,
    Email,
}

/// What the page shows.
#[derive(Debug, Default)]
struct Shown {
    typed: Typed,
    wrong: Option<Wrong>,
    is_done: bool,
}

fn locale(site: &Site, wish: &Wish, headers: &HeaderMap) -> &'static str {
    let wished = wish.locale.as_deref().and_then(words::shipped_locale);
    wished
        .or_else(|| accepted_locale(headers))
        .unwrap_or_else(|| words::shipped_or_english(&site.locale))
}

fn page(app: &App, site: &Site, locale: &str, shown: &Shown) -> Result<Response, HttpError> {
    let words = &*app.words.of_site(&site.words, "find", locale);
    let dir = app.words.direction(locale);
    let name = words::apart(&site.name, dir);
    let html = app.pages.render(
        "find.html",
        context! {
            locale,
            dir,
            words,
            site_name => &site.name,
            action => format!("/find/{}?locale={locale}", site.key),
            text => words::fill(words::text(words, "text"), &[("site_name", &name)]),
            reference => &shown.typed.reference,
            email => &shown.typed.email,
            wrong => shown.wrong.map(|wrong| match wrong {
                Wrong::Reference => "reference",
                Wrong::Email => "email",
            }),
            is_done => shown.is_done,
        },
    )?;
    let status = match shown.wrong {
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
        None => StatusCode::OK,
    };
    Ok((status, Html(html)).into_response())
}

#[cfg(test)]
mod tests {
    use super::is_address;

    #[test]
    fn only_what_cannot_be_an_address_is_none() {
        for (text, is) in [
            ("ada@customer.example", true),
            ("ada+x@bücher.example", true),
            ("ada", false),
            ("@customer.example", false),
            ("ada@", false),
            ("ada @customer.example", false),
        ] {
            assert_eq!(is_address(text), is, "{text}");
        }
        assert!(!is_address(&format!("{}@b.example", "a".repeat(250))));
    }
}
