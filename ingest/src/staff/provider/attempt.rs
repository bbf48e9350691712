//! A sign-in on its way to the provider and back. Nothing of it is kept here: the browser holds it, sealed, and what is said to the provider
//! follows from it and a key that is not in the database.

use aws_lc_rs::constant_time;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    hexadecimal::hex,
    staff::sealing::{Sealing, SealingError},
};

/// So long one may take to sign in over there.
pub const LASTS: SignedDuration = SignedDuration::from_mins(10);
/// What it is sealed for, so that nothing else that was sealed is taken for one.
const PURPOSE: &[u8] = b"a sign-in on its way to the provider";
/// Longest address to go on to, in octets; a cookie has 4096.
const NEXT_MOST_OCTETS: usize = 1500;

/// A sign-in on its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// 256 random bits.
    token: String,
    /// Where to go on.
    pub next: String,
    /// Until when it may come back, in seconds.
    until: i64,
}

/// What the provider hears of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Words {
    /// Comes back with the answer.
    pub state: String,
    /// Comes back in the token.
    pub nonce: String,
    /// Shows that whoever brings the code is who asked for it (RFC 7636).
    pub verifier: String,
}

impl Words {
    /// What is shown of the verifier beforehand (S256).
    #[must_use]
    pub fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(&self.verifier))
    }

    /// Is it the answer to this question?
    #[must_use]
    pub fn is_state(&self, state: &str) -> bool {
        constant_time::verify_slices_are_equal(self.state.as_bytes(), state.as_bytes()).is_ok()
    }
}

impl Attempt {
    /// Begins one with a fresh token.
    #[must_use]
    pub fn new(token: String, next: &str, now: Timestamp) -> Self {
        let next = if next.len() > NEXT_MOST_OCTETS {
            "/desk"
        } else {
            next
        };
        Self {
            token,
            next: next.to_owned(),
            until: now.as_second() + LASTS.as_secs(),
        }
    }

    /// For the browser.
    ///
    /// # Errors
    /// When the library refuses.
    pub fn seal(&self, sealing: &Sealing) -> Result<String, SealingError> {
        let json = serde_json::to_vec(self).map_err(|_| SealingError::Key)?;
        Ok(URL_SAFE_NO_PAD.encode(sealing.seal(PURPOSE, &json)?))
    }

    /// What the browser brings back, unless it is over or not ours.
    #[must_use]
    pub fn open(cookie: &str, sealing: &Sealing, now: Timestamp) -> Option<Self> {
        let sealed = URL_SAFE_NO_PAD.decode(cookie).ok()?;
        let opened = sealing.open(PURPOSE, &sealed).ok()?;
        let attempt: Self = serde_json::from_slice(&opened).ok()?;
        (now.as_second() < attempt.until).then_some(attempt)
    }

    /// What the provider hears.
    #[must_use]
    pub fn words(&self, sealing: &Sealing) -> Words {
        let word =
            |purpose: &str| hex(&sealing.sign(format!("{purpose} {}", self.token).as_bytes()));
        Words {
            state: word("state of a sign-in"),
            nonce: word("nonce of a sign-in"),
            // 256 bits in 64 characters; the standard asks for 43 or more.
            verifier: word("verifier of a sign-in") + &word("verifier of a sign-in, continued"),
        }
    }

    /// What is kept once it was good for a session.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(&self.token).into()
    }

    /// Until when that is kept.
    #[must_use]
    pub fn until(&self) -> Timestamp {
        Timestamp::from_second(self.until).unwrap_or(Timestamp::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_795_000_000 + second).unwrap()
    }

    #[test]
    fn what_the_browser_holds_is_good_for_ten_minutes_and_with_our_key() {
        let (ours, other) = (
            Sealing::with_key(&[1; 32]).unwrap(),
            Sealing::with_key(&[2; 32]).unwrap(),
        );
        let attempt = Attempt::new("token".to_owned(), "/desk/tickets", at(0));
        let cookie = attempt.seal(&ours).unwrap();
        assert_eq!(Attempt::open(&cookie, &ours, at(599)), Some(attempt));
        assert_eq!(Attempt::open(&cookie, &ours, at(600)), None);
        assert_eq!(Attempt::open(&cookie, &other, at(0)), None);
        assert_eq!(Attempt::open(&cookie[1..], &ours, at(0)), None);
        assert_eq!(Attempt::open("", &ours, at(0)), None);
        // A sealed secret of somebody is no sign-in.
        let secret = ours.seal(
            b"kim",
            br#"{"token":"t","next":"/desk","until":9999999999}"#,
        );
        let secret = URL_SAFE_NO_PAD.encode(secret.unwrap());
        assert_eq!(Attempt::open(&secret, &ours, at(0)), None);
        let far = Attempt::new("token".to_owned(), &"/desk/x".repeat(400), at(0));
        assert_eq!(far.next, "/desk");
    }

    #[test]
    fn what_the_provider_hears_differs_with_each_and_tells_nothing_of_the_rest() {
        let sealing = Sealing::with_key(&[1; 32]).unwrap();
        let words = |token: &str| Attempt::new(token.to_owned(), "", at(0)).words(&sealing);
        let (one, other) = (words("one"), words("other"));
        assert!(one.is_state(&one.state.clone()) && !one.is_state(&other.state));
        assert!(one.nonce != other.nonce && one.verifier != other.verifier);
        assert!(one.state != one.nonce && !one.verifier.contains(&one.state));
        assert_eq!((one.verifier.len(), one.challenge().len()), (64, 43));
    }

    #[test]
    fn the_challenge_is_the_one_of_the_standard() {
        // RFC 7636, appendix B.
        let words = Words {
            state: String::new(),
            nonce: String::new(),
            verifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".to_owned(),
        };
        assert_eq!(
            words.challenge(),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
    }
}
