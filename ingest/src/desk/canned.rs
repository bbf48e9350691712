//! `/desk/canned`: answers that staff of a site use again and again; and their way into the box of a ticket.

use axum::{
    Form, Json,
    extract::{Path, State},
    http::StatusCode,
    response::{Html, IntoResponse, Redirect, Response},
};
use cornerdesk_shared::problem::ProblemKind;
use minijinja::{Value, context};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    session::{self, SignedIn},
    site,
    ticket::{self, story::name_of_requester},
};
use crate::{
    app::App,
    canned::{self, Fault},
    http::problem::HttpError,
    ids,
    message::BODY_MOST_CHARS,
    status::link::Holder,
    store::{self, canned_answers::Canned, staff::Staff},
    ticket::Ticket,
};

/// Largest form: a text of the longest, each character in twelve bytes as forms are sent, and a title.
pub const FORM_MOST_BYTES: usize = 12 * BODY_MOST_CHARS + 8 * 1024;

/// The form of one.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Fields {
    #[serde(default)]
    site: String,
    /// Empty for a new one.
    #[serde(default)]
    id: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    body: String,
}

/// What somebody typed that could not be kept, and why.
struct Typed {
    fields: Fields,
    fault: String,
}

/// The page.
///
/// # Errors
/// When the database fails.
pub async fn get(
    State(app): State<App>,
    SignedIn(staff): SignedIn,
) -> Result<Html<String>, HttpError> {
    Ok(Html(page(&app, &staff, None).await?))
}

/// Keeps one, new or changed.
///
/// # Errors
/// When there is no such site or answer, or the database fails.
pub async fn post(
    State(app): State<App>,
    SignedIn(staff): SignedIn,
    Form(fields): Form<Fields>,
) -> Result<Response, HttpError> {
    let site = site::seen(&app, &staff, &fields.site).await?;
    match keep(&app, &staff, &site, &fields).await? {
        Ok(()) => Ok(Redirect::to(&format!("/desk/canned#site-{site}")).into_response()),
        Err(fault) => {
            let fault = fault.to_string();
            let html = page(&app, &staff, Some(Typed { fields, fault })).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(html)).into_response())
        }
    }
}

async fn keep(
    app: &App,
    staff: &Staff,
    site: &str,
    fields: &Fields,
) -> Result<Result<(), Fault>, HttpError> {
    let (title, body) = match canned::checked(&fields.title, &fields.body) {
        Ok(checked) => checked,
        Err(fault) => return Ok(Err(fault)),
    };
    let mut tx = app.store.write_for(site).await?;
    let id = if fields.id.is_empty() {
        if store::canned_answers::count(&mut tx, site).await? >= canned::MOST {
            return Ok(Err(Fault::TooMany));
        }
        ids::new_id()
    } else {
        Uuid::try_parse(&fields.id).map_err(|_| gone())?
    };
    let canned = Canned { id, title, body };
    store::canned_answers::put(&mut tx, site, &canned, &staff.name, app.clock.now()).await?;
    tx.commit().await?;
    Ok(Ok(()))
}

/// `POST /desk/canned/delete`.
///
/// # Errors
/// When there is no such site, or the database fails.
pub async fn delete(
    State(app): State<App>,
    SignedIn(staff): SignedIn,
    Form(fields): Form<Fields>,
) -> Result<Redirect, HttpError> {
    let site = site::seen(&app, &staff, &fields.site).await?;
    let id = Uuid::try_parse(&fields.id).map_err(|_| gone())?;
    let mut tx = app.store.write_for(&site).await?;
    store::canned_answers::delete(&mut tx, &site, id).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/desk/canned#site-{site}")))
}

/// An answer as the box of a ticket gets it.
#[derive(Debug, Serialize)]
pub struct Filled {
    title: String,
    text: String,
}

/// `GET /desk/tickets/{reference}/canned`: all answers of the ticket's site with its own words in them, for the script of the page.
///
/// # Errors
/// When there is no such ticket, or the database fails.
pub async fn of_ticket(
    State(app): State<App>,
    SignedIn(staff): SignedIn,
    Path(reference): Path<String>,
) -> Result<Json<Vec<Filled>>, HttpError> {
    let mut tx = app.store.read().await?;
    let ticket = ticket::find(&mut tx, &staff, &reference).await?;
    let all = store::canned_answers::list(&mut tx, &ticket.site).await?;
    tx.rollback().await?;
    let filled = all.into_iter().map(|canned| Filled {
        text: fill(&app, &staff, &ticket, &canned.body),
        title: canned.title,
    });
    Ok(Json(filled.collect()))
}

/// The text of a box with an answer put below it.
///
/// # Errors
/// When there is no such answer, or the database fails.
pub(super) async fn inserted(
    app: &App,
    staff: &Staff,
    ticket: &Ticket,
    id: Uuid,
    text: &str,
) -> Result<String, HttpError> {
    let mut tx = app.store.read_for(&ticket.site).await?;
    let canned = store::canned_answers::find(&mut tx, &ticket.site, id).await?;
    tx.rollback().await?;
    // Nothing was chosen, or somebody has deleted it: the text stays.
    Ok(canned.map_or_else(
        || text.to_owned(),
        |canned| canned::appended(text, &fill(app, staff, ticket, &canned.body)),
    ))
}

fn fill(app: &App, staff: &Staff, ticket: &Ticket, body: &str) -> String {
    let reference = ticket.reference.to_string();
    let url = app.status_links.url(ticket.reference, Holder::Mailbox);
    let requester = ticket.requester.as_ref();
    let is_named = requester.is_some_and(|requester| requester.name.is_some());
    let name = if is_named {
        name_of_requester(ticket)
    } else {
        // The most that is known. Whoever sends it sees it before.
        ticket
            .email
            .split('@')
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    canned::filled(
        body,
        &[
            ("reference", &reference),
            ("requester_name", &name),
            ("summary", &ticket.summary),
            ("staff_name", &staff.name),
            ("status_url", url.as_deref().unwrap_or_default()),
        ],
    )
}

fn gone() -> HttpError {
    let detail = "There is no such answer. Go back and reload the page.";
    HttpError::new(ProblemKind::NotFound, detail)
}

async fn page(app: &App, staff: &Staff, typed: Option<Typed>) -> Result<String, HttpError> {
    let sites = app.sites.all().await?;
    let mut groups: Vec<Value> = Vec::with_capacity(sites.len());
    let mut tx = app.store.read().await?;
    let visible = |key: &str| staff.visible.contains(key);
    for site in sites.values().filter(|site| visible(&site.key)) {
        let all = store::canned_answers::list(&mut tx, &site.key).await?;
        let mine = typed.as_ref().filter(|typed| typed.fields.site == site.key);
        let answers: Vec<Value> = all
            .iter()
            .map(|canned| {
                let id = canned.id.to_string();
                let mine = mine.filter(|typed| typed.fields.id == id);
                form(id, (&canned.title, &canned.body), mine)
            })
            .collect();
        let new = mine.filter(|typed| typed.fields.id.is_empty());
        groups.push(context! {
            key => &site.key,
            name => &site.name,
            answers,
            new => form(String::new(), ("", ""), new),
        });
    }
    tx.rollback().await?;
    let placeholders = canned::PLACEHOLDERS.map(|(name, means)| context! { name, means });
    Ok(app.pages.render(
        "desk/canned.html",
        context! {
            staff => session::shown(staff),
            sites => groups,
            placeholders => placeholders.to_vec(),
        },
    )?)
}

/// What the form of an answer holds: what is kept, or what was typed.
fn form(id: String, (title, body): (&str, &str), typed: Option<&Typed>) -> Value {
    context! {
        id,
        name => title,
        title => typed.map_or(title, |typed| &typed.fields.title),
        body => typed.map_or(body, |typed| &typed.fields.body),
        fault => typed.map(|typed| &typed.fault),
    }
}
