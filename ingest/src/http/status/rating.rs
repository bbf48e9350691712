//! `POST /t/{token}/rating`: what the requester thinks of the help, when it is over.

use axum::{
    Form,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use minijinja::{Value, context};
use serde::Deserialize;
use tokio::time::Instant;

use super::{Seen, Shown, WRITES_MOST, back, look, page, page::Say, sign_in};
use crate::{
    app::App,
    http::{
        checked::{Checked, CheckedBody},
        client_address::Client,
        mail_link,
        patience::Act,
        problem::HttpError,
    },
    rating::{self, Fault, Rating},
    status::reader::Reader,
};

/// What was typed, and what is wrong with it.
#[derive(Debug, Default)]
pub(super) struct Typed {
    fault: Option<Fault>,
    is_good: Option<bool>,
    comment: Option<String>,
}

/// The form.
#[derive(Debug, Deserialize)]
pub(super) struct Said {
    /// `good` or `bad`.
    #[serde(default)]
    score: String,
    #[serde(default)]
    comment: String,
}

/// Keeps it, in place of the one before.
///
/// # Errors
/// When the client asks too often or the database fails.
pub(super) async fn post(
    State(app): State<App>,
    Checked(Path(token)): Checked<Path<String>>,
    Client(source): Client,
    headers: HeaderMap,
    CheckedBody(Form(said)): CheckedBody<Form<Said>>,
) -> Result<Response, HttpError> {
    app.patience
        .allow(Act::Write, WRITES_MOST, source, Instant::now())?;
    let Some(seen) = look(&app, &token).await? else {
        return mail_link::gone(&app, &headers).await;
    };
    let stage = sign_in::stage(&app, &seen, &headers).await?;
    let is_good = match said.score.as_str() {
        "good" => Some(true),
        "bad" => Some(false),
        _ => None,
    };
    let fault = match (is_good, rating::comment_of(&said.comment)) {
        (None, _) => Fault::NoChoice,
        (_, Err(fault)) => fault,
        (Some(is_good), Ok(comment)) => {
            // Who does not see the comment of before does not take it away by leaving the field empty.
            let keeps = seen.reader(&stage) == Reader::Holder;
            let (ticket, now) = (&seen.ticket, app.clock.now());
            let mut tx = app.store.write_for(&ticket.site).await?;
            rating::rate(&mut tx, ticket, is_good, comment, keeps, now).await?;
            tx.commit().await?;
            return Ok(back(&token, "#rating").into_response());
        }
    };
    let shown = Shown {
        status: StatusCode::UNPROCESSABLE_ENTITY,
        stage,
        rating: Typed {
            fault: Some(fault),
            is_good,
            comment: Some(said.comment),
        },
        ..Shown::default()
    };
    page(&app, &seen, &shown).await
}

/// For the template; nothing as long as it is not over.
pub(super) fn view(say: &Say, seen: &Seen, shown: &Shown, now: Timestamp) -> Option<Value> {
    let kept: Option<&Rating> = seen.rating.as_ref();
    if !seen.is_over() {
        return None;
    }
    let typed = &shown.rating;
    let may_read = seen.reader(&shown.stage) != Reader::Holder;
    let comment = kept.and_then(|kept| kept.comment.as_deref());
    let thanks = kept.map(|kept| {
        say.text(if kept.is_good {
            "rating.thanks_good"
        } else {
            "rating.thanks_bad"
        })
    });
    let fault = typed.fault.map(|fault| match fault {
        Fault::NoChoice => "rating.error_choice",
        Fault::TooLong => "rating.error_long",
    });
    Some(context! {
        thanks,
        comment => comment.filter(|_| may_read),
        may_change => kept.is_none_or(|kept| kept.may_change(now)),
        is_rated => kept.is_some(),
        is_good => typed.is_good.or(kept.map(|kept| kept.is_good)),
        typed => typed.comment.as_deref().or(comment.filter(|_| may_read)),
        is_about_comment => typed.fault == Some(Fault::TooLong),
        fault => fault.map(|key| say.text(key)),
    })
}
