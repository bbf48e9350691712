//! `/desk/destinations/{name}`: one destination; what went there, what did not, and what an admin may do about it.

use std::collections::{BTreeMap, HashMap};

use axum::{
    Form,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{Html, IntoResponse, Redirect, Response},
};
use cornerdesk_shared::problem::ProblemKind;
use jiff::Timestamp;
use minijinja::{Value, context};
use serde::Deserialize;
use uuid::Uuid;

use super::{Seen, is_seen, shown};
use crate::{
    app::App,
    audit::By,
    desk::{
        people::{Fields, field},
        session::{self, Admin, Lead},
    },
    destination::{
        DestinationConfig,
        deeds::{self, Doer, NotKept},
        secret::SecretSource,
    },
    http::{
        checked::{Checked, CheckedBody},
        problem::HttpError,
    },
    outbox::{acknowledge::ticket_of, deliver_event::try_out, lane::Lane},
    show::Moment,
    staff::Role,
    store::{self, StoreError, Tx, deliveries::Attempt, staff::Staff},
};

/// So many attempts are on a page.
const ON_A_PAGE: u32 = 25;
/// So many of what was given up are named.
const DEAD_MOST: u32 = 50;

/// Which page, and what was done.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    /// Below this place of the log.
    before: Option<String>,
    /// A deed of this page, after which the browser came here.
    done: Option<String>,
}

/// What is said at the top of the page.
#[derive(Debug, Default)]
struct Message {
    fault: Option<String>,
    done: Option<String>,
}

/// What of the log is shown.
#[derive(Debug, Default)]
struct Place {
    before: Option<(Timestamp, Uuid)>,
}

impl Place {
    /// Microseconds and an id, joined.
    fn read(text: Option<&str>) -> Self {
        let place = |text: &str| {
            let (at, id) = text.split_once('-')?;
            let at = Timestamp::from_microsecond(at.parse().ok()?).ok()?;
            Some((at, Uuid::try_parse(id).ok()?))
        };
        Self {
            before: text.and_then(place),
        }
    }

    fn write(attempt: &Attempt) -> String {
        format!("{}-{}", attempt.at.as_microsecond(), attempt.id.simple())
    }
}

/// The page.
///
/// # Errors
/// When there is no such destination, or the database fails.
pub async fn get(
    State(app): State<App>,
    Lead(staff): Lead,
    Path(name): Path<String>,
    Checked(Query(asked)): Checked<Query<Asked>>,
) -> Result<Response, HttpError> {
    let message = Message {
        done: asked.done.as_deref().and_then(said).map(ToOwned::to_owned),
        fault: None,
    };
    let place = Place::read(asked.before.as_deref());
    page(&app, &staff, &name, StatusCode::OK, &message, &place).await
}

/// What is said after a deed.
fn said(deed: &str) -> Option<&'static str> {
    Some(match deed {
        "pause" => "Nothing is sent any more until you let it go on.",
        "resume" => "It goes on. What waited is on its way.",
        "replay" => "It goes again, from the beginning.",
        "replay-all" => "All of them go again, from the beginning.",
        "secret" => "Kept. Send a test to see whether it is the right one.",
        "forget-secret" => "Forgotten.",
        _ => return None,
    })
}

fn none(name: &str) -> HttpError {
    let detail = format!("There is no destination {name}. Go back to the list.");
    HttpError::new(ProblemKind::NotFound, detail)
}

/// The destination of this name as it is configured; `None` where it is no more, and was.
async fn find<'a>(
    app: &'a App,
    staff: &Staff,
    name: &str,
) -> Result<Option<&'a DestinationConfig>, HttpError> {
    let sites = app.sites.all().await?;
    let config = app.config.destinations.iter().find(|one| one.name == name);
    if let Some(config) = config {
        let keys = sites.keys().map(String::as_str);
        return if is_seen(app, config, &staff.visible, keys) {
            Ok(Some(config))
        } else {
            Err(none(name))
        };
    }
    let mut tx = app.store.read().await?;
    let known = store::destinations::find(&mut tx, name).await?;
    tx.rollback().await?;
    match known {
        Some(known) if known.removed_at.is_some() && staff.visible.is_all() => Ok(None),
        _ => Err(none(name)),
    }
}

async fn page(
    app: &App,
    staff: &Staff,
    name: &str,
    status: StatusCode,
    message: &Message,
    place: &Place,
) -> Result<Response, HttpError> {
    let config = find(app, staff, name).await?;
    let sites = app.sites.all().await?;
    let name_of = |key: &str| shown::name_of(&sites, key);
    let now = app.clock.now();
    let mut tx = app.store.read().await?;
    let seen = Seen::read(&mut tx, name, &staff.visible).await?;
    let mut attempts =
        store::deliveries::latest(&mut tx, name, place.before, ON_A_PAGE + 1).await?;
    let has_older = attempts.len() > ON_A_PAGE as usize;
    attempts.truncate(ON_A_PAGE as usize);
    let older = attempts.last().filter(|_| has_older).map(Place::write);
    attempts.retain(|attempt| shown::is_seen(&staff.visible, &attempt.site));
    let mut dead = store::jobs::dead_of(&mut tx, &Lane::to(name), DEAD_MOST).await?;
    dead.retain(|one| shown::is_seen(&staff.visible, &one.site));
    let tickets = attempts.iter().map(|one| (&one.site, one.ticket));
    let tickets = tickets.chain(dead.iter().map(|job| (&job.site, ticket_of(&job.payload))));
    let references = references(&mut tx, tickets).await?;
    let given = store::destinations::secrets_set(&mut tx, name).await?;
    tx.rollback().await?;
    let reference = |ticket: Option<Uuid>| ticket.and_then(|id| references.get(&id));
    let (since, why) = seen.why();
    let kind = seen.state.as_ref().map_or("", |state| state.kind.as_str());
    let kind = config.map_or(kind, |config| config.kind.as_str());
    let is_mirror = app
        .forwarding
        .destinations
        .of(name)
        .is_some_and(|known| known.settings.is_mirror());
    let html = app.pages.render(
        "desk/destination.html",
        context! {
            staff => session::shown(staff),
            may => staff.role == Role::Admin,
            name,
            kind => shown::title(kind),
            gets => config.map_or_else(|| vec!["Nothing any more".to_owned()], |config| shown::gets(config, name_of)),
            standing => seen.standing.as_str(),
            since => since.map(|at| Moment::new(at, now)),
            why => why.trim_end_matches('.'),
            waiting_words => shown::waiting_words(seen.waiting, seen.standing),
            next => shown::next(seen.next_at, now),
            dead_count => seen.dead,
            dead => dead.iter().map(|one| context! {
                id => one.id.to_string(),
                reference => reference(ticket_of(&one.payload)),
                what => shown::what(one),
                reason => &one.last_error,
                attempts => one.attempts,
                at => one.finished_at.map(|at| Moment::new(at, now)),
            }).collect::<Vec<_>>(),
            attempts => attempts.iter().map(|one| shown::attempt(one, reference(one.ticket).map(String::as_str), now)).collect::<Vec<_>>(),
            older,
            is_first => place.before.is_none(),
            secrets => config.map(|config| secrets(app, config, &given, now)),
            trial => if is_mirror {
                "Asks it whether address, sign-in and settings are right. Nothing is made there."
            } else {
                "Sends one message that says that it is a test. Also while it is paused."
            },
            trial_button => if is_mirror { "Check it" } else { "Send a test" },
            fault => &message.fault,
            done => &message.done,
        },
    )?;
    Ok((status, Html(html)).into_response())
}

/// References of tickets by their ids.
async fn references<'a>(
    tx: &mut Tx,
    tickets: impl Iterator<Item = (&'a String, Option<Uuid>)>,
) -> Result<HashMap<Uuid, String>, StoreError> {
    let wanted: BTreeMap<Uuid, &String> =
        tickets.filter_map(|(site, id)| Some((id?, site))).collect();
    let mut references = HashMap::with_capacity(wanted.len());
    for (id, site) in wanted {
        if let Some(ticket) = store::tickets::find(tx, site, id).await? {
            references.insert(id, ticket.reference.to_string());
        }
    }
    Ok(references)
}

/// Each secret of a destination: where it comes from, never what it is.
fn secrets(
    app: &App,
    config: &DestinationConfig,
    given: &[(String, Timestamp, String)],
    now: Timestamp,
) -> Vec<Value> {
    let Some(destination) = app.forwarding.destinations.of(&config.name) else {
        return Vec::new();
    };
    let row = |(name, is_needed): &(&str, bool)| {
        let known = given.iter().find(|(field, ..)| field == name);
        let configured = config.secrets.get(*name).map(source);
        context! {
            field => *name,
            title => shown::title_of_secret(name),
            is_needed,
            configured,
            since => known.map(|(_, at, _)| Moment::new(*at, now)),
            by => known.map(|(.., by)| by),
        }
    };
    destination.settings.secrets().iter().map(row).collect()
}

fn source(source: &SecretSource) -> String {
    match (&source.env, &source.file) {
        (Some(variable), _) => format!("From the variable {variable} of the service."),
        (_, Some(file)) => format!("From the file {file}."),
        _ => "From the configuration.".to_owned(),
    }
}

/// Does what the form's button names.
///
/// # Errors
/// When there is no such destination, or the database fails.
pub async fn post(
    State(app): State<App>,
    Admin(admin): Admin,
    Path(name): Path<String>,
    CheckedBody(Form(fields)): CheckedBody<Form<Fields>>,
) -> Result<Response, HttpError> {
    find(&app, &admin, &name).await?;
    let refused = |detail: &str| HttpError::new(ProblemKind::MalformedRequest, detail);
    let deed = field(&fields, "deed");
    let now = app.clock.now();
    let doer = Doer {
        by: By::Staff(admin.id),
        name: &admin.name,
    };
    // What no configuration names any more has nothing to be done about.
    let destination = app
        .forwarding
        .destinations
        .of(&name)
        .ok_or_else(|| none(&name))?;
    match deed {
        "pause" => {
            deeds::pause(&app.store, &name, doer, now).await?;
        }
        "resume" => {
            deeds::resume(&app.store, &name, doer, now).await?;
        }
        "replay" => {
            let job = Uuid::try_parse(field(&fields, "job"));
            let job =
                job.map_err(|_| refused("Nothing was chosen. Go back and press a button."))?;
            deeds::replay(&app.store, &name, Some(job), doer, now).await?;
        }
        "replay-all" => {
            deeds::replay(&app.store, &name, None, doer, now).await?;
        }
        "secret" => {
            let keeper = (&app.store, &app.sealing);
            let given = (field(&fields, "field"), field(&fields, "secret"));
            match deeds::keep_secret(keeper, destination, given, doer, now).await {
                Ok(()) => {}
                Err(NotKept::Refused(fault)) => {
                    let words = format!("Not kept: {fault}.");
                    return answer(&app, &admin, &name, Err(words)).await;
                }
                Err(NotKept::Store(error)) => return Err(error.into()),
                Err(NotKept::Sealing(error)) => {
                    let kind = ProblemKind::Internal;
                    let problem = HttpError::new(kind, "The key that seals cannot be used.");
                    return Err(problem.caused_by(&error));
                }
            }
        }
        "forget-secret" => {
            let field = field(&fields, "field");
            deeds::forget_secret(&app.store, &name, field, doer, now).await?;
        }
        "test" => {
            deeds::tried(&app.store, &name, doer, now).await?;
            let attempt = try_out(&app.forwarding, destination, &app.store, &app.clock).await?;
            let came = shown::trial(&attempt, destination.settings.is_mirror());
            return answer(&app, &admin, &name, came).await;
        }
        _ => return Err(refused("Nothing was chosen. Go back and press a button.")),
    }
    app.new_jobs.announce();
    Ok(Redirect::to(&format!("/desk/destinations/{name}?done={deed}")).into_response())
}

/// The page with what came of a deed.
async fn answer(
    app: &App,
    staff: &Staff,
    name: &str,
    said: Result<String, String>,
) -> Result<Response, HttpError> {
    let (status, message) = match said {
        Ok(done) => (
            StatusCode::OK,
            Message {
                done: Some(done),
                fault: None,
            },
        ),
        Err(fault) => (
            StatusCode::UNPROCESSABLE_ENTITY,
            Message {
                fault: Some(fault),
                done: None,
            },
        ),
    };
    page(app, staff, name, status, &message, &Place::default()).await
}
