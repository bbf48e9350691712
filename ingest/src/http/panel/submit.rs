//! The form as a browser sends it by itself.

use axum::{
    extract::Request,
    http::{StatusCode, header},
    response::Response,
};
use cornerdesk_shared::{
    problem::ProblemKind,
    validation::{Code, Field, Violation},
};

use super::{
    Mode, Wish,
    document::{Shown, Trouble, document, locale},
    new_key,
    policy_form::PolicyForm,
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
    site::{Site, Way},
    source::Source,
    terms, words,
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
    let accepted_locale = locale(site, &wish, request.headers());
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
    let asks_for_category = terms::in_force(site)
        .is_some_and(|policy| PolicyForm::of(&policy, mode.form()).asks_for_category());
    if asks_for_category && form.submission.category.is_none() {
        let missing = Violation::new(Field::Category, Code::Required);
        form.violations.push(missing);
    }
    let way = match mode {
        Mode::Frame => Way::Widget,
        Mode::Page => Way::HelpForm,
    };
    let vetted = vetting::vet(app, site, source, &form.evidence, None, true).await?;
    let answer = if site.identity_required {
        Err((
            status_of(ProblemKind::IdentityRequired),
            Trouble::NotSignedIn,
        ))
    } else {
        let accepted = accept(app, site, source, &form, &key, (&vetted, way)).await;
        accepted.map_err(trouble)
    };
    match answer {
        Ok(accepted) => {
            form.settle(app, site, &accepted).await;
            let (Accepted::New(receipt) | Accepted::Replayed(receipt)) = accepted;
            let receipt = Some((receipt, form.submission.email.clone()));
            let context = form.submission.context.as_ref();
            let shown = Shown {
                receipt,
                time_zone: context.and_then(|context| context.time_zone.clone()),
                // The draft of this key is not kept any longer.
                key: key.as_str().to_owned(),
                ..Shown::default()
            };
            document(app, site, mode, &wish, locale, StatusCode::CREATED, &shown)
        }
        Err((status, trouble)) => {
            let wait = match trouble {
                Trouble::TooMany(wait) => Some(wait),
                _ => None,
            };
            // Who corrects one word is not faster than a person: the form is as old as it was.
            let is_ours = |token: &String| form_token::issued_at(&app.secret, &site.key, token);
            let token = form.evidence.token.take();
            let token = token.filter(|token| is_ours(token).is_some());
            let uploads = form.keep_uploads(app, site).await;
            let shown = Shown {
                submission: form.submission,
                trouble,
                uploads,
                key: key.as_str().to_owned(),
                token,
                ..Shown::default()
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
    (vetted, way): (&Vetted, Way),
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
        identity: None,
        way,
        mail: None,
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
        // The words say no more than that it cannot be; the form itself says where such requests go.
        Refused::Redirected(_) => (
            status_of(ProblemKind::CategoryRedirected),
            Trouble::Fields(vec![Violation::new(Field::Category, Code::NotAllowed)]),
        ),
        Refused::NotEntitled(administrator) => (
            status_of(ProblemKind::NotEntitled),
            Trouble::NotEntitled(administrator),
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
