//! What desks elsewhere post when something changed there: who may post it, and which ticket of theirs it is about. Nothing else is taken from it; the ticket is
//! asked for. Pure.

use jiff::Timestamp;
use reqwest::header::HeaderMap;

use super::{Settings, jira};

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
        _ => Err(Refused::NotTheirs),
    }
}
