//! The address of a ticket's page for its requester. Pure.
//!
//! The token follows from the installation's secret and the reference, so nothing is stored, every mail about a ticket carries the same link, and a
//! token that we did not make is refused before anybody looks whether there is such a ticket.

use aws_lc_rs::{constant_time, hmac};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use cornerdesk_shared::reference::Reference;
use uuid::Uuid;

use crate::{mail::rules::Rules, origin::Origin};

/// Octets of the signature that are in the token: 192 bits.
const TAG_OCTETS: usize = 24;
/// Symbols of a reference without prefix and hyphens.
const REFERENCE_CHARS: usize = 8;

/// Who was given a link. Both see where the ticket stands; what a stranger typed is not put before a mailbox as if its owner had written it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// Whoever sent the request: it is in their receipt.
    Sender,
    /// Whoever reads the requester's mailbox: it is in our mails.
    Mailbox,
}

impl Holder {
    const ALL: [Self; 2] = [Self::Sender, Self::Mailbox];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Sender => "sender",
            Self::Mailbox => "mailbox",
        }
    }
}

/// Makes and reads links.
#[derive(Clone)]
pub struct Links {
    key: hmac::Key,
    rules: Rules,
}

impl std::fmt::Debug for Links {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Links(…)")
    }
}

impl Links {
    /// Links signed with the installation's secret, to where `rules` say that people reach us.
    #[must_use]
    pub fn new(secret: &[u8], rules: &Rules) -> Self {
        // The secret signs other things too: each kind has a key of its own.
        let secret = hmac::Key::new(hmac::HMAC_SHA256, secret);
        let own = hmac::sign(&secret, b"status link");
        Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, own.as_ref()),
            rules: rules.clone(),
        }
    }

    /// The address of the page; nothing where nobody knows under which address we are reached.
    #[must_use]
    pub fn url(&self, reference: Reference, holder: Holder) -> Option<String> {
        let origin: &Origin = self.rules.public_origin()?;
        Some(format!("{origin}/t/{}", self.token(reference, holder)))
    }

    /// The token: the reference, then its signature.
    #[must_use]
    pub fn token(&self, reference: Reference, holder: Holder) -> String {
        let symbols = symbols(reference);
        let tag = self.tag(&symbols, holder);
        symbols + &URL_SAFE_NO_PAD.encode(tag)
    }

    /// The ticket that a token is for, and who was given it; nothing for a token that we did not make.
    #[must_use]
    pub fn read(&self, token: &str) -> Option<(Reference, Holder)> {
        let (symbols, tag) = token.split_at_checked(REFERENCE_CHARS)?;
        if tag.len() != TAG_OCTETS / 3 * 4 {
            return None;
        }
        let tag = URL_SAFE_NO_PAD.decode(tag).ok()?;
        let holder = Holder::ALL.into_iter().find(|holder| {
            let own = self.tag(symbols, *holder);
            constant_time::verify_slices_are_equal(&own, &tag).is_ok()
        })?;
        Some((Reference::parse(symbols).ok()?, holder))
    }

    /// The code that proves who reads the mailbox, for one sign-in: eight digits.
    #[must_use]
    pub fn code(&self, sign_in: Uuid) -> String {
        let signed = hmac::sign(&self.key, format!("code {sign_in}").as_bytes());
        let number = signed
            .as_ref()
            .iter()
            .take(8)
            .fold(0_u64, |number, octet| (number << 8) | u64::from(*octet));
        // 2⁶⁴ is so far from a multiple of 10⁸ that no code is likelier than another by more than 10⁻¹¹.
        format!("{:08}", number % 100_000_000)
    }

    /// Is this the code of this sign-in?
    #[must_use]
    pub fn is_code(&self, sign_in: Uuid, typed: &str) -> bool {
        let own = self.code(sign_in);
        constant_time::verify_slices_are_equal(own.as_bytes(), typed.as_bytes()).is_ok()
    }

    /// What a form of the page carries, so that no other page can send it in the name of whoever is signed in with this session.
    #[must_use]
    pub fn form_token(&self, session: &str) -> String {
        let signed = hmac::sign(&self.key, format!("form {session}").as_bytes());
        URL_SAFE_NO_PAD.encode(signed)
    }

    /// Is this the token of a form that we gave to this session?
    #[must_use]
    pub fn is_form_token(&self, session: &str, token: &str) -> bool {
        let own = self.form_token(session);
        constant_time::verify_slices_are_equal(own.as_bytes(), token.as_bytes()).is_ok()
    }

    fn tag(&self, symbols: &str, holder: Holder) -> [u8; TAG_OCTETS] {
        let signed = format!("{} {symbols}", holder.as_str());
        let tag = hmac::sign(&self.key, signed.as_bytes());
        std::array::from_fn(|at| tag.as_ref()[at])
    }
}

/// `7K3F92XQ`.
fn symbols(reference: Reference) -> String {
    let written = reference.to_string();
    let letters: String = written.chars().filter(|c| *c != '-').collect();
    letters[letters.len() - REFERENCE_CHARS..].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Overrides;

    fn links(secret: &[u8]) -> Links {
        let overrides = Overrides {
            demo: true,
            ..Overrides::default()
        };
        let defaults = crate::config::Config::load(None, |_| None, &overrides);
        let rules = Rules::new(&defaults.unwrap());
        rules.assume_public_origin("https://help.example.com");
        Links::new(secret, &rules)
    }

    #[test]
    fn a_link_leads_to_its_ticket_and_says_who_was_given_it() {
        let links = links(b"secret");
        let mut tokens = std::collections::BTreeSet::new();
        for number in 0..1000 {
            let reference = Reference::from_number(number * 7_919);
            for holder in Holder::ALL {
                let token = links.token(reference, holder);
                assert_eq!(links.read(&token), Some((reference, holder)));
                assert_eq!(token.len(), 40);
                assert!(
                    token
                        .bytes()
                        .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
                );
                let url = links.url(reference, holder).unwrap();
                assert_eq!(url, format!("https://help.example.com/t/{token}"));
                assert!(tokens.insert(token));
            }
        }
    }

    #[test]
    fn what_we_did_not_make_leads_nowhere() {
        let own = links(b"secret");
        let token = own.token(Reference::from_number(7), Holder::Sender);
        let of_another = own.token(Reference::from_number(8), Holder::Sender);
        let mixed = format!("{}{}", &of_another[..8], &token[8..]);
        let elsewhere = links(b"other").token(Reference::from_number(7), Holder::Sender);
        let (longer, padded) = (format!("{token}A"), format!("{token}="));
        let small = token.to_lowercase();
        for forged in [
            "",
            "x",
            "CD-",
            &token[1..],
            &token[..39],
            &longer,
            &padded,
            &mixed,
            &elsewhere,
            &small,
            "ääääääääääääääääääääää",
        ] {
            assert_eq!(own.read(forged), None, "{forged}");
        }
        for at in 0..token.len() {
            let other = if &token[at..=at] == "A" { "B" } else { "A" };
            let changed = format!("{}{other}{}", &token[..at], &token[at + 1..]);
            assert_eq!(own.read(&changed), None, "{changed}");
        }
    }
}
