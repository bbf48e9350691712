//! What becomes of a mail, and why it was not taken.

use cornerdesk_shared::reference::Reference;

use crate::{mail::incoming::Unreadable, store::StoreError, upload::UploadError};

/// What became of a mail that was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is a request: a new ticket.
    Request(Reference),
    /// It is the requester's answer.
    Answer(Reference),
    /// Somebody else wrote it: a note for staff.
    FromSomebodyElse(Reference),
    /// A machine wrote it: a note for staff.
    Automatic(Reference),
    /// It reports that a mail of ours did not arrive, or not yet; so says the ticket.
    Report(Reference),
    /// It was there already.
    Repeated(Reference),
    /// It says nothing that anybody would want to read: it is from ourselves, goes in a circle, or reports that a mail arrived.
    Dropped,
}

impl Taken {
    /// What it is counted as.
    #[must_use]
    pub const fn outcome(self) -> &'static str {
        match self {
            Self::Request(_) => "request",
            Self::Answer(_) => "answer",
            Self::FromSomebodyElse(_) | Self::Automatic(_) => "note",
            Self::Report(_) => "report",
            Self::Repeated(_) => "repeated",
            Self::Dropped => "dropped",
        }
    }

    /// For the log: without an address.
    #[must_use]
    pub fn describe(self) -> String {
        match self {
            Self::Request(reference) => format!("{reference}: a new request"),
            Self::Answer(reference) => format!("{reference}: an answer"),
            Self::FromSomebodyElse(reference) => {
                format!("{reference}: a note, since somebody else than the requester wrote it")
            }
            Self::Automatic(reference) => {
                format!("{reference}: a note, since a program wrote it")
            }
            Self::Report(reference) => format!("{reference}: a report of a mail server"),
            Self::Repeated(reference) => format!("{reference}: it came before"),
            Self::Dropped => "dropped: nobody wrote it to us".to_owned(),
        }
    }
}

/// Why a mail was not taken. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// It cannot be read.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// The address that it came to names no ticket, or its code is forged; and it is no site's.
    #[error("the address names no ticket and no site of ours, or its code is forged")]
    NoToken,
    /// The ticket is gone.
    #[error("the ticket that it is about is gone")]
    NoTicket,
    /// A program wrote it to a site. Nobody is told: there is nobody.
    #[error("a program wrote it, and what programs write makes no ticket")]
    Automatic,
    /// It does not say who wrote it, or says that several did.
    #[error("it does not say from which one address it comes")]
    NoSender,
    /// The site takes requests only of people for whom its product vouches.
    #[error(
        "this address takes no mails: please ask for help inside the product, where you are signed in"
    )]
    IdentityRequired,
    /// The sender is of a customer who named others.
    #[error("requests of your organisation come only from the people whom it has named")]
    NotEntitled,
    /// Requests of its kind go elsewhere, or the sender's address is none that can be answered.
    #[error("it cannot become a request: its sender's address cannot be answered")]
    NoRequest,
    /// Too many of late.
    #[error("too many mails about one ticket, or from one sender, within an hour")]
    TooMany,
    /// A file cannot be kept now.
    #[error("its files cannot be kept now")]
    Files(#[source] UploadError),
    /// It cannot be written down now.
    #[error("it cannot be written down now")]
    NotNow,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Refused {
    /// What it is counted as.
    #[must_use]
    pub const fn outcome(&self) -> &'static str {
        if self.is_for_good() {
            "refused"
        } else {
            "later"
        }
    }

    /// Will it never be taken, however often it comes?
    #[must_use]
    pub const fn is_for_good(&self) -> bool {
        match self {
            Self::Unreadable(_)
            | Self::NoToken
            | Self::NoTicket
            | Self::Automatic
            | Self::NoSender
            | Self::IdentityRequired
            | Self::NotEntitled
            | Self::NoRequest => true,
            Self::TooMany | Self::Files(_) | Self::NotNow | Self::Store(_) => false,
        }
    }
}
