//! The only file that knows status codes of problems: how an error becomes an answer (RFC 9457, or a page for a person).

use std::time::Duration;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{Html, IntoResponse, Response},
};
use cornerdesk_shared::{
    problem::{PROBLEM_TYPE_BASE, Problem, ProblemKind},
    validation::Violation,
};
use minijinja::context;

use crate::{
    app::App, blobs::BlobError, intake::Refused, store::StoreError, telemetry::chain,
    upload::UploadError,
};

/// An error on its way out. [`write()`] makes the answer of it, where the request is known.
#[derive(Clone, Debug)]
pub struct HttpError {
    kind: ProblemKind,
    detail: String,
    violations: Vec<Violation>,
    /// For the log only.
    cause: Option<Box<str>>,
    header: Option<(&'static str, &'static str)>,
    retry_after_s: Option<u32>,
}

impl HttpError {
    /// A problem with a sentence on what happened and what to do.
    #[must_use]
    pub fn new(kind: ProblemKind, detail: impl Into<String>) -> Self {
        Self {
            kind,
            detail: detail.into(),
            violations: Vec::new(),
            cause: None,
            header: None,
            retry_after_s: None,
        }
    }

    /// With the rules that were broken.
    #[must_use]
    pub fn with_violations(mut self, violations: Vec<Violation>) -> Self {
        self.violations = violations;
        self
    }

    /// With a header that the protocol asks for.
    #[must_use]
    pub const fn with_header(mut self, name: &'static str, value: &'static str) -> Self {
        self.header = Some((name, value));
        self
    }

    /// With the time after which the same request may succeed, in whole seconds.
    #[must_use]
    pub fn again_in(mut self, wait: Duration) -> Self {
        let seconds = u32::try_from(wait.as_secs()).unwrap_or(u32::MAX);
        self.retry_after_s = Some(seconds.saturating_add(1));
        self
    }

    /// With the cause, which is written to the log and never to the client.
    #[must_use]
    pub fn caused_by(mut self, cause: &dyn std::error::Error) -> Self {
        self.cause = Some(chain(cause).into());
        self
    }
}

/// The status of a kind.
#[must_use]
pub fn status_of(kind: ProblemKind) -> StatusCode {
    match kind {
        ProblemKind::InvalidSubmission | ProblemKind::IdempotencyKeyReused => {
            StatusCode::UNPROCESSABLE_ENTITY
        }
        ProblemKind::MalformedRequest => StatusCode::BAD_REQUEST,
        ProblemKind::UnknownSite | ProblemKind::NotFound => StatusCode::NOT_FOUND,
        ProblemKind::OriginNotAllowed => StatusCode::FORBIDDEN,
        // Not 507: tus clients repeat every 5xx by themselves, and here nothing but another file or an operator helps.
        ProblemKind::PayloadTooLarge | ProblemKind::StorageFull => StatusCode::PAYLOAD_TOO_LARGE,
        ProblemKind::RequestTimeout => StatusCode::REQUEST_TIMEOUT,
        ProblemKind::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ProblemKind::StillRunning | ProblemKind::UploadOffsetMismatch => StatusCode::CONFLICT,
        // tus 1.0, checksum extension: a status of its own.
        ProblemKind::ChecksumMismatch => {
            StatusCode::from_u16(460).unwrap_or(StatusCode::BAD_REQUEST)
        }
        ProblemKind::UnsupportedVersion => StatusCode::PRECONDITION_FAILED,
        ProblemKind::ProofOfWorkRequired => StatusCode::PRECONDITION_REQUIRED,
        ProblemKind::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
        ProblemKind::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        ProblemKind::TooBusy => StatusCode::SERVICE_UNAVAILABLE,
        ProblemKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// When the client may come back, in seconds.
const RETRY_AFTER_SECONDS: HeaderValue = HeaderValue::from_static("5");

impl IntoResponse for HttpError {
    fn into_response(self) -> Response {
        let mut response = status_of(self.kind).into_response();
        if matches!(self.kind, ProblemKind::TooBusy | ProblemKind::StillRunning) {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, RETRY_AFTER_SECONDS);
        }
        if let Some(seconds) = self.retry_after_s {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, seconds.into());
        }
        if let Some((name, value)) = self.header {
            response
                .headers_mut()
                .insert(name, HeaderValue::from_static(value));
        }
        response.extensions_mut().insert(self);
        response
    }
}

impl From<StoreError> for HttpError {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::Locked | StoreError::Unavailable(_) => {
                Self::new(ProblemKind::TooBusy, "It is not known to be saved. Send the same request again in a moment, with the same Idempotency-Key.").caused_by(&error)
            }
            StoreError::NotDurable(_) | StoreError::Corrupt { .. } | StoreError::RowCount { .. } | StoreError::Migrate(_) | StoreError::Database(_) => {
                Self::new(ProblemKind::Internal, "Nothing was saved. The fault is ours and has been logged; send the same request again later.").caused_by(&error)
            }
        }
    }
}

impl From<Refused> for HttpError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Invalid(violations) => Self::new(
                ProblemKind::InvalidSubmission,
                "Correct the fields that `violations` names and send again.",
            )
            .with_violations(violations),
            Refused::KeyReused => Self::new(
                ProblemKind::IdempotencyKeyReused,
                "This key was used for a submission with another content. Take a new key for a new submission.",
            ),
            Refused::StillRunning => Self::new(
                ProblemKind::StillRunning,
                "The first request with this key has not ended. Send the same request again in a moment.",
            ),
            Refused::ProofUsed => super::vetting::proof_required(),
            Refused::TooMany(wait) => Self::new(
                ProblemKind::TooManyRequests,
                "Too many submissions came from this network, or to this site, within the hour (abuse.submissions_per_address, abuse.submissions_per_site). Nothing was saved. Send the same request again after Retry-After.",
            )
            .again_in(wait),
            Refused::Store(error) => error.into(),
        }
    }
}

impl From<UploadError> for HttpError {
    fn from(error: UploadError) -> Self {
        match error {
            UploadError::NotFound => Self::new(
                ProblemKind::NotFound,
                "No upload is here: it has expired, was removed or became an attachment. Begin a new upload.",
            ),
            UploadError::OffsetMismatch { actual } => Self::new(
                ProblemKind::UploadOffsetMismatch,
                format!(
                    "The upload stands at offset {actual}. Ask with HEAD and go on from there."
                ),
            ),
            UploadError::InProgress => Self::new(
                ProblemKind::StillRunning,
                "Another request is sending bytes to this upload. Ask with HEAD in a moment and go on from there.",
            ),
            UploadError::ChecksumMismatch => Self::new(
                ProblemKind::ChecksumMismatch,
                "The bytes were damaged on their way and were not kept. Send them again from the same offset.",
            ),
            UploadError::TooLarge => Self::new(
                ProblemKind::PayloadTooLarge,
                "The file is larger than the site's settings allow (limits.attachment_bytes).",
            ),
            UploadError::NoRoom => Self::new(
                ProblemKind::StorageFull,
                "The site has no room for this file (storage.quota_bytes_per_site, quota_bytes of the site). Nothing was saved. Send the request without it.",
            ),
            UploadError::TooMany(wait) => Self::new(
                ProblemKind::TooManyRequests,
                "Too many bytes of files came from this network within the hour (abuse.upload_bytes_per_address). Nothing was saved. Begin the upload again after Retry-After.",
            )
            .again_in(wait),
            UploadError::BrokenOff { offset } => Self::new(
                ProblemKind::MalformedRequest,
                format!("The body ended early; {offset} bytes are kept."),
            ),
            // A full disk, a failing one, an object store that is away: the same request may work in a moment.
            UploadError::Blob(error) => Self::new(
                ProblemKind::TooBusy,
                "The file cannot be kept now. Try again later, or send the request without it.",
            )
            .caused_by(&error),
            UploadError::Store(error) => error.into(),
        }
    }
}

impl From<minijinja::Error> for HttpError {
    fn from(error: minijinja::Error) -> Self {
        Self::new(
            ProblemKind::Internal,
            "The page cannot be shown. The fault is ours and has been logged.",
        )
        .caused_by(&error)
    }
}

impl From<std::io::Error> for HttpError {
    fn from(error: std::io::Error) -> Self {
        Self::new(
            ProblemKind::Internal,
            "A file cannot be read. The fault is ours and has been logged.",
        )
        .caused_by(&error)
    }
}

impl From<BlobError> for HttpError {
    fn from(error: BlobError) -> Self {
        match error {
            BlobError::NotFound => Self::new(
                ProblemKind::Internal,
                "The file is not where it should be. The fault is ours and has been logged.",
            ),
            _ => Self::new(
                ProblemKind::TooBusy,
                "The file cannot be read now. Try again in a moment.",
            ),
        }
        .caused_by(&error)
    }
}

/// Answers an address that nobody has.
pub async fn not_found() -> HttpError {
    HttpError::new(ProblemKind::NotFound, "There is nothing at this address.")
}

/// Answers a method that an address does not have.
pub async fn method_not_allowed() -> HttpError {
    HttpError::new(
        ProblemKind::MethodNotAllowed,
        "This address is there for other methods; see the header Allow.",
    )
}

/// Answers a connection over a limit.
pub async fn too_many_connections() -> HttpError {
    HttpError::new(
        ProblemKind::TooBusy,
        "There are too many connections, in all or from this address (server.connections). Nothing was saved. Send the same request again in a moment.",
    )
}

/// Answers a panic; its message stays in the log.
#[must_use]
pub fn from_panic(_: Box<dyn std::any::Any + Send + 'static>) -> Response {
    HttpError::new(
        ProblemKind::Internal,
        "The fault is ours and has been logged.",
    )
    .into_response()
}

/// Writes the body of an error: a page for somebody who asked for a page, else problem details.
pub async fn write(State(app): State<App>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let for_a_person = wants_page(&path, request.headers());
    let request_id = request_id(request.headers());
    let mut response = next.run(request).await;
    let Some(error) = response.extensions_mut().remove::<HttpError>() else {
        return response;
    };
    let status = response.status();
    if let Some(cause) = &error.cause {
        tracing::error!(
            request.id = request_id,
            problem = error.kind.as_str(),
            cause,
            "a request failed"
        );
    }
    let body = if for_a_person {
        page(&app, home_of(&path), status, &error, &request_id)
    } else {
        document(status, error, request_id)
    };
    let mut answer = body;
    *answer.status_mut() = status;
    for (name, value) in response.headers() {
        if name != header::CONTENT_LENGTH && name != header::CONTENT_TYPE {
            answer.headers_mut().append(name, value.clone());
        }
    }
    answer
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

fn document(status: StatusCode, error: HttpError, request_id: String) -> Response {
    let problem = Problem {
        problem_type: format!("{PROBLEM_TYPE_BASE}{}", error.kind.as_str()),
        title: error.kind.title().to_owned(),
        status: status.as_u16(),
        detail: error.detail,
        request_id,
        violations: error.violations,
    };
    let body = serde_json::to_string(&problem).unwrap_or_default();
    ([(header::CONTENT_TYPE, "application/problem+json")], body).into_response()
}

fn page(
    app: &App,
    home_url: Option<&str>,
    status: StatusCode,
    error: &HttpError,
    request_id: &str,
) -> Response {
    let page = app.pages.render("error.html", context! { title => error.kind.title(), detail => &error.detail, status => status.as_u16(), request_id, home_url });
    let policy = "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    (
        [(header::CONTENT_SECURITY_POLICY, policy)],
        Html(page.unwrap_or_else(|_| error.detail.clone())),
    )
        .into_response()
}

/// Where somebody goes on after an error.
fn home_of(path: &str) -> Option<&'static str> {
    ["/desk", "/demo"]
        .into_iter()
        .find(|home| path.starts_with(home))
}

/// Pages are for the addresses that people open; the wire contract always answers problem details.
fn wants_page(path: &str, headers: &HeaderMap) -> bool {
    let accepts_html = headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"));
    accepts_html && !path.starts_with("/v1/")
}

/// The request's id, which the answer carries too.
#[must_use]
pub fn request_id(headers: &HeaderMap) -> String {
    headers
        .get("x-request-id")
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_status_of_an_error() {
        for kind in ProblemKind::ALL {
            let status = status_of(kind);
            assert!(
                status.is_client_error() || status.is_server_error(),
                "{kind:?}"
            );
        }
    }

    #[test]
    fn the_wire_contract_never_answers_a_page() {
        let mut headers = HeaderMap::new();
        headers.insert(
            header::ACCEPT,
            HeaderValue::from_static("text/html,application/xhtml+xml"),
        );
        assert!(wants_page("/desk", &headers));
        assert!(!wants_page("/v1/sites/a/tickets", &headers));
        assert!(!wants_page("/desk", &HeaderMap::new()));
    }
}
