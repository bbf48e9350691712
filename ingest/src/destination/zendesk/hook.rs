//! What Zendesk posts when something changed: who may post it, and which ticket it is about. Nothing else is taken from it; the ticket is asked for. Pure.

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::Value;

use crate::destination::hook::{Posted, Refused};

/// What is older is somebody else's copy: they sign anew each time they try.
const OLDEST: SignedDuration = SignedDuration::from_hours(1);

#[derive(Deserialize)]
struct Event {
    /// Of a webhook that is connected to events.
    detail: Option<About>,
    /// Of one that a trigger calls, with a text that we say.
    ticket_id: Option<Value>,
}

#[derive(Deserialize)]
struct About {
    id: Option<Value>,
}

/// The id of the ticket that something happened to; nothing where it is about none.
///
/// # Errors
/// [`Refused`].
pub fn ticket_of(
    secret: &str,
    posted: Posted<'_>,
    now: Timestamp,
) -> Result<Option<String>, Refused> {
    let signature = posted.header("x-zendesk-webhook-signature");
    // It is signed as the text that stands there.
    let timestamp = posted.header("x-zendesk-webhook-signature-timestamp");
    let (Some(signature), Some(timestamp)) = (signature, timestamp) else {
        return Err(Refused::NotTheirs);
    };
    let body = posted.body;
    let tag = STANDARD.decode(signature).map_err(|_| Refused::NotTheirs)?;
    let signed = [timestamp.as_bytes(), body].concat();
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    if secret.is_empty() || hmac::verify(&key, &signed, &tag).is_err() {
        return Err(Refused::NotTheirs);
    }
    let at: Timestamp = timestamp.parse().map_err(|_| Refused::Old)?;
    if now.duration_since(at).abs() > OLDEST {
        return Err(Refused::Old);
    }
    let Ok(event) = serde_json::from_slice::<Event>(body) else {
        return Ok(None);
    };
    let of_detail = event.detail.and_then(|detail| detail.id);
    let id = event.ticket_id.or(of_detail);
    // A number, whichever way it is written: nothing else is an id of theirs.
    let id = id.and_then(|id| match id {
        Value::String(id) => id.parse::<u64>().ok(),
        id => id.as_u64(),
    });
    Ok(id.map(|id| id.to_string()))
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

    use super::*;

    const SECRET: &str = "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ==";
    const AT: &str = "2021-03-25T05:09:27Z";
    const VECTOR: &str = "/mXSigLOoEkcTQbsWqgaVKrxFhN+K298pf/niM2rAnI=";

    fn taken(
        secret: &str,
        signature: Option<&str>,
        timestamp: Option<&str>,
        body: &str,
        now: &str,
    ) -> Result<Option<String>, Refused> {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("x-zendesk-webhook-signature", signature),
            ("x-zendesk-webhook-signature-timestamp", timestamp),
        ] {
            if let Some(value) = value {
                let value = HeaderValue::from_str(value).unwrap();
                headers.insert(HeaderName::from_static(name), value);
            }
        }
        let posted = Posted {
            headers: &headers,
            token: None,
            body: body.as_bytes(),
        };
        ticket_of(secret, posted, now.parse().unwrap())
    }

    fn signature(body: &str) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
        STANDARD.encode(hmac::sign(&key, format!("{AT}{body}").as_bytes()))
    }

    #[test]
    fn a_signature_is_that_of_time_and_body() {
        let body = r#"{"a":1}"#;
        assert_eq!(signature(body), VECTOR);
        let own = Some(VECTOR);
        assert_eq!(taken(SECRET, own, Some(AT), body, AT), Ok(None));
        let other_time = Some("2021-03-25T05:09:28Z");
        for (secret, signature, timestamp, body) in [
            (SECRET, own, other_time, body),
            (SECRET, own, None, body),
            (SECRET, None, Some(AT), body),
            (SECRET, Some("!"), Some(AT), body),
            (SECRET, Some(""), Some(AT), body),
            (SECRET, own, Some(AT), r#"{"a":2}"#),
            ("other", own, Some(AT), body),
            ("", own, Some(AT), body),
        ] {
            let found = taken(secret, signature, timestamp, body, AT);
            assert_eq!(found, Err(Refused::NotTheirs));
        }
        let late = taken(SECRET, own, Some(AT), body, "2021-03-25T06:09:28Z");
        assert_eq!(late, Err(Refused::Old));
    }

    #[test]
    fn only_the_ticket_is_taken_from_it() {
        for (body, id) in [
            (
                r#"{"type":"zen:event-type:ticket.comment_added","subject":"zen:ticket:35","detail":{"id":"35","status":"OPEN"},"event":{"comment":{"body":"x"}}}"#,
                Some("35"),
            ),
            (r#"{"ticket_id":"36"}"#, Some("36")),
            (r#"{"ticket_id":37}"#, Some("37")),
            (r#"{"ticket_id":"37/../1"}"#, None),
            (r#"{"detail":{}}"#, None),
            ("", None),
        ] {
            let found = taken(SECRET, Some(&signature(body)), Some(AT), body, AT);
            assert_eq!(found, Ok(id.map(str::to_owned)), "{body}");
        }
    }
}
