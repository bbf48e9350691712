//! `POST /v1/mail/…`: a provider posts a mail that came to the address that people answer to.
//!
//! Each is asked for the mail as it came (MIME), so that all ways in read it alike. What will never be taken is answered with success too, so that the provider need not
//! come again.

mod fields;
mod sender;

use axum::{
    Json,
    body::Bytes,
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use cornerdesk_shared::problem::ProblemKind;
use serde::Deserialize;
use serde_json::json;

use self::fields::Fields;
use super::{checked::CheckedBody, problem::HttpError};
use crate::{
    app::App,
    mail::incoming::{
        MOST_BYTES,
        receive::{Envelope, Place},
    },
    telemetry::chain,
};

/// Most octets of a request: the longest mail in base64 and JSON, with what stands around it.
pub const BODY_MOST_BYTES: usize = MOST_BYTES / 3 * 4 + 4 * 1024 * 1024;

/// What Postmark posts, with "include raw email content" switched on.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Postmark {
    raw_email: Option<String>,
    original_recipient: Option<String>,
}

/// Postmark's inbound webhook.
///
/// # Errors
/// When somebody else posts, the body is none of Postmark's, or the mail cannot be taken now.
pub async fn postmark(
    State(app): State<App>,
    headers: HeaderMap,
    CheckedBody(body): CheckedBody<Bytes>,
) -> Result<Response, HttpError> {
    sender::ensure_password(&app, &headers)?;
    let posted: Postmark = serde_json::from_slice(&body).map_err(|_| malformed())?;
    let raw = posted.raw_email.ok_or_else(|| {
        let detail =
            "There is no RawEmail: Postmark posts it when it is told to include the raw email.";
        HttpError::new(ProblemKind::MalformedRequest, detail)
    })?;
    let recipient = posted.original_recipient.as_deref();
    let is_taken = take(&app, recipient, None, raw.into_bytes()).await?;
    Ok(answered(is_taken))
}

/// SendGrid's inbound parse, with "post the raw, full MIME message" switched on.
///
/// # Errors
/// When somebody else posts, the body is none of SendGrid's, or the mail cannot be taken now.
pub async fn sendgrid(
    State(app): State<App>,
    headers: HeaderMap,
    CheckedBody(body): CheckedBody<Bytes>,
) -> Result<Response, HttpError> {
    sender::ensure_password(&app, &headers)?;
    let fields = Fields::read(&headers, &body).await.ok_or_else(malformed)?;
    let raw = fields.bytes("email").ok_or_else(|| {
        let detail = "There is no field email: SendGrid posts it when it is told to post the raw, full MIME message.";
        HttpError::new(ProblemKind::MalformedRequest, detail)
    })?;
    let envelope = fields.text("envelope").unwrap_or_default();
    let envelope: serde_json::Value = serde_json::from_str(&envelope).unwrap_or_default();
    let recipients = envelope["to"].as_array().into_iter().flatten();
    let recipients: Vec<&str> = (recipients.filter_map(serde_json::Value::as_str)).collect();
    let ours = ours(&app, &recipients).await?;
    let sender = envelope["from"].as_str();
    let mut is_taken = ours.is_empty() && take(&app, None, sender, raw.clone()).await?;
    for recipient in ours {
        is_taken |= take(&app, Some(recipient), sender, raw.clone()).await?;
    }
    Ok(answered(is_taken))
}

/// Whom of the recipients it is for: the ticket whose address is among them, else the sites.
async fn ours<'a>(app: &App, recipients: &[&'a str]) -> Result<Vec<&'a str>, HttpError> {
    let mut sites = Vec::new();
    for recipient in recipients {
        match app.receiver.place(recipient).await? {
            Some(Place::Ticket(_)) => return Ok(vec![recipient]),
            Some(Place::Site(_)) => sites.push(*recipient),
            None => {}
        }
    }
    Ok(sites)
}

/// A route of Mailgun, to an address that ends in `/mime`: it then posts the mail as it came.
///
/// # Errors
/// When somebody else posts, the body is none of Mailgun's, or the mail cannot be taken now.
pub async fn mailgun(
    State(app): State<App>,
    headers: HeaderMap,
    CheckedBody(body): CheckedBody<Bytes>,
) -> Result<Response, HttpError> {
    let fields = Fields::read(&headers, &body).await.ok_or_else(malformed)?;
    sender::ensure_signed_by_mailgun(&app, &fields)?;
    let raw = fields.bytes("body-mime").ok_or_else(|| {
        let detail =
            "There is no field body-mime: Mailgun posts it to addresses that end in /mime.";
        HttpError::new(ProblemKind::MalformedRequest, detail)
    })?;
    let (recipient, sender) = (fields.text("recipient"), fields.text("sender"));
    let is_taken = take(&app, recipient.as_deref(), sender.as_deref(), raw).await?;
    Ok(answered(is_taken))
}

/// Takes it; `false` when it will never be taken.
async fn take(
    app: &App,
    recipient: Option<&str>,
    sender: Option<&str>,
    raw: Vec<u8>,
) -> Result<bool, HttpError> {
    let envelope = Envelope { recipient, sender };
    match app.receiver.receive(envelope, raw).await {
        Ok(taken) => {
            tracing::info!(what = taken.describe(), "a mail came in");
            Ok(true)
        }
        Err(error) if error.is_for_good() => {
            tracing::warn!(error = chain(&error), "a mail was not taken");
            Ok(false)
        }
        Err(error) => {
            tracing::warn!(error = chain(&error), "a mail was not taken; again later");
            let detail = "The mail cannot be taken now. Send it again in a moment.";
            Err(HttpError::new(ProblemKind::TooBusy, detail))
        }
    }
}

fn answered(is_taken: bool) -> Response {
    let answer = Json(json!({ "taken": is_taken }));
    ([(header::CACHE_CONTROL, "no-store")], answer).into_response()
}

fn malformed() -> HttpError {
    HttpError::new(
        ProblemKind::MalformedRequest,
        "The body is not what this provider posts.",
    )
}
