//! `/desk/login`, `/desk/logout`.

use axum::{
    Form,
    extract::{Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
};
use cornerdesk_shared::{limits::Limits, validation::validate_email};
use minijinja::context;
use serde::Deserialize;

use super::{password, session};
use crate::{
    app::App,
    http::problem::HttpError,
    store::{self, StoreError, staff::Staff},
};

/// Where to go after signing in.
#[derive(Debug, Default, Deserialize)]
pub struct Goal {
    #[serde(default)]
    next: String,
}

/// What somebody typed.
#[derive(Deserialize)]
pub struct Credentials {
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    next: String,
}

/// The sign-in page that leads back to `path`.
#[must_use]
pub fn address(path: &str) -> String {
    if path == "/desk" {
        return "/desk/login".to_owned();
    }
    let encoded: String = path
        .bytes()
        .map(|b| {
            if b.is_ascii_alphanumeric() || b"/-_.".contains(&b) {
                char::from(b).to_string()
            } else {
                format!("%{b:02X}")
            }
        })
        .collect();
    format!("/desk/login?next={encoded}")
}

/// Only our own pages: a link to the sign-in page must not lead elsewhere.
fn own_page(next: &str) -> &str {
    let is_own = next == "/desk" || next.starts_with("/desk/") || next.starts_with("/desk?");
    if is_own && !next.contains(['\\', '\r', '\n']) && !next.contains("//") {
        next
    } else {
        "/desk"
    }
}

/// The page.
///
/// # Errors
/// When the template is at fault.
pub async fn get(State(app): State<App>, Query(goal): Query<Goal>) -> Result<Response, HttpError> {
    page(&app, StatusCode::OK, None, "", &goal.next)
}

/// Signs in. A wrong address and a wrong password are answered with the same words after the same time.
///
/// # Errors
/// When the database fails.
pub async fn post(
    State(app): State<App>,
    Form(typed): Form<Credentials>,
) -> Result<Response, HttpError> {
    let email = typed.email.trim().to_lowercase();
    let staff = find(&app, &email).await?;
    let hash = staff.as_ref().map(|staff| staff.password_hash.clone());
    if !password::verify(typed.password, hash).await {
        tracing::info!("a sign-in to the desk failed");
        return page(
            &app,
            StatusCode::UNAUTHORIZED,
            Some("The e-mail address or the password is not right. Check both and try again."),
            &email,
            &typed.next,
        );
    }
    let Some(staff) = staff else {
        return page(&app, StatusCode::UNAUTHORIZED, None, &email, &typed.next);
    };
    let cookie = session::open(&app, &staff).await?;
    tracing::info!(staff.id = %staff.id, "somebody signed in to the desk");
    Ok((
        [(header::SET_COOKIE, cookie)],
        Redirect::to(own_page(&typed.next)),
    )
        .into_response())
}

/// What is no address is nobody's, and is not asked of the database (PostgreSQL refuses a NUL).
async fn find(app: &App, email: &str) -> Result<Option<Staff>, StoreError> {
    if validate_email(email, &Limits::default()).is_some() {
        return Ok(None);
    }
    let mut tx = app.store.read().await?;
    let staff = store::staff::find_by_email(&mut tx, email).await?;
    tx.rollback().await?;
    Ok(staff)
}

/// Signs out.
///
/// # Errors
/// When the database fails.
pub async fn logout(State(app): State<App>, headers: HeaderMap) -> Result<Response, HttpError> {
    let to_login = Redirect::to("/desk/login");
    let Some(token) = session::token(&headers) else {
        return Ok(to_login.into_response());
    };
    let cookie = session::close(&app, &token).await?;
    Ok(([(header::SET_COOKIE, cookie)], to_login).into_response())
}

fn page(
    app: &App,
    status: StatusCode,
    error: Option<&str>,
    email: &str,
    next: &str,
) -> Result<Response, HttpError> {
    let page = app.pages.render(
        "desk/login.html",
        context! { error, email, next => own_page(next) },
    )?;
    Ok((status, Html(page)).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signing_in_leads_to_our_own_pages_only() {
        for (next, to) in [
            ("/desk/tickets/CD-0000-0000", "/desk/tickets/CD-0000-0000"),
            ("/desk?before=CD-0000-0000", "/desk?before=CD-0000-0000"),
            ("", "/desk"),
            ("https://evil.example/", "/desk"),
            ("//evil.example/desk/", "/desk"),
            ("/desk//evil.example", "/desk"),
            ("/\\evil.example", "/desk"),
            ("/desk/\\evil", "/desk"),
            ("/deskevil", "/desk"),
        ] {
            assert_eq!(own_page(next), to, "{next}");
        }
    }

    #[test]
    fn the_way_back_is_one_value() {
        assert_eq!(
            address("/desk?page=2&before=x"),
            "/desk/login?next=/desk%3Fpage%3D2%26before%3Dx"
        );
    }
}
