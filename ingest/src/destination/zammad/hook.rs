//! What Zammad posts when something changed: who may post it, and which ticket it is about. Nothing else is taken from it; the ticket is asked for. Pure.

use aws_lc_rs::hmac;
use serde::Deserialize;
use serde_json::Value;

use crate::{
    destination::hook::{Posted, Refused},
    hexadecimal::unhex,
};

#[derive(Deserialize)]
struct Event {
    /// As Zammad says it by itself.
    ticket: Option<About>,
    /// As somebody may let it say.
    ticket_id: Option<Value>,
}

#[derive(Deserialize)]
struct About {
    id: Option<Value>,
}

/// The id of the ticket that something happened to; nothing where it is about none. No time is signed: a copy makes us look once more, and nothing else.
///
/// # Errors
/// [`Refused`].
pub fn ticket_of(secret: &str, posted: Posted<'_>) -> Result<Option<String>, Refused> {
    let given = posted.header("x-hub-signature");
    let tag = given.and_then(|given| given.strip_prefix("sha1="));
    let tag = tag.and_then(unhex).ok_or(Refused::NotTheirs)?;
    // They know no other. For a tag that nobody can guess it is good enough.
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret.as_bytes());
    if secret.is_empty() || hmac::verify(&key, posted.body, &tag).is_err() {
        return Err(Refused::NotTheirs);
    }
    let Ok(event) = serde_json::from_slice::<Event>(posted.body) else {
        return Ok(None);
    };
    let id = event.ticket.and_then(|ticket| ticket.id);
    // A number, whichever way it is written: nothing else is an id of theirs.
    let id = id.or(event.ticket_id).and_then(|id| match id {
        Value::String(id) => id.parse::<u64>().ok(),
        id => id.as_u64(),
    });
    Ok(id.map(|id| id.to_string()))
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

    use super::*;
    use crate::hexadecimal::hex;

    fn taken(secret: &str, signature: &str, body: &str) -> Result<Option<String>, Refused> {
        let mut headers = HeaderMap::new();
        let value = HeaderValue::from_str(signature).unwrap();
        headers.insert(HeaderName::from_static("x-hub-signature"), value);
        let posted = Posted {
            headers: &headers,
            token: None,
            body: body.as_bytes(),
        };
        ticket_of(secret, posted)
    }

    fn signature(body: &str) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, b"token");
        format!("sha1={}", hex(hmac::sign(&key, body.as_bytes()).as_ref()))
    }

    #[test]
    fn a_signature_is_that_of_the_body() {
        let body = r#"{"ticket":{"id":1}}"#;
        let vector = "sha1=62e14e1834b6b83bdb3f0f4e0eea35b407744b23";
        assert_eq!(taken("token", vector, body), Ok(Some("1".into())));
        for (secret, signature, body) in [
            ("token", vector, r#"{"ticket":{"id":2}}"#),
            ("token", &vector[5..], body),
            ("token", "sha1=", body),
            ("token", "", body),
            ("other", vector, body),
            ("", vector, body),
        ] {
            assert_eq!(taken(secret, signature, body), Err(Refused::NotTheirs));
        }
    }

    #[test]
    fn only_the_ticket_is_taken_from_it() {
        for (body, id) in [
            (
                r#"{"ticket":{"id":7,"title":"x"},"article":{"body":"y"}}"#,
                Some("7"),
            ),
            (r#"{"ticket_id":"8"}"#, Some("8")),
            (r#"{"ticket_id":"8/../1"}"#, None),
            (r#"{"user":{"id":1}}"#, None),
            ("", None),
        ] {
            let found = taken("token", &signature(body), body);
            assert_eq!(found, Ok(id.map(str::to_owned)), "{body}");
        }
    }
}
