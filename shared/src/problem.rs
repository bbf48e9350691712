//! Problem details (RFC 9457): what went wrong, in a form that a program can act on.

use crate::validation::Violation;

/// Where the kinds of problem are described; a kind's `type` is this and its name.
pub const PROBLEM_TYPE_BASE: &str = "https://cornerdesk.dev/problems/";

/// The kinds of problem. The names are stable: they cross the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProblemKind {
    /// A field breaks a rule; `violations` lists all of them.
    InvalidSubmission,
    /// The request is not of the form that the endpoint reads.
    MalformedRequest,
    /// No site has this key.
    UnknownSite,
    /// The site does not allow the page's origin.
    OriginNotAllowed,
    /// The request or a part of it is over its limit in bytes.
    PayloadTooLarge,
    /// The files of the site take up all that they may; text is still taken.
    StorageFull,
    /// The body came too slowly and was not waited for.
    RequestTimeout,
    /// The content type or the coding of the body is not read here.
    UnsupportedMediaType,
    /// The idempotency key was used for another submission.
    IdempotencyKeyReused,
    /// The first request with this key has not ended yet.
    StillRunning,
    /// The upload stands at another offset.
    UploadOffsetMismatch,
    /// The bytes are not the ones that were announced.
    ChecksumMismatch,
    /// The protocol's version is not spoken here.
    UnsupportedVersion,
    /// Nothing is here.
    NotFound,
    /// The method is not for this address.
    MethodNotAllowed,
    /// The identity that came with the request is not believed.
    IdentityRefused,
    /// The site takes requests only of people for whom its product vouches.
    IdentityRequired,
    /// Nobody may enter the account now.
    AccessRefused,
    /// Requests of this category go elsewhere: `address` says where. No ticket was made.
    CategoryRedirected,
    /// The account's requests come from the people whom it names: `address` says whom to ask. No ticket was made.
    NotEntitled,
    /// The site asks for proof of work before a submission.
    ProofOfWorkRequired,
    /// The client, or everybody together, has sent too much of late.
    TooManyRequests,
    /// Nothing was accepted; the same request may succeed in a moment.
    TooBusy,
    /// Our fault.
    Internal,
}

impl ProblemKind {
    /// Every kind.
    pub const ALL: [Self; 24] = [
        Self::InvalidSubmission,
        Self::MalformedRequest,
        Self::UnknownSite,
        Self::OriginNotAllowed,
        Self::PayloadTooLarge,
        Self::StorageFull,
        Self::RequestTimeout,
        Self::UnsupportedMediaType,
        Self::IdempotencyKeyReused,
        Self::StillRunning,
        Self::UploadOffsetMismatch,
        Self::ChecksumMismatch,
        Self::UnsupportedVersion,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::IdentityRefused,
        Self::IdentityRequired,
        Self::AccessRefused,
        Self::CategoryRedirected,
        Self::NotEntitled,
        Self::ProofOfWorkRequired,
        Self::TooManyRequests,
        Self::TooBusy,
        Self::Internal,
    ];

    /// The name: the last segment of `type`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidSubmission => "invalid-submission",
            Self::MalformedRequest => "malformed-request",
            Self::UnknownSite => "unknown-site",
            Self::OriginNotAllowed => "origin-not-allowed",
            Self::PayloadTooLarge => "payload-too-large",
            Self::StorageFull => "storage-full",
            Self::RequestTimeout => "request-timeout",
            Self::UnsupportedMediaType => "unsupported-media-type",
            Self::IdempotencyKeyReused => "idempotency-key-reused",
            Self::StillRunning => "still-running",
            Self::UploadOffsetMismatch => "upload-offset-mismatch",
            Self::ChecksumMismatch => "checksum-mismatch",
            Self::UnsupportedVersion => "unsupported-version",
            Self::NotFound => "not-found",
            Self::MethodNotAllowed => "method-not-allowed",
            Self::IdentityRefused => "identity-refused",
            Self::IdentityRequired => "identity-required",
            Self::AccessRefused => "access-refused",
            Self::CategoryRedirected => "category-redirected",
            Self::NotEntitled => "not-entitled",
            Self::ProofOfWorkRequired => "proof-of-work-required",
            Self::TooManyRequests => "too-many-requests",
            Self::TooBusy => "too-busy",
            Self::Internal => "internal",
        }
    }

    /// The kind that a `type` names.
    #[must_use]
    pub fn from_type(problem_type: &str) -> Option<Self> {
        let name = problem_type.strip_prefix(PROBLEM_TYPE_BASE)?;
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// One sentence that is the same for every problem of the kind (RFC 9457 §3.1.3), for developers.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::InvalidSubmission => "The submission breaks a rule",
            Self::MalformedRequest => "The request cannot be read",
            Self::UnknownSite => "No site has this key",
            Self::OriginNotAllowed => "The site does not allow this origin",
            Self::PayloadTooLarge => "The request is too large",
            Self::StorageFull => "The site has no room for files",
            Self::RequestTimeout => "The request came too slowly",
            Self::UnsupportedMediaType => "The content type is not supported here",
            Self::IdempotencyKeyReused => "The idempotency key belongs to another submission",
            Self::StillRunning => "The first request with this key is still running",
            Self::UploadOffsetMismatch => "The upload stands at another offset",
            Self::ChecksumMismatch => "The bytes are not the announced ones",
            Self::UnsupportedVersion => "The version of the protocol is not supported",
            Self::NotFound => "Nothing is here",
            Self::MethodNotAllowed => "The method is not allowed here",
            Self::IdentityRefused => "The identity is not believed",
            Self::IdentityRequired => "The site asks who you are",
            Self::AccessRefused => "The account may not be entered now",
            Self::CategoryRedirected => "Requests of this category go elsewhere",
            Self::NotEntitled => "The requester is not among the account's contacts",
            Self::ProofOfWorkRequired => "The site asks for proof of work now",
            Self::TooManyRequests => "Too many requests within the hour",
            Self::TooBusy => "The service cannot take the request now",
            Self::Internal => "The service failed",
        }
    }
}

/// A problem as it crosses the wire (`application/problem+json`).
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Problem {
    /// [`PROBLEM_TYPE_BASE`] and the kind's name.
    #[cfg_attr(feature = "serde", serde(rename = "type"))]
    pub problem_type: String,
    /// One sentence for the kind.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What happened this time and what to do.
    pub detail: String,
    /// The request's id, to be quoted to support.
    pub request_id: String,
    /// All broken rules at once.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Vec::is_empty")
    )]
    pub violations: Vec<Violation>,
    /// Where to turn to instead, an address or a web page: of the kinds that send people elsewhere.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub address: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_leads_back_to_its_kind() {
        for kind in ProblemKind::ALL {
            assert_eq!(
                ProblemKind::from_type(&format!("{PROBLEM_TYPE_BASE}{}", kind.as_str())),
                Some(kind)
            );
        }
        assert_eq!(ProblemKind::from_type("about:blank"), None);
    }
}
