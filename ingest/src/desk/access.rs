//! Access to a requester's account, on the ticket's page: staff ask for it, and write down that they use it.

use axum::{
    Form,
    extract::{Path, State},
    response::Redirect,
};
use cornerdesk_shared::{problem::ProblemKind, validation::clean_line};
use minijinja::{Value, context};
use serde::Deserialize;

use super::{session::SignedIn, ticket};
use crate::{
    access::Access,
    app::App,
    grants::{self, PURPOSE_MOST_CHARS, Refusal},
    http::problem::HttpError,
    show::Moment,
    ticket::{Entry, Ticket},
};

/// The form.
#[derive(Debug, Deserialize)]
pub struct Wish {
    /// What for; the requester reads it.
    #[serde(default)]
    purpose: String,
}

impl Wish {
    /// One line that says something.
    fn purpose(&self) -> Result<String, HttpError> {
        let line = clean_line(&self.purpose);
        let purpose: String = line.chars().take(PURPOSE_MOST_CHARS).collect();
        if purpose.is_empty() {
            let detail = Refusal::NoPurpose.describe();
            return Err(HttpError::new(
                ProblemKind::MalformedRequest,
                format!("{detail} Go back and fill the field in."),
            ));
        }
        Ok(purpose)
    }
}

/// `POST /desk/tickets/{reference}/access/request`: asks the requester.
///
/// # Errors
/// When there is no such ticket, it is held, no purpose was given, or the database fails.
pub async fn request(
    State(app): State<App>,
    SignedIn(staff): SignedIn,
    Path(reference): Path<String>,
    Form(wish): Form<Wish>,
) -> Result<Redirect, HttpError> {
    let ticket = ticket::read(&app, &staff, &reference).await?;
    if ticket.held.is_some() {
        let detail = "The ticket is held, and nobody gets mail about it. Release it, and then ask for access.";
        return Err(HttpError::new(ProblemKind::AccessRefused, detail));
    }
    let purpose = wish.purpose()?;
    let access = Access::at(&app.store, &app.products, app.clock.now());
    access.request(&ticket, &staff.name, &purpose).await?;
    app.new_jobs.announce();
    Ok(back(&ticket))
}

/// `POST /desk/tickets/{reference}/access/use`: writes down that somebody enters the account now, or says why they may not.
///
/// # Errors
/// When they may not, there is no such ticket, no purpose was given, or the database fails.
pub async fn enter(
    State(app): State<App>,
    SignedIn(staff): SignedIn,
    Path(reference): Path<String>,
    Form(wish): Form<Wish>,
) -> Result<Redirect, HttpError> {
    let ticket = ticket::read(&app, &staff, &reference).await?;
    let purpose = wish.purpose()?;
    let access = Access::at(&app.store, &app.products, app.clock.now());
    let permitted = access.enter(&ticket, &staff.name, &purpose).await?;
    app.new_jobs.announce();
    permitted
        .map(|_| back(&ticket))
        .map_err(|refusal| HttpError::new(ProblemKind::AccessRefused, refusal.describe()))
}

fn back(ticket: &Ticket) -> Redirect {
    Redirect::to(&format!("/desk/tickets/{}#access", ticket.reference))
}

/// What the ticket's page shows of it.
#[must_use]
pub fn view(timeline: &[Entry], now: jiff::Timestamp) -> Value {
    let granted = grants::of(timeline);
    let open = granted.iter().filter(|grant| grant.is_open(now));
    let open: Vec<_> = open
        .map(|grant| context! { until => Moment::new(grant.until, now), purpose => &grant.purpose, uses => grant.uses.len() })
        .collect();
    let asked = grants::asked_for(timeline);
    context! {
        open,
        asked => asked.map(|asked| asked.purpose),
        unsent => asked.and_then(|asked| asked.unsent),
        were => !granted.is_empty(),
    }
}
