//! Who gets a mail, however the address is written. Pure.
//!
//! A mailbox has many spellings: `Jane.Doe+a@googlemail.com` and `janedoe@gmail.com` are one. What is counted or refused for a person must
//! be counted for all of them, or a budget is one only for those who do not try.

use sha2::{Digest, Sha256};

/// A mailbox in its one spelling. Only ever compared: mail goes to the address as it was typed.
#[derive(Clone, PartialEq, Eq)]
pub struct Recipient(String);

/// What stands for a mailbox in the database: SHA-256. Not the address, so that a list of who objected is none of addresses; and without a
/// secret, so that erasing an address needs the address alone and works in every copy of the database.
pub type Key = [u8; 32];

/// The mailbox providers for whom dots in the local part mean nothing, and the name that we use for both of theirs.
const WITHOUT_DOTS: [&str; 2] = ["gmail.com", "googlemail.com"];

impl Recipient {
    /// The mailbox behind an address: small letters, without `+tag`, the domain in ASCII; at Gmail without dots.
    ///
    /// A text that is no address stands for itself.
    #[must_use]
    pub fn of(address: &str) -> Self {
        let address = address.trim().to_lowercase();
        let Some((local, domain)) = address.rsplit_once('@') else {
            return Self(address);
        };
        let domain = domain.trim_end_matches('.');
        let domain = idna::domain_to_ascii(domain).unwrap_or_else(|_| domain.to_owned());
        let mailbox = match local.split_once('+') {
            Some((mailbox, _)) if !mailbox.is_empty() => mailbox,
            _ => local,
        };
        if WITHOUT_DOTS.contains(&domain.as_str()) {
            return Self(format!("{}@{}", mailbox.replace('.', ""), WITHOUT_DOTS[0]));
        }
        Self(format!("{mailbox}@{domain}"))
    }

    /// Exactly this address, but for capital letters. For what holds for one spelling only: a server that knows no tags refuses `jane+x@`, and that
    /// must not cut `jane@` off.
    #[must_use]
    pub fn exactly(address: &str) -> Self {
        Self(address.trim().to_lowercase())
    }

    /// What stands for it in the database.
    #[must_use]
    pub fn key(&self) -> Key {
        // The first line keeps it apart from every other digest of an address.
        Sha256::digest(format!("cornerdesk recipient 1\n{}", self.0)).into()
    }
}

impl std::fmt::Debug for Recipient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Recipient(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_mailbox_is_the_same() {
        for (one, other) in [
            ("jane@example.org", " JANE@Example.ORG "),
            ("jane@example.org", "jane+news@example.org"),
            ("jane@example.org", "jane+a+b@example.org."),
            ("janedoe@gmail.com", "J.a.n.e.Doe+x@GoogleMail.com"),
            ("jane@xn--bcher-kva.example", "jane@BÜCHER.example"),
            ("jane@xn--bcher-kva.example", "jane@XN--BCHER-KVA.example"),
        ] {
            assert_eq!(
                Recipient::of(one).key(),
                Recipient::of(other).key(),
                "{other}"
            );
        }
    }

    #[test]
    fn different_mailboxes_stay_different() {
        for (one, other) in [
            ("jane@example.org", "jane@example.com"),
            ("jane.doe@example.org", "janedoe@example.org"),
            ("jane-news@example.org", "jane@example.org"),
            ("+a@example.org", "+b@example.org"),
            ("jane@mail.gmail.com", "j.ane@mail.gmail.com"),
            ("jane", "jane@"),
        ] {
            assert_ne!(
                Recipient::of(one).key(),
                Recipient::of(other).key(),
                "{other}"
            );
        }
    }

    #[test]
    fn an_address_is_never_printed() {
        assert!(!format!("{:?}", Recipient::of("jane@example.org")).contains("jane"));
    }
}
