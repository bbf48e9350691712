//! Who is signed in. The cookie holds a random token, the database its hash.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, StatusCode, header, request::Parts},
    response::{Html, IntoResponse, Redirect, Response},
};
use jiff::SignedDuration;
use minijinja::context;
use sha2::{Digest, Sha256};

use crate::{
    app::App,
    audit::{Act, By, Proof},
    http::{cookie, problem::HttpError},
    ids,
    staff::{Role, device},
    store::{
        self, StoreError, Tx,
        sessions::{Beginning, Limits, TokenHash},
        staff::Staff,
    },
};

/// `__Host-`: the browser takes it only with Secure, for this host and the whole of it, so that no other host of the domain can plant one.
const COOKIE: &str = "__Host-cornerdesk";
/// That a session was used is written down so often: a list of sessions need not know it better, and a read stays a read.
const USE_IS_NOTED_EVERY: SignedDuration = SignedDuration::from_mins(5);

/// Somebody who is signed in; everybody else is sent to the sign-in page, and whoever still has to set up codes to where that is done.
#[derive(Clone)]
pub struct SignedIn(pub Staff);

/// The same, but also without the codes that everybody has to sign in with: for the pages on which they are set up.
#[derive(Clone)]
pub struct Entered {
    /// Who.
    pub staff: Staff,
    /// Which session of theirs this is.
    pub session: TokenHash,
    /// Have they to set up codes before anything else?
    pub owes_codes: bool,
}

/// An admin who is signed in; others are told that they are none.
#[derive(Clone)]
pub struct Admin(pub Staff);

impl FromRequestParts<App> for Entered {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let entered = match token(&parts.headers) {
            Some(token) => whose(app, &token)
                .await
                .map_err(|error| HttpError::from(error).into_response())?,
            None => None,
        };
        let path = parts
            .uri
            .path_and_query()
            .map_or("/desk", |path| path.as_str());
        entered.ok_or_else(|| Redirect::to(&super::way_back::address(path)).into_response())
    }
}

impl FromRequestParts<App> for SignedIn {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let entered = Entered::from_request_parts(parts, app).await?;
        if entered.owes_codes {
            return Err(Redirect::to("/desk/account/codes").into_response());
        }
        Ok(Self(entered.staff))
    }
}

/// A lead or an admin who is signed in; others are told that they are neither.
#[derive(Clone)]
pub struct Lead(pub Staff);

impl FromRequestParts<App> for Admin {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        at_least(Role::Admin, parts, app).await.map(Self)
    }
}

impl FromRequestParts<App> for Lead {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        at_least(Role::Lead, parts, app).await.map(Self)
    }
}

async fn at_least(role: Role, parts: &mut Parts, app: &App) -> Result<Staff, Response> {
    let SignedIn(staff) = SignedIn::from_request_parts(parts, app).await?;
    if staff.role >= role {
        return Ok(staff);
    }
    let page = app.pages.render(
        "desk/not_yours.html",
        context! { staff => shown(&staff), needs_admin => role == Role::Admin },
    );
    Err(match page {
        Ok(html) => (StatusCode::FORBIDDEN, Html(html)).into_response(),
        Err(error) => HttpError::from(error).into_response(),
    })
}

/// What the head of every page shows of who is signed in.
#[must_use]
pub fn shown(staff: &Staff) -> minijinja::Value {
    context! { name => &staff.name, email => &staff.email, is_lead => staff.role >= Role::Lead, is_admin => staff.role == Role::Admin }
}

/// The token of the cookie.
#[must_use]
pub fn token(headers: &HeaderMap) -> Option<String> {
    cookie::of(headers, COOKIE)
}

/// Whose session a token still is, without counting that as a use of it.
///
/// # Errors
/// When the database fails.
pub(super) async fn still(app: &App, token: &str) -> Result<Option<Staff>, StoreError> {
    let (session, now) = (hash(token), app.clock.now());
    let used_after = limits(app).used_after(now);
    let mut tx = app.store.read().await?;
    let found = store::staff::find_by_session(&mut tx, session, used_after, now).await?;
    tx.rollback().await?;
    Ok(found.map(|found| found.staff))
}

async fn whose(app: &App, token: &str) -> Result<Option<Entered>, StoreError> {
    let (session, now) = (hash(token), app.clock.now());
    let used_after = limits(app).used_after(now);
    let mut tx = app.store.read().await?;
    let found = store::staff::find_by_session(&mut tx, session, used_after, now).await?;
    tx.rollback().await?;
    let Some(found) = found else { return Ok(None) };
    if now.duration_since(found.last_used_at) >= USE_IS_NOTED_EVERY {
        let mut tx = app.store.write().await?;
        store::sessions::used(&mut tx, session, now).await?;
        tx.commit().await?;
    }
    let owes_codes = found.codes_are_asked && !found.staff.has_codes && !found.by_provider;
    Ok(Some(Entered {
        staff: found.staff,
        session,
        owes_codes,
    }))
}

/// How long a session lasts.
#[must_use]
pub fn limits(app: &App) -> Limits {
    let desk = &app.config.desk;
    Limits {
        idle: SignedDuration::from_hours(i64::from(desk.session_hours)),
        most: SignedDuration::from_hours(24 * i64::from(desk.session_most_days)),
    }
}

/// Signs somebody in, in the transaction of the caller: the value of `Set-Cookie`.
///
/// # Errors
/// When the database fails.
pub async fn open(
    app: &App,
    tx: &mut Tx,
    staff: &Staff,
    headers: &HeaderMap,
    proof: Proof,
) -> Result<String, StoreError> {
    let (token, now, limits) = (ids::new_token(), app.clock.now(), limits(app));
    let user_agent = headers
        .get(header::USER_AGENT)
        .and_then(|value| value.to_str().ok());
    let device = device::named(user_agent.unwrap_or_default());
    let beginning = Beginning {
        device: &device,
        by_provider: proof == Proof::Provider,
    };
    store::sessions::open(tx, hash(&token), staff.id, beginning, limits, now).await?;
    store::guesses::forget(tx, now.as_microsecond()).await?;
    store::audit::append(tx, By::Staff(staff.id), &Act::SignedIn(proof), now).await?;
    tracing::info!(staff.id = %staff.id, "somebody signed in to the desk");
    Ok(cookie(COOKIE, &token, limits.most.as_secs()))
}

/// Signs somebody out: the value of `Set-Cookie`.
///
/// # Errors
/// When the database fails.
pub async fn close(app: &App, token: &str) -> Result<String, StoreError> {
    let (session, now) = (hash(token), app.clock.now());
    let mut tx = app.store.write().await?;
    let used_after = limits(app).used_after(now);
    let found = store::staff::find_by_session(&mut tx, session, used_after, now).await?;
    store::sessions::close(&mut tx, session).await?;
    if let Some(found) = found {
        let by = By::Staff(found.staff.id);
        store::audit::append(&mut tx, by, &Act::SignedOut, now).await?;
    }
    tx.commit().await?;
    Ok(cookie(COOKIE, "", 0))
}

pub(super) fn cookie(name: &str, value: &str, max_age_seconds: i64) -> String {
    format!("{name}={value}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={max_age_seconds}")
}

pub(super) fn hash(token: &str) -> TokenHash {
    Sha256::digest(token).into()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn the_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(
            header::COOKIE,
            HeaderValue::from_static("a=b; __Host-cornerdesk=t0k-en; c=d"),
        );
        assert_eq!(token(&headers).as_deref(), Some("t0k-en"));
        headers.clear();
        headers.append(
            header::COOKIE,
            HeaderValue::from_static("cornerdesk=t0k-en"),
        );
        assert_eq!(token(&headers), None);
    }
}
