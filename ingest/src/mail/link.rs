//! Links in our mails. Pure.
//!
//! A link shows a page with a button and does nothing by itself: mail scanners open links, and browsers fetch them ahead (threat S7). The
//! button spends the token.

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::recipient::Key;
use crate::origin::Origin;

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// "I did not send this."
    Object,
    /// "Yes, this is from me."
    Confirm,
}

impl Purpose {
    /// The name in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Object => "object",
            Self::Confirm => "confirm",
        }
    }

    /// The first part of the page's path.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::Object => "not-me",
            Self::Confirm => "confirm",
        }
    }

    /// How long the link can be used. Who finds a mail after the holidays may still object; a request that nobody confirmed in a week is
    /// for staff to decide.
    #[must_use]
    pub const fn lifetime(self) -> SignedDuration {
        match self {
            Self::Object => SignedDuration::from_hours(90 * 24),
            Self::Confirm => SignedDuration::from_hours(7 * 24),
        }
    }
}

/// A link as it is kept: without its token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// The one ticket that it is about.
    pub ticket: Uuid,
    /// The one mailbox that it was sent to.
    pub recipient: Key,
    /// When it stops to work.
    pub expires_at: Timestamp,
    /// When it was used.
    pub used_at: Option<Timestamp>,
}

/// What is kept of a token.
#[must_use]
pub fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}

/// The address that stands in the mail.
#[must_use]
pub fn url(public: &Origin, purpose: Purpose, site: &str, token: &str) -> String {
    format!("{public}/{}/{site}/{token}", purpose.path())
}
