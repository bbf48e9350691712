//! Whoever looks at a request proves by a mailed code that its mailbox is theirs.
//!
//! The link alone is not enough for what is personal: mails are passed on, and scanners open what is in them. The session that follows is for one
//! ticket, and the forms that need it carry a token of it.

use axum::{
    Form,
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use tokio::time::Instant;
use uuid::Uuid;

use super::{LOOKS_MOST, Seen, Shown, access::is_about_access, back, look, page};
use crate::{
    app::App,
    http::{
        checked::{Checked, CheckedBody},
        client_address::Client,
        cookie, mail_link,
        patience::Act,
        problem::HttpError,
    },
    ids,
    outbox::send_page_code::{self, CODE_LASTS},
    store::{self, StoreError},
};

/// `__Host-`: the browser takes it only with Secure, for this host and the whole of it.
const COOKIE: &str = "__Host-cornerdesk-request";
/// How long a session lasts.
const SESSION_LASTS: SignedDuration = SignedDuration::from_mins(30);
/// A code of eight digits is not found in so many guesses, and no more codes are mailed for a ticket in an hour than this.
const ATTEMPTS: i32 = 5;
const CODES_AN_HOUR: u64 = 5;

/// How far somebody has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Stage {
    /// They have only the link.
    #[default]
    Stranger,
    /// A code was mailed for this sign-in, which began in a part of the page.
    Coded(Uuid, Part),
    /// They are signed in; the token is for the forms.
    SignedIn(String),
}

/// The part of the page for which somebody signs in: there they go on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Part {
    /// What was written.
    Messages,
    /// Who may enter the account.
    #[default]
    Access,
}

impl Part {
    /// The address of the section in the page.
    const fn anchor(self) -> &'static str {
        match self {
            Self::Messages => "#messages",
            Self::Access => "#access",
        }
    }
}

/// How far the sender of a request has come.
///
/// # Errors
/// When the database fails.
pub(super) async fn stage(
    app: &App,
    seen: &Seen,
    headers: &HeaderMap,
) -> Result<Stage, StoreError> {
    let Some(session) = cookie::of(headers, COOKIE) else {
        return Ok(Stage::Stranger);
    };
    let (ticket, now) = (&seen.ticket, app.clock.now());
    let hash = Sha256::digest(&session).into();
    let mut tx = app.store.read_for(&ticket.site).await?;
    let is_open =
        store::page_sign_ins::is_open(&mut tx, &ticket.site, ticket.id, &hash, now).await?;
    tx.rollback().await?;
    Ok(if is_open {
        Stage::SignedIn(app.status_links.form_token(&session))
    } else {
        Stage::Stranger
    })
}

/// For which part of the page.
#[derive(Debug, Deserialize)]
pub(super) struct Wish {
    #[serde(default)]
    part: Part,
}

/// `POST /t/{token}/code`: mails a code. Whoever asks learns nothing of the mailbox.
///
/// # Errors
/// When the client asks too often or the database fails.
pub(super) async fn post_code(
    State(app): State<App>,
    Checked(Path(token)): Checked<Path<String>>,
    Client(source): Client,
    headers: HeaderMap,
    CheckedBody(Form(wish)): CheckedBody<Form<Wish>>,
) -> Result<Response, HttpError> {
    app.patience
        .allow(Act::Follow, LOOKS_MOST, source, Instant::now())?;
    let Some(seen) = look(&app, &token).await? else {
        return mail_link::gone(&app, &headers).await;
    };
    let part = wish.part;
    let has_messages = seen.messages.iter().any(|message| message.kind.is_public());
    if !has_messages && !is_about_access(&app, &seen) {
        return show(&app, &seen, Stage::Stranger, None).await;
    }
    let (ticket, now) = (&seen.ticket, app.clock.now());
    let mut tx = app.store.write_for(&ticket.site).await?;
    store::tickets::lock(&mut tx, &ticket.site, ticket.id).await?;
    let since = minus(now, SignedDuration::from_hours(1));
    let asked = store::page_sign_ins::count_since(&mut tx, &ticket.site, ticket.id, since).await?;
    if asked >= CODES_AN_HOUR {
        tx.rollback().await?;
        return show(&app, &seen, Stage::Stranger, Some((part, "code_too_many"))).await;
    }
    let sign_in = ids::new_secret_id();
    let times = (now, plus(now, CODE_LASTS));
    store::page_sign_ins::insert(&mut tx, &ticket.site, sign_in, ticket.id, times, ATTEMPTS)
        .await?;
    // Nobody gets mail about a ticket that is held. Its page says so no more than anything else: whoever is suspected is not told.
    if ticket.held.is_none() {
        let payload = send_page_code::payload(ticket.id, sign_in);
        let (site, kind) = (&ticket.site, send_page_code::KIND);
        store::jobs::insert(&mut tx, site, ids::new_id(), kind, &payload, now, now).await?;
    }
    tx.commit().await?;
    app.new_jobs.announce();
    show(&app, &seen, Stage::Coded(sign_in, part), None).await
}

/// The code as it was typed.
#[derive(Debug, Deserialize)]
pub(super) struct Typed {
    sign_in: Uuid,
    #[serde(default)]
    code: String,
    #[serde(default)]
    part: Part,
}

/// `POST /t/{token}/sign-in`: begins a session when the code is right.
///
/// # Errors
/// When the database fails.
pub(super) async fn post_sign_in(
    State(app): State<App>,
    Checked(Path(token)): Checked<Path<String>>,
    headers: HeaderMap,
    CheckedBody(Form(typed)): CheckedBody<Form<Typed>>,
) -> Result<Response, HttpError> {
    let Some(seen) = look(&app, &token).await? else {
        return mail_link::gone(&app, &headers).await;
    };
    let (ticket, now) = (&seen.ticket, app.clock.now());
    let digits: String = typed.code.chars().filter_map(digit).collect();
    let mut tx = app.store.write_for(&ticket.site).await?;
    let (site, id) = (&ticket.site, typed.sign_in);
    // Counted before it is looked at, so that guesses at the same moment count each.
    let may_try = store::page_sign_ins::spend_attempt(&mut tx, site, id, ticket.id, now).await?;
    if !may_try {
        tx.rollback().await?;
        return show(
            &app,
            &seen,
            Stage::Stranger,
            Some((typed.part, "code_none")),
        )
        .await;
    }
    if !app.status_links.is_code(id, &digits) {
        tx.commit().await?;
        let (stage, fault) = (Stage::Coded(id, typed.part), (typed.part, "code_wrong"));
        return show(&app, &seen, stage, Some(fault)).await;
    }
    let session = ids::new_token();
    let hash = Sha256::digest(&session).into();
    let until = plus(now, SESSION_LASTS);
    store::page_sign_ins::open_session(&mut tx, site, id, ticket.id, &hash, until).await?;
    tx.commit().await?;
    let cookie = format!(
        "{COOKIE}={session}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={}",
        SESSION_LASTS.as_secs()
    );
    let mut response = back(&token, typed.part.anchor()).into_response();
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// A digit of any script: keyboards write their own.
fn digit(c: char) -> Option<char> {
    let zero = match c {
        '0'..='9' => '0',
        '\u{660}'..='\u{669}' => '\u{660}',
        '\u{6f0}'..='\u{6f9}' => '\u{6f0}',
        '\u{ff10}'..='\u{ff19}' => '\u{ff10}',
        _ => return None,
    };
    char::from_digit(u32::from(c) - u32::from(zero), 10)
}

/// Is this a form of a session that is open for this very ticket?
pub(super) async fn signed_in(
    app: &App,
    seen: &Seen,
    headers: &HeaderMap,
    form_token: &str,
) -> Result<Option<Stage>, StoreError> {
    let is_own = cookie::of(headers, COOKIE)
        .is_some_and(|session| app.status_links.is_form_token(&session, form_token));
    let stage = stage(app, seen, headers).await?;
    Ok((is_own && stage != Stage::Stranger).then_some(stage))
}

/// The page, of whoever signs in.
pub(super) async fn show(
    app: &App,
    seen: &Seen,
    stage: Stage,
    fault: Option<(Part, &'static str)>,
) -> Result<Response, HttpError> {
    let shown = Shown {
        stage,
        sign_in_fault: fault,
        ..Shown::default()
    };
    page(app, seen, &shown).await
}

fn plus(now: Timestamp, by: SignedDuration) -> Timestamp {
    now.saturating_add(by).unwrap_or(now)
}

fn minus(now: Timestamp, by: SignedDuration) -> Timestamp {
    now.saturating_sub(by).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_in_the_digits_of_every_keyboard() {
        for typed in [
            "12345678",
            " 1234 5678",
            "١٢٣٤٥٦٧٨",
            "۱۲۳۴-۵۶۷۸",
            "１２３４５６７８",
        ] {
            assert_eq!(
                typed.chars().filter_map(digit).collect::<String>(),
                "12345678"
            );
        }
    }
}
