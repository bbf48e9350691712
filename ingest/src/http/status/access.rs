//! Access on the page of a request: the requester grants, and ends what they granted. Both ask for a session.

use axum::{
    Form,
    extract::{Path, State},
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use cornerdesk_shared::validation::clean_line;
use minijinja::{Value, context};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    Seen, Shown, back, look, page,
    page::Say,
    sign_in::{Part, Stage, show, signed_in},
    zone_of,
};
use crate::{
    access::Access,
    app::App,
    grants::{self, EndFault, Lasting, PURPOSE_MOST_CHARS},
    http::{
        checked::{Checked, CheckedBody},
        mail_link,
        problem::HttpError,
    },
    words,
};

/// The key of the words for somebody who has not said what the access is for.
const NO_PURPOSE: &str = "error_purpose";

/// What was typed, and what is wrong with it.
#[derive(Clone, Debug, Default)]
pub(super) struct Typed {
    /// The key of the words.
    fault: Option<&'static str>,
    purpose: Option<String>,
    lasting: Option<Lasting>,
    until: String,
}

/// Has anybody to do with access: a product that would ask, staff who asked, or somebody who granted?
pub(super) fn is_about_access(app: &App, seen: &Seen) -> bool {
    app.products.of(&seen.ticket.site).is_some()
        || !grants::of(&seen.timeline).is_empty()
        || grants::asked_for(&seen.timeline).is_some()
}

/// Who may enter the account; nothing where nobody has to do with that.
pub(super) fn view(app: &App, say: &Say, seen: &Seen, shown: &Shown, email: &str) -> Option<Value> {
    if !is_about_access(app, seen) {
        return None;
    }
    let now = app.clock.now();
    let granted = grants::of(&seen.timeline);
    let asked = grants::asked_for(&seen.timeline).map(|asked| asked.purpose);
    let open = granted
        .iter()
        .filter(|grant| grant.is_open(now))
        .map(|grant| {
            context! {
                id => grant.id.to_string(),
                until => say.promised("access.open", grant.until),
                purpose => say.with("access.open_for", "purpose", &grant.purpose),
            }
        });
    let used = granted
        .iter()
        .flat_map(|grant| &grant.uses)
        .rev()
        .map(|used| {
            let text = words::text(say.words, "access.used");
            let time = say.moment(used.at);
            words::fill(text, &[("time", &time), ("purpose", &used.purpose)])
        });
    let typed = &shown.access;
    let chosen = typed.lasting.unwrap_or(Lasting::Hour);
    let lasts = Lasting::ALL.map(|lasting| {
        let name = lasting.as_str();
        context! { value => name, text => say.text(&format!("access.lasts.{name}")), checked => lasting == chosen }
    });
    let form_token = match &shown.stage {
        Stage::SignedIn(token) => Some(token),
        Stage::Stranger | Stage::Coded(..) => None,
    };
    let sign_in_fault = shown
        .sign_in_fault
        .filter(|(part, _)| *part == Part::Access);
    let words_of = |key: Option<&str>| key.map(|key| say.text(&format!("access.{key}")));
    let (purpose_fault, until_fault) = match typed.fault {
        Some(NO_PURPOSE) => (typed.fault, None),
        fault => (None, fault),
    };
    let purpose = typed.purpose.as_deref().or(asked);
    Some(context! {
        asked,
        open => open.collect::<Vec<_>>(),
        uses => used.collect::<Vec<_>>(),
        fault => words_of(sign_in_fault.map(|(_, key)| key)),
        purpose_fault => words_of(purpose_fault),
        until_fault => words_of(until_fault),
        sign_in => sign_in_of(shown, Part::Access),
        form_token,
        purpose => purpose.map_or_else(|| say.text("access.purpose_default"), str::to_owned),
        lasts => lasts.to_vec(),
        until => &typed.until,
        until_label => say.with("access.until_label", "zone", &words::zone_name(say.zone)),
        code_why => say.with("access.code_why", "email", email),
    })
}

/// The sign-in that waits for its code in this part of the page.
pub(super) fn sign_in_of(shown: &Shown, part: Part) -> Option<String> {
    match &shown.stage {
        Stage::Coded(id, of) if *of == part => Some(id.to_string()),
        Stage::Coded(..) | Stage::Stranger | Stage::SignedIn(_) => None,
    }
}

/// What is granted.
#[derive(Debug, Deserialize)]
pub(super) struct Wish {
    #[serde(default)]
    form_token: String,
    #[serde(default)]
    purpose: String,
    #[serde(default)]
    lasts: String,
    #[serde(default)]
    until: String,
}

/// `POST /t/{token}/access`: grants.
///
/// # Errors
/// When the database fails.
pub(super) async fn post_grant(
    State(app): State<App>,
    Checked(Path(token)): Checked<Path<String>>,
    headers: HeaderMap,
    CheckedBody(Form(wish)): CheckedBody<Form<Wish>>,
) -> Result<Response, HttpError> {
    let Some(seen) = look(&app, &token).await? else {
        return mail_link::gone(&app, &headers).await;
    };
    let Some(stage) = signed_in(&app, &seen, &headers, &wish.form_token).await? else {
        return show(&app, &seen, Stage::Stranger, Some((Part::Access, "stale"))).await;
    };
    if !is_about_access(&app, &seen) || seen.ticket.held.is_some() {
        return show(&app, &seen, stage, None).await;
    }
    let now = app.clock.now();
    let line = clean_line(&wish.purpose);
    let purpose: String = line.chars().take(PURPOSE_MOST_CHARS).collect();
    let lasting = Lasting::from_name(&wish.lasts).unwrap_or(Lasting::Hour);
    let end = lasting.end(&wish.until, &zone_of(&app, &seen.ticket).await?, now);
    let fault = match end {
        _ if purpose.is_empty() => Some(NO_PURPOSE),
        Err(EndFault::Unreadable) => Some("error_until"),
        Err(EndFault::Past) => Some("error_past"),
        Err(EndFault::TooLate) => Some("error_too_late"),
        Ok(_) => None,
    };
    if let (None, Ok(until)) = (fault, end) {
        let access = Access::at(&app.store, &app.products, now);
        access.grant(&seen.ticket, &purpose, until).await?;
        app.new_jobs.announce();
        return Ok(back(&token, "#access").into_response());
    }
    let shown = Shown {
        stage,
        access: Typed {
            fault,
            purpose: Some(purpose),
            lasting: Some(lasting),
            until: wish.until,
        },
        ..Shown::default()
    };
    page(&app, &seen, &shown).await
}

/// What is ended.
#[derive(Debug, Deserialize)]
pub(super) struct End {
    #[serde(default)]
    form_token: String,
    grant: Uuid,
}

/// `POST /t/{token}/revoke`: ends a grant at once.
///
/// # Errors
/// When the database fails.
pub(super) async fn post_revoke(
    State(app): State<App>,
    Checked(Path(token)): Checked<Path<String>>,
    headers: HeaderMap,
    CheckedBody(Form(end)): CheckedBody<Form<End>>,
) -> Result<Response, HttpError> {
    let Some(seen) = look(&app, &token).await? else {
        return mail_link::gone(&app, &headers).await;
    };
    if signed_in(&app, &seen, &headers, &end.form_token)
        .await?
        .is_none()
    {
        return show(&app, &seen, Stage::Stranger, Some((Part::Access, "stale"))).await;
    }
    let access = Access::at(&app.store, &app.products, app.clock.now());
    access.revoke(&seen.ticket, end.grant).await?;
    app.new_jobs.announce();
    Ok(back(&token, "#access").into_response())
}
