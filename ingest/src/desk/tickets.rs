//! `GET /desk/tickets`: the tickets of all sites, newest first.

use axum::{
    extract::{Query, State},
    response::Html,
};
use cornerdesk_shared::reference::Reference;
use minijinja::{Value, context};
use serde::Deserialize;

use super::{alarm, session::SignedIn};
use crate::{
    app::App,
    http::{checked::Checked, problem::HttpError},
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
    Checked(Query(page)): Checked<Query<Page>>,
) -> Result<Html<String>, HttpError> {
    let (sites, now) = (app.sites.all().await?, app.clock.now());
    let mut tx = app.store.read().await?;
    let (cursor, number) = page.begins(&mut tx, &staff.visible).await?;
    let mut listed = store::tickets::latest(&mut tx, &staff.visible, cursor, ON_A_PAGE + 1).await?;
    let count = store::tickets::count(&mut tx, &staff.visible).await?;
    let has_older = listed.len() > ON_A_PAGE as usize;
    listed.truncate(ON_A_PAGE as usize);
    let mut tickets = Vec::with_capacity(listed.len());
    for listed in &listed {
        tickets.push(row(&mut tx, listed, &sites, now).await?);
    }
    tx.rollback().await?;
    let older_url = listed.last().filter(|_| has_older).map(|last| {
        format!(
            "/desk/tickets?before={}&page={}",
            last.ticket.reference,
            number + 1
        )
    });
    let html = app.pages.render(
        "desk/tickets.html",
        context! {
            staff => context! { name => staff.name, email => staff.email },
            tickets,
            count => count.min(store::tickets::MOST_COUNTED),
            is_more => count > store::tickets::MOST_COUNTED,
            page => number,
            has_older,
            has_newer => number > 1,
            older_url => older_url.unwrap_or_default(),
            newer_url => "/desk/tickets",
        },
    )?;
    Ok(Html(html))
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
    let ticket = &listed.ticket;
    let alarm = alarm::of_listed(tx, listed, now).await?;
    Ok(context! {
        alarm,
        reference => ticket.reference.to_string(),
        summary => &ticket.summary,
        email => &ticket.email,
        site => &ticket.site,
        site_name => sites.get(&ticket.site).map_or(&ticket.site, |site| &site.name),
        status => ticket.status.as_str(),
        received => Moment::new(ticket.received_at, now),
        attachments => listed.attachments,
    })
}
