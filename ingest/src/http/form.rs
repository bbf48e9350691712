//! Reads the form as `multipart/form-data`: from the panel's HTML form and from programs. Files are streamed, never whole in memory.

use std::pin::Pin;

use axum::{
    body::Body,
    extract::{
        FromRequest, Request,
        multipart::{Field as Part, Multipart, MultipartError},
    },
    http::{StatusCode, header},
};
use bytes::Bytes;
use cornerdesk_shared::{
    problem::ProblemKind,
    submission::Submission,
    validation::{Code, Field, Violation},
};
use futures_util::StreamExt;
use http_body_util::Limited;

use super::problem::HttpError;
use crate::{
    app::App,
    site::Site,
    upload::{Announced, Unclaimed, UploadError},
};

/// A part whose bytes are being read.
type PinnedPart<'a> = Pin<Box<Part<'a>>>;

/// What a form held.
#[derive(Debug)]
pub struct Form {
    /// The fields as typed.
    pub submission: Submission,
    /// The hidden field `idempotency_key` of the HTML form.
    pub key: Option<String>,
    /// The files that were taken; deleted unless they are claimed.
    pub files: Unclaimed,
    /// Rules that a file or a field broke while it was read; what broke them was not kept.
    pub violations: Vec<Violation>,
    /// A file was over the limit, or the whole request was.
    pub too_large: bool,
}

/// Octets of UTF-8 that a character may take (RFC 3629 §3).
const OCTETS_A_CHARACTER: u64 = 4;
/// Octets of a field that is not the description.
const SHORT_FIELD_OCTETS: u64 = 64 * 1024;
/// More parts than any form has.
const MOST_PARTS: usize = 100;
const MIB: u64 = 1024 * 1024;

/// Reads a form of `site`.
///
/// # Errors
/// When the body is no form, breaks off, or is larger than we are willing to read to its end. Rules that are broken
/// are in [`Form::violations`] instead, so that a person is told of all of them.
pub async fn read(app: &App, site: &Site, request: Request) -> Result<Form, HttpError> {
    let mut multipart = open(app, request).await?;
    let mut form = Form {
        submission: Submission::default(),
        key: None,
        files: Unclaimed::new(&app.uploads),
        violations: Vec::new(),
        too_large: false,
    };
    let mut read_bytes = 0;
    for _ in 0..MOST_PARTS {
        let Some(part) = multipart.next_field().await.map_err(unreadable)? else {
            return Ok(form);
        };
        let name = part.name().unwrap_or_default().to_owned();
        read_bytes += if name == "attachments" || part.file_name().is_some() {
            read_file(app, site, part, &mut form).await?
        } else {
            read_text(app, &name, part, &mut form).await?
        };
        if read_bytes > app.intake.limits().request_bytes {
            refuse(
                &mut form,
                Violation::new(Field::Attachments, Code::TooLarge),
            );
            form.too_large = true;
        }
    }
    let detail = format!("The form has more than {MOST_PARTS} parts.");
    Err(HttpError::new(ProblemKind::MalformedRequest, detail))
}

/// Bodies are read to their end although they are over the limit, because a browser shows our answer only when it could
/// send everything; but not for ever.
async fn open(app: &App, request: Request) -> Result<Multipart, HttpError> {
    let most = app
        .intake
        .limits()
        .request_bytes
        .saturating_mul(2)
        .saturating_add(MIB);
    let announced = request.headers().get(header::CONTENT_LENGTH);
    let announced = announced
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.parse().ok());
    if announced.is_some_and(|bytes: u64| bytes > most) {
        return Err(far_too_large());
    }
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let request = request.map(|body| Body::new(Limited::new(body, most)));
    let opened = Multipart::from_request(request, &()).await;
    opened.map_err(|error| HttpError::new(ProblemKind::MalformedRequest, error.body_text()))
}

fn far_too_large() -> HttpError {
    let violation = Violation::new(Field::Attachments, Code::TooLarge);
    let detail = "The request is larger than the site's settings allow (limits.request_bytes).";
    HttpError::new(ProblemKind::PayloadTooLarge, detail).with_violations(vec![violation])
}

async fn read_file(
    app: &App,
    site: &Site,
    part: Part<'_>,
    form: &mut Form,
) -> Result<u64, HttpError> {
    let name = part.file_name().unwrap_or_default().to_owned();
    let announced = Announced {
        content_type: part.content_type().unwrap_or_default().to_owned(),
        length_bytes: None,
        name,
    };
    let mut part = Box::pin(part);
    let is_one_too_many = form.files.files().len() >= app.intake.limits().attachments as usize;
    if is_one_too_many || form.too_large {
        if is_one_too_many {
            refuse(form, Violation::new(Field::Attachments, Code::TooMany));
        }
        return drain(&mut part).await;
    }
    let first = first_bytes(&mut part).await?;
    // Browsers send one part without name and bytes for a file input in which nothing was chosen.
    if first.is_none() && announced.name.is_empty() {
        return Ok(0);
    }
    let body = futures_util::stream::iter(first.map(Ok)).chain(&mut part);
    match app.uploads.take(site, &announced, body).await {
        Ok(upload) => {
            let bytes = upload.length_bytes;
            app.metrics.uploaded(bytes);
            form.files.push(upload);
            Ok(bytes)
        }
        Err(UploadError::TooLarge) => {
            refuse(form, Violation::new(Field::Attachments, Code::TooLarge));
            form.too_large = true;
            drain(&mut part).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn first_bytes(part: &mut PinnedPart<'_>) -> Result<Option<Bytes>, HttpError> {
    while let Some(chunk) = part.next().await {
        let chunk = chunk.map_err(unreadable)?;
        if !chunk.is_empty() {
            return Ok(Some(chunk));
        }
    }
    Ok(None)
}

async fn read_text(
    app: &App,
    name: &str,
    part: Part<'_>,
    form: &mut Form,
) -> Result<u64, HttpError> {
    let limits = app.intake.limits();
    let most = if name == "description" {
        u64::from(limits.description_chars) * OCTETS_A_CHARACTER + SHORT_FIELD_OCTETS
    } else {
        SHORT_FIELD_OCTETS
    };
    let mut part = Box::pin(part);
    let mut octets = Vec::new();
    let mut read_bytes = 0;
    while let Some(chunk) = part.next().await {
        let chunk = chunk.map_err(unreadable)?;
        read_bytes += chunk.len() as u64;
        if read_bytes <= most {
            octets.extend_from_slice(&chunk);
        }
    }
    if read_bytes > most
        && let Some(field) = Field::from_wire(name)
    {
        refuse(form, Violation::new(field, Code::TooLong));
    }
    put(form, name, String::from_utf8_lossy(&octets).into_owned())?;
    Ok(read_bytes)
}

/// Puts a field where it belongs. Fields that we do not know are passed over: a page may add its own.
fn put(form: &mut Form, name: &str, text: String) -> Result<(), HttpError> {
    let submission = &mut form.submission;
    let some = |text: String| (!text.is_empty()).then_some(text);
    match name {
        "summary" => submission.summary = text,
        "description" => submission.description = text,
        "email" => submission.email = text,
        "category" => submission.category = some(text),
        "plan" => submission.plan = some(text),
        "locale" => submission.locale = some(text),
        "upload_ids" if !text.is_empty() => submission.upload_ids.push(text),
        "idempotency_key" => form.key = some(text),
        "context" if !text.is_empty() => {
            let context = serde_json::from_str(&text).map_err(|error| {
                HttpError::new(
                    ProblemKind::MalformedRequest,
                    format!("The field context is not JSON of the described form: {error}."),
                )
            })?;
            submission.context = Some(context);
        }
        _ => {}
    }
    Ok(())
}

fn refuse(form: &mut Form, violation: Violation) {
    if !form.violations.contains(&violation) {
        form.violations.push(violation);
    }
}

/// Reads on to the end of a part whose bytes are not wanted: a browser shows the answer only when it could send everything. A client that
/// sends for ever is cut off by the limits on the whole connection.
async fn drain(part: &mut PinnedPart<'_>) -> Result<u64, HttpError> {
    let mut bytes = 0;
    while let Some(chunk) = part.next().await {
        bytes += chunk.map_err(unreadable)?.len() as u64;
    }
    Ok(bytes)
}

/// axum calls a client that went away an error of the server; it is not ours.
#[expect(clippy::needless_pass_by_value, reason = "the form that map_err calls")]
fn unreadable(error: MultipartError) -> HttpError {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return far_too_large();
    }
    let detail = format!("The form cannot be read: {}.", error.body_text());
    HttpError::new(ProblemKind::MalformedRequest, detail)
}
