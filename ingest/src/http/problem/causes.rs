//! What goes wrong inside, as a problem: which kind it is, and what a client should do.

use cornerdesk_shared::problem::ProblemKind;

use super::HttpError;
use crate::{
    alerts, blobs::BlobError, http::vetting, intake::Refused, store::StoreError,
    upload::UploadError,
};

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
            Refused::Redirected(address) => Self::new(
                ProblemKind::CategoryRedirected,
                "Requests of this category are not for us; `address` says where they go. Nothing was saved.",
            )
            .with_address(Some(address)),
            Refused::NotEntitled(administrator) => Self::new(
                ProblemKind::NotEntitled,
                "Requests of this account come from the people whom it has named. Nothing was saved. Ask your administrator; `address` says whom, if the product vouches for you and the account names somebody.",
            )
            .with_address(administrator),
            Refused::KeyReused => Self::new(
                ProblemKind::IdempotencyKeyReused,
                "This key was used for a submission with another content. Take a new key for a new submission.",
            ),
            Refused::StillRunning => Self::new(
                ProblemKind::StillRunning,
                "The first request with this key has not ended. Send the same request again in a moment.",
            ),
            Refused::ProofUsed => vetting::proof_required(),
            Refused::TooMany(wait) => Self::new(
                ProblemKind::TooManyRequests,
                "Too many submissions came from this network, or to this site, within the hour (abuse.submissions_per_address, abuse.submissions_per_site). Nothing was saved. Send the same request again after Retry-After.",
            )
            .again_in(wait),
            Refused::Store(error) => error.into(),
        }
    }
}

impl From<alerts::Refused> for HttpError {
    fn from(refused: alerts::Refused) -> Self {
        match refused {
            alerts::Refused::TooMany(wait) => Self::new(
                ProblemKind::TooManyRequests,
                "Too many alarms came from this monitoring system within the hour (abuse.alarms_per_source). Nothing was saved. Send the same alarms again after Retry-After.",
            )
            .again_in(wait),
            alerts::Refused::Store(error) => error.into(),
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

impl From<csv::Error> for HttpError {
    fn from(error: csv::Error) -> Self {
        Self::new(
            ProblemKind::Internal,
            "The table cannot be written. The fault is ours and has been logged.",
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
