//! Reads the form as `multipart/form-data`: from the panel's HTML form and from programs. Files are streamed, never whole in memory.

mod charge;

use std::{
    collections::BTreeMap,
    error::Error as _,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::Poll,
    time::Duration,
};

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
    limits::Limits,
    problem::ProblemKind,
    submission::Submission,
    validation::{Code, Field, Violation},
};
use futures_util::{Stream, StreamExt};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use uuid::Uuid;

use self::charge::Charge;
use super::{problem::HttpError, vetting::Evidence};
use crate::{
    allowances::OverLimit,
    app::App,
    intake::Accepted,
    message::BODY_MOST_CHARS,
    site::Site,
    source::Source,
    store::uploads::Upload,
    upload::{Announced, Length, Unclaimed, UploadError},
};

/// The bytes of a part.
type PartBytes<'a> = Pin<Box<dyn Stream<Item = Result<Bytes, MultipartError>> + Send + 'a>>;

/// What a form held.
#[derive(Debug)]
pub struct Form {
    /// The fields as typed.
    pub submission: Submission,
    /// The hidden field `idempotency_key` of the HTML form.
    pub key: Option<String>,
    /// Fields of a message about a ticket that is there, as typed: [`OF_A_MESSAGE`].
    pub message: BTreeMap<String, String>,
    /// What its hidden fields say about who fills it.
    pub evidence: Evidence,
    /// What its files were counted as.
    charge: Charge,
    /// The client has sent too much of late: files were not taken. How long to wait.
    pub limited: Option<Duration>,
    /// The files that were taken; deleted unless they are claimed.
    pub files: Unclaimed,
    /// Rules that a file or a field broke while it was read; what broke them was not kept.
    pub violations: Vec<Violation>,
    /// A file was over the limit, or the whole request was.
    pub too_large: bool,
    /// The site has no room for a file: it was not taken.
    pub no_room: bool,
}

/// Octets of UTF-8 that a character may take (RFC 3629 §3).
const OCTETS_A_CHARACTER: u64 = 4;
/// Octets of a field that is not the description.
const SHORT_FIELD_OCTETS: u64 = 64 * 1024;
/// Fields of a message about a ticket, beside its files.
const OF_A_MESSAGE: [&str; 8] = [
    "message", "kind", "text", "then", "seen", "act", "canned", "warned",
];
/// Most parts of a form: its own fields, ten files, ten uploads, and some that the page adds.
const MOST_PARTS: usize = 40;
const MIB: u64 = 1024 * 1024;

impl Form {
    /// A new ticket keeps the files. A repeated request brought them again: they are let go and do not count.
    pub async fn settle(&mut self, app: &App, site: &Site, accepted: &Accepted) {
        let is_new = matches!(accepted, Accepted::New(_));
        self.conclude(app, site, is_new).await;
    }

    /// The same for a message.
    pub async fn conclude(&mut self, app: &App, site: &Site, is_new: bool) {
        if is_new {
            drop(self.files.claim());
        } else {
            self.charge.give_back_beyond(app, site, 0).await;
        }
    }

    /// The files of earlier rounds that are still there, and the ones of this round: the next round names them.
    pub async fn keep_uploads(&mut self, app: &App, site: &Site) -> Vec<Upload> {
        let mut uploads = Vec::new();
        let ids = self.submission.upload_ids.iter();
        for id in ids.filter_map(|id| Uuid::try_parse(id).ok()) {
            if let Ok(upload) = app.uploads.find(&site.key, id).await {
                uploads.push(upload);
            }
        }
        uploads.extend(self.files.claim());
        uploads
    }
}

/// Reads a form of `site`.
///
/// # Errors
/// When the body is no form, breaks off, or is larger than we are willing to read to its end. Rules that are broken
/// are in [`Form::violations`] instead, so that a person is told of all of them.
pub async fn read(
    app: &App,
    site: &Site,
    source: Option<Source>,
    request: Request,
) -> Result<Form, HttpError> {
    let allowance = Allowance::default();
    let announced = announced_bytes(&request);
    let mut multipart = open(app, request, &allowance).await?;
    let mut form = Form {
        submission: Submission::default(),
        key: None,
        message: BTreeMap::new(),
        evidence: Evidence::default(),
        charge: Charge::new(
            source,
            announced.unwrap_or(app.intake.limits().request_bytes),
        ),
        limited: None,
        files: Unclaimed::new(&app.uploads),
        violations: Vec::new(),
        too_large: false,
        no_room: false,
    };
    let mut read_bytes = 0;
    for parts_before in 0.. {
        allowance.renew();
        let Some(part) = multipart.next_field().await.map_err(unreadable)? else {
            if announced.is_none() {
                form.charge.give_back_beyond(app, site, read_bytes).await;
            }
            return Ok(form);
        };
        if parts_before == MOST_PARTS {
            break;
        }
        let name = part.name().unwrap_or_default().to_owned();
        read_bytes += if name == "attachments" || part.file_name().is_some() {
            let rest = rest_bytes(app.intake.limits(), announced, read_bytes);
            read_file(app, site, part, &mut form, &allowance, rest).await?
        } else {
            read_text(app, &name, part, &mut form, &allowance).await?
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
async fn open(app: &App, request: Request, allowance: &Allowance) -> Result<Multipart, HttpError> {
    let most = app
        .intake
        .limits()
        .request_bytes
        .saturating_mul(2)
        .saturating_add(MIB);
    if announced_bytes(&request).is_some_and(|bytes| bytes > most) {
        return Err(far_too_large());
    }
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let allowance = allowance.clone();
    let request = request.map(|body| {
        Body::from_stream(allowance.meter(Limited::new(body, most).into_data_stream()))
    });
    let opened = Multipart::from_request(request, &()).await;
    opened.map_err(|error| HttpError::new(ProblemKind::MalformedRequest, error.body_text()))
}

/// How much may come before the next byte of a part: boundaries and the headers of parts. The parser keeps these whole and looks
/// through them again with each chunk, so that without this a body that never gets to a part would cost memory and time.
#[derive(Clone, Debug, Default)]
struct Allowance(Arc<AtomicUsize>);

impl Allowance {
    const BYTES: usize = 64 * 1024;

    /// A part began or went on.
    fn renew(&self) {
        self.0.store(Self::BYTES, Ordering::Relaxed);
    }

    /// The bytes of a part: as long as they come, there is something left.
    fn part<'a>(&self, part: Part<'a>) -> PartBytes<'a> {
        self.renew();
        let allowance = self.clone();
        Box::pin(part.inspect(move |_| allowance.renew()))
    }

    /// Lets a chunk through as long as something is left; a chunk may well hold the next part's beginning.
    fn spend(&self, chunk: Bytes) -> Result<Bytes, axum::BoxError> {
        match self.0.load(Ordering::Relaxed) {
            0 => Err("too much between two parts of the form".into()),
            left => {
                self.0
                    .store(left.saturating_sub(chunk.len()), Ordering::Relaxed);
                Ok(chunk)
            }
        }
    }

    /// A body under this allowance. After each chunk it makes the parser stop and look at what it has, because the parser takes
    /// everything that is ready before it does.
    fn meter<S>(self, mut chunks: S) -> impl Stream<Item = Result<Bytes, axum::BoxError>>
    where
        S: Stream<Item = Result<Bytes, axum::BoxError>> + Unpin,
    {
        let mut gave = false;
        futures_util::stream::poll_fn(move |cx| {
            if std::mem::take(&mut gave) {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            let chunk = std::task::ready!(chunks.poll_next_unpin(cx));
            gave = chunk.is_some();
            Poll::Ready(chunk.map(|chunk| self.spend(chunk?)))
        })
    }
}

/// How long the body says it is.
fn announced_bytes(request: &Request) -> Option<u64> {
    let announced = request.headers().get(header::CONTENT_LENGTH)?;
    announced.to_str().ok()?.parse().ok()
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
    allowance: &Allowance,
    rest_bytes: u64,
) -> Result<u64, HttpError> {
    let name = part.file_name().unwrap_or_default().to_owned();
    let announced = Announced {
        content_type: part.content_type().unwrap_or_default().to_owned(),
        length: Length::AtMost(rest_bytes),
        name,
    };
    let mut part = allowance.part(part);
    let is_one_too_many = form.files.files().len() >= app.intake.limits().attachments as usize;
    if is_one_too_many || form.too_large || form.no_room || form.limited.is_some() {
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
    match form.charge.make(app, site).await {
        Ok(()) => {}
        Err(OverLimit::Wait(wait)) => {
            form.limited = Some(wait);
            return drain(&mut part).await;
        }
        Err(OverLimit::Store(error)) => return Err(error.into()),
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
        Err(UploadError::NoRoom) => {
            refuse(form, Violation::new(Field::Attachments, Code::NoRoom));
            form.no_room = true;
            drain(&mut part).await
        }
        Err(error) => Err(error.into()),
    }
}

/// How much of a request can still come, as far as it is told or allowed: no file in it is longer.
fn rest_bytes(limits: &Limits, announced: Option<u64>, read_bytes: u64) -> u64 {
    let whole = announced.map_or(limits.request_bytes, |bytes| {
        bytes.min(limits.request_bytes)
    });
    whole.saturating_sub(read_bytes)
}

async fn first_bytes(part: &mut PartBytes<'_>) -> Result<Option<Bytes>, HttpError> {
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
    allowance: &Allowance,
) -> Result<u64, HttpError> {
    let limits = app.intake.limits();
    let most = SHORT_FIELD_OCTETS
        + match name {
            "description" => u64::from(limits.description_chars) * OCTETS_A_CHARACTER,
            "text" => BODY_MOST_CHARS as u64 * OCTETS_A_CHARACTER,
            _ => 0,
        };
    let mut part = allowance.part(part);
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
        "impact" => submission.impact = some(text),
        "tried" => submission.tried = some(text),
        "locale" => submission.locale = some(text),
        "priority" => submission.priority = some(text),
        "channel" => submission.channel = some(text),
        "upload_ids" if !text.is_empty() => submission.upload_ids.push(text),
        name if OF_A_MESSAGE.contains(&name) => {
            form.message.insert(name.to_owned(), text);
        }
        "website" => form.evidence.is_trapped = !text.trim().is_empty(),
        "form_token" => form.evidence.token = some(text),
        "altcha" => form.evidence.proof = some(text),
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

/// Reads on to the end of a part whose bytes are not wanted: a browser shows the answer only when it could send everything.
/// How much that can be is limited in [`open`].
async fn drain(part: &mut PartBytes<'_>) -> Result<u64, HttpError> {
    let mut bytes = 0;
    while let Some(chunk) = part.next().await {
        bytes += chunk.map_err(unreadable)?.len() as u64;
    }
    Ok(bytes)
}

/// axum calls a client that went away an error of the server; it is not ours.
#[expect(clippy::needless_pass_by_value, reason = "the form that map_err calls")]
fn unreadable(error: MultipartError) -> HttpError {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE || is_over_the_limit(&error) {
        return far_too_large();
    }
    let detail = format!("The form cannot be read: {}.", error.body_text());
    HttpError::new(ProblemKind::MalformedRequest, detail)
}

/// axum looks for its limit at one depth of the sources, and the metered body adds another.
fn is_over_the_limit(error: &MultipartError) -> bool {
    std::iter::successors(error.source(), |error| (*error).source())
        .any(|error| error.is::<LengthLimitError>())
}
