//! When a form was handed out, signed, so that we know how long somebody had it. Pure.

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;

const SIGNATURE_BYTES: usize = 32;

/// A token for a form of `site` that is handed out now.
#[must_use]
pub fn issue(secret: &[u8], site: &str, now: Timestamp) -> String {
    let at = now.as_microsecond().to_be_bytes();
    let signature = hmac::sign(&key(secret), &signed(site, &at));
    URL_SAFE_NO_PAD.encode([&at[..], signature.as_ref()].concat())
}

/// When the form of this token was handed out; `None` when we did not make it.
#[must_use]
pub fn issued_at(secret: &[u8], site: &str, token: &str) -> Option<Timestamp> {
    const MOST_OCTETS: usize = 64;
    if token.len() > MOST_OCTETS {
        return None;
    }
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    let (at, signature) = bytes.split_first_chunk::<8>()?;
    if signature.len() != SIGNATURE_BYTES {
        return None;
    }
    hmac::verify(&key(secret), &signed(site, at), signature).ok()?;
    Timestamp::from_microsecond(i64::from_be_bytes(*at)).ok()
}

fn signed(site: &str, at: &[u8; 8]) -> Vec<u8> {
    [at, site.as_bytes()].concat()
}

/// The installation's secret signs other things too: each kind has a key of its own.
fn key(secret: &[u8]) -> hmac::Key {
    let secret = hmac::Key::new(hmac::HMAC_SHA256, secret);
    let own = hmac::sign(&secret, b"form token");
    hmac::Key::new(hmac::HMAC_SHA256, own.as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_tokens_tell_a_time() {
        let now = Timestamp::from_microsecond(1_795_000_000_123_456).unwrap();
        let token = issue(b"secret", "acme", now);
        assert_eq!(issued_at(b"secret", "acme", &token), Some(now));
        assert_eq!(issued_at(b"other", "acme", &token), None);
        assert_eq!(issued_at(b"secret", "second", &token), None);
        let earlier = token.replacen('A', "B", 1);
        for forged in ["", "x", &token[1..], &earlier, &"A".repeat(10_000)] {
            assert_eq!(issued_at(b"secret", "acme", forged), None, "{forged}");
        }
    }
}
