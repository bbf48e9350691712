//! What is kept of a person: found by their e-mail address, handed over, erased.

pub mod erasing;
pub mod export;
pub mod packing;
pub mod retention;

use cornerdesk_shared::{limits::Limits, validation::validate_email};

use crate::{
    mail::recipient::{Key, Recipient},
    staff::VisibleSites,
};

/// Whose data, and at which sites. The address is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Whose {
    address: String,
    site: String,
    visible: VisibleSites,
}

/// The text is no e-mail address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("that is no e-mail address")]
pub struct NoAddress;

impl Whose {
    /// Somebody's by the address that they wrote from, capital letters aside; at one site, or at all that are visible.
    ///
    /// # Errors
    /// [`NoAddress`]. So nobody finds the tickets that have none.
    pub fn new(
        address: &str,
        site: Option<&str>,
        visible: VisibleSites,
    ) -> Result<Self, NoAddress> {
        let address = address.trim();
        if validate_email(address, &Limits::default()).is_some() {
            return Err(NoAddress);
        }
        Ok(Self {
            address: address.to_owned(),
            site: site.unwrap_or_default().to_owned(),
            visible,
        })
    }

    /// The address as it was typed.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Key of the site; empty: all that are visible.
    #[must_use]
    pub fn site(&self) -> &str {
        &self.site
    }

    /// Sites beyond which nothing is looked for.
    #[must_use]
    pub const fn visible(&self) -> &VisibleSites {
        &self.visible
    }

    /// What stands for the mailbox, in every spelling.
    #[must_use]
    pub fn mailbox(&self) -> Key {
        Recipient::of(&self.address).key()
    }

    /// What stands for this spelling.
    #[must_use]
    pub fn exactly(&self) -> Key {
        Recipient::exactly(&self.address).key()
    }
}

impl std::fmt::Debug for Whose {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Whose")
            .field("site", &self.site)
            .finish_non_exhaustive()
    }
}

/// How much there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Tickets.
    pub tickets: u64,
    /// Messages and notes about them.
    pub messages: u64,
    /// Files of theirs.
    pub files: u64,
}

impl std::ops::AddAssign for Held {
    fn add_assign(&mut self, other: Self) {
        self.tickets += other.tickets;
        self.messages += other.messages;
        self.files += other.files;
    }
}

impl std::fmt::Display for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let count = |count: u64, one: &str| {
            let plural = if count == 1 { "" } else { "s" };
            format!("{count} {one}{plural}")
        };
        let (tickets, messages) = (
            count(self.tickets, "ticket"),
            count(self.messages, "message"),
        );
        write!(f, "{tickets}, {messages}, {}", count(self.files, "file"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_address_names_somebody() {
        for text in ["", "  ", "jane", "%", "jane@", "a@b@c"] {
            assert_eq!(
                Whose::new(text, None, VisibleSites::All),
                Err(NoAddress),
                "{text}"
            );
        }
        let whose = Whose::new(" Jane@Example.org ", Some("acme"), VisibleSites::All).unwrap();
        assert_eq!(
            (whose.address(), whose.site()),
            ("Jane@Example.org", "acme")
        );
        assert!(!format!("{whose:?}").to_lowercase().contains("jane"));
    }

    #[test]
    fn how_much_there_is_reads_well() {
        let held = Held {
            tickets: 1,
            messages: 0,
            files: 2,
        };
        assert_eq!(held.to_string(), "1 ticket, 0 messages, 2 files");
    }
}
