//! The form as a browser sends it by itself.

use axum::{
    extract::Request,
    http::{StatusCode, header},
    response::Response,
};
use cornerdesk_shared::problem::ProblemKind;
use uuid::Uuid;

use super::{
    Mode, Wish,
    document::{Shown, Trouble, document, locale},
    new_key,
};
use crate::{
    app::App,
    form_token,
    http::{
        form,
        idempotency_key::IdempotencyKey,
        problem::{HttpError, status_of},
        tickets,
        vetting::{self, Vetted},
    },
    intake::{self, Accepted, Arrival, Refused},
    site::Site,
    source::Source,
    store::uploads::Upload,
    words,
};

/// The form without JavaScript. The same page comes back until everything is right, with every word and every file that
/// was already sent.
pub(super) async fn submit(
    app: &App,
    site: &Site,
    mode: Mode,
    wish: Wish,
    source: Option<Source>,
    request: Request,
) -> Result<Response, HttpError> {
    let accepted_locale = locale(site, mode, &wish, request.headers());
    let mut form = form::read(app, site, source, request).await?;
    let wished = form
        .submission
        .locale
        .as_deref()
        .and_then(words::shipped_locale);
    let locale = wished.unwrap_or(accepted_locale);
    let key = form
        .key
        .as_deref()
        .and_then(IdempotencyKey::parse)
        .unwrap_or_else(new_key);
    let vetted = vetting::vet(app, site, source, &form.evidence, true).await?;
    match accept(app, site, source, &form, &key, &vetted).await {
        Ok(accepted) => {
            form.settle(app, site, &accepted).await;
            let (Accepted::New(receipt) | Accepted::Replayed(receipt)) = accepted;
            let receipt = Some((receipt, form.submission.email.clone()));
            let shown = Shown {
                receipt,
                ..Shown::default()
            };
            document(app, site, mode, &wish, locale, StatusCode::CREATED, &shown)
        }
        Err(refused) => {
            let (status, trouble) = trouble(refused);
            let wait = match trouble {
                Trouble::TooMany(wait) => Some(wait),
                _ => None,
            };
            // Who corrects one word is not faster than a person: the form is as old as it was.
            let is_ours = |token: &String| form_token::issued_at(&app.secret, &site.key, token);
            let token = form.evidence.token.take();
            let token = token.filter(|token| is_ours(token).is_some());
            let uploads = keep_uploads(app, site, &mut form).await;
            let shown = Shown {
                submission: form.submission,
                trouble,
                uploads,
                key: key.as_str().to_owned(),
                token,
                receipt: None,
            };
            let mut page = document(app, site, mode, &wish, locale, status, &shown)?;
            if let Some(wait) = wait {
                page.headers_mut()
                    .insert(header::RETRY_AFTER, (wait.as_secs() + 1).into());
            }
            Ok(page)
        }
    }
}

/// Who goes back in the browser, changes the text and sends again means a new request, although the page has the old key. Its
/// key follows from the old one and the new text, so that a double click is still one request.
async fn accept(
    app: &App,
    site: &Site,
    source: Option<Source>,
    form: &form::Form,
    key: &IdempotencyKey,
    vetted: &Vetted,
) -> Result<Accepted, Refused> {
    if let Some(wait) = form.limited {
        return Err(Refused::TooMany(wait));
    }
    if !form.violations.is_empty() {
        return Err(Refused::Invalid(tickets::all_violations(app, form)));
    }
    let (submission, files) = (&form.submission, form.files.files());
    let arrival = |key| Arrival {
        key: Some(key),
        source,
        hold: vetted.hold,
        proof: vetted.proof.as_ref(),
    };
    match tickets::accept(app, site, submission, files, &arrival(key.as_str())).await {
        Err(Refused::KeyReused) => {
            let edited = intake::key_of_edited(key.as_str(), submission, files);
            let edited = IdempotencyKey::parse(&edited).unwrap_or_else(new_key);
            tickets::accept(app, site, submission, files, &arrival(edited.as_str())).await
        }
        accepted => accepted,
    }
}

fn trouble(refused: Refused) -> (StatusCode, Trouble) {
    match refused {
        Refused::Invalid(violations) => (
            status_of(ProblemKind::InvalidSubmission),
            Trouble::Fields(violations),
        ),
        Refused::TooMany(wait) => (
            status_of(ProblemKind::TooManyRequests),
            Trouble::TooMany(wait),
        ),
        Refused::KeyReused => (
            status_of(ProblemKind::IdempotencyKeyReused),
            Trouble::Server,
        ),
        Refused::ProofUsed => (status_of(ProblemKind::ProofOfWorkRequired), Trouble::Server),
        Refused::StillRunning => (status_of(ProblemKind::StillRunning), Trouble::Server),
        Refused::Store(error) => {
            tracing::error!(
                error = crate::telemetry::chain(&error),
                "a form could not be saved"
            );
            (status_of(ProblemKind::TooBusy), Trouble::Server)
        }
    }
}

/// The files of earlier rounds that are still there, and the ones of this round: the next round names them.
async fn keep_uploads(app: &App, site: &Site, form: &mut form::Form) -> Vec<Upload> {
    let mut uploads = Vec::new();
    let named = form
        .submission
        .upload_ids
        .iter()
        .filter_map(|id| Uuid::try_parse(id).ok());
    for id in named {
        if let Ok(upload) = app.uploads.find(&site.key, id).await {
            uploads.push(upload);
        }
    }
    uploads.extend(form.files.claim());
    uploads
}
