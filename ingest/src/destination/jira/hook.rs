//! What Jira posts when something changed: who may post it, and which request it is about. Nothing else is taken from it; the request is asked for. Pure.

use aws_lc_rs::{constant_time, hmac};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::{destination::hook::Refused, hexadecimal::unhex};

/// What is older is somebody else's copy. They try for less than an hour and a half.
const OLDEST: SignedDuration = SignedDuration::from_hours(24);

/// What proves that Jira posted something.
#[derive(Clone, Copy, Debug, Default)]
pub struct Proof<'a> {
    /// The header `X-Hub-Signature`, which the cloud sends.
    pub signature: Option<&'a str>,
    /// What stands at the end of the address where nothing is signed, as in the data center.
    pub token: Option<&'a str>,
}

#[derive(Deserialize)]
struct Posted {
    timestamp: Option<i64>,
    issue: Option<Issue>,
}

#[derive(Deserialize)]
struct Issue {
    id: Option<serde_json::Value>,
}

/// The id of the request that something happened to; nothing where it is about none.
///
/// # Errors
/// [`Refused`].
pub fn request_of(
    secret: &str,
    proof: Proof<'_>,
    body: &[u8],
    now: Timestamp,
) -> Result<Option<String>, Refused> {
    if secret.is_empty() || !(is_signed(secret, proof, body) || is_token(secret, proof)) {
        return Err(Refused::NotTheirs);
    }
    let Ok(posted) = serde_json::from_slice::<Posted>(body) else {
        return Ok(None);
    };
    let at = posted
        .timestamp
        .and_then(|at| Timestamp::from_millisecond(at).ok());
    if at.is_some_and(|at| now.duration_since(at) > OLDEST) {
        return Err(Refused::Old);
    }
    let id = posted.issue.and_then(|issue| issue.id);
    Ok(id.and_then(|id| match id {
        serde_json::Value::String(id) => Some(id),
        serde_json::Value::Number(id) => Some(id.to_string()),
        _ => None,
    }))
}

fn is_signed(secret: &str, proof: Proof<'_>, body: &[u8]) -> bool {
    let Some(tag) = proof
        .signature
        .and_then(|given| given.strip_prefix("sha256="))
    else {
        return false;
    };
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    unhex(tag).is_some_and(|tag| hmac::verify(&key, body, &tag).is_ok())
}

fn is_token(secret: &str, proof: Proof<'_>) -> bool {
    let own: [u8; 32] = Sha256::digest(secret).into();
    proof.token.is_some_and(|token| {
        let given: [u8; 32] = Sha256::digest(token).into();
        constant_time::verify_slices_are_equal(&own, &given).is_ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hexadecimal::hex;

    const SECRET: &str = "It's a Secret to Everybody";

    fn signature(body: &str) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
        format!("sha256={}", hex(hmac::sign(&key, body.as_bytes()).as_ref()))
    }

    #[test]
    fn a_signature_is_that_of_the_body() {
        let vector = "sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9";
        assert_eq!(signature("Hello World!"), vector);
        let taken = |secret: &str, signature: &str, body: &str| {
            let proof = Proof {
                signature: Some(signature),
                token: None,
            };
            request_of(secret, proof, body.as_bytes(), Timestamp::UNIX_EPOCH)
        };
        assert_eq!(taken(SECRET, vector, "Hello World!"), Ok(None));
        for (secret, signature, body) in [
            (SECRET, vector, "Hello World"),
            (SECRET, &vector[7..], "Hello World!"),
            (SECRET, "sha1=a4771c39", "Hello World!"),
            (SECRET, "sha256=", "Hello World!"),
            ("other", vector, "Hello World!"),
            ("", vector, "Hello World!"),
        ] {
            assert_eq!(taken(secret, signature, body), Err(Refused::NotTheirs));
        }
    }

    #[test]
    fn a_token_is_the_whole_secret() {
        let taken = |token: Option<&str>| {
            let proof = Proof {
                signature: None,
                token,
            };
            let body = br#"{"issue":{"id":"10001","key":"HELP-1"}}"#;
            request_of(SECRET, proof, body, Timestamp::UNIX_EPOCH)
        };
        assert_eq!(taken(Some(SECRET)), Ok(Some("10001".into())));
        for token in [None, Some(""), Some("It's a Secret")] {
            assert_eq!(taken(token), Err(Refused::NotTheirs));
        }
    }

    #[test]
    fn only_the_request_is_taken_from_it_and_not_of_an_old_copy() {
        let now = Timestamp::from_millisecond(1_795_000_000_000).unwrap();
        let taken = |body: &str| {
            let signature = signature(body);
            let proof = Proof {
                signature: Some(&signature),
                token: None,
            };
            request_of(SECRET, proof, body.as_bytes(), now)
        };
        let fresh = r#"{"timestamp":1794990000000,"webhookEvent":"comment_created","issue":{"id":10001},"comment":{"body":"x"}}"#;
        assert_eq!(taken(fresh), Ok(Some("10001".into())));
        assert_eq!(taken(&fresh.replace("17949", "16949")), Err(Refused::Old));
        assert_eq!(taken(r#"{"webhookEvent":"project_created"}"#), Ok(None));
    }
}
