//! Who has a ticket, its tags, until when it is out of the queue, and what it has to do with others: the card on its page and what its forms do.

use axum::{
    Form,
    extract::{Path, State},
    response::Redirect,
};
use cornerdesk_shared::problem::ProblemKind;
use jiff::{Timestamp, tz::TimeZone};
use minijinja::{Value, context};
use serde::Deserialize;
use uuid::Uuid;

use super::{session::SignedIn, ticket};
use crate::{
    app::App,
    assignment::{self, NotTagged},
    handling,
    http::problem::HttpError,
    joining::{self, NotJoined},
    show::Moment,
    snoozing::{self, NotSnoozed},
    store::{self, StoreError, Tx, assignments::Person, staff::Staff},
    ticket::{
        Entry, Status, Ticket,
        snooze::{Waking, Wish},
    },
};

/// So many tags are offered.
const TAGS_OFFERED: u32 = 200;

/// For the template.
///
/// # Errors
/// When the database fails.
pub(super) async fn shown(
    tx: &mut Tx,
    staff: &Staff,
    ticket: &Ticket,
    timeline: &[Entry],
    now: Timestamp,
) -> Result<Value, StoreError> {
    let (site, id) = (&ticket.site, ticket.id);
    let assignee = store::assignments::of(tx, site, id).await?;
    let people = people(tx, site).await?;
    let tags = store::tags::of(tx, site, id).await?;
    let known = store::tags::known(tx, site, TAGS_OFFERED).await?;
    let snoozed = store::snoozes::of(tx, site, id).await?;
    let has = |person: &Person| assignee.as_ref().is_some_and(|has| has.id == person.id);
    let person = |person: &Person| context! { id => person.id.to_string(), name => &person.name, is_chosen => has(person) };
    let owned = |references: Vec<&str>| {
        references
            .into_iter()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    Ok(context! {
        me => staff.id.to_string(),
        is_mine => assignee.as_ref().is_some_and(|has| has.id == staff.id),
        assignee => assignee.as_ref().map(|has| &has.name),
        people => people.iter().map(person).collect::<Vec<_>>(),
        offered => known.into_iter().filter(|tag| !tags.contains(tag)).collect::<Vec<_>>(),
        tags,
        snoozed => snoozed.map(|until| Moment::new(until, now)),
        is_over => matches!(ticket.status, Status::Solved | Status::Closed),
        merged_into => joining::merged_into(timeline),
        merged => owned(joining::merged(timeline)),
        linked => owned(joining::linked(timeline)),
    })
}

/// Everybody who can have a ticket of a site: who sees it.
async fn people(tx: &mut Tx, site: &str) -> Result<Vec<Person>, StoreError> {
    let everybody = store::staff::everybody(tx).await?;
    let who_see_it = (everybody.into_iter()).filter(|person| person.visible.contains(site));
    let person = |Staff { id, name, .. }| Person { id, name };
    Ok(who_see_it.map(person).collect())
}

/// The forms: each sends what it is about.
#[derive(Debug, Default, Deserialize)]
pub struct Fields {
    /// Id of somebody of staff; empty is nobody.
    #[serde(default)]
    assignee: String,
    /// A tag.
    #[serde(default)]
    tag: String,
    /// Name of a [`Wish`].
    #[serde(default)]
    until: String,
    /// The day of it.
    #[serde(default)]
    day: String,
    /// The other ticket.
    #[serde(default)]
    reference: String,
}

/// `POST /desk/tickets/{reference}/assign`.
///
/// # Errors
/// When there is no such ticket or person, or the database fails.
pub async fn assign(
    State(app): State<App>,
    SignedIn(staff): SignedIn,
    Path(reference): Path<String>,
    Form(fields): Form<Fields>,
) -> Result<Redirect, HttpError> {
    let ticket = ticket::read(&app, &staff, &reference).await?;
    let mut tx = app.store.write_for(&ticket.site).await?;
    let to = match fields.assignee.as_str() {
        "" => None,
        id => {
            let people = people(&mut tx, &ticket.site).await?;
            let id = Uuid::try_parse(id).ok();
            let person = people.into_iter().find(|person| Some(person.id) == id);
            Some(person.ok_or_else(|| refused("nobody of staff is meant"))?)
        }
    };
    let (now, by) = (app.clock.now(), &staff.name);
    assignment::assign(&mut tx, &app.policies, &ticket, to.as_ref(), by, now).await?;
    done(&app, tx, &ticket).await
}

/// `POST /desk/tickets/{reference}/tags`.
///
/// # Errors
/// When there is no such ticket, it is no tag, or the database fails.
pub async fn tag(
    State(app): State<App>,
    SignedIn(staff): SignedIn,
    Path(reference): Path<String>,
    Form(fields): Form<Fields>,
) -> Result<Redirect, HttpError> {
    let ticket = ticket::read(&app, &staff, &reference).await?;
    let mut tx = app.store.write_for(&ticket.site).await?;
    let (now, by) = (app.clock.now(), &staff.name);
    let tagged = assignment::tag(&mut tx, &app.policies, &ticket, &fields.tag, by, now).await;
    tagged.map_err(|fault| match fault {
        NotTagged::Store(error) => error.into(),
        NotTagged::Tag(fault) => refused(fault),
    })?;
    done(&app, tx, &ticket).await
}

/// `POST /desk/tickets/{reference}/untag`.
///
/// # Errors
/// When there is no such ticket, or the database fails.
pub async fn untag(
    State(app): State<App>,
    SignedIn(staff): SignedIn,
    Path(reference): Path<String>,
    Form(fields): Form<Fields>,
) -> Result<Redirect, HttpError> {
    let ticket = ticket::read(&app, &staff, &reference).await?;
    let mut tx = app.store.write_for(&ticket.site).await?;
    let (now, by) = (app.clock.now(), &staff.name);
    assignment::untag(&mut tx, &app.policies, &ticket, &fields.tag, by, now).await?;
    done(&app, tx, &ticket).await
}

/// `POST /desk/tickets/{reference}/snooze`.
///
/// # Errors
/// When there is no such ticket, the time is none, or the database fails.
pub async fn snooze(
    State(app): State<App>,
    SignedIn(staff): SignedIn,
    Path(reference): Path<String>,
    Form(fields): Form<Fields>,
) -> Result<Redirect, HttpError> {
    let ticket = ticket::read(&app, &staff, &reference).await?;
    let wish = Wish::parse(&fields.until, &fields.day)
        .ok_or_else(|| refused("choose until when, and a day where that is your choice"))?;
    let site = app.sites.find(&ticket.site).await?;
    let zone = site.map_or(TimeZone::UTC, |site| site.time_zone.clone());
    let mut tx = app.store.write_for(&ticket.site).await?;
    let (now, by) = (app.clock.now(), &staff.name);
    let snoozed = snoozing::snooze(&mut tx, &app.policies, &ticket, (wish, &zone), by, now).await;
    snoozed.map_err(|fault| match fault {
        NotSnoozed::Store(error) => error.into(),
        NotSnoozed::Time(fault) => refused(fault),
    })?;
    done(&app, tx, &ticket).await
}

/// `POST /desk/tickets/{reference}/wake`.
///
/// # Errors
/// When there is no such ticket, or the database fails.
pub async fn wake(
    State(app): State<App>,
    SignedIn(staff): SignedIn,
    Path(reference): Path<String>,
) -> Result<Redirect, HttpError> {
    let ticket = ticket::read(&app, &staff, &reference).await?;
    let mut tx = app.store.write_for(&ticket.site).await?;
    let locked = handling::locked(&mut tx, &ticket).await?;
    let (now, by) = (app.clock.now(), Some(staff.name.as_str()));
    snoozing::wake(&mut tx, &app.policies, &locked, Waking::Staff, by, now).await?;
    done(&app, tx, &ticket).await
}

/// `POST /desk/tickets/{reference}/merge`.
///
/// # Errors
/// When there is no such ticket, they do not belong together, or the database fails.
pub async fn merge(
    State(app): State<App>,
    SignedIn(staff): SignedIn,
    Path(reference): Path<String>,
    Form(fields): Form<Fields>,
) -> Result<Redirect, HttpError> {
    let (ticket, other) = pair(&app, &staff, &reference, &fields).await?;
    let mut tx = app.store.write_for(&ticket.site).await?;
    let (now, by) = (app.clock.now(), &staff.name);
    joined(joining::merge(&mut tx, &app.policies, &ticket, &other, by, now).await)?;
    done(&app, tx, &ticket).await
}

/// `POST /desk/tickets/{reference}/link`.
///
/// # Errors
/// When there is no such ticket, they do not belong together, or the database fails.
pub async fn link(
    State(app): State<App>,
    SignedIn(staff): SignedIn,
    Path(reference): Path<String>,
    Form(fields): Form<Fields>,
) -> Result<Redirect, HttpError> {
    let (ticket, other) = pair(&app, &staff, &reference, &fields).await?;
    let mut tx = app.store.write_for(&ticket.site).await?;
    let (now, by) = (app.clock.now(), &staff.name);
    joined(joining::link(&mut tx, &app.policies, &ticket, &other, by, now).await)?;
    done(&app, tx, &ticket).await
}

/// `POST /desk/tickets/{reference}/unlink`.
///
/// # Errors
/// When there is no such ticket, or the database fails.
pub async fn unlink(
    State(app): State<App>,
    SignedIn(staff): SignedIn,
    Path(reference): Path<String>,
    Form(fields): Form<Fields>,
) -> Result<Redirect, HttpError> {
    let (ticket, other) = pair(&app, &staff, &reference, &fields).await?;
    let mut tx = app.store.write_for(&ticket.site).await?;
    let (now, by) = (app.clock.now(), &staff.name);
    joined(joining::unlink(&mut tx, &app.policies, &ticket, &other, by, now).await)?;
    done(&app, tx, &ticket).await
}

/// The ticket of the address and the one that the form names.
async fn pair(
    app: &App,
    staff: &Staff,
    reference: &str,
    fields: &Fields,
) -> Result<(Ticket, Ticket), HttpError> {
    let ticket = ticket::read(app, staff, reference).await?;
    Ok((
        ticket,
        ticket::read(app, staff, fields.reference.trim()).await?,
    ))
}

/// What is so already is shown as it is.
fn joined(joined: Result<(), NotJoined>) -> Result<(), HttpError> {
    match joined {
        Ok(()) | Err(NotJoined::Already) => Ok(()),
        Err(NotJoined::Store(error)) => Err(error.into()),
        Err(fault) => Err(refused(fault)),
    }
}

fn refused(fault: impl std::fmt::Display) -> HttpError {
    let detail = format!("Nothing was changed: {fault}. Go back and try again.");
    HttpError::new(ProblemKind::MalformedRequest, detail)
}

async fn done(app: &App, tx: Tx, ticket: &Ticket) -> Result<Redirect, HttpError> {
    tx.commit().await?;
    app.new_jobs.announce();
    Ok(Redirect::to(&format!(
        "/desk/tickets/{}#sorting",
        ticket.reference
    )))
}
