//! A ticket: what a submission becomes. Pure.

use cornerdesk_shared::{page_context::PageContext, reference::Reference};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{care::Care, mail::permission::Withheld};

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
}

impl HoldReason {
    /// As what the ticket is held.
    #[must_use]
    pub const fn held(self) -> Held {
        match self {
            Self::HiddenField | Self::TooFast | Self::NoProofOfWork => Held::Suspected,
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
    /// What was done with it since it arrived.
    pub care: Care,
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
    /// It is kept apart.
    Held {
        /// Why.
        reason: HoldReason,
    },
    /// It was let in.
    Released {
        /// By whom.
        by: Releaser,
    },
    /// The acknowledgement was handed to the mail server.
    Acknowledged,
    /// The acknowledgement cannot be delivered.
    AcknowledgementFailed {
        /// Why, in words of ours.
        reason: String,
    },
    /// The acknowledgement must not be sent.
    AcknowledgementWithheld {
        /// Why.
        reason: Withheld,
    },
    /// The requester was asked by mail whether the request is theirs.
    ConfirmationAsked,
    /// The requester could not be asked.
    ConfirmationNotAsked {
        /// Why, in words of ours.
        reason: String,
    },
    /// Somebody who reads the requester's address said that they did not send this.
    Disowned,
    /// Somebody who reads the requester's address said that the request is theirs.
    Confirmed,
    /// The mail server got all of a mail and did not say whether it took it.
    MailUnanswered,
    /// A mail server that had taken the mail says that it cannot be delivered.
    DeliveryFailed {
        /// Its code (RFC 3463), such as `5.1.1`.
        status: Option<String>,
    },
    /// A mail server that had taken the mail is still trying.
    DeliveryDelayed {
        /// Its code, such as `4.4.1`.
        status: Option<String>,
    },
    /// Malware was found in a file.
    MalwareFound {
        /// The file's name.
        file: String,
        /// What the scanner calls it.
        name: String,
    },
    /// A file in which malware was found is handed out all the same.
    FileUnblocked {
        /// The file's name.
        file: String,
        /// Who wanted it.
        by: String,
        /// What for.
        reason: String,
    },
}

impl Fact {
    /// The name of its kind.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Received { .. } => "received",
            Self::Held { .. } => "held",
            Self::Released { .. } => "released",
            Self::Acknowledged => "acknowledged",
            Self::AcknowledgementFailed { .. } => "acknowledgement_failed",
            Self::MalwareFound { .. } => "malware_found",
            Self::FileUnblocked { .. } => "file_unblocked",
            Self::AcknowledgementWithheld { .. } => "acknowledgement_withheld",
            Self::ConfirmationAsked => "confirmation_asked",
            Self::ConfirmationNotAsked { .. } => "confirmation_not_asked",
            Self::Disowned => "disowned",
            Self::Confirmed => "confirmed",
            Self::MailUnanswered => "mail_unanswered",
            Self::DeliveryFailed { .. } => "delivery_failed",
            Self::DeliveryDelayed { .. } => "delivery_delayed",
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
            Self::Held { reason } => ("Held", Some(reason.describe().to_owned())),
            Self::Released { by } => (
                "Released",
                Some(match by {
                    Releaser::Staff(name) => format!("By {name}"),
                    Releaser::Operator => "At the command line".to_owned(),
                    Releaser::Requester => "The requester has confirmed the address".to_owned(),
                }),
            ),
            Self::Acknowledged => ("Acknowledgement sent", None),
            Self::AcknowledgementFailed { reason } => (
                "Acknowledgement could not be delivered",
                Some(reason.clone()),
            ),
            Self::MalwareFound { file, name } => {
                ("Malware found in a file", Some(format!("{file}: {name}")))
            }
            Self::FileUnblocked { file, by, reason } => (
                "File with malware handed out",
                Some(format!("{file}, wanted by {by}: {reason}")),
            ),
            Self::AcknowledgementWithheld { reason } => (
                "Acknowledgement not sent",
                Some(reason.describe().to_owned()),
            ),
            Self::ConfirmationAsked => ("Requester asked to confirm", None),
            Self::ConfirmationNotAsked { reason } => (
                "Requester could not be asked to confirm",
                Some(reason.clone()),
            ),
            Self::Disowned => (
                "“I did not send this”",
                Some("Somebody who reads this address said so by the link in our mail. Whoever wrote the request is somebody else.".to_owned()),
            ),
            Self::Confirmed => (
                "Address confirmed",
                Some("Somebody who reads this address confirmed the request by the link in our mail.".to_owned()),
            ),
            Self::DeliveryFailed { status } => (
                "Mail came back",
                Some(with_code(
                    "A mail server could not deliver our mail. This address gets no mail for 30 days.",
                    status.as_deref(),
                )),
            ),
            Self::MailUnanswered => (
                "Mail perhaps sent",
                Some("The mail server got it and did not answer; it is sent again with the same Message-ID.".to_owned()),
            ),
            Self::DeliveryDelayed { status } => (
                "Mail is late",
                Some(with_code(
                    "A mail server has not been able to deliver our mail yet, and goes on trying.",
                    status.as_deref(),
                )),
            ),
        }
    }
}

fn with_code(words: &str, status: Option<&str>) -> String {
    match status {
        Some(status) => format!("{words} Its code: {status}"),
        None => words.to_owned(),
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
