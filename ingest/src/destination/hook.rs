//! What desks elsewhere post when something changed there: who may post it, and which ticket of theirs it is about. Nothing else is taken from it; the ticket is
//! asked for. Pure.

use aws_lc_rs::{constant_time, hmac};
use jiff::Timestamp;
use reqwest::header::HeaderMap;
use sha2::{Digest, Sha256};

use super::{Settings, github, gitlab, jira, zammad, zendesk};
use crate::hexadecimal::unhex;

/// The secret by which we know what they post.
pub const HOOK_SECRET: &str = "hook_secret";

/// What was posted.
#[derive(Clone, Copy)]
pub struct Posted<'a> {
    /// Its headers.
    pub headers: &'a HeaderMap,
    /// What stands at the end of the address, for those who sign nothing.
    pub token: Option<&'a str>,
    /// Its body, octet by octet as it came.
    pub body: &'a [u8],
}

impl<'a> Posted<'a> {
    /// The value of a header, where it is ASCII.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&'a str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// Why what was posted is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Nobody knows who posted it.
    #[error("neither signature nor token are those of the destination's hook_secret")]
    NotTheirs,
    /// It was posted long ago.
    #[error("it is a copy of what was posted long ago")]
    Old,
}

/// The id of the ticket of theirs that something happened to ([`Remote::id`](super::Remote::id)); nothing where it is about none of ours.
///
/// # Errors
/// [`Refused`], also for a destination that posts nothing.
pub fn heard(
    settings: &Settings,
    secret: &str,
    posted: Posted<'_>,
    now: Timestamp,
) -> Result<Option<String>, Refused> {
    match settings {
        Settings::Jira(_) => {
            let proof = jira::hook::Proof {
                signature: posted.header("x-hub-signature"),
                token: posted.token,
            };
            jira::hook::request_of(secret, proof, posted.body, now)
        }
        Settings::Zammad(_) => zammad::hook::ticket_of(secret, posted),
        Settings::Zendesk(_) => zendesk::hook::ticket_of(secret, posted, now),
        Settings::Github(settings) => github::hook::issue_of(settings, secret, posted),
        Settings::Gitlab(_) => gitlab::hook::issue_of(secret, posted),
        _ => Err(Refused::NotTheirs),
    }
}

/// Is this the signature (HMAC with SHA-256, in hexadecimal digits) of a body? It is compared in constant time.
#[must_use]
pub fn is_signed(secret: &str, tag: Option<&str>, body: &[u8]) -> bool {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let tag = tag.and_then(unhex);
    !secret.is_empty() && tag.is_some_and(|tag| hmac::verify(&key, body, &tag).is_ok())
}

/// Is this the whole secret? Digests of both are compared in constant time, so that nothing is learned of its length either.
#[must_use]
pub fn is_token(secret: &str, given: Option<&str>) -> bool {
    let own: [u8; 32] = Sha256::digest(secret).into();
    let is_same = |given: &str| {
        let given: [u8; 32] = Sha256::digest(given).into();
        constant_time::verify_slices_are_equal(&own, &given).is_ok()
    };
    !secret.is_empty() && given.is_some_and(is_same)
}
