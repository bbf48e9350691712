//! What GitHub posts when something changed: who may post it, and which issue it is about. Pure.

use serde::Deserialize;

use super::{Settings, issue::id_of};
use crate::destination::hook::{self, Posted, Refused};

#[derive(Deserialize)]
struct Event {
    issue: Option<Issue>,
    repository: Option<Repository>,
}

#[derive(Deserialize)]
struct Issue {
    number: u64,
}

#[derive(Deserialize)]
struct Repository {
    full_name: String,
}

/// The id of the issue that something happened to; nothing where it is about none of the repository.
///
/// # Errors
/// [`Refused`].
pub fn issue_of(
    settings: &Settings,
    secret: &str,
    posted: Posted<'_>,
) -> Result<Option<String>, Refused> {
    let tag = posted.header("x-hub-signature-256");
    let tag = tag.and_then(|given| given.strip_prefix("sha256="));
    if !hook::is_signed(secret, tag, posted.body) {
        return Err(Refused::NotTheirs);
    }
    let Ok(event) = serde_json::from_slice::<Event>(posted.body) else {
        return Ok(None);
    };
    let is_here =
        |repository: &Repository| (repository.full_name).eq_ignore_ascii_case(&settings.repository);
    let issue = event
        .issue
        .filter(|_| event.repository.as_ref().is_some_and(is_here));
    Ok(issue.map(|issue| id_of(settings, issue.number)))
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderMap, HeaderValue};

    use super::*;
    use crate::hexadecimal::hex;

    const SECRET: &str = "It's a Secret to Everybody";

    fn taken(secret: &str, signature: &str, body: &str) -> Result<Option<String>, Refused> {
        let settings = toml::from_str("repository = \"Acme/app\"").expect("settings");
        let mut headers = HeaderMap::new();
        let value = HeaderValue::from_str(signature).expect("a header");
        headers.insert("x-hub-signature-256", value);
        let posted = Posted {
            headers: &headers,
            token: Some(SECRET),
            body: body.as_bytes(),
        };
        issue_of(&settings, secret, posted)
    }

    fn signed(body: &str) -> String {
        use aws_lc_rs::hmac;
        let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
        format!("sha256={}", hex(hmac::sign(&key, body.as_bytes()).as_ref()))
    }

    #[test]
    fn a_signature_is_that_of_the_body() {
        // The vendor's own example.
        let vector = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
        assert_eq!(taken(SECRET, vector, "Hello, World!"), Ok(None));
        for (secret, signature, body) in [
            (SECRET, vector, "Hello, World"),
            (SECRET, &vector[7..], "Hello, World!"),
            (SECRET, "sha256=", "Hello, World!"),
            (SECRET, "", "Hello, World!"),
            ("other", vector, "Hello, World!"),
            ("", vector, "Hello, World!"),
        ] {
            assert_eq!(taken(secret, signature, body), Err(Refused::NotTheirs));
        }
    }

    #[test]
    fn only_the_number_is_taken_from_it_and_only_of_this_repository() {
        let body = r#"{"action":"closed","issue":{"number":12,"title":"x"},"repository":{"full_name":"acme/App"}}"#;
        assert_eq!(
            taken(SECRET, &signed(body), body),
            Ok(Some("acme/app#12".into()))
        );
        for body in [
            body.replace("acme/App", "acme/other"),
            r#"{"zen":"Keep it logically awesome.","hook_id":1}"#.to_owned(),
            r#"{"issue":{"number":12}}"#.to_owned(),
            "payload=%7B%7D".to_owned(),
        ] {
            assert_eq!(taken(SECRET, &signed(&body), &body), Ok(None), "{body}");
        }
    }
}
