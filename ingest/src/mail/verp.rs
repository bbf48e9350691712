//! A return path of its own for each ticket (VERP), so that a bounce says which mail it is about, whatever else stands in it. Pure.
//!
//! `bounces+7k3f92xq-k4mxw2q7p5lzb3ad@example.com`: the reference, and 80 bits of an HMAC of it. Who did not get the mail cannot make one, so nobody can
//! mark somebody's address as undeliverable by writing to us. Letters and digits of one case: mail servers may change the case.
//!
//! The address that people answer to is made in the same way, with a secret of its own, so that neither can be used for the other.

use aws_lc_rs::{constant_time, hmac};
use cornerdesk_shared::reference::Reference;
use lettre::Address;

/// What is signed with the reference. It keeps a code apart from whatever else is ever signed with the same secret.
const RETURN_PATH: &str = "cornerdesk return path 1";
const REPLY_ADDRESS: &str = "cornerdesk reply address 1";
/// 80 bits: sixteen symbols.
const MAC_BYTES: usize = 10;
/// Most characters before the `@` (RFC 5321 §4.5.3.1.1).
const MOST_LOCAL: usize = 64;
/// `+`, the reference, `-` and the symbols.
const TOKEN: usize = 1 + 8 + 1 + 16;

/// Makes return paths, and knows its own again.
#[derive(Clone)]
pub struct Verp {
    user: String,
    domain: String,
    key: hmac::Key,
    label: &'static str,
}

impl std::fmt::Debug for Verp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Verp").finish_non_exhaustive()
    }
}

/// Is there room for the token before the `@`?
#[must_use]
pub fn is_short_enough(address: &Address) -> bool {
    address.user().len() + TOKEN <= MOST_LOCAL
}

impl Verp {
    /// `address` is where bounces go, without a token; `secret` is the installation's.
    #[must_use]
    pub fn new(address: &Address, secret: &[u8; 32]) -> Self {
        Self::labelled(address, secret, RETURN_PATH)
    }

    /// Makes the addresses that people answer to; `secret` is [`crate::secrets::Name::ReplyAddress`].
    #[must_use]
    pub fn for_replies(address: &Address, secret: &[u8; 32]) -> Self {
        Self::labelled(address, secret, REPLY_ADDRESS)
    }

    fn labelled(address: &Address, secret: &[u8; 32], label: &'static str) -> Self {
        Self {
            user: address.user().to_owned(),
            domain: address.domain().to_owned(),
            key: hmac::Key::new(hmac::HMAC_SHA256, secret),
            label,
        }
    }

    /// The return path for mails about a ticket.
    ///
    /// # Errors
    /// When the configured address has no room for a token.
    pub fn return_path(
        &self,
        reference: Reference,
    ) -> Result<Address, lettre::address::AddressError> {
        let (name, mac) = (plain(reference), symbols(&self.mac(reference)));
        Address::new(format!("{}+{name}-{mac}", self.user), &self.domain)
    }

    /// The ticket that a return path of ours names. `None` for any other address, and for one that is not ours although it looks so.
    #[must_use]
    pub fn ticket(&self, address: &str) -> Option<Reference> {
        let address = address.trim().trim_matches(['<', '>']);
        let (local, domain) = address.rsplit_once('@')?;
        if !domain.eq_ignore_ascii_case(&self.domain) {
            return None;
        }
        let local = local.to_ascii_lowercase();
        let token = local.strip_prefix(&self.user.to_ascii_lowercase())?;
        let (name, mac) = token.strip_prefix('+')?.split_once('-')?;
        let reference = Reference::parse(name).ok()?;
        let expected = symbols(&self.mac(reference));
        constant_time::verify_slices_are_equal(mac.as_bytes(), expected.as_bytes())
            .ok()
            .map(|()| reference)
    }

    fn mac(&self, reference: Reference) -> [u8; MAC_BYTES] {
        let tag = hmac::sign(
            &self.key,
            format!("{}\n{}", self.label, plain(reference)).as_bytes(),
        );
        let mut mac = [0; MAC_BYTES];
        mac.copy_from_slice(&tag.as_ref()[..MAC_BYTES]);
        mac
    }
}

/// `CD-7K3F-92XQ` as `7k3f92xq`.
fn plain(reference: Reference) -> String {
    let text = reference.to_string().to_ascii_lowercase();
    text.trim_start_matches("cd-").replace('-', "")
}

/// Base 32 (RFC 4648 §6) in small letters.
fn symbols(bytes: &[u8; MAC_BYTES]) -> String {
    const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    bytes
        .chunks(5)
        .flat_map(|five| {
            let number = five
                .iter()
                .fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
            (0..8)
                .rev()
                .map(move |place| char::from(ALPHABET[(number >> (5 * place) & 31) as usize]))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verp(secret: u8) -> Verp {
        Verp::new(&"Bounces@example.com".parse().unwrap(), &[secret; 32])
    }

    fn reference(number: u64) -> Reference {
        Reference::from_number(number)
    }

    #[test]
    fn a_return_path_names_its_ticket_whatever_its_case() {
        let path = verp(1).return_path(reference(7)).unwrap().to_string();
        assert!(
            path.starts_with("Bounces+") && path.ends_with("@example.com"),
            "{path}"
        );
        for spelling in [
            path.clone(),
            path.to_uppercase(),
            path.to_lowercase(),
            format!("<{path}>"),
        ] {
            assert_eq!(verp(1).ticket(&spelling), Some(reference(7)), "{spelling}");
        }
    }

    #[test]
    fn nobody_else_can_make_one() {
        let path = verp(1).return_path(reference(7)).unwrap().to_string();
        let other = verp(1).return_path(reference(8)).unwrap().to_string();
        let mac = |path: &str| path.split(['-', '@']).nth(1).unwrap().to_owned();
        for forged in [
            verp(2).return_path(reference(7)).unwrap().to_string(),
            path.replace("@example.com", "@example.org"),
            path.replace(&mac(&path), &mac(&other)),
            path.replace(&mac(&path), ""),
            path.replace(&mac(&path), &mac(&path)[..8]),
            "bounces@example.com".to_owned(),
            "bounces+x@example.com".to_owned(),
            "jane@example.org".to_owned(),
            String::new(),
        ] {
            assert_eq!(verp(1).ticket(&forged), None, "{forged}");
        }
    }

    #[test]
    fn a_return_path_is_no_reply_address_even_with_the_same_secret_and_name() {
        let address = "Bounces@example.com".parse().unwrap();
        let replies = Verp::for_replies(&address, &[1; 32]);
        let path = verp(1).return_path(reference(7)).unwrap().to_string();
        let reply_to = replies.return_path(reference(7)).unwrap().to_string();
        assert_eq!(replies.ticket(&reply_to), Some(reference(7)));
        assert_eq!(
            (replies.ticket(&path), verp(1).ticket(&reply_to)),
            (None, None)
        );
    }

    #[test]
    fn the_longest_configured_address_still_has_room() {
        let longest: Address = format!("{}@example.com", "b".repeat(MOST_LOCAL - TOKEN))
            .parse()
            .unwrap();
        assert!(is_short_enough(&longest));
        let path = Verp::new(&longest, &[1; 32])
            .return_path(reference(7))
            .unwrap();
        assert_eq!(path.user().len(), MOST_LOCAL);
        let longer: Address = format!("b{longest}").parse().unwrap();
        assert!(!is_short_enough(&longer));
    }
}
