//! The only file that knows status codes of problems: how an error becomes an answer (RFC 9457, or a page for a person).

mod answer;
mod causes;
mod page;

use std::time::Duration;

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use cornerdesk_shared::{problem::ProblemKind, validation::Violation};

pub use answer::{request_id, write};

use crate::telemetry::chain;

/// An error on its way out. [`write()`] makes the answer of it, where the request is known.
#[derive(Clone, Debug)]
pub struct HttpError {
    kind: ProblemKind,
    detail: Box<str>,
    violations: Vec<Violation>,
    /// Where to turn to instead.
    address: Option<Box<str>>,
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
            detail: detail.into().into(),
            violations: Vec::new(),
            address: None,
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

    /// With where to turn to instead.
    #[must_use]
    pub fn with_address(mut self, address: Option<String>) -> Self {
        self.address = address.map(Into::into);
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
        ProblemKind::InvalidSubmission
        | ProblemKind::IdempotencyKeyReused
        | ProblemKind::CategoryRedirected => StatusCode::UNPROCESSABLE_ENTITY,
        ProblemKind::MalformedRequest => StatusCode::BAD_REQUEST,
        ProblemKind::UnknownSite | ProblemKind::NotFound => StatusCode::NOT_FOUND,
        ProblemKind::IdentityRefused | ProblemKind::IdentityRequired => StatusCode::UNAUTHORIZED,
        ProblemKind::OriginNotAllowed | ProblemKind::AccessRefused | ProblemKind::NotEntitled => {
            StatusCode::FORBIDDEN
        }
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
}
