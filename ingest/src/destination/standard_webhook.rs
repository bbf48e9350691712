//! Signatures of Standard Webhooks 1.0.0. Pure.

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::STANDARD};

/// Fewest and most octets of a signing secret.
const SECRET_OCTETS: std::ops::RangeInclusive<usize> = 24..=64;
/// What a secret begins with.
const PREFIX: &str = "whsec_";

/// Signs what is posted.
#[derive(Clone)]
pub struct Signer(Vec<hmac::Key>);

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Signer(…)")
    }
}

/// No secret of Standard Webhooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the secret of the webhook is whsec_ and 24 to 64 octets in base64, such as from `echo whsec_$(openssl rand -base64 32)`"
)]
pub struct NoSecret;

impl Signer {
    /// Signs with each of these, so that whoever checks may know the old one or the new one.
    ///
    /// # Errors
    /// [`NoSecret`], when one is none.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Result<Self, NoSecret> {
        let keys = secrets.into_iter().map(key_of);
        Ok(Self(keys.collect::<Result<_, _>>()?))
    }

    /// The header `webhook-signature`: of the id, the second of the attempt, and the body.
    #[must_use]
    pub fn signature(&self, id: &str, second: i64, body: &str) -> String {
        let signed = format!("{id}.{second}.{body}");
        let each = self.0.iter().map(|key| {
            let tag = hmac::sign(key, signed.as_bytes());
            format!("v1,{}", STANDARD.encode(tag))
        });
        each.collect::<Vec<_>>().join(" ")
    }
}

fn key_of(secret: &str) -> Result<hmac::Key, NoSecret> {
    let secret = secret.trim().strip_prefix(PREFIX).ok_or(NoSecret)?;
    let octets = STANDARD.decode(secret).map_err(|_| NoSecret)?;
    if SECRET_OCTETS.contains(&octets.len()) {
        Ok(hmac::Key::new(hmac::HMAC_SHA256, &octets))
    } else {
        Err(NoSecret)
    }
}

/// A secret of these octets, as it is written down.
#[must_use]
pub fn secret_of(octets: &[u8; 32]) -> String {
    format!("{PREFIX}{}", STANDARD.encode(octets))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example that three libraries agree on.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n";
    const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    fn signed(secrets: &[&str]) -> String {
        Signer::new(secrets.iter().copied()).unwrap().signature(
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            "{\"test\": 2432232314}",
        )
    }

    #[test]
    fn a_webhook_is_signed_as_the_standard_says() {
        assert_eq!(signed(&[SECRET]), SIGNATURE);
    }

    #[test]
    fn while_a_secret_is_changed_both_sign() {
        let new = secret_of(&[7; 32]);
        let both = signed(&[&new, SECRET]);
        assert_eq!(both, format!("{} {SIGNATURE}", signed(&[&new])));
    }

    #[test]
    fn what_is_no_secret_is_refused() {
        for text in [
            "",
            "whsec_",
            "whsec_AAAA",
            "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "whsec_ä",
        ] {
            assert_eq!(Signer::new([text]).err(), Some(NoSecret), "{text}");
        }
    }
}
