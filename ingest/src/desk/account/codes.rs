//! `/desk/account/codes`: codes of an app are set up, and turned off again.

use axum::{
    Form,
    extract::State,
    http::StatusCode,
    response::{Html, IntoResponse, Redirect, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use cornerdesk_shared::problem::ProblemKind;
use minijinja::context;
use qrcode::{EcLevel, QrCode, render::svg};
use serde::Deserialize;

use crate::{
    app::App,
    audit::{Act, By},
    desk::{
        guesses::{self, Counted},
        password,
        second_step::{hash_of, secret_of},
        session::{Entered, shown},
    },
    http::{checked::CheckedBody, client_address::Client, problem::HttpError},
    ids,
    staff::totp,
    store::{self, Tx, second_factor::CODES_RULE, staff::Staff},
};

/// So many codes for the worst.
const CODES: usize = 10;

/// The page: a picture to scan, the same to type, and a field for the first code.
///
/// # Errors
/// When the database fails.
pub async fn get(State(app): State<App>, entered: Entered) -> Result<Response, HttpError> {
    if entered.staff.has_codes {
        return Ok(Redirect::to("/desk/account#codes").into_response());
    }
    let mut tx = app.store.read().await?;
    let known = secret_of(&app, &mut tx, &entered.staff).await?;
    tx.rollback().await?;
    let secret = match known {
        Some(secret) => secret,
        None => offer(&app, &entered.staff).await?,
    };
    page(&app, &entered, StatusCode::OK, &secret, None)
}

/// A new secret, sealed and kept until a code of it was right.
async fn offer(app: &App, staff: &Staff) -> Result<totp::Secret, HttpError> {
    let mut secret = totp::Secret::default();
    secret.copy_from_slice(&ids::new_secret_bytes()[..20]);
    let sealed = app.sealing.seal(staff.id.as_bytes(), &secret);
    let sealed = sealed.map_err(|error| {
        tracing::error!("{error}");
        HttpError::new(ProblemKind::Internal, "The secret cannot be kept.")
    })?;
    let mut tx = app.store.write().await?;
    store::second_factor::offer(&mut tx, staff.id, &sealed).await?;
    tx.commit().await?;
    Ok(secret)
}

/// The first code.
#[derive(Deserialize)]
pub struct Typed {
    #[serde(default)]
    code: String,
}

/// Turns codes on when the first one is right, and shows those for the worst, this once.
///
/// # Errors
/// When the database fails.
pub async fn post(
    State(app): State<App>,
    entered: Entered,
    client: Client,
    CheckedBody(Form(typed)): CheckedBody<Form<Typed>>,
) -> Result<Response, HttpError> {
    let (staff, now) = (&entered.staff, app.clock.now());
    let to_the_page = || Redirect::to("/desk/account/codes").into_response();
    if staff.has_codes {
        return Ok(to_the_page());
    }
    let mut tx = app.store.read().await?;
    let secret = secret_of(&app, &mut tx, staff).await?;
    tx.rollback().await?;
    let Some(secret) = secret else {
        return Ok(to_the_page());
    };
    let at = format!("code of {}", staff.id);
    let guess = match guesses::count(&app, &at, client).await? {
        Counted::Yes(guess) => guess,
        Counted::Wait(wait) => {
            let words = guesses::words(wait);
            let status = StatusCode::TOO_MANY_REQUESTS;
            return page(&app, &entered, status, &secret, Some(&words));
        }
    };
    let mut tx = app.store.write().await?;
    if !is_right(&mut tx, staff, &secret, &typed.code, now).await? {
        tx.rollback().await?;
        let words = "That is not the code that the app shows now. Is the clock of your phone right? Type the next one.";
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return page(&app, &entered, status, &secret, Some(words));
    }
    guess.was_right(&mut tx).await?;
    let codes: Vec<String> = (0..CODES).map(|_| ids::new_recovery_code()).collect();
    let hashes: Vec<_> = codes.iter().map(|code| hash_of(code)).collect();
    store::second_factor::turn_on(&mut tx, staff.id, &hashes, now).await?;
    let act = Act::CodesTurnedOn(staff.id);
    store::audit::append(&mut tx, By::Staff(staff.id), &act, now).await?;
    tx.commit().await?;
    let html = app.pages.render(
        "desk/recovery_codes.html",
        context! { staff => shown(staff), codes },
    )?;
    Ok(Html(html).into_response())
}

async fn is_right(
    tx: &mut Tx,
    staff: &Staff,
    secret: &totp::Secret,
    typed: &str,
    now: jiff::Timestamp,
) -> Result<bool, HttpError> {
    match totp::step_of(secret, typed, now) {
        Some(step) => Ok(store::second_factor::use_step(tx, staff.id, step).await?),
        None => Ok(false),
    }
}

/// The password, once more.
#[derive(Deserialize)]
pub struct Farewell {
    #[serde(default)]
    password: String,
}

/// `POST /desk/account/codes/off`: no code is asked for any more.
///
/// # Errors
/// When everybody has to have one, the password is wrong, or the database fails.
pub async fn off(
    State(app): State<App>,
    entered: Entered,
    client: Client,
    CheckedBody(Form(typed)): CheckedBody<Form<Farewell>>,
) -> Result<Response, HttpError> {
    let staff = &entered.staff;
    let refused = |detail: String| HttpError::new(ProblemKind::MalformedRequest, detail);
    let at = format!("password of {}", staff.email);
    let guess = match guesses::count(&app, &at, client).await? {
        Counted::Yes(guess) => guess,
        Counted::Wait(wait) => return Err(refused(guesses::words(wait))),
    };
    if !password::verify(typed.password, Some(staff.password_hash.clone())).await {
        return Err(refused(
            "That is not your password, so codes are still asked for. Go back and type it again."
                .to_owned(),
        ));
    }
    let mut tx = app.store.write().await?;
    guess.was_right(&mut tx).await?;
    if store::second_factor::rule(&mut tx, CODES_RULE).await? == 1 {
        tx.commit().await?;
        return Err(refused(
            "Everybody signs in with a code here: an admin has set it so.".to_owned(),
        ));
    }
    if store::second_factor::turn_off(&mut tx, staff.id).await? {
        let act = Act::CodesTurnedOff(staff.id);
        store::audit::append(&mut tx, By::Staff(staff.id), &act, app.clock.now()).await?;
    }
    tx.commit().await?;
    Ok(Redirect::to("/desk/account#codes").into_response())
}

fn page(
    app: &App,
    entered: &Entered,
    status: StatusCode,
    secret: &totp::Secret,
    fault: Option<&str>,
) -> Result<Response, HttpError> {
    let symbols = totp::base32(secret);
    let groups = symbols.as_bytes().chunks(4);
    let typed: Vec<_> = groups.map(|group| String::from_utf8_lossy(group)).collect();
    let html = app.pages.render(
        "desk/codes.html",
        context! {
            staff => shown(&entered.staff),
            owes_codes => entered.owes_codes,
            picture => picture(&totp::address(secret, &entered.staff.email)),
            typed => typed.join(" "),
            fault,
        },
    )?;
    Ok((status, Html(html)).into_response())
}

/// A QR code as the address of a picture. Black on white, also where the page is dark: many cameras read nothing else.
fn picture(text: &str) -> Option<String> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let image = code
        .render::<svg::Color<'_>>()
        .min_dimensions(200, 200)
        .build();
    Some(format!(
        "data:image/svg+xml;base64,{}",
        STANDARD.encode(image)
    ))
}
