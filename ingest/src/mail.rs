//! Mail: what is written and the way out.

pub mod acknowledgement;
pub mod automatic;
pub mod delivery_report;
pub mod deprecation;
pub mod dkim;
mod draft;
pub mod hint;
pub mod incoming;
pub mod invitation;
pub mod link;
pub mod machine;
pub mod notice;
pub mod permission;
pub mod recipient;
pub mod reply;
pub mod rules;
pub mod smtp;
pub mod transport;
pub mod verp;

use lettre::{Address, message::Mailbox};

use crate::config::Config;

pub use transport::{Mailer, Secrets, SendError};

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

/// Where bounces go, if the operator says so.
#[must_use]
pub fn bounce_address(config: &Config) -> Option<Address> {
    address_in(&config.mail.bounce_address)
}

/// The address of a mailbox, `support@example.com` of `Support <support@example.com>`.
#[must_use]
pub fn address_in(text: &str) -> Option<Address> {
    let mailbox = text.parse::<Mailbox>().ok()?;
    Some(mailbox.email)
}

/// Where answers go that are to reach their ticket, if the operator says so.
#[must_use]
pub fn reply_address(config: &Config) -> Option<Address> {
    address_in(&config.mail.reply_address)
}

/// Can this be read as the address of a mail server?
#[must_use]
pub fn is_smtp_address(url: &str) -> bool {
    smtp::address::SmtpAddress::parse(url).is_some()
}

/// `smtp://` encrypts only when it is told to (`?tls=required`); with a password in the address that is a mistake, except on this
/// machine.
#[must_use]
pub fn sends_password_in_plain(url: &str) -> bool {
    let address = url
        .strip_prefix("smtp://")
        .and_then(|rest| rest.rsplit_once('@'));
    let Some((credentials, place)) = address else {
        return false;
    };
    let is_here = ["localhost", "127.0.0.1", "[::1]"]
        .iter()
        .any(|host| place.starts_with(host));
    credentials.contains(':') && !place.contains("tls=") && !is_here
}
