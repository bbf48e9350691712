//! `/desk/login/code`: the second step of a sign-in. The password was right; the code of an app, or one of those for the worst, is still to come.

use axum::{
    Form,
    extract::{Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
};
use jiff::SignedDuration;
use minijinja::context;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::{
    guesses::{self, Counted},
    session,
    way_back::own_page,
};
use crate::{
    app::App,
    audit::{Act, By, Proof},
    http::{
        checked::{Checked, CheckedBody},
        client_address::Client,
        cookie,
        problem::HttpError,
    },
    ids,
    staff::totp,
    store::{self, StoreError, Tx, staff::Staff},
};

/// Holds the token of a sign-in that waits for its code.
const COOKIE: &str = "__Host-cornerdesk-step";
/// So long one may look for one's phone.
const LASTS: SignedDuration = SignedDuration::from_mins(10);

/// Begins the step: the value of `Set-Cookie`, and where it goes on.
///
/// # Errors
/// When the database fails.
pub async fn begin(
    app: &App,
    tx: &mut Tx,
    staff: &Staff,
    next: &str,
) -> Result<(String, String), StoreError> {
    let (token, now) = (ids::new_token(), app.clock.now());
    let expires_at = now.saturating_add(LASTS).unwrap_or(now);
    store::second_factor::begin(tx, session::hash(&token), staff.id, expires_at, now).await?;
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("next", next)
        .finish();
    let cookie = session::cookie(COOKIE, &token, LASTS.as_secs());
    Ok((cookie, format!("/desk/login/code?{query}")))
}

/// Where to go after signing in.
#[derive(Debug, Default, Deserialize)]
pub struct Goal {
    #[serde(default)]
    next: String,
}

/// What somebody typed.
#[derive(Deserialize)]
pub struct Typed {
    #[serde(default)]
    code: String,
    #[serde(default)]
    next: String,
}

/// The page.
///
/// # Errors
/// When the template is at fault.
pub async fn get(
    State(app): State<App>,
    Checked(Query(goal)): Checked<Query<Goal>>,
) -> Result<Response, HttpError> {
    page(&app, StatusCode::OK, None, &goal.next)
}

/// Signs in.
///
/// # Errors
/// When the database fails.
pub async fn post(
    State(app): State<App>,
    client: Client,
    headers: HeaderMap,
    CheckedBody(Form(typed)): CheckedBody<Form<Typed>>,
) -> Result<Response, HttpError> {
    let next = own_page(&typed.next);
    // It began with a password, which may have been of use then.
    let is_good = app.config.desk.oidc.allows_passwords();
    let again = || Redirect::to(&super::way_back::address(next)).into_response();
    let Some(token) = cookie::of(&headers, COOKIE).filter(|_| is_good) else {
        return Ok(again());
    };
    let (token, now) = (session::hash(&token), app.clock.now());
    let mut tx = app.store.read().await?;
    let whose = store::second_factor::whose(&mut tx, token, now).await?;
    tx.rollback().await?;
    let Some(id) = whose else { return Ok(again()) };
    let guess = match guesses::count(&app, &format!("code of {id}"), client).await? {
        Counted::Yes(guess) => guess,
        Counted::Wait(wait) => {
            let (words, status) = (guesses::words(wait), StatusCode::TOO_MANY_REQUESTS);
            return page(&app, status, Some(&words), next);
        }
    };
    let mut tx = app.store.write().await?;
    let staff = store::staff::find(&mut tx, id).await?;
    let Some(staff) = staff.filter(|staff| staff.has_codes) else {
        tx.rollback().await?;
        return Ok(again());
    };
    if let Some(proof) = proof_of(&app, &mut tx, &staff, &typed.code).await?
        && store::second_factor::end(&mut tx, token).await?
    {
        guess.was_right(&mut tx).await?;
        let cookie = session::open(&app, &mut tx, &staff, &headers, proof).await?;
        tx.commit().await?;
        let over = session::cookie(COOKIE, "", 0);
        let cookies = [(header::SET_COOKIE, cookie), (header::SET_COOKIE, over)];
        let cookies = axum::response::AppendHeaders(cookies);
        return Ok((cookies, Redirect::to(next)).into_response());
    }
    let act = Act::SignInFailed(Some(staff.id));
    store::audit::append(&mut tx, By::Nobody, &act, now).await?;
    tx.commit().await?;
    let words =
        "That is not the code of now, or it was used already. Wait for the next one and type that.";
    page(&app, StatusCode::UNAUTHORIZED, Some(words), next)
}

/// What a code proves, and uses it up.
///
/// # Errors
/// When the database fails, or the secret cannot be opened.
pub async fn proof_of(
    app: &App,
    tx: &mut Tx,
    staff: &Staff,
    typed: &str,
) -> Result<Option<Proof>, HttpError> {
    if store::second_factor::use_code(tx, staff.id, &hash_of(typed)).await? {
        return Ok(Some(Proof::RecoveryCode));
    }
    let Some(secret) = secret_of(app, tx, staff).await? else {
        return Ok(None);
    };
    let Some(step) = totp::step_of(&secret, typed, app.clock.now()) else {
        return Ok(None);
    };
    let is_new = store::second_factor::use_step(tx, staff.id, step).await?;
    Ok(is_new.then_some(Proof::Code))
}

/// The opened secret of somebody; `None` when they have none, or the key is another by now.
///
/// # Errors
/// When the database fails.
pub async fn secret_of(
    app: &App,
    tx: &mut Tx,
    staff: &Staff,
) -> Result<Option<totp::Secret>, StoreError> {
    let Some(sealed) = store::second_factor::find(tx, staff.id).await? else {
        return Ok(None);
    };
    match app.sealing.open(staff.id.as_bytes(), &sealed) {
        Ok(secret) => Ok(secret.try_into().ok()),
        Err(error) => {
            tracing::error!(staff.id = %staff.id, "{error}: is storage.key_file the one of before?");
            Ok(None)
        }
    }
}

/// What is kept of a code for the worst, however it is typed.
#[must_use]
pub fn hash_of(code: &str) -> [u8; 32] {
    let symbols = code.chars().filter(char::is_ascii_alphanumeric);
    let symbols: String = symbols.map(|symbol| symbol.to_ascii_lowercase()).collect();
    Sha256::digest(symbols).into()
}

fn page(
    app: &App,
    status: StatusCode,
    error: Option<&str>,
    next: &str,
) -> Result<Response, HttpError> {
    let page = app.pages.render(
        "desk/second_step.html",
        context! { error, next => own_page(next) },
    )?;
    Ok((status, Html(page)).into_response())
}
