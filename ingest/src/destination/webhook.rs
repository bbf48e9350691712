//! Webhooks: a program of the product hears of each thing that happens to a ticket (Standard Webhooks 1.0.0). Pure: an event becomes a request, an answer
//! becomes a verdict.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;

use super::{
    Fault, Seen,
    event::Kind,
    secret::Secrets,
    standard_webhook::{NoSecret, Signer},
};
use crate::config::Secret;

/// The name of the secret that signs.
pub const SIGNING_SECRET: &str = "signing_secret";
/// The name of the one before it, which signs as well until everybody who checks knows the new one.
pub const FORMER_SIGNING_SECRET: &str = "former_signing_secret";

/// The `type` of what is sent so that somebody sees whether it arrives.
pub const TEST: &str = "destination.tested";

/// Headers in which a receiver may say what it calls a request.
const REQUEST_IDS: [&str; 2] = ["x-request-id", "request-id"];

/// What an operator says about a webhook.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Where it listens.
    pub url: String,
    /// Which events it hears of; empty: all.
    #[serde(default)]
    pub events: Vec<String>,
    /// Does it get what people wrote, and who they are? Without, ids, times and keys alone.
    #[serde(default)]
    pub include_content: bool,
}

impl Settings {
    /// What is wrong with it.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let is_address = Url::parse(&self.url)
            .is_ok_and(|url| ["https", "http"].contains(&url.scheme()) && url.host().is_some());
        if !is_address {
            faults.push("webhook.url: begins with https:// or http://".to_owned());
        }
        for event in &self.events {
            if Kind::from_name(event).is_none() {
                let known = Kind::ALL.map(Kind::as_str).join(", ");
                faults.push(format!("webhook.events: \"{event}\" is none of {known}"));
            }
        }
        faults
    }

    /// Does it hear of such events?
    #[must_use]
    pub fn hears(&self, kind: Kind) -> bool {
        self.events.is_empty() || self.events.iter().any(|event| event == kind.as_str())
    }
}

/// Why this signs nothing. Nothing of it is said.
#[must_use]
pub fn fault_of(secret: &str) -> Option<String> {
    Signer::new([secret]).err().map(|fault| fault.to_string())
}

/// Signs with its secret, and with the one before it where there is one.
///
/// # Errors
/// [`NoSecret`], when there is none or it is another thing.
pub fn signer(secrets: &Secrets) -> Result<Signer, NoSecret> {
    let own = secrets.get(SIGNING_SECRET).ok_or(NoSecret)?;
    let all = [Some(own), secrets.get(FORMER_SIGNING_SECRET)];
    Signer::new(all.into_iter().flatten().map(Secret::reveal))
}

/// What goes with a body: the id is the same in every attempt, the second is that of this one.
#[must_use]
pub fn headers(signer: &Signer, id: Uuid, now: Timestamp, body: &str) -> HeaderMap {
    let (id, second) = (format!("msg_{}", id.simple()), now.as_second());
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("content-type", "application/json".to_owned()),
        ("webhook-id", id.clone()),
        ("webhook-timestamp", second.to_string()),
        ("webhook-signature", signer.signature(&id, second, body)),
    ] {
        // Letters, digits and signs of ASCII, all of them.
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    headers
}

/// What is sent so that somebody sees whether it arrives: about no ticket.
#[must_use]
pub fn test_body(destination: &str, now: Timestamp) -> Value {
    json!({ "type": TEST, "timestamp": now.to_string(), "data": { "destination": destination } })
}

/// What was seen of an answer.
#[must_use]
pub fn seen(status: u16, headers: &HeaderMap) -> Seen {
    let ids = REQUEST_IDS.iter().filter_map(|name| headers.get(*name));
    let id = ids.filter_map(|id| id.to_str().ok()).next();
    Seen::new(status, id)
}

/// What an answer means: only 2xx is success, a redirect is followed nowhere.
///
/// # Errors
/// [`Fault`].
pub fn verdict(status: u16, headers: &HeaderMap, now: Timestamp) -> Result<(), Fault> {
    let fault = match status {
        200..=299 => return Ok(()),
        410 => Fault::disabled(
            "it answers 410: nobody listens there any more. Give it another address, or take it out of the configuration, then let it go on",
        ),
        300..=399 => Fault::later(format!(
            "it answers {status}, a redirect, which is not followed: set webhook.url to where it leads"
        )),
        401 | 403 => Fault::later(format!(
            "it answers {status}: it does not accept the signature; do both sides have the same secret?"
        )),
        status => Fault::later(format!("it answers {status}")),
    };
    let wait = headers
        .get("retry-after")
        .and_then(|value| retry_after(value.to_str().ok()?, now));
    Err(fault.after(wait).seen(seen(status, headers)))
}

/// A header `Retry-After`: seconds, or an instant (RFC 9110).
#[must_use]
pub fn retry_after(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let at = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    Some(Duration::try_from(at.duration_since(now)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::destination::Verdict;

    const NOW: i64 = 1_795_000_000;

    fn now() -> Timestamp {
        Timestamp::from_second(NOW).unwrap()
    }

    fn answer(status: u16, retry_after: &str) -> Result<(), Fault> {
        let mut headers = HeaderMap::new();
        if !retry_after.is_empty() {
            headers.insert("retry-after", retry_after.parse().unwrap());
        }
        verdict(status, &headers, now())
    }

    #[test]
    fn only_2xx_is_success_and_410_is_the_end() {
        for status in [200, 201, 202, 204, 299] {
            assert_eq!(answer(status, ""), Ok(()), "{status}");
        }
        for status in [301, 308, 400, 401, 404, 408, 413, 429, 500, 503] {
            let fault = answer(status, "").unwrap_err();
            assert_eq!(fault.verdict, Verdict::Later, "{status}");
            assert_eq!(fault.seen.status, Some(status));
        }
        assert_eq!(answer(410, "").unwrap_err().verdict, Verdict::Disabled);
    }

    #[test]
    fn when_to_come_again_is_read_in_both_forms() {
        let wait = |text: &str| answer(429, text).unwrap_err().after;
        assert_eq!(wait("120"), Some(Duration::from_secs(120)));
        // NOW is 2026-11-18T11:06:40Z.
        assert_eq!(
            wait("Wed, 18 Nov 2026 11:07:40 GMT"),
            Some(Duration::from_secs(60))
        );
        assert_eq!(wait("Wed, 18 Nov 2020 11:07:40 GMT"), Some(Duration::ZERO));
        assert_eq!((wait("soon"), wait("-1"), wait("")), (None, None, None));
    }

    #[test]
    fn headers_keep_the_id_and_renew_the_second() {
        let secret = Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into());
        assert!(signer(&Secrets::new()).is_err());
        let signer = signer(&Secrets::from([(SIGNING_SECRET.to_owned(), secret)])).unwrap();
        let id = Uuid::from_u128(7);
        let first = headers(&signer, id, now(), "{}");
        let second = headers(
            &signer,
            id,
            now() + jiff::SignedDuration::from_secs(9),
            "{}",
        );
        assert_eq!(first["webhook-id"], second["webhook-id"]);
        assert_eq!(first["webhook-timestamp"], NOW.to_string());
        assert_ne!(first["webhook-signature"], second["webhook-signature"]);
    }

    #[test]
    fn a_webhook_hears_what_it_names_and_names_what_there_is() {
        let settings = |events: &[&str]| Settings {
            url: "https://a.example/".into(),
            events: events.iter().map(ToString::to_string).collect(),
            include_content: false,
        };
        assert!(settings(&[]).hears(Kind::Closed));
        let some = settings(&["ticket.created"]);
        assert!(some.hears(Kind::Created) && !some.hears(Kind::Closed));
        assert!(settings(&["ticket.exploded"]).faults()[0].contains("ticket.exploded"));
    }
}
