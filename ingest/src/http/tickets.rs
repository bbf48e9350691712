//! `POST /v1/sites/{site}/tickets`: a submission becomes a ticket.

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use cornerdesk_shared::{
    limits::Limits, problem::ProblemKind, receipt::Receipt, submission::Submission,
    validation::Violation,
};
use http_body_util::{BodyExt, Limited};

use super::vetting::{Evidence, FORM_TOKEN, vet};
use super::{
    client_address::Client, described_problems::Problems, form, idempotency_key::IdempotencyKey,
    identity, problem::HttpError, site::OfPath, tried,
};
use crate::{
    app::App,
    identity::Identity,
    intake::{Accepted, Arrival, Refused},
    site::{Site, Way},
    source::Source,
    store::uploads::Upload,
    words,
};

/// The answer repeats an earlier one.
pub const IDEMPOTENCY_REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// Largest JSON body: every character may be escaped as a pair of `\uXXXX`, and the context and the names of the fields come on top.
fn json_most_bytes(limits: &Limits) -> usize {
    const BYTES_A_CHARACTER: usize = 12;
    const REST_BYTES: usize = 256 * 1024;
    (limits.summary_chars + limits.description_chars + limits.email_chars) as usize
        * BYTES_A_CHARACTER
        + REST_BYTES
}

/// Accepts a submission; the ticket is on disk before the answer.
#[utoipa::path(
    post, path = "/v1/sites/{site}/tickets", tag = "tickets", operation_id = "submit",
    params(
        ("site" = String, Path, description = "The site's key"),
        ("Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 255, pattern = "^[!-~]+$", description = "Made by the client, one for each submission; the same submission with the same key is accepted once"),
        ("Identity-Token" = Option<String>, Header, max_length = 4096, description = "A token (JWT) by which the product vouches for the requester; `email` may then be left out. It is no part of the submission: the same submission with a fresh token is the same"),
    ),
    request_body(content((Submission = "application/json"), (Submission = "multipart/form-data")), description = "As a form, files are repeated parts named `attachments`"),
    responses(
        (status = 201, body = Receipt, description = "Accepted; with the header Idempotency-Replayed: true when it was accepted before"),
        Problems,
    ),
)]
pub async fn post(
    State(app): State<App>,
    OfPath(site): OfPath,
    Client(source): Client,
    request: Request,
) -> Result<Response, HttpError> {
    let key = IdempotencyKey::of_header(request.headers())?;
    let identity = identity::of_headers(&app, &site, request.headers()).await?;
    let content_type = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let essence = content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    let way = way_of(request.headers());
    match essence.as_str() {
        "application/json" => {
            let evidence = Evidence::of_headers(request.headers());
            let known = identity.as_ref();
            let vetted = vet(&app, &site, source, &evidence, known, false).await?;
            let mut submission =
                read_json(request.into_body(), json_most_bytes(app.intake.limits())).await?;
            identity::complete(&mut submission, known)?;
            let arrival = Arrival {
                key: key.as_ref().map(IdempotencyKey::as_str),
                source: identity::source(known, source),
                hold: vetted.hold,
                proof: vetted.proof.as_ref(),
                identity: known,
                way,
                mail: None,
            };
            let accepted = accept(&app, &site, &submission, &[], &arrival).await?;
            Ok(answer(accepted))
        }
        "multipart/form-data" => {
            post_form(&app, &site, source, request, key, identity.as_ref()).await
        }
        _ => Err(HttpError::new(
            ProblemKind::UnsupportedMediaType,
            "Send application/json or multipart/form-data.",
        )),
    }
}

/// The way by which a request came: our own forms send the token that they came with, and browsers say which page sends.
fn way_of(headers: &HeaderMap) -> Way {
    if !headers.contains_key(FORM_TOKEN) {
        return Way::Api;
    }
    let referer = headers.get(header::REFERER);
    let page = referer.and_then(|value| value.to_str().ok()?.parse::<Uri>().ok());
    match page {
        Some(page) if page.path().starts_with("/help/") => Way::HelpForm,
        _ => Way::Widget,
    }
}

async fn post_form(
    app: &App,
    site: &Site,
    source: Option<Source>,
    request: Request,
    key: Option<IdempotencyKey>,
    identity: Option<&Identity>,
) -> Result<Response, HttpError> {
    let told = Evidence::of_headers(request.headers());
    let way = way_of(request.headers());
    let mut form = form::read(app, site, source, request).await?;
    identity::complete(&mut form.submission, identity)?;
    if let Some(error) = refusal(app, &form) {
        return Err(error);
    }
    let key = match (key, &form.key) {
        (None, Some(text)) => {
            Some(IdempotencyKey::parse(text).ok_or_else(IdempotencyKey::unusable)?)
        }
        (key, _) => key,
    };
    form.evidence = form.evidence.or(told);
    let vetted = vet(app, site, source, &form.evidence, identity, false).await?;
    let arrival = Arrival {
        key: key.as_ref().map(IdempotencyKey::as_str),
        source: identity::source(identity, source),
        hold: vetted.hold,
        proof: vetted.proof.as_ref(),
        identity,
        way,
        mail: None,
    };
    let accepted = accept(app, site, &form.submission, form.files.files(), &arrival).await?;
    form.settle(app, site, &accepted).await;
    Ok(answer(accepted))
}

/// Files over a limit are told together with every other broken rule.
fn refusal(app: &App, form: &form::Form) -> Option<HttpError> {
    if let Some(wait) = form.limited {
        return Some(Refused::TooMany(wait).into());
    }
    if form.violations.is_empty() {
        return None;
    }
    let kind = if form.too_large {
        ProblemKind::PayloadTooLarge
    } else if form.no_room {
        ProblemKind::StorageFull
    } else {
        ProblemKind::InvalidSubmission
    };
    Some(
        HttpError::new(
            kind,
            "Correct what `violations` names and send again; the settings tell the limits.",
        )
        .with_violations(all_violations(app, form)),
    )
}

/// The rules that were broken while the form was read, and the ones that its fields break.
#[must_use]
pub fn all_violations(app: &App, form: &form::Form) -> Vec<Violation> {
    let mut violations = form
        .submission
        .violations(form.files.files().len(), app.intake.limits());
    violations.extend(
        form.violations
            .iter()
            .filter(|violation| !violations.contains(violation))
            .copied()
            .collect::<Vec<_>>(),
    );
    violations.sort();
    violations
}

/// Accepts and counts.
///
/// # Errors
/// What [`crate::intake::Intake::accept`] refuses.
pub async fn accept(
    app: &App,
    site: &Site,
    submission: &Submission,
    files: &[Upload],
    arrival: &Arrival<'_>,
) -> Result<Accepted, Refused> {
    let locale = submission.locale.as_deref().unwrap_or(&site.locale);
    let question = app.words.of_site(&site.words, "form", locale);
    let (question, limits) = (words::text(&question, "tried_label"), app.intake.limits());
    let accepted = match tried::in_the_text(submission, question, limits.description_chars) {
        Ok(submission) => app.intake.accept(site, &submission, files, arrival).await,
        Err(violation) => {
            let mut violations = submission.violations(files.len(), limits);
            violations.push(violation);
            violations.sort();
            Err(Refused::Invalid(violations))
        }
    };
    app.metrics.submission(match &accepted {
        Ok(Accepted::New(_)) => "new",
        Ok(Accepted::Replayed(_)) => "replayed",
        Err(
            Refused::Invalid(_)
            | Refused::Redirected(_)
            | Refused::NotEntitled(_)
            | Refused::KeyReused
            | Refused::StillRunning,
        ) => "refused",
        Err(Refused::TooMany(_) | Refused::ProofUsed) => "limited",
        Err(Refused::Store(_)) => "failed",
    });
    if let Err(Refused::TooMany(_) | Refused::ProofUsed) = &accepted {
        app.pressure.refused(&site.key);
    }
    if let Ok(Accepted::New(receipt)) = &accepted {
        app.pressure.submitted(&site.key, arrival.hold.is_some());
        tracing::info!(
            site = site.key,
            ticket.reference = receipt.reference,
            ticket.held = arrival.hold.map(|reason| reason.held().as_str()),
            "ticket received"
        );
    }
    accepted
}

fn answer(accepted: Accepted) -> Response {
    let (receipt, replayed): (Receipt, bool) = match accepted {
        Accepted::New(receipt) => (receipt, false),
        Accepted::Replayed(receipt) => (receipt, true),
    };
    let mut response = (
        StatusCode::CREATED,
        [(header::CACHE_CONTROL, "no-store")],
        axum::Json(receipt),
    )
        .into_response();
    if replayed {
        response
            .headers_mut()
            .insert(IDEMPOTENCY_REPLAYED, HeaderValue::from_static("true"));
    }
    response
}

async fn read_json(body: Body, most_bytes: usize) -> Result<Submission, HttpError> {
    let bytes = Limited::new(body, most_bytes)
        .collect()
        .await
        .map_err(|error| {
            if error.is::<http_body_util::LengthLimitError>() {
                HttpError::new(
                    ProblemKind::PayloadTooLarge,
                    format!(
                        "A JSON submission has at most {most_bytes} bytes. Send files as uploads."
                    ),
                )
            } else {
                HttpError::new(ProblemKind::MalformedRequest, "The body ended early.")
            }
        })?;
    let bytes = bytes.to_bytes();
    let malformed = |fault: String| {
        let detail = format!("The body is not JSON of the described form: {fault}.");
        HttpError::new(ProblemKind::MalformedRequest, detail)
    };
    // serde would also read an array, by position.
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        return Err(malformed("an object is needed".to_owned()));
    }
    serde_json::from_slice(&bytes).map_err(|error| malformed(error.to_string()))
}
