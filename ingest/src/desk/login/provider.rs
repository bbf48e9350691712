//! `/desk/login/oidc`: to the provider, and back with what it says.

use axum::{
    extract::{Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use cornerdesk_shared::problem::ProblemKind;
use serde::Deserialize;
use uuid::Uuid;

use super::{Goal, Said, page};
use crate::{
    app::App,
    audit::{Act, By, Proof},
    desk::{
        guesses::{self, Counted, Guess},
        provider::{Fault, Provider},
        session, way_back,
    },
    http::{checked::Checked, client_address::Client, cookie, problem::HttpError},
    ids,
    staff::{
        VisibleSites,
        provider::{
            Decision, Known, Why,
            attempt::{self, Attempt},
            decide,
            token::Person,
        },
    },
    store::{self, StoreError, Tx, staff::Staff},
};

/// Holds a sign-in that is on its way.
const COOKIE: &str = "__Host-cornerdesk-oidc";

/// Leads to the provider. Nothing is written down: the browser holds what is needed when it comes back.
///
/// A link and no form: our policy would keep a form from being led on to another origin.
///
/// # Errors
/// When there is no provider.
pub async fn get(
    State(app): State<App>,
    headers: HeaderMap,
    Checked(Query(goal)): Checked<Query<Goal>>,
) -> Result<Response, HttpError> {
    let provider = provider_of(&app)?;
    let next = way_back::own_page(&goal.next);
    let from = headers.get("sec-fetch-site");
    // Another page may lead here, and not through: nobody is signed in without having asked for it.
    if from.is_some_and(|from| from == "cross-site" || from == "same-site") {
        return Ok(Redirect::to(&way_back::address(next)).into_response());
    }
    let attempt = Attempt::new(ids::new_token(), next, app.clock.now());
    let cookie = attempt.seal(&app.sealing).map_err(|error| {
        tracing::error!("{error}");
        HttpError::new(ProblemKind::Internal, "The sign-in cannot be begun.")
    })?;
    match provider.page(&attempt.words(&app.sealing)).await {
        Ok(url) => {
            let cookie = session::cookie(COOKIE, &cookie, attempt::LASTS.as_secs());
            Ok(([(header::SET_COOKIE, cookie)], Redirect::to(url.as_str())).into_response())
        }
        Err(fault) => failed(&app, &fault, next),
    }
}

/// What the provider sends back.
#[derive(Debug, Default, Deserialize)]
pub struct Answer {
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    state: String,
    #[serde(default)]
    iss: Option<String>,
    #[serde(default)]
    error: Option<String>,
}

/// Takes what the provider says and signs in. Whatever comes of it, the browser does not hold the sign-in any more.
///
/// # Errors
/// When there is no provider, or the database fails.
pub async fn callback(
    State(app): State<App>,
    client: Client,
    headers: HeaderMap,
    Checked(Query(answer)): Checked<Query<Answer>>,
) -> Result<Response, HttpError> {
    let mut response = came_back(&app, client, &headers, answer).await?;
    let over = session::cookie(COOKIE, "", 0);
    if let Ok(over) = over.parse() {
        response.headers_mut().append(header::SET_COOKIE, over);
    }
    Ok(response)
}

async fn came_back(
    app: &App,
    client: Client,
    headers: &HeaderMap,
    answer: Answer,
) -> Result<Response, HttpError> {
    let provider = provider_of(app)?;
    let name = &provider.config().name;
    let attempt = cookie::of(headers, COOKIE)
        .and_then(|cookie| Attempt::open(&cookie, &app.sealing, app.clock.now()));
    let attempt = attempt.filter(|attempt| attempt.words(&app.sealing).is_state(&answer.state));
    let Some(attempt) = attempt else {
        let words =
            "This sign-in was begun elsewhere, took too long or was used already. Try again.";
        return told(app, StatusCode::BAD_REQUEST, words, "/desk");
    };
    let next = attempt.next.as_str();
    match provider.may_say(answer.iss.as_deref()).await {
        Ok(true) => {}
        Ok(false) => {
            let fault = Fault::Refused("the answer is of another provider".to_owned());
            return failed(app, &fault, next);
        }
        Err(fault) => return failed(app, &fault, next),
    }
    let Some(code) = answer.code.filter(|_| answer.error.is_none()) else {
        let words = format!("{name} did not sign you in. Try again.");
        return told(app, StatusCode::UNAUTHORIZED, &words, next);
    };
    let at = format!("sign-in {}", answer.state);
    let guess = match guesses::count(app, &at, client).await? {
        Counted::Yes(guess) => guess,
        Counted::Wait(wait) => {
            let words = guesses::words(wait);
            let answer = told(app, StatusCode::TOO_MANY_REQUESTS, &words, next)?;
            let seconds = wait.as_secs().max(1).to_string();
            return Ok(([(header::RETRY_AFTER, seconds)], answer).into_response());
        }
    };
    match provider.person(&code, &attempt.words(&app.sealing)).await {
        Ok(person) => enter(app, provider, &attempt, &person, guess, headers).await,
        Err(fault) => {
            let mut tx = app.store.write().await?;
            if matches!(fault, Fault::Away(_)) {
                guess.was_right(&mut tx).await?;
            } else {
                let act = Act::SignInFailed(None);
                store::audit::append(&mut tx, By::Nobody, &act, app.clock.now()).await?;
            }
            tx.commit().await?;
            failed(app, &fault, next)
        }
    }
}

/// The provider vouches for somebody: who of us is it?
async fn enter(
    app: &App,
    provider: &Provider,
    attempt: &Attempt,
    person: &Person,
    guess: Guess,
    headers: &HeaderMap,
) -> Result<Response, HttpError> {
    let (next, now) = (attempt.next.as_str(), app.clock.now());
    let mut tx = app.store.write().await?;
    if !store::identities::spend(&mut tx, attempt.digest(), attempt.until(), now).await? {
        tx.rollback().await?;
        let words = "This sign-in was used already. Try again.";
        return told(app, StatusCode::BAD_REQUEST, words, next);
    }
    guess.was_right(&mut tx).await?;
    match who(app, &mut tx, provider, person).await? {
        Ok(staff) => {
            let cookie = session::open(app, &mut tx, &staff, headers, Proof::Provider).await?;
            tx.commit().await?;
            Ok(([(header::SET_COOKIE, cookie)], Redirect::to(next)).into_response())
        }
        Err((why, whose)) => {
            let act = Act::SignInFailed(whose);
            store::audit::append(&mut tx, By::Nobody, &act, now).await?;
            tx.commit().await?;
            tracing::info!(reason = ?why, "somebody whom the provider knows was not let in");
            let words = in_words(why, &provider.config().name);
            told(app, StatusCode::FORBIDDEN, &words, next)
        }
    }
}

/// Who of staff somebody is whom the provider names; they are linked and made where that is decided. Nothing is written for whoever is refused.
async fn who(
    app: &App,
    tx: &mut Tx,
    provider: &Provider,
    person: &Person,
) -> Result<Result<Staff, (Why, Option<Uuid>)>, StoreError> {
    let (config, now) = (provider.config(), app.clock.now());
    let issuer = config.issuer.as_str();
    let by_address = match &person.email {
        Some(email) => store::staff::find_by_email(tx, email).await?,
        None => None,
    };
    let known = Known {
        linked: store::identities::find(tx, issuer, &person.subject).await?,
        by_address: match &by_address {
            Some(staff) => {
                let since = store::identities::since(tx, staff.id, issuer).await?;
                Some((staff.id, since.is_some()))
            }
            None => None,
        },
    };
    let id = match decide(person, known, config.created_role(), config.trust_email) {
        Decision::Enter(id) => return found(tx, id).await.map(Ok),
        Decision::Refuse(why) => return Ok(Err((why, by_address.map(|staff| staff.id)))),
        Decision::Link(id) => id,
        Decision::Create(email, role) => {
            let name = person.name.clone();
            let name =
                name.unwrap_or_else(|| email.split('@').next().unwrap_or_default().to_owned());
            let staff = Staff {
                id: ids::new_id(),
                email,
                name,
                password_hash: String::new(),
                role,
                visible: VisibleSites::All,
                has_codes: false,
            };
            // Somebody had the address, and their account was taken away: an admin says whether they come back.
            if !store::staff::insert(tx, &staff, now).await? {
                return Ok(Err((Why::Unknown, None)));
            }
            let added = Act::Added {
                whom: staff.id,
                role,
                visible: VisibleSites::All,
            };
            store::audit::append(tx, By::Nobody, &added, now).await?;
            staff.id
        }
    };
    if !store::identities::link(tx, (issuer, &person.subject), id, now).await? {
        return Ok(Err((Why::Another, Some(id))));
    }
    store::invitations::forget(tx, id, now).await?;
    store::audit::append(tx, By::Staff(id), &Act::Linked(id), now).await?;
    found(tx, id).await.map(Ok)
}

async fn found(tx: &mut Tx, id: Uuid) -> Result<Staff, StoreError> {
    let found = store::staff::find(tx, id).await?;
    found.ok_or(StoreError::RowCount {
        expected: 1,
        actual: 0,
    })
}

fn provider_of(app: &App) -> Result<&Provider, HttpError> {
    let provider = app.provider.as_deref();
    provider.ok_or_else(|| {
        let detail = "Staff sign in by password here.";
        HttpError::new(ProblemKind::NotFound, detail)
    })
}

fn in_words(why: Why, name: &str) -> String {
    match why {
        Why::NoAddress => format!(
            "{name} did not tell your e-mail address, so we do not know who you are here. Ask the person who runs this Cornerdesk."
        ),
        Why::Unverified => format!(
            "{name} does not say that your e-mail address is verified. Confirm it there and try again, or ask an admin."
        ),
        Why::Unknown => format!(
            "{name} knows you, and you have no account at this desk. Ask an admin to invite you."
        ),
        Why::Another => format!(
            "Your account at this desk belongs to another account at {name}. Ask an admin to unlink it."
        ),
    }
}

/// The operator reads why, whoever signs in what they can do.
fn failed(app: &App, fault: &Fault, next: &str) -> Result<Response, HttpError> {
    let config = &app.config.desk.oidc;
    let name = &config.name;
    match fault {
        Fault::Away(why) => {
            tracing::warn!("the provider of staff's sign-in cannot be used: {why}");
            let instead = if config.allows_passwords() {
                " Try again in a moment, or use your password."
            } else {
                " Try again in a moment."
            };
            let words = format!("{name} does not answer as it should.{instead}");
            told(app, StatusCode::SERVICE_UNAVAILABLE, &words, next)
        }
        Fault::Refused(why) => {
            tracing::warn!("what the provider of staff's sign-in says is not believed: {why}");
            let words = format!("The answer of {name} could not be verified. Try again.");
            told(app, StatusCode::UNAUTHORIZED, &words, next)
        }
    }
}

fn told(app: &App, status: StatusCode, words: &str, next: &str) -> Result<Response, HttpError> {
    page(app, status, Said::that(words), next)
}
