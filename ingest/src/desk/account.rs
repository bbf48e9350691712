//! `/desk/account`: what somebody has in their own hands: password, codes, and where they are signed in.

pub mod codes;

use axum::{
    Form,
    extract::State,
    http::StatusCode,
    response::{Html, IntoResponse, Redirect, Response},
};
use cornerdesk_shared::problem::ProblemKind;
use minijinja::{Value, context};
use serde::Deserialize;

use super::{
    guesses::{self, Counted},
    password::{self, PasswordError},
    session::{self, Entered},
};
use crate::{
    app::App,
    audit::{Act, By},
    hexadecimal::{hex, unhex},
    http::{checked::CheckedBody, client_address::Client, problem::HttpError},
    show::Moment,
    store::{self, sessions::Session},
};

/// The page.
///
/// # Errors
/// When the database fails.
pub async fn get(State(app): State<App>, entered: Entered) -> Result<Response, HttpError> {
    page(&app, &entered, StatusCode::OK, Message::default()).await
}

/// What the page says above itself.
#[derive(Debug, Default)]
struct Message {
    fault: Option<String>,
    done: Option<&'static str>,
}

async fn page(
    app: &App,
    entered: &Entered,
    status: StatusCode,
    message: Message,
) -> Result<Response, HttpError> {
    let (staff, now) = (&entered.staff, app.clock.now());
    let mut tx = app.store.read().await?;
    let sessions = store::sessions::of_staff(&mut tx, staff.id, session::limits(app), now).await?;
    let codes_left = store::second_factor::count_codes(&mut tx, staff.id).await?;
    let hears_answers = store::hearing::hears_answers(&mut tx, staff.id).await?;
    let hears_mentions = store::hearing::hears_mentions(&mut tx, staff.id).await?;
    let rule = store::second_factor::rule(&mut tx, store::second_factor::CODES_RULE).await?;
    let oidc = &app.config.desk.oidc;
    let linked = store::identities::since(&mut tx, staff.id, &oidc.issuer).await?;
    tx.rollback().await?;
    let row = |one: &Session| -> Value {
        context! {
            id => hex(&one.token_hash),
            device => &one.device,
            is_this => one.token_hash == entered.session,
            by_provider => one.by_provider,
            began => Moment::new(one.created_at, now),
            used => Moment::new(one.last_used_at, now),
        }
    };
    let html = app.pages.render(
        "desk/account.html",
        context! {
            staff => session::shown(staff),
            role => staff.role.title(),
            sessions => sessions.iter().map(row).collect::<Vec<_>>(),
            has_codes => staff.has_codes,
            owes_codes => entered.owes_codes,
            codes_left,
            codes_are_asked => rule == 1,
            hears_answers,
            hears_mentions,
            least_chars => password::LEAST_CHARS,
            provider => oidc.is_on().then_some(&oidc.name),
            linked => linked.map(|at| Moment::new(at, now)),
            has_password => !staff.password_hash.is_empty(),
            allows_passwords => oidc.allows_passwords(),
            fault => message.fault,
            done => message.done,
        },
    )?;
    Ok((status, Html(html)).into_response())
}

/// Which session.
#[derive(Debug, Deserialize)]
pub struct Which {
    /// What is kept of its token, in hexadecimal; without it all others.
    #[serde(default)]
    session: String,
}

/// `POST /desk/account/sessions`: ends one session, or all but this one.
///
/// # Errors
/// When the database fails.
pub async fn end_sessions(
    State(app): State<App>,
    entered: Entered,
    CheckedBody(Form(which)): CheckedBody<Form<Which>>,
) -> Result<Redirect, HttpError> {
    let (whose, now) = (entered.staff.id, app.clock.now());
    let mut tx = app.store.write().await?;
    let count = if which.session.is_empty() {
        store::sessions::close_others_of(&mut tx, whose, Some(entered.session)).await?
    } else {
        let hash = unhex(&which.session).and_then(|hash| hash.try_into().ok());
        let hash = hash.ok_or_else(|| {
            HttpError::new(ProblemKind::MalformedRequest, "There is no such session.")
        })?;
        u64::from(store::sessions::close_one_of(&mut tx, whose, hash).await?)
    };
    if count > 0 {
        let act = Act::SessionsEnded { whose, count };
        store::audit::append(&mut tx, By::Staff(whose), &act, now).await?;
    }
    tx.commit().await?;
    Ok(Redirect::to("/desk/account#sessions"))
}

/// Of what somebody wants to hear.
#[derive(Debug, Deserialize)]
pub struct Hearing {
    /// Ticked or not there.
    #[serde(default)]
    answers: Option<String>,
    /// The same.
    #[serde(default)]
    mentions: Option<String>,
}

/// `POST /desk/account/mails`: of what they hear by mail.
///
/// # Errors
/// When the database fails.
pub async fn choose_mails(
    State(app): State<App>,
    entered: Entered,
    CheckedBody(Form(hearing)): CheckedBody<Form<Hearing>>,
) -> Result<Response, HttpError> {
    let mut tx = app.store.write().await?;
    let (whose, answers) = (entered.staff.id, hearing.answers.is_some());
    let mentions = hearing.mentions.is_some();
    store::hearing::set_answers(&mut tx, whose, answers).await?;
    store::hearing::set_mentions(&mut tx, whose, mentions).await?;
    tx.commit().await?;
    let done = Some(match (answers, mentions) {
        (true, true) => {
            "You get a mail when the requester of a ticket of yours writes, and when a colleague mentions you."
        }
        (true, false) => {
            "You get a mail when the requester of a ticket of yours writes, and none when a colleague mentions you."
        }
        (false, true) => {
            "You get no mails about answers any more, and one when a colleague mentions you."
        }
        (false, false) => {
            "You get no mails about answers any more, and none when a colleague mentions you."
        }
    });
    let message = Message { fault: None, done };
    page(&app, &entered, StatusCode::OK, message).await
}

/// A new password.
#[derive(Deserialize)]
pub struct Wish {
    #[serde(default)]
    current: String,
    #[serde(default)]
    new: String,
}

/// `POST /desk/account/password`: another password; every other session ends.
///
/// # Errors
/// When the database fails.
pub async fn change_password(
    State(app): State<App>,
    entered: Entered,
    client: Client,
    CheckedBody(Form(wish)): CheckedBody<Form<Wish>>,
) -> Result<Response, HttpError> {
    let staff = &entered.staff;
    let refuse = async |status, fault: String| {
        let fault = Some(fault);
        page(&app, &entered, status, Message { fault, done: None }).await
    };
    let at = format!("password of {}", staff.email);
    let guess = match guesses::count(&app, &at, client).await? {
        Counted::Yes(guess) => guess,
        Counted::Wait(wait) => {
            return refuse(StatusCode::TOO_MANY_REQUESTS, guesses::words(wait)).await;
        }
    };
    if !password::verify(wish.current, Some(staff.password_hash.clone())).await {
        let fault = "That is not your password of now. Nothing was changed.".to_owned();
        return refuse(StatusCode::UNPROCESSABLE_ENTITY, fault).await;
    }
    let hash = match password::hash(wish.new).await {
        Ok(hash) => hash,
        Err(fault @ PasswordError::TooShort) => {
            let fault = format!("Nothing was changed: {fault}.");
            return refuse(StatusCode::UNPROCESSABLE_ENTITY, fault).await;
        }
        Err(fault) => {
            tracing::error!("{fault}");
            return Err(HttpError::new(
                ProblemKind::Internal,
                "The password cannot be kept.",
            ));
        }
    };
    let mut tx = app.store.write().await?;
    guess.was_right(&mut tx).await?;
    store::staff::give_password(&mut tx, staff.id, &staff.name, &hash).await?;
    store::sessions::close_others_of(&mut tx, staff.id, Some(entered.session)).await?;
    let act = Act::PasswordChanged(staff.id);
    store::audit::append(&mut tx, By::Staff(staff.id), &act, app.clock.now()).await?;
    tx.commit().await?;
    let done = Some("You have a new password. Every other session of yours has ended.");
    page(
        &app,
        &entered,
        StatusCode::OK,
        Message { fault: None, done },
    )
    .await
}
