//! `GET /desk/tickets`: the tickets of all sites, newest first.

use axum::{
    extract::{Query, State},
    response::Html,
};
use cornerdesk_shared::reference::Reference;
use minijinja::{Value, context};
use serde::Deserialize;

use super::{
    alarm,
    lists::{Asked, Looked},
    session::SignedIn,
};
use crate::{
    app::App,
    http::{checked::Checked, problem::HttpError},
    lists::{Filter, List},
    show::Moment,
    sites,
    staff::VisibleSites,
    store::{
        self, StoreError, Tx,
        tickets::{Cursor, Listed},
    },
};

/// Tickets on a page.
pub(super) const ON_A_PAGE: u32 = 50;

/// Which page: below a ticket.
#[derive(Debug, Default, Deserialize)]
pub struct Page {
    before: Option<String>,
    page: Option<u32>,
}

impl Page {
    /// Where the page begins, and its number.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn begins(
        &self,
        tx: &mut Tx,
        visible: &VisibleSites,
    ) -> Result<(Cursor, u32), StoreError> {
        let before = self.before.as_deref();
        let above = match before.and_then(|text| Reference::parse(text).ok()) {
            Some(reference) => store::tickets::find_by_reference(tx, reference).await?,
            None => None,
        };
        let above = above.filter(|ticket| visible.contains(&ticket.site));
        Ok(above.map_or((Cursor::TOP, 1), |ticket| {
            let cursor = Cursor {
                received_at: ticket.received_at,
                id: ticket.id,
            };
            (cursor, self.page.unwrap_or(2).max(2))
        }))
    }
}

/// The list.
///
/// # Errors
/// When the database fails.
pub async fn get(
    State(app): State<App>,
    SignedIn(staff): SignedIn,
    Checked(Query(filter)): Checked<Query<Filter>>,
    Checked(Query(asked)): Checked<Query<Asked>>,
) -> Result<Html<String>, HttpError> {
    let mut tx = app.store.read().await?;
    let count = store::tickets::count(&mut tx, &staff.visible).await?;
    let looked = Looked {
        app: &app,
        staff: &staff,
        list: List::All,
        filter: &filter.cleaned(List::All),
        asked: &asked,
        now: app.clock.now(),
    };
    let most = store::tickets::MOST_COUNTED;
    looked
        .render(
            tx,
            "desk/tickets.html",
            count,
            most,
            context! { is_new => count == 0 },
        )
        .await
}

/// What a row of a list shows.
///
/// # Errors
/// When the database fails.
pub(super) async fn row(
    tx: &mut Tx,
    listed: &Listed,
    sites: &sites::Table,
    now: jiff::Timestamp,
) -> Result<Value, StoreError> {
    let alarm = alarm::of_listed(tx, listed, now).await?;
    Ok(context! { alarm, ..facts(listed, sites, now) })
}

/// What is said of a ticket in every list.
pub(super) fn facts(listed: &Listed, sites: &sites::Table, now: jiff::Timestamp) -> Value {
    let ticket = &listed.ticket;
    context! {
        reference => ticket.reference.to_string(),
        summary => &ticket.summary,
        email => &ticket.email,
        site => &ticket.site,
        site_name => sites.get(&ticket.site).map_or(&ticket.site, |site| &site.name),
        status => ticket.status.as_str(),
        received => Moment::new(ticket.received_at, now),
        attachments => listed.attachments,
    }
}
