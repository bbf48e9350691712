//! `/desk/invitation/{token}`: who was invited chooses a name and a password. Opening the link changes nothing: scanners of mails do that.

use axum::{
    Form,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
};
use cornerdesk_shared::{problem::ProblemKind, validation::clean_line};
use minijinja::context;
use serde::Deserialize;
use uuid::Uuid;

use super::{password, session};
use crate::{
    app::App,
    audit::Proof,
    http::{checked::CheckedBody, problem::HttpError},
    staff::invitation::id_of,
    store::{self, staff::Staff},
};

/// Longest name, in characters.
pub const NAME_MOST_CHARS: usize = 100;

/// The page.
///
/// # Errors
/// When the link is good no more, or the database fails.
pub async fn get(State(app): State<App>, Path(token): Path<String>) -> Result<Response, HttpError> {
    let (_, staff) = invited(&app, &token).await?;
    page(
        &app,
        StatusCode::OK,
        &token,
        &staff.email,
        &staff.name,
        None,
    )
}

/// What somebody typed.
#[derive(Deserialize)]
pub struct Wish {
    #[serde(default)]
    name: String,
    #[serde(default)]
    password: String,
}

/// Takes name and password, and signs them in.
///
/// # Errors
/// When the link is good no more, or the database fails.
pub async fn post(
    State(app): State<App>,
    Path(token): Path<String>,
    headers: HeaderMap,
    CheckedBody(Form(wish)): CheckedBody<Form<Wish>>,
) -> Result<Response, HttpError> {
    let (id, staff) = invited(&app, &token).await?;
    let line = clean_line(&wish.name);
    let name: String = line.chars().take(NAME_MOST_CHARS).collect();
    if !app.config.desk.oidc.allows_passwords() {
        let detail = "Passwords open nothing here. Open the link again and use the button.";
        return Err(HttpError::new(ProblemKind::MalformedRequest, detail));
    }
    let refuse = |fault: &str| {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        page(&app, status, &token, &staff.email, &name, Some(fault))
    };
    if name.is_empty() {
        return refuse("Say how colleagues know you.");
    }
    let hash = match password::hash(wish.password).await {
        Ok(hash) => hash,
        Err(fault) => return refuse(&format!("Choose another: {fault}.")),
    };
    let mut tx = app.store.write().await?;
    if !store::invitations::use_up(&mut tx, id, app.clock.now()).await? {
        tx.rollback().await?;
        return Err(over());
    }
    store::staff::give_password(&mut tx, staff.id, &name, &hash).await?;
    let proof = Proof::Invitation;
    let cookie = session::open(&app, &mut tx, &staff, &headers, proof).await?;
    tx.commit().await?;
    Ok((
        [(header::SET_COOKIE, cookie)],
        Redirect::to("/desk/account"),
    )
        .into_response())
}

async fn invited(app: &App, token: &str) -> Result<(Uuid, Staff), HttpError> {
    let id = id_of(&app.sealing, token).ok_or_else(over)?;
    let mut tx = app.store.read().await?;
    let whose = store::invitations::find(&mut tx, id, app.clock.now()).await?;
    let staff = match whose {
        Some(staff) => store::staff::find(&mut tx, staff).await?,
        None => None,
    };
    tx.rollback().await?;
    Ok((id, staff.ok_or_else(over)?))
}

fn over() -> HttpError {
    let detail =
        "This invitation was used or is over. Ask the admin who invited you for a new one.";
    HttpError::new(ProblemKind::NotFound, detail)
}

fn page(
    app: &App,
    status: StatusCode,
    token: &str,
    email: &str,
    name: &str,
    fault: Option<&str>,
) -> Result<Response, HttpError> {
    let least_chars = password::LEAST_CHARS;
    let oidc = &app.config.desk.oidc;
    let provider = oidc.is_on().then_some(&oidc.name);
    let allows_passwords = oidc.allows_passwords();
    let html = app.pages.render(
        "desk/invitation.html",
        context! { token, email, name, fault, least_chars, provider, allows_passwords },
    )?;
    Ok((status, Html(html)).into_response())
}
