//! Who is signed in. The cookie holds a random token, the database its hash.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use jiff::SignedDuration;
use sha2::{Digest, Sha256};

use crate::{
    app::App,
    http::problem::HttpError,
    ids,
    store::{self, StoreError, staff::Staff},
};

/// `__Host-`: the browser takes it only with Secure, for this host and the whole of it, so that no other host of the domain can plant one.
const COOKIE: &str = "__Host-cornerdesk";

/// Somebody who is signed in; everybody else is sent to the sign-in page.
#[derive(Clone)]
pub struct SignedIn(pub Staff);

impl FromRequestParts<App> for SignedIn {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let staff = match token(&parts.headers) {
            Some(token) => whose(app, &token)
                .await
                .map_err(|error| HttpError::from(error).into_response())?,
            None => None,
        };
        let path = parts
            .uri
            .path_and_query()
            .map_or("/desk", |path| path.as_str());
        staff
            .map(SignedIn)
            .ok_or_else(|| Redirect::to(&super::way_back::address(path)).into_response())
    }
}

/// The token of the cookie.
#[must_use]
pub fn token(headers: &HeaderMap) -> Option<String> {
    let cookies = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok());
    cookies
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == COOKIE)
        .map(|(_, value)| value.to_owned())
}

async fn whose(app: &App, token: &str) -> Result<Option<Staff>, StoreError> {
    let mut tx = app.store.read().await?;
    let staff = store::staff::find_by_session(&mut tx, hash(token), app.clock.now()).await?;
    tx.rollback().await?;
    Ok(staff)
}

/// Signs somebody in: the value of `Set-Cookie`.
///
/// # Errors
/// When the database fails.
pub async fn open(app: &App, staff: &Staff) -> Result<String, StoreError> {
    let token = ids::new_token();
    let now = app.clock.now();
    let lasts = SignedDuration::from_hours(i64::from(app.config.desk.session_hours));
    let mut tx = app.store.write().await?;
    store::staff::open_session(
        &mut tx,
        hash(&token),
        staff.id,
        now,
        now.saturating_add(lasts).unwrap_or(now),
    )
    .await?;
    tx.commit().await?;
    Ok(cookie(&token, lasts.as_secs()))
}

/// Signs somebody out: the value of `Set-Cookie`.
///
/// # Errors
/// When the database fails.
pub async fn close(app: &App, token: &str) -> Result<String, StoreError> {
    let mut tx = app.store.write().await?;
    store::staff::close_session(&mut tx, hash(token)).await?;
    tx.commit().await?;
    Ok(cookie("", 0))
}

fn cookie(token: &str, max_age_seconds: i64) -> String {
    format!("{COOKIE}={token}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={max_age_seconds}")
}

fn hash(token: &str) -> [u8; 32] {
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
