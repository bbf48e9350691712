//! What is suggested for a ticket, on its page; and `POST /desk/tickets/{reference}/suggestion`: staff take it, with one press or one key.

use axum::{
    Form,
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
};
use cornerdesk_shared::problem::ProblemKind;
use minijinja::{Value, context};
use serde::Deserialize;

use super::{session::SignedIn, ticket};
use crate::{
    app::App,
    classification::Guess,
    handling::{self, Act, NotDone},
    http::problem::HttpError,
    store::{self, StoreError, Tx},
    suggestions::{self, Published},
    ticket::{Entry, Fact, Ticket},
};

/// What staff take: what the page showed, so that nothing else is done when something else would be suggested by now.
#[derive(Debug, Deserialize)]
pub struct Taken {
    #[serde(default)]
    category: String,
    #[serde(default)]
    priority: String,
}

/// What the page of a ticket shows: only what staff have not decided yet and would be new.
///
/// # Errors
/// When the database fails.
pub async fn of(
    tx: &mut Tx,
    app: &App,
    ticket: &Ticket,
    timeline: &[Entry],
) -> Result<Option<Value>, StoreError> {
    if ticket.held.is_some() {
        return Ok(None);
    }
    let Some(policy) = suggestions::policy_of(tx, &app.policies, ticket).await? else {
        return Ok(None);
    };
    let (category_is_decided, priority_is_decided) = decided(timeline);
    let suggestion = suggestions::suggest(tx, ticket, &policy).await?;
    let is_new = |current: &Option<String>, guess: &Guess| current.as_ref() != Some(&guess.id);
    let category = suggestion
        .category
        .filter(|guess| !category_is_decided && is_new(&ticket.category, guess));
    let priority = suggestion
        .priority
        .filter(|guess| !priority_is_decided && is_new(&ticket.priority, guess));
    let shown = [
        ("Category", "category", &category),
        ("Priority", "priority", &priority),
    ];
    let shown: Vec<Value> = shown
        .into_iter()
        .filter_map(|(label, field, guess)| {
            let guess = guess.as_ref()?;
            Some(context! {
                label, field, id => &guess.id, title => &guess.title, percent => guess.percent, because => &guess.because,
            })
        })
        .collect();
    Ok((!shown.is_empty()).then(|| Value::from(shown)))
}

/// Whether staff have decided on a category, and on a priority.
fn decided(timeline: &[Entry]) -> (bool, bool) {
    let (mut category_is_decided, mut priority_is_decided) = (false, false);
    for entry in timeline {
        if let Fact::Classified {
            category, priority, ..
        } = &entry.fact
        {
            category_is_decided |= category.is_some();
            priority_is_decided |= priority.is_some();
        }
    }
    (category_is_decided, priority_is_decided)
}

/// Classifies the ticket as the page suggested, and shows it. What a colleague has decided meanwhile stays.
///
/// # Errors
/// When there is no such ticket, its policy does not know the class, or the database fails.
pub async fn post(
    State(app): State<App>,
    SignedIn(staff): SignedIn,
    Path(reference): Path<String>,
    Form(taken): Form<Taken>,
) -> Result<Response, HttpError> {
    let now = app.clock.now();
    let mut tx = app.store.read().await?;
    let site = ticket::find(&mut tx, &staff, &reference).await?.site;
    let published = Published::of_site(&mut tx, &site).await?;
    tx.rollback().await?;
    let mut tx = app.store.write().await?;
    let ticket = ticket::find(&mut tx, &staff, &reference).await?;
    store::tickets::lock(&mut tx, &ticket.site, ticket.id).await?;
    let timeline = store::timeline::list(&mut tx, &ticket.site, ticket.id).await?;
    let (category_is_decided, priority_is_decided) = decided(&timeline);
    let named = |class: String, is_decided: bool| {
        Some(class)
            .filter(|class| !is_decided && !class.is_empty())
            .map(Some)
    };
    let act = Act::Classify {
        category: named(taken.category, category_is_decided),
        priority: named(taken.priority, priority_is_decided),
    };
    let (policies, by) = (&app.policies, &staff.name);
    match handling::act(&mut tx, policies, &published, &ticket, act, by, now).await {
        Ok(_) => {
            tx.commit().await?;
            app.new_jobs.announce();
        }
        // A press that came twice.
        Err(NotDone::Already(_)) => tx.rollback().await?,
        Err(NotDone::Store(error)) => return Err(error.into()),
        Err(fault) => {
            return Err(HttpError::new(
                ProblemKind::MalformedRequest,
                fault.to_string(),
            ));
        }
    }
    Ok(Redirect::to(&format!("/desk/tickets/{}", ticket.reference)).into_response())
}
