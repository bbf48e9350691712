//! `GET /desk/held`: the tickets that are kept apart, newest first, each with the reason and a button that lets it in.

use axum::{
    extract::{Query, State},
    response::Html,
};
use minijinja::context;

use super::{
    session::{self, SignedIn},
    tickets::{ON_A_PAGE, Page, row},
};
use crate::{
    app::App,
    http::{checked::Checked, problem::HttpError},
    store,
    ticket::{Fact, Ticket},
};

/// The list.
///
/// # Errors
/// When the database fails.
pub async fn get(
    State(app): State<App>,
    SignedIn(staff): SignedIn,
    Checked(Query(page)): Checked<Query<Page>>,
) -> Result<Html<String>, HttpError> {
    let (sites, now) = (app.sites.all().await?, app.clock.now());
    let mut tx = app.store.read().await?;
    let (cursor, number) = page.begins(&mut tx, &staff.visible).await?;
    let mut listed =
        store::tickets::latest_held(&mut tx, &staff.visible, cursor, ON_A_PAGE + 1).await?;
    let count = store::tickets::count_held(&mut tx, &staff.visible).await?;
    let has_older = listed.len() > ON_A_PAGE as usize;
    listed.truncate(ON_A_PAGE as usize);
    let older_url = listed.last().filter(|_| has_older).map(|(last, _)| {
        let reference = last.ticket.reference;
        format!("/desk/held?before={reference}&page={}", number + 1)
    });
    let mut tickets = Vec::with_capacity(listed.len());
    for (listed, fact) in &listed {
        let reason = reason(&listed.ticket, fact.as_ref());
        tickets.push(context! { reason, ..row(&mut tx, listed, &sites, now).await? });
    }
    tx.rollback().await?;
    let html = app.pages.render(
        "desk/held.html",
        context! {
            staff => session::shown(&staff),
            tickets,
            count => count.min(store::tickets::MOST_COUNTED),
            is_more => count > store::tickets::MOST_COUNTED,
            page => number,
            has_older,
            has_newer => number > 1,
            older_url => older_url.unwrap_or_default(),
            newer_url => "/desk/held",
        },
    )?;
    Ok(Html(html))
}

/// Why a ticket is held, for staff; empty when it is not.
#[must_use]
pub fn reason(ticket: &Ticket, fact: Option<&Fact>) -> String {
    match (ticket.held, fact) {
        (None, _) => String::new(),
        (Some(_), Some(Fact::Held { reason })) => reason.describe().to_owned(),
        (Some(held), _) => held.as_str().to_owned(),
    }
}
