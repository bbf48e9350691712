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

use super::{password, session, way_back::own_page};
use crate::{
    app::App,
    http::{
        checked::{Checked, CheckedBody},
        problem::HttpError,
    },
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

/// The page.
///
/// # Errors
/// When the template is at fault.
pub async fn get(
    State(app): State<App>,
    Checked(Query(goal)): Checked<Query<Goal>>,
) -> Result<Response, HttpError> {
    page(&app, StatusCode::OK, None, "", &goal.next)
}

/// Signs in. A wrong address and a wrong password are answered with the same words after the same time.
///
/// # Errors
/// When the database fails.
pub async fn post(
    State(app): State<App>,
    CheckedBody(Form(typed)): CheckedBody<Form<Credentials>>,
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
