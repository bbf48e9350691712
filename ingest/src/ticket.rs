//! A ticket: what a submission becomes. Pure.

use cornerdesk_shared::{page_context::PageContext, reference::Reference};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::care::Care;

mod closing;
mod describe;
mod fact;
pub mod findings;
pub mod snooze;
pub mod terms;

pub use closing::ClosingReason;
pub use fact::{Entry, Fact};

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

/// Why a ticket is kept apart. Nobody works on it and no mail is sent for it until it is released; it is never dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Held {
    /// It looks like spam.
    Suspected,
    /// Nobody has confirmed yet that the address is the sender's.
    Unconfirmed,
}

impl Held {
    /// The name in the database and in answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Suspected => "suspected",
            Self::Unconfirmed => "unconfirmed",
        }
    }

    /// The reason with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Suspected, Self::Unconfirmed]
            .into_iter()
            .find(|held| held.as_str() == name)
    }
}

/// What exactly made us keep a ticket apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldReason {
    /// A field was filled that people do not see.
    HiddenField,
    /// The form came back faster than a person fills it.
    TooFast,
    /// Proof of work was asked for at the time, and the form came without JavaScript.
    NoProofOfWork,
    /// The site asks senders to confirm their address first.
    AddressNotConfirmed,
    /// The mail server that handed the mail over takes it for spam.
    MarkedAsSpam,
    /// The mail server that handed the mail over says that its sender may be forged (DMARC).
    SenderMayBeForged,
}

impl HoldReason {
    /// As what the ticket is held.
    #[must_use]
    pub const fn held(self) -> Held {
        match self {
            Self::HiddenField
            | Self::TooFast
            | Self::NoProofOfWork
            | Self::MarkedAsSpam
            | Self::SenderMayBeForged => Held::Suspected,
            Self::AddressNotConfirmed => Held::Unconfirmed,
        }
    }

    /// For staff.
    #[must_use]
    pub const fn describe(self) -> &'static str {
        match self {
            Self::HiddenField => "Suspected: hidden field filled",
            Self::TooFast => "Suspected: form sent faster than a person fills it",
            Self::NoProofOfWork => "Suspected: sent without proof of work while under attack",
            Self::AddressNotConfirmed => "Unconfirmed: the sender has not confirmed the address",
            Self::MarkedAsSpam => "Suspected: the mail server takes the mail for spam",
            Self::SenderMayBeForged => "Suspected: the sender of the mail may be forged (DMARC)",
        }
    }
}

/// Who let a held ticket in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Releaser {
    /// A colleague, by name.
    Staff(String),
    /// Somebody at the command line.
    Operator,
    /// The requester, by confirming the address.
    Requester,
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
    /// Why it is kept apart, if it is.
    pub held: Option<Held>,
    /// When the service received it.
    pub received_at: Timestamp,
    /// Who sent it, where the product vouches for that; then the address is theirs.
    pub requester: Option<Requester>,
    /// Key of the account of the site that the requester belongs to.
    pub account: Option<String>,
    /// The way it came: key of a channel of the policy.
    pub channel: Option<String>,
    /// Key of a priority of the policy; only staff set it.
    pub priority: Option<String>,
    /// What it means for the requester, in their own words.
    pub impact: Option<String>,
    /// The version of the site's policy whose terms hold for it.
    pub policy_version: Option<u32>,
}

/// A person for whom the product vouches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Requester {
    /// The product's own id of the person.
    pub sub: String,
    /// What they are called.
    pub name: Option<String>,
}

/// A file of a ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// Internal id.
    pub id: Uuid,
    /// Display name; never a path.
    pub name: String,
    /// By its content once it is examined, before that as the sender declared it. Never a reason to show it in a browser.
    pub content_type: String,
    /// Size of what is kept, in bytes.
    pub size_bytes: u64,
    /// SHA-256 of what is kept.
    pub sha256: [u8; 32],
    /// Key in the blob store.
    pub blob: String,
    /// The message that it came with; nothing where it came with the submission.
    pub message: Option<Uuid>,
    /// What was done with it since it arrived.
    pub care: Care,
}
