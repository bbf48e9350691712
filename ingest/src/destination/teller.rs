//! A place that is told of a ticket, one thing after another: a chat, a pager. Pure, as far as all of them are alike: what was told already and how the
//! ticket stands lead to the next thing to say; an answer leads to a verdict.
//!
//! There is one teller at a time for each ticket and place (`outbox/tell_ticket`), so that nothing overtakes anything, and what is said is how it stands
//! when it is said: a pager that was away does not hear of what is over by now.

use std::collections::BTreeMap;

use jiff::Timestamp;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use super::{Fault, Remote, Seen, secret::Secrets, webhook};
use crate::{
    message::Message,
    outbound::Reply,
    ticket::{Entry, Ticket},
};

/// The name in the log of what is sent so that somebody sees whether it arrives.
pub const TEST: &str = webhook::TEST;

/// What is known of a ticket.
#[derive(Clone, Copy, Debug)]
pub struct News<'a> {
    /// The ticket.
    pub ticket: &'a Ticket,
    /// All of its facts.
    pub timeline: &'a [Entry],
    /// What was said about it; empty where [`Teller::with_content`] is `false`.
    pub messages: &'a [Message],
    /// What people call its site.
    pub site: &'a str,
    /// … its category.
    pub category: Option<&'a str>,
    /// … its priority.
    pub priority: Option<&'a str>,
    /// Until when the first answer is promised; nothing once there was one.
    pub due_at: Option<Timestamp>,
    /// Where staff open it.
    pub desk_url: Option<&'a str>,
    /// Does one of the destination's rules still hold for it?
    pub is_wanted: bool,
    /// What it is over there.
    pub remote: Option<&'a Remote>,
}

impl News<'_> {
    /// The number of the last fact.
    #[must_use]
    pub fn last(&self) -> i32 {
        self.timeline.last().map_or(0, |entry| entry.seq)
    }
}

/// What was told of a ticket; kept with its link.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// The number of the last fact that was told.
    #[serde(default)]
    pub seq: i32,
    /// How it was left standing there, by what is left there.
    #[serde(default)]
    pub state: BTreeMap<String, String>,
}

impl Told {
    /// … with this left standing so.
    #[must_use]
    pub fn leaving(mut self, what: &str, state: impl Into<String>) -> Self {
        self.state.insert(what.to_owned(), state.into());
        self
    }
}

/// Something that is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Telling {
    /// Its name in the log.
    pub what: &'static str,
    /// Which of their methods it is, where they have several.
    pub method: String,
    /// What is said, without any secret.
    pub body: Value,
    /// What was told, once it is said.
    pub then: Told,
    /// Does the rest wait when they will not have it?
    pub is_needed: bool,
}

/// How it is said.
#[derive(Debug)]
pub struct Request {
    /// Where.
    pub url: Url,
    /// The name of the secret that says where; nothing where a setting does.
    pub by_secret: Option<&'static str>,
    /// With which headers.
    pub headers: HeaderMap,
    /// What.
    pub body: String,
}

impl Request {
    /// A body of JSON.
    #[must_use]
    pub fn json(url: Url, body: &Value) -> Self {
        let mut headers = HeaderMap::new();
        let json = HeaderValue::from_static("application/json; charset=utf-8");
        headers.insert(CONTENT_TYPE, json);
        Self {
            url,
            by_secret: None,
            headers,
            body: body.to_string(),
        }
    }
}

/// What they answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// For the log.
    pub seen: Seen,
    /// What the ticket is over there from now on.
    pub remote: Option<Remote>,
}

/// A place that is told of tickets.
pub trait Teller: std::fmt::Debug + Send + Sync {
    /// Does it get what people wrote?
    fn with_content(&self) -> bool;

    /// The next thing to say; nothing when everything is said. `told` is nothing where nothing was said yet.
    fn next(&self, news: &News<'_>, told: Option<&Told>) -> Option<Telling>;

    /// Something that is about no ticket, so that somebody sees whether it arrives.
    fn trial(&self, destination: &str, now: Timestamp) -> Telling;

    /// A question by which they say whether we may speak, and which nobody there sees; nothing where they have none.
    fn question(&self) -> Option<Telling> {
        None
    }

    /// How something is said.
    ///
    /// # Errors
    /// When a secret is missing or cannot be one.
    fn request(&self, telling: &Telling, secrets: &Secrets) -> Result<Request, Fault>;

    /// What an answer means.
    ///
    /// # Errors
    /// [`Fault`].
    fn verdict(&self, telling: &Telling, reply: &Reply, now: Timestamp) -> Result<Heard, Fault>;
}

/// A secret that nothing works without.
///
/// # Errors
/// When it is not there.
pub fn needed<'a>(secrets: &'a Secrets, field: &str) -> Result<&'a str, Fault> {
    let secret = secrets.get(field).map(crate::config::Secret::reveal);
    secret.ok_or_else(|| {
        Fault::disabled(format!(
            "the secret {field} is missing. Give it by `cornerdesk destination secret` or at the desk"
        ))
    })
}

/// An address in a secret.
///
/// # Errors
/// When it is none; nothing of it is said.
pub fn address(secret: &str, field: &str) -> Result<Url, Fault> {
    let url = Url::parse(secret).ok().filter(is_address);
    url.ok_or_else(|| {
        Fault::disabled(format!(
            "the secret {field} is no address: paste it as they show it"
        ))
    })
}

/// An address of a setting, with the rest of a path.
///
/// # Errors
/// When it is none.
pub fn below(base_url: &str, path: &str) -> Result<Url, Fault> {
    let joined = format!("{}/{path}", base_url.trim_end_matches('/'));
    Url::parse(&joined).map_err(|_| Fault::disabled("base_url cannot be read as an address"))
}

/// Can this be called?
#[must_use]
pub fn is_address(url: &Url) -> bool {
    ["https", "http"].contains(&url.scheme()) && url.host().is_some()
}

/// What is wrong with the address of a setting.
#[must_use]
pub fn fault_of_address(setting: &str, text: &str) -> Option<String> {
    let is_good = Url::parse(text).is_ok_and(|url| is_address(&url));
    (!is_good).then(|| format!("{setting}: begins with https:// or http://"))
}

/// A secret in a header, which no log shows.
///
/// # Errors
/// When it cannot stand there; nothing of it is said.
pub fn secret_header(text: &str, field: &str) -> Result<HeaderValue, Fault> {
    let value = HeaderValue::from_str(text);
    let mut value = value.map_err(|_| {
        Fault::disabled(format!(
            "the secret {field} has a character that no such secret has"
        ))
    })?;
    value.set_sensitive(true);
    Ok(value)
}

/// What a status means at all of them: `Ok(true)` is success, `Ok(false)` a refusal, which each says in its own way.
///
/// # Errors
/// When it may work another time.
pub fn is_taken(reply: &Reply, seen: &Seen, now: Timestamp) -> Result<bool, Fault> {
    let words = match reply.status {
        200..=299 => return Ok(true),
        429 => "it says that it gets too much at once (429)".to_owned(),
        status @ (408 | 425 | 500..=599) => format!("it answers {status}"),
        status @ 300..=399 => format!("it answers {status}, a redirect, which is not followed"),
        _ => return Ok(false),
    };
    let wait = reply.header("retry-after");
    let wait = wait.and_then(|text| webhook::retry_after(text, now));
    Err(Fault::later(words).after(wait).seen(seen.clone()))
}

/// The answer as an object; `Null` where it is none.
#[must_use]
pub fn json_of(reply: &Reply) -> Value {
    serde_json::from_slice(&reply.body).unwrap_or_default()
}

/// A ticket for the tests of each kind.
#[cfg(test)]
pub(crate) mod tests_of {
    use super::*;
    use crate::{
        destination::rule::tests::ticket,
        ticket::{Fact, Requester},
    };

    /// With canaries in whatever is personal, and with marks that act in one vendor's text or another's.
    pub fn news(judge: impl FnOnce(&News<'_>)) {
        let mut ticket = ticket(Some("bug"), Some("P1"));
        ticket.summary = format!(
            "canary-summary <!channel> @here [x](https://evil.example) {}",
            "x".repeat(2000)
        );
        ticket.description = format!(
            "canary-description <@U1> **b** <at>All</at> </script> {}",
            "ü&<".repeat(20_000)
        );
        ticket.email = "canary@example.com".into();
        ticket.requester = Some(Requester {
            sub: "u-1".into(),
            name: Some("Canary Name".into()),
        });
        let timeline = [Entry {
            seq: 1,
            at: Timestamp::UNIX_EPOCH,
            fact: Fact::Received {
                attachments: 0,
                terms: None,
            },
        }];
        judge(&News {
            ticket: &ticket,
            timeline: &timeline,
            messages: &[],
            site: "Acme",
            category: Some("Bug"),
            priority: Some("Urgent"),
            due_at: Some(Timestamp::UNIX_EPOCH),
            desk_url: Some("https://help.acme.example/desk/tickets/CD-1"),
            is_wanted: true,
            remote: None,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_is_told_from_what_does_not() {
        let taken = |status: u16| {
            let mut headers = HeaderMap::new();
            headers.insert("retry-after", HeaderValue::from_static("7"));
            let reply = Reply {
                status,
                headers,
                body: Vec::new(),
            };
            is_taken(&reply, &Seen::new(status, None), Timestamp::UNIX_EPOCH)
        };
        assert_eq!((taken(200), taken(202)), (Ok(true), Ok(true)));
        for status in [400, 401, 403, 404, 410, 413, 422] {
            assert_eq!(taken(status), Ok(false), "{status}");
        }
        for status in [302, 408, 429, 500, 503] {
            let fault = taken(status).unwrap_err();
            assert_eq!(fault.after, Some(std::time::Duration::from_secs(7)));
            assert_eq!(fault.verdict, crate::destination::Verdict::Later);
        }
    }
}
