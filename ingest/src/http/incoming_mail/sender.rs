//! Whether a provider posts, and nobody else.

use aws_lc_rs::{constant_time, hmac};
use axum::http::{HeaderMap, header};
use base64::{Engine, engine::general_purpose::STANDARD};
use cornerdesk_shared::problem::ProblemKind;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::{super::problem::HttpError, fields::Fields};
use crate::{app::App, hexadecimal::unhex};

/// Mailgun tries for eight hours; what is older is somebody else's copy. Seconds.
const MAILGUN_OLDEST: u64 = 24 * 3_600;

/// By the password of `mail.incoming.webhook_password` (RFC 7617).
pub(super) fn ensure_password(app: &App, headers: &HeaderMap) -> Result<(), HttpError> {
    let expected = app.config.mail.incoming.webhook_password.reveal();
    let given = password_in(headers).unwrap_or_default();
    let (expected_digest, given_digest) = (Sha256::digest(expected), Sha256::digest(&given));
    let is_right = constant_time::verify_slices_are_equal(&expected_digest, &given_digest).is_ok();
    if is_right && !expected.is_empty() {
        Ok(())
    } else {
        Err(refused().with_header("www-authenticate", "Basic"))
    }
}

fn password_in(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, packed) = value.split_once(' ')?;
    let decoded = STANDARD.decode(packed.trim()).ok()?;
    let decoded = String::from_utf8(decoded).ok()?;
    let (_, password) = decoded.split_once(':')?;
    scheme
        .eq_ignore_ascii_case("basic")
        .then(|| password.to_owned())
}

/// By the signature of Mailgun. It covers the time and a random text, not the mail: an old one is refused, and the mail itself needs the address of a ticket.
pub(super) fn ensure_signed_by_mailgun(app: &App, fields: &Fields) -> Result<(), HttpError> {
    let key = app.config.mail.incoming.mailgun_signing_key.reveal();
    let text = |name: &str| fields.text(name).unwrap_or_default();
    let (timestamp, token) = (text("timestamp"), text("token"));
    if !key.is_empty()
        && is_recent(&timestamp, app.clock.now())
        && is_signed(key, &timestamp, &token, &text("signature"))
    {
        Ok(())
    } else {
        Err(refused())
    }
}

fn is_recent(timestamp: &str, now: Timestamp) -> bool {
    let at = timestamp.parse::<i64>();
    at.is_ok_and(|at| now.as_second().abs_diff(at) <= MAILGUN_OLDEST)
}

fn is_signed(key: &str, timestamp: &str, token: &str, signature: &str) -> bool {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
    let signed = format!("{timestamp}{token}");
    unhex(signature).is_some_and(|tag| hmac::verify(&key, signed.as_bytes(), &tag).is_ok())
}

fn refused() -> HttpError {
    let detail = "The password or signature is not the one of mail.incoming in the configuration. Nothing was saved.";
    HttpError::new(ProblemKind::IdentityRefused, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mailguns_signature_is_that_of_its_key_over_time_and_token() {
        let token = "a".repeat(50);
        let signature = "c831b43c5b16fe108131ca2a0ee82b53808fd53255a924f124c12c5aa8b5c2a3";
        assert!(is_signed("key-test", "1700000000", &token, signature));
        for (key, time, token, signature) in [
            ("key-tesT", "1700000000", token.as_str(), signature),
            ("key-test", "1700000001", &token, signature),
            ("key-test", "1700000000", "b", signature),
            ("key-test", "1700000000", &token, &signature[2..]),
            ("key-test", "1700000000", &token, ""),
        ] {
            assert!(!is_signed(key, time, token, signature));
        }
    }

    #[test]
    fn an_old_signature_is_refused() {
        let now = Timestamp::from_second(1_795_000_000).unwrap();
        for (time, is_good) in [
            ("1795000000", true),
            ("1794920000", true),
            ("1794900000", false),
            ("1795100000", false),
            ("", false),
            ("-9223372036854775808", false),
        ] {
            assert_eq!(is_recent(time, now), is_good, "{time}");
        }
    }

    #[test]
    fn a_password_is_read_from_the_header() {
        let mut headers = HeaderMap::new();
        assert_eq!(password_in(&headers), None);
        let packed = STANDARD.encode("cornerdesk:a:b");
        let value = format!("basic {packed}").parse().unwrap();
        headers.insert(header::AUTHORIZATION, value);
        assert_eq!(password_in(&headers).as_deref(), Some("a:b"));
    }
}
