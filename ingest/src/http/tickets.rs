//! `POST /v1/sites/{site}/tickets`: a submission becomes a ticket.

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use cornerdesk_shared::{
    problem::ProblemKind, receipt::Receipt, submission::Submission, validation::Violation,
};
use http_body_util::{BodyExt, Limited};

use super::{described_problems::Problems, form, problem::HttpError, site::OfPath};
use crate::{
    app::App,
    intake::{Accepted, Refused},
    site::Site,
    store::uploads::Upload,
};

/// The client's key for one submission (draft-ietf-httpapi-idempotency-key-header-07).
pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// The answer repeats an earlier one.
pub const IDEMPOTENCY_REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

const KEY_MOST_OCTETS: usize = 255;
/// Largest JSON body: a description of 20,000 characters, escaped as `\uXXXX` pairs, is 240 kB.
const JSON_MOST_BYTES: usize = 1024 * 1024;

/// Accepts a submission; the ticket is on disk before the answer.
#[utoipa::path(
    post, path = "/v1/sites/{site}/tickets", tag = "tickets",
    params(
        ("site" = String, Path, description = "The site's key"),
        ("Idempotency-Key" = Option<String>, Header, description = "Made by the client, one for each submission; the same submission with the same key is accepted once"),
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
    request: Request,
) -> Result<Response, HttpError> {
    let key = idempotency_key(request.headers())?;
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
    match essence.as_str() {
        "application/json" => {
            let submission = read_json(request.into_body()).await?;
            let accepted = accept(&app, &site, &submission, &[], key.as_deref()).await?;
            Ok(answer(accepted))
        }
        "multipart/form-data" => post_form(&app, &site, request, key).await,
        _ => Err(HttpError::new(
            ProblemKind::UnsupportedMediaType,
            "Send application/json or multipart/form-data.",
        )),
    }
}

async fn post_form(
    app: &App,
    site: &Site,
    request: Request,
    key: Option<String>,
) -> Result<Response, HttpError> {
    let mut form = form::read(app, site, request).await?;
    if let Some(error) = refusal(app, &form) {
        return Err(error);
    }
    let key = key.or_else(|| form.key.clone());
    let accepted = accept(
        app,
        site,
        &form.submission,
        form.files.files(),
        key.as_deref(),
    )
    .await?;
    // Only a new ticket keeps the files: a repeated request brought them again.
    if matches!(accepted, Accepted::New(_)) {
        form.files.claim();
    }
    Ok(answer(accepted))
}

/// Files over a limit are told together with every other broken rule.
fn refusal(app: &App, form: &form::Form) -> Option<HttpError> {
    if form.violations.is_empty() {
        return None;
    }
    let kind = if form.too_large {
        ProblemKind::PayloadTooLarge
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
    key: Option<&str>,
) -> Result<Accepted, Refused> {
    let accepted = app.intake.accept(site, submission, files, key).await;
    app.metrics.submission(match &accepted {
        Ok(Accepted::New(_)) => "new",
        Ok(Accepted::Replayed(_)) => "replayed",
        Err(Refused::Invalid(_) | Refused::KeyReused) => "refused",
        Err(Refused::Store(_)) => "failed",
    });
    if let Ok(Accepted::New(receipt)) = &accepted {
        tracing::info!(
            site = site.key,
            ticket.reference = receipt.reference,
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

async fn read_json(body: Body) -> Result<Submission, HttpError> {
    let bytes = Limited::new(body, JSON_MOST_BYTES).collect().await.map_err(|error| {
        if error.is::<http_body_util::LengthLimitError>() {
            HttpError::new(ProblemKind::PayloadTooLarge, format!("A JSON submission has at most {JSON_MOST_BYTES} bytes. Send files as uploads."))
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

/// Reads the key: 1 to 255 visible ASCII characters.
fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, HttpError> {
    let Some(value) = headers.get(IDEMPOTENCY_KEY) else {
        return Ok(None);
    };
    let is_good = !value.is_empty()
        && value.len() <= KEY_MOST_OCTETS
        && value.as_bytes().iter().all(u8::is_ascii_graphic);
    match value.to_str() {
        Ok(key) if is_good => Ok(Some(key.to_owned())),
        _ => Err(HttpError::new(
            ProblemKind::MalformedRequest,
            format!(
                "Idempotency-Key: 1 to {KEY_MOST_OCTETS} visible ASCII characters, for example a UUID."
            ),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_short_and_visible() {
        let read = |key: &[u8]| {
            let mut headers = HeaderMap::new();
            headers.insert(IDEMPOTENCY_KEY, HeaderValue::from_bytes(key).unwrap());
            idempotency_key(&headers)
        };
        assert_eq!(idempotency_key(&HeaderMap::new()).unwrap(), None);
        assert_eq!(read(b"3f0e6f7a").unwrap().as_deref(), Some("3f0e6f7a"));
        for key in [b"".as_slice(), b"a b", &[b'a'; 256], "ü".as_bytes()] {
            assert!(read(key).is_err(), "{key:?}");
        }
    }
}
