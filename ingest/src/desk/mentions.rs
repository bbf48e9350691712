//! `GET /desk/mentions`: the notes in which somebody is named, the newest first; and whom a note of a ticket may name, for the script of its page.

use axum::{
    Json,
    extract::{Path, Query, State},
    response::Html,
};
use jiff::Timestamp;
use minijinja::{Value, context};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    session::{self, SignedIn},
    ticket,
};
use crate::{
    app::App,
    cutting::cut,
    http::{checked::Checked, problem::HttpError},
    joining,
    mentions::{self, Colleague},
    show::Moment,
    sites,
    store::{
        self, StoreError, Tx,
        mentions::{Cursor, Mention},
    },
    ticket::Status,
};

/// Notes on a page.
const ON_A_PAGE: u32 = 30;
/// So much of a note is seen, in characters.
const SEEN: usize = 240;

/// Which page: below a note.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Page {
    below: Option<String>,
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
    let below = page.below.as_deref().and_then(cursor);
    let mut tx = app.store.read().await?;
    let begins = below.unwrap_or(Cursor::TOP);
    let mut latest =
        store::mentions::latest(&mut tx, &staff.visible, staff.id, begins, ON_A_PAGE + 1).await?;
    let has_older = latest.len() > ON_A_PAGE as usize;
    latest.truncate(ON_A_PAGE as usize);
    let unseen = store::mentions::count_unseen(&mut tx, &staff.visible, staff.id).await?;
    let end = latest.last().filter(|_| has_older).map(address);
    let mut notes = Vec::with_capacity(latest.len());
    for mention in &latest {
        notes.extend(shown(&mut tx, mention, &sites, now).await?);
    }
    tx.rollback().await?;
    let html = app.pages.render(
        "desk/mentions.html",
        context! {
            staff => session::shown(&staff),
            notes,
            unseen => unseen.min(store::mentions::MOST_COUNTED),
            is_more => unseen > store::mentions::MOST_COUNTED,
            is_first => below.is_none(),
            older_url => end.map(|end| format!("/desk/mentions?below={end}")),
        },
    )?;
    Ok(Html(html))
}

/// A note; nothing where it went meanwhile.
async fn shown(
    tx: &mut Tx,
    mention: &Mention,
    sites: &sites::Table,
    now: Timestamp,
) -> Result<Option<Value>, StoreError> {
    let ticket = store::tickets::find(tx, &mention.site, mention.ticket).await?;
    let message = store::messages::find(tx, &mention.site, mention.message).await?;
    let (Some(ticket), Some(message)) = (ticket, message) else {
        return Ok(None);
    };
    let goes_on = if ticket.status == Status::Closed {
        let timeline = store::timeline::list(tx, &ticket.site, ticket.id).await?;
        joining::merged_into(&timeline).map(str::to_owned)
    } else {
        None
    };
    Ok(Some(context! {
        reference => ticket.reference.to_string(),
        summary => &ticket.summary,
        status => ticket.status.as_str(),
        site_name => sites.get(&ticket.site).map_or(&ticket.site, |site| &site.name),
        message => mention.message.to_string(),
        author => &message.author,
        text => cut(&message.body, SEEN),
        is_seen => mention.is_seen,
        goes_on,
        at => Moment::new(mention.at, now),
    }))
}

/// Where a page ends, in an address: when the note was written, in microseconds, and its id.
fn address(mention: &Mention) -> String {
    format!(
        "{}_{}",
        mention.at.as_microsecond(),
        mention.message.simple()
    )
}

/// The inverse of [`address`].
fn cursor(text: &str) -> Option<Cursor> {
    let (at, message) = text.split_once('_')?;
    Some(Cursor {
        at: Timestamp::from_microsecond(at.parse().ok()?).ok()?,
        message: Uuid::try_parse(message).ok()?,
    })
}

/// Somebody whom a note may name.
#[derive(Debug, Serialize)]
pub struct Offered {
    name: String,
    /// What to write behind the sign.
    handle: String,
}

/// `GET /desk/tickets/{reference}/colleagues`: who sees the ticket beside whoever asks.
///
/// # Errors
/// When there is no such ticket, or the database fails.
pub async fn colleagues(
    State(app): State<App>,
    SignedIn(staff): SignedIn,
    Path(reference): Path<String>,
) -> Result<Json<Vec<Offered>>, HttpError> {
    let mut tx = app.store.read().await?;
    let ticket = ticket::find(&mut tx, &staff, &reference).await?;
    let everybody = mentions::colleagues(&mut tx, &ticket.site).await?;
    tx.rollback().await?;
    Ok(Json(offered(everybody, staff.id)))
}

/// Whoever sees the site, each by the shortest that means nobody else.
fn offered(mut colleagues: Vec<Colleague>, me: Uuid) -> Vec<Offered> {
    colleagues.retain(|one| one.sees_it);
    let is_alone = |one: &Colleague| {
        let same = (colleagues.iter()).filter(|other| other.handle() == one.handle());
        same.count() == 1
    };
    let others = colleagues.iter().filter(|one| one.id != me);
    others
        .map(|one| Offered {
            name: one.name.clone(),
            handle: if is_alone(one) {
                one.handle().to_owned()
            } else {
                one.email.clone()
            },
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_the_list_survives_an_address() {
        let mention = Mention {
            site: "acme".to_owned(),
            ticket: Uuid::nil(),
            message: Uuid::from_u128(7),
            at: Timestamp::from_microsecond(1_795_000_000_123_457).unwrap(),
            is_seen: false,
        };
        let there = Cursor {
            at: mention.at,
            message: mention.message,
        };
        assert_eq!(cursor(&address(&mention)), Some(there));
        for text in ["", "_", "x_7", "1_x", "99999999999999999999_7"] {
            assert_eq!(cursor(text), None, "{text}");
        }
    }

    #[test]
    fn everybody_is_offered_by_what_means_them_alone() {
        let one = |number: u128, email: &str, sees_it| Colleague {
            id: Uuid::from_u128(number),
            name: email.to_owned(),
            email: email.to_owned(),
            sees_it,
        };
        let all = vec![
            one(1, "sam@acme.example", true),
            one(2, "kim@acme.example", true),
            one(3, "kim@partner.example", true),
            one(4, "lee@acme.example", true),
            one(5, "lee@partner.example", false),
        ];
        let offered = offered(all, Uuid::from_u128(1));
        let handles: Vec<&str> = offered.iter().map(|one| one.handle.as_str()).collect();
        assert_eq!(handles, ["kim@acme.example", "kim@partner.example", "lee"]);
    }
}
