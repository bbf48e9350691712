//! `POST /desk/bulk`: one act on the tickets that are ticked in a list, and `POST /desk/bulk/undo`, which takes the last one back.

use std::collections::{BTreeMap, BTreeSet};

use axum::{Form, extract::State, response::Redirect};
use cornerdesk_shared::{problem::ProblemKind, reference::Reference};
use jiff::SignedDuration;
use minijinja::{Value, context};
use serde::Deserialize;
use uuid::Uuid;

use super::{session::SignedIn, tickets::ON_A_PAGE, way_back::own_page};
use crate::{
    app::App,
    bulk::{self, By, Done, NotChanged, Wish},
    http::problem::HttpError,
    ids,
    store::{self, StoreError, Tx, assignments::Person, bulk_acts::Act, staff::Staff},
    suggestions::Published,
    ticket::{ClosingReason, Status, Ticket},
};

/// An act that is older is not offered to be taken back: by then others work on what it left.
const UNDO_WITHIN: SignedDuration = SignedDuration::from_mins(30);

/// Acts and shows the list with what came of it.
///
/// # Errors
/// When nothing is chosen or to be done, or the database fails; then nothing was changed.
pub async fn post(
    State(app): State<App>,
    SignedIn(staff): SignedIn,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Redirect, HttpError> {
    let field = |name: &str| {
        let mut values = fields.iter().filter(|(known, _)| known == name);
        values.next().map_or("", |(_, value)| value.trim())
    };
    let chosen = fields.iter().filter(|(name, _)| name == "ticket");
    let chosen: BTreeSet<&str> = chosen.map(|(_, reference)| reference.as_str()).collect();
    if chosen.is_empty() || chosen.len() > ON_A_PAGE as usize {
        return Err(refused(
            "Tick the boxes of one ticket at least, and of one page at most.",
        ));
    }
    let mut tx = app.store.read().await?;
    let mut tickets = Vec::new();
    for reference in chosen {
        tickets.extend(find(&mut tx, &staff, reference).await?);
    }
    let wish = Wish {
        assignee: assignee(&mut tx, &staff, field("assignee")).await?,
        outcome: outcome(field("outcome"))?,
        priority: match field("priority") {
            "" => None,
            "-" => Some(None),
            key => Some(Some(key.to_owned())),
        },
        tag: Some(field("tag").to_owned()).filter(|tag| !tag.is_empty()),
    };
    if wish.is_empty() {
        return Err(refused("Choose what is to be done with the tickets."));
    }
    let published = published(&mut tx, tickets.iter().map(|ticket| &ticket.site), &wish).await?;
    let people = store::staff::everybody(&mut tx).await?;
    tx.rollback().await?;
    let by = By {
        policies: &app.policies,
        published: &published,
        people: &people,
        name: &staff.name,
        now: app.clock.now(),
    };
    let mut tx = app.store.write().await?;
    let done = bulk::act(&mut tx, by, tickets, &wish).await?;
    let id = keep(&mut tx, &staff, ids::new_id(), by, &done).await?;
    tx.commit().await?;
    app.new_jobs.announce();
    Ok(back(field("back"), id))
}

/// The list, and the act that was done.
#[derive(Debug, Deserialize)]
pub struct Back {
    /// Where to go.
    #[serde(default)]
    back: String,
    /// Which act: an older one is not taken back by a page that was left open.
    #[serde(default)]
    act: String,
}

/// Takes the last act back and shows the list with what came of it.
///
/// # Errors
/// When there is no such act any more, or the database fails.
pub async fn undo(
    State(app): State<App>,
    SignedIn(staff): SignedIn,
    Form(asked): Form<Back>,
) -> Result<Redirect, HttpError> {
    let nothing = || refused("There is nothing to take back any more.");
    let id = Uuid::try_parse(&asked.act).map_err(|_| nothing())?;
    let mut tx = app.store.read().await?;
    let done = last(&mut tx, &staff, id).await?.ok_or_else(nothing)?.1;
    let sites = done.sites();
    let wish = Wish {
        priority: Some(None),
        ..Wish::default()
    };
    let published = published(&mut tx, sites.iter(), &wish).await?;
    let people = store::staff::everybody(&mut tx).await?;
    tx.rollback().await?;
    let now = app.clock.now();
    let by = By {
        policies: &app.policies,
        published: &published,
        people: &people,
        name: &staff.name,
        now,
    };
    let mut tx = app.store.write().await?;
    // A form that is sent twice takes back once.
    if !store::bulk_acts::lock(&mut tx, staff.id, id).await? {
        return Err(nothing());
    }
    let (at, mut done) = last(&mut tx, &staff, id).await?.ok_or_else(nothing)?;
    let is_late = now.duration_since(at) > UNDO_WITHIN;
    if done.undone.is_none() && !is_late {
        done.undone =
            Some(bulk::undo(&mut tx, by, |site| staff.visible.contains(site), &done).await?);
        keep(&mut tx, &staff, id, By { now: at, ..by }, &done).await?;
    }
    tx.commit().await?;
    app.new_jobs.announce();
    Ok(back(&asked.back, id))
}

/// What the list shows of an act that was just done.
///
/// # Errors
/// When the database fails.
pub(super) async fn flash(
    tx: &mut Tx,
    staff: &Staff,
    did: &str,
) -> Result<Option<Value>, StoreError> {
    let Ok(id) = Uuid::try_parse(did) else {
        return Ok(None);
    };
    let Some((_, done)) = last(tx, staff, id).await? else {
        return Ok(None);
    };
    let left = |not: &[NotChanged]| -> Vec<Value> {
        let one = |it: &NotChanged| context! { reference => &it.reference, why => &it.why };
        not.iter().map(one).collect()
    };
    Ok(Some(context! {
        act => id.simple().to_string(),
        changed => done.changed.len(),
        left => left(done.undone.as_ref().map_or(&done.not, |undone| &undone.not)),
        undone => done.undone.as_ref().map(|undone| undone.tickets),
    }))
}

async fn last(
    tx: &mut Tx,
    staff: &Staff,
    id: Uuid,
) -> Result<Option<(jiff::Timestamp, Done)>, StoreError> {
    let act = store::bulk_acts::of(tx, staff.id).await?;
    let act = act.filter(|act| act.id == id);
    Ok(act.and_then(|act| Some((act.at, serde_json::from_str(&act.done).ok()?))))
}

async fn keep(
    tx: &mut Tx,
    staff: &Staff,
    id: Uuid,
    by: By<'_>,
    done: &Done,
) -> Result<Uuid, StoreError> {
    let act = Act {
        id,
        at: by.now,
        done: serde_json::json!(done).to_string(),
    };
    store::bulk_acts::put(tx, staff.id, &act).await?;
    Ok(id)
}

/// A ticket that is gone, or that they do not see, is left out.
async fn find(tx: &mut Tx, staff: &Staff, reference: &str) -> Result<Option<Ticket>, StoreError> {
    let Ok(reference) = Reference::parse(reference) else {
        return Ok(None);
    };
    let ticket = store::tickets::find_by_reference(tx, reference).await?;
    Ok(ticket.filter(|ticket| staff.visible.contains(&ticket.site)))
}

async fn assignee(
    tx: &mut Tx,
    staff: &Staff,
    chosen: &str,
) -> Result<Option<Option<Person>>, HttpError> {
    let id = match chosen {
        "" => return Ok(None),
        "nobody" => return Ok(Some(None)),
        "me" => staff.id,
        id => Uuid::try_parse(id).map_err(|_| refused("There is no such colleague."))?,
    };
    let mut people = store::staff::present(tx).await?.into_iter();
    let person = people.find(|(known, _)| *known == id);
    person
        .map(|(id, name)| Some(Some(Person { id, name })))
        .ok_or_else(|| refused("There is no such colleague."))
}

fn outcome(chosen: &str) -> Result<Option<(Status, Option<ClosingReason>)>, HttpError> {
    let unknown = || refused("There is no such status.");
    match chosen.split_once(':') {
        None if chosen.is_empty() => Ok(None),
        None if chosen == "open" => Ok(Some((Status::Open, None))),
        None => Err(unknown()),
        Some((to, reason)) => {
            let reason = ClosingReason::from_name(reason).filter(|reason| is_offered(*reason));
            let to = Status::from_name(to).ok_or_else(unknown)?;
            Ok(Some((to, Some(reason.ok_or_else(unknown)?))))
        }
    }
}

/// A mail cannot be taken back.
fn is_offered(reason: ClosingReason) -> bool {
    !reason.is_a_response()
}

/// What may be chosen as the outcome: value and words.
pub(super) fn outcomes() -> Vec<(String, String)> {
    let mut all = vec![("open".to_owned(), "Take up, or open again".to_owned())];
    for (to, name) in [(Status::Solved, "Solved"), (Status::Closed, "Closed")] {
        let reasons = ClosingReason::ALL.into_iter();
        for reason in reasons.filter(|reason| reason.fits(to) && is_offered(*reason)) {
            let value = format!("{}:{}", to.as_str(), reason.as_str());
            all.push((value, format!("{name}: {}", reason.describe())));
        }
    }
    all
}

async fn published<'a>(
    tx: &mut Tx,
    sites: impl Iterator<Item = &'a String>,
    wish: &Wish,
) -> Result<BTreeMap<String, Published>, StoreError> {
    let mut published = BTreeMap::new();
    if wish.priority.is_none() {
        return Ok(published);
    }
    for site in sites.collect::<BTreeSet<_>>() {
        published.insert(site.clone(), Published::of_site(tx, site).await?);
    }
    Ok(published)
}

/// The list as it was, with the act.
fn back(to: &str, act: Uuid) -> Redirect {
    let page = own_page(to);
    let joint = if page.contains('?') { '&' } else { '?' };
    Redirect::to(&format!("{page}{joint}did={}", act.simple()))
}

fn refused(why: &str) -> HttpError {
    HttpError::new(
        ProblemKind::MalformedRequest,
        format!("Nothing was changed: {why} Go back and try again."),
    )
}
