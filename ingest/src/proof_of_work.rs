//! Proof of work as ALTCHA version 2 writes it (PBKDF2/SHA-256, signed with HMAC-SHA-256): a challenge that costs whoever sends a second or
//! so, and us a few milliseconds. Pure: time, nonces and the secret are arguments.
//!
//! Our own hundred lines rather than the crate `altcha`, which brings a second HMAC, PBKDF2 and SHA-2 beside the library that is there.

use std::num::NonZeroU32;

use aws_lc_rs::{constant_time, hmac, pbkdf2};
use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::hexadecimal::{hex, unhex};

/// How long a challenge can be answered.
const LASTS: SignedDuration = SignedDuration::from_mins(10);
/// Rounds of one try: about two milliseconds of a desktop processor.
const COST: u32 = 5_000;
/// What the key must begin with, in hexadecimal: one try in 256 succeeds.
const KEY_PREFIX: &str = "00";
const KEY_BYTES: usize = 32;
/// A payload has about 700 octets.
const PAYLOAD_MOST_OCTETS: usize = 4_096;

/// A challenge as it crosses the wire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Challenge {
    /// What is to be solved.
    pub parameters: Parameters,
    /// HMAC-SHA-256 of the parameters' JSON with sorted keys, in hexadecimal.
    pub signature: String,
}

/// What is to be solved. The fields stand in the order of their names on the wire, as the signature wants it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Parameters {
    /// `PBKDF2/SHA-256`.
    pub algorithm: String,
    /// Rounds of one try.
    pub cost: u32,
    /// What the challenge is for.
    pub data: For,
    /// When it cannot be answered any more, in seconds since 1970.
    pub expires_at: i64,
    /// Length of the key, in bytes.
    pub key_length: usize,
    /// What the key must begin with, in hexadecimal.
    pub key_prefix: String,
    /// 16 random bytes in hexadecimal.
    pub nonce: String,
    /// 16 random bytes in hexadecimal.
    pub salt: String,
}

/// What a challenge is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct For {
    /// The site's key.
    pub site: String,
}

#[derive(Deserialize)]
struct Payload {
    challenge: Challenge,
    solution: Solution,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Solution {
    counter: u32,
    derived_key: String,
}

/// Work that was done. It counts once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// SHA-256 of the challenge's signature.
    pub digest: [u8; 32],
    /// Until when the challenge could be answered.
    pub expires_at: Timestamp,
}

/// Makes a challenge; `random` are 32 random bytes.
#[must_use]
pub fn challenge(secret: &[u8], site: &str, random: &[u8; 32], now: Timestamp) -> Challenge {
    let (nonce, salt) = random.split_at(16);
    let parameters = Parameters {
        algorithm: "PBKDF2/SHA-256".to_owned(),
        cost: COST,
        data: For {
            site: site.to_owned(),
        },
        expires_at: now.saturating_add(LASTS).unwrap_or(now).as_second(),
        key_length: KEY_BYTES,
        key_prefix: KEY_PREFIX.to_owned(),
        nonce: hex(nonce),
        salt: hex(salt),
    };
    let signature = hex(hmac::sign(&key(secret), signed_text(&parameters).as_bytes()).as_ref());
    Challenge {
        parameters,
        signature,
    }
}

/// Is this base64 of a solved challenge of ours for `site` that can still be answered? Cheap unless the challenge is ours.
#[must_use]
pub fn verify(secret: &[u8], site: &str, payload: &str, now: Timestamp) -> Option<Proof> {
    if payload.len() > PAYLOAD_MOST_OCTETS {
        return None;
    }
    let json = STANDARD.decode(payload).ok()?;
    let Payload {
        challenge,
        solution,
    } = serde_json::from_slice(&json).ok()?;
    let parameters = &challenge.parameters;
    let signature = unhex(&challenge.signature)?;
    let text = signed_text(parameters);
    hmac::verify(&key(secret), text.as_bytes(), &signature).ok()?;
    let expires_at = Timestamp::from_second(parameters.expires_at).ok()?;
    if parameters.data.site != site || expires_at < now {
        return None;
    }
    let mut password = unhex(&parameters.nonce)?;
    password.extend(solution.counter.to_be_bytes());
    let mut derived = [0; KEY_BYTES];
    pbkdf2::derive(
        pbkdf2::PBKDF2_HMAC_SHA256,
        NonZeroU32::new(parameters.cost)?,
        &unhex(&parameters.salt)?,
        &password,
        &mut derived,
    );
    let is_right = constant_time::verify_slices_are_equal(&derived, &unhex(&solution.derived_key)?);
    (is_right.is_ok() && hex(&derived).starts_with(&parameters.key_prefix)).then(|| Proof {
        digest: Sha256::digest(&signature).into(),
        expires_at,
    })
}

/// The installation's secret signs other things too: each kind has a key of its own.
fn key(secret: &[u8]) -> hmac::Key {
    let secret = hmac::Key::new(hmac::HMAC_SHA256, secret);
    let own = hmac::sign(&secret, b"proof of work");
    hmac::Key::new(hmac::HMAC_SHA256, own.as_ref())
}

fn signed_text(parameters: &Parameters) -> String {
    serde_json::to_string(parameters).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const SECRET: &[u8] = b"installation";

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_795_000_000 + second).unwrap()
    }

    fn derived(challenge: &Challenge, counter: u32) -> String {
        let mut password = unhex(&challenge.parameters.nonce).unwrap();
        password.extend(counter.to_be_bytes());
        let mut derived = [0; KEY_BYTES];
        let (rounds, salt) = (
            NonZeroU32::new(COST).unwrap(),
            unhex(&challenge.parameters.salt).unwrap(),
        );
        pbkdf2::derive(
            pbkdf2::PBKDF2_HMAC_SHA256,
            rounds,
            &salt,
            &password,
            &mut derived,
        );
        hex(&derived)
    }

    fn payload(challenge: &Challenge, counter: u32) -> Value {
        json!({ "challenge": challenge, "solution": { "counter": counter, "derivedKey": derived(challenge, counter), "time": 1.5 } })
    }

    fn encoded(payload: &Value) -> String {
        STANDARD.encode(payload.to_string())
    }

    fn solved() -> (Challenge, u32) {
        let challenge = challenge(SECRET, "acme", &[7; 32], at(0));
        let counter = (0..).find(|counter| derived(&challenge, *counter).starts_with(KEY_PREFIX));
        (challenge, counter.unwrap())
    }

    #[test]
    fn only_work_on_a_challenge_of_ours_for_this_site_in_time_counts() {
        let (challenge, counter) = solved();
        let good = payload(&challenge, counter);
        let proof = verify(SECRET, "acme", &encoded(&good), at(600)).unwrap();
        assert_eq!(proof.expires_at, at(600));
        assert!(verify(SECRET, "acme", &encoded(&good), at(601)).is_none());
        assert!(verify(SECRET, "other", &encoded(&good), at(1)).is_none());
        assert!(verify(b"another", "acme", &encoded(&good), at(1)).is_none());
        let changed = |path: &str, value: Value| {
            let mut payload = good.clone();
            *payload.pointer_mut(path).unwrap() = value;
            verify(SECRET, "acme", &encoded(&payload), at(1))
        };
        for (path, value) in [
            ("/challenge/parameters/cost", json!(1)),
            ("/challenge/parameters/expiresAt", json!(9_795_000_000_i64)),
            ("/challenge/parameters/keyPrefix", json!("")),
            ("/challenge/parameters/data/site", json!("other")),
            ("/challenge/signature", json!("00")),
            ("/challenge/signature", json!("x")),
            ("/solution/counter", json!(counter + 1)),
            ("/solution/counter", json!(-1)),
            ("/solution/derivedKey", json!("00")),
        ] {
            assert!(changed(path, value).is_none(), "{path}");
        }
        let lazy = (0..).find(|counter| !derived(&challenge, *counter).starts_with(KEY_PREFIX));
        assert!(
            verify(
                SECRET,
                "acme",
                &encoded(&payload(&challenge, lazy.unwrap())),
                at(1)
            )
            .is_none()
        );
        for text in ["", "{}", "e30=", &"A".repeat(5_000)] {
            assert!(verify(SECRET, "acme", text, at(1)).is_none());
        }
    }
}
