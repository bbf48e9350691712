//! A ticket: what a submission becomes. Pure.

use cornerdesk_shared::{page_context::PageContext, reference::Reference};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Where a ticket stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Nobody has looked at it.
    New,
    /// Staff work on it.
    Open,
    /// It waits for the requester.
    Waiting,
    /// Staff say it is done.
    Solved,
    /// It is over.
    Closed,
}

impl Status {
    const ALL: [Self; 5] = [
        Self::New,
        Self::Open,
        Self::Waiting,
        Self::Solved,
        Self::Closed,
    ];

    /// The name in the database and in answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Open => "open",
            Self::Waiting => "waiting",
            Self::Solved => "solved",
            Self::Closed => "closed",
        }
    }

    /// The status with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == name)
    }
}

/// A ticket. Texts are cleaned, the address is checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// The site's key.
    pub site: String,
    /// Internal id; never shown to requesters.
    pub id: Uuid,
    /// Public number.
    pub reference: Reference,
    /// One line.
    pub summary: String,
    /// Plain text.
    pub description: String,
    /// Where the answer goes.
    pub email: String,
    /// Shipped language for the requester's mails.
    pub locale: String,
    /// Key of a category of the policy.
    pub category: Option<String>,
    /// Key of a plan of the policy.
    pub plan: Option<String>,
    /// What the panel said about the page.
    pub context: PageContext,
    /// Where it stands.
    pub status: Status,
    /// When the service received it.
    pub received_at: Timestamp,
}

/// A file of a ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// Internal id.
    pub id: Uuid,
    /// Display name; never a path.
    pub name: String,
    /// As the sender declared it; never trusted.
    pub content_type: String,
    /// Size in bytes.
    pub size_bytes: u64,
    /// SHA-256 of the bytes.
    pub sha256: [u8; 32],
    /// Key in the blob store.
    pub blob: String,
}

/// One fact of a ticket. Facts are only ever added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Fact {
    /// The submission was accepted.
    Received {
        /// How many files came with it.
        attachments: u32,
    },
    /// The acknowledgement was handed to the mail server.
    Acknowledged,
    /// The acknowledgement cannot be delivered.
    AcknowledgementFailed {
        /// Why, in words of ours.
        reason: String,
    },
}

impl Fact {
    /// The name of its kind.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Received { .. } => "received",
            Self::Acknowledged => "acknowledged",
            Self::AcknowledgementFailed { .. } => "acknowledgement_failed",
        }
    }

    /// For staff: a title and, where there is more to say, a line of detail.
    #[must_use]
    pub fn describe(&self) -> (&'static str, Option<String>) {
        match self {
            Self::Received { attachments: 0 } => ("Request received", None),
            Self::Received { attachments: 1 } => {
                ("Request received", Some("With 1 attachment".to_owned()))
            }
            Self::Received { attachments } => (
                "Request received",
                Some(format!("With {attachments} attachments")),
            ),
            Self::Acknowledged => ("Acknowledgement sent", None),
            Self::AcknowledgementFailed { reason } => (
                "Acknowledgement could not be delivered",
                Some(reason.clone()),
            ),
        }
    }
}

/// An entry of the timeline: a fact, its place and when it happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// 1, 2, 3 …
    pub seq: i32,
    /// When.
    pub at: Timestamp,
    /// What.
    pub fact: Fact,
}
