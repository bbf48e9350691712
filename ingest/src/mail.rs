//! Mail: what is written and the way out.

pub mod acknowledgement;
pub mod transport;

use lettre::message::Mailbox;

pub use transport::{Mailer, SendError};

/// Who we are in a mail.
#[derive(Clone, Debug)]
pub struct Identity {
    /// Sender as people see it.
    pub from: Mailbox,
    /// Where answers go, unless to the sender.
    pub reply_to: Option<Mailbox>,
    /// Right side of our Message-IDs.
    pub domain: String,
}

/// Is it an address with or without a name, `Support <support@example.com>`?
#[must_use]
pub fn is_mailbox(text: &str) -> bool {
    text.parse::<Mailbox>().is_ok()
}
