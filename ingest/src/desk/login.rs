//! `/desk/login`, `/desk/logout`.

pub mod provider;

use axum::{
    Form,
    extract::{Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
};
use cornerdesk_shared::{limits::Limits, validation::validate_email};
use minijinja::context;
use serde::Deserialize;

use super::{
    guesses::{self, Counted},
    password, second_step, session,
    way_back::{self, own_page},
};
use crate::{
    app::App,
    audit::{Act, By, Proof},
    http::{
        checked::{Checked, CheckedBody},
        client_address::Client,
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
    page(&app, StatusCode::OK, Said::default(), &goal.next)
}

/// Signs in. A wrong address and a wrong password are answered with the same words after the same work, and both count as a guess.
///
/// # Errors
/// When the database fails.
pub async fn post(
    State(app): State<App>,
    client: Client,
    headers: HeaderMap,
    CheckedBody(Form(typed)): CheckedBody<Form<Credentials>>,
) -> Result<Response, HttpError> {
    if !app.config.desk.oidc.allows_passwords() {
        let words = "Passwords open nothing here. Use the button.";
        let said = Said::that(words);
        return page(&app, StatusCode::FORBIDDEN, said, &typed.next);
    }
    let email = typed.email.trim().to_lowercase();
    let said = |error| Said {
        error: Some(error),
        email: &email,
    };
    let guess = match guesses::count(&app, &format!("password of {email}"), client).await? {
        Counted::Yes(guess) => guess,
        Counted::Wait(wait) => {
            let words = guesses::words(wait);
            let status = StatusCode::TOO_MANY_REQUESTS;
            let answer = page(&app, status, said(&words), &typed.next)?;
            let seconds = wait.as_secs().max(1).to_string();
            return Ok(([(header::RETRY_AFTER, seconds)], answer).into_response());
        }
    };
    let staff = find(&app, &email).await?;
    // Who was invited and has not chosen a password yet has none that fits.
    let hash = staff.as_ref().map(|staff| staff.password_hash.clone());
    let is_right = password::verify(typed.password, hash.filter(|hash| !hash.is_empty())).await;
    let Some(staff) = staff.as_ref().filter(|_| is_right) else {
        tracing::info!("a sign-in to the desk failed");
        let act = Act::SignInFailed(staff.map(|staff| staff.id));
        let mut tx = app.store.write().await?;
        store::audit::append(&mut tx, By::Nobody, &act, app.clock.now()).await?;
        tx.commit().await?;
        return page(
            &app,
            StatusCode::UNAUTHORIZED,
            said("The e-mail address or the password is not right. Check both and try again."),
            &typed.next,
        );
    };
    let mut tx = app.store.write().await?;
    guess.was_right(&mut tx).await?;
    let next = own_page(&typed.next);
    let (cookie, to) = if staff.has_codes {
        second_step::begin(&app, &mut tx, staff, next).await?
    } else {
        let proof = Proof::Password;
        let cookie = session::open(&app, &mut tx, staff, &headers, proof).await?;
        (cookie, next.to_owned())
    };
    tx.commit().await?;
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(&to)).into_response())
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

/// What the page says back.
#[derive(Clone, Copy, Debug, Default)]
struct Said<'a> {
    /// What went wrong.
    error: Option<&'a str>,
    /// The address that was typed.
    email: &'a str,
}

impl<'a> Said<'a> {
    const fn that(error: &'a str) -> Self {
        Self {
            error: Some(error),
            email: "",
        }
    }
}

fn page(app: &App, status: StatusCode, said: Said<'_>, next: &str) -> Result<Response, HttpError> {
    let next = own_page(next);
    let oidc = &app.config.desk.oidc;
    let provider = oidc.is_on().then(|| {
        let address = way_back::to_provider(next);
        context! { name => &oidc.name, address }
    });
    let page = app.pages.render(
        "desk/login.html",
        context! {
            error => said.error,
            email => said.email,
            next,
            provider,
            allows_passwords => oidc.allows_passwords(),
        },
    )?;
    Ok((status, Html(page)).into_response())
}
