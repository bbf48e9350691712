//! What Jira says instead of "done", in whichever of its shapes, and what that means for the next attempt. Pure.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use crate::{
    destination::{Fault, Scope, Seen, Verdict},
    outbound::{Missed, Reply},
};

/// Longest text of theirs that is passed on, in characters.
const SAID_MOST_CHARS: usize = 300;
/// How long to wait where a limit does not say.
const LIMIT_SECONDS: u64 = 5;
/// Longest that a limit of theirs is waited for; then one looks again.
const LIMIT_MOST_SECONDS: u64 = 3_600;

/// What a call was for: the same failure means another thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It changes nothing, or the same twice.
    None,
    /// Something new is there afterwards; twice would be two.
    Creates,
}

/// What a call was about: what is gone when it says "not found".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// The desk, its types of requests, the account: settings of the destination.
    Desk,
    /// One request.
    Request,
}

/// There was no answer.
#[must_use]
pub fn missed(missed: &Missed, effect: Effect) -> Fault {
    let reason = format!("Jira: {missed}");
    match (missed, effect) {
        (Missed::Never(_), _) => Fault::disabled(reason),
        (Missed::Unclear(_), Effect::Creates) => Fault::unclear(reason),
        (Missed::Unclear(_) | Missed::NotHeard(_), _) => Fault::later(reason),
    }
}

/// There was an answer, and it is none of those that say "done".
#[must_use]
pub fn of(reply: &Reply, effect: Effect, about: About, now: Timestamp) -> Fault {
    let (status, said) = (reply.status, said(reply));
    let their_words = quoted(said.as_deref());
    let fault = match status {
        429 => limited(reply, now),
        401 => Fault::disabled(
            "Jira refuses the credentials (401): the token has ended or was taken back. Give it a new one (secrets.token)",
        ),
        403 if reply.header("x-authentication-denied-reason").is_some() => Fault::disabled(
            "Jira asks the account to solve a CAPTCHA (403): sign in with it once in a browser, and use a personal access token",
        ),
        403 if said.is_none() => Fault::disabled(
            "Jira refuses the account (403) without saying why: has it a licence, and may it use the desk?",
        ),
        300..=399 => Fault::disabled(format!(
            "Jira sends us elsewhere ({status}), such as to a page to sign in on: is jira.base_url right, with its path?"
        )),
        403 | 404 if about == About::Request => Fault::never(format!(
            "the request is gone in Jira, or the account may not see it ({status}){their_words}"
        )),
        403 => Fault::disabled(format!(
            "the account may not do this in Jira (403){their_words}"
        )),
        404 | 410 => Fault::disabled(format!(
            "Jira has no such desk or type of request ({status}){their_words}: jira.desk, jira.request_type, jira.base_url"
        )),
        408 | 425 => again(effect, format!("Jira is not ready ({status})")),
        500..=u16::MAX => again(effect, format!("Jira fails ({status})")),
        _ => Fault::never(format!("Jira refuses it ({status}){their_words}")),
    };
    let after = match fault.verdict {
        Verdict::Later => fault
            .after
            .or_else(|| retry_after(reply).map(Duration::from_secs)),
        _ => fault.after,
    };
    fault.after(after).seen(seen(reply))
}

fn again(effect: Effect, reason: String) -> Fault {
    match effect {
        Effect::None => Fault::later(reason),
        Effect::Creates => Fault::unclear(reason),
    }
}

/// An answer said "done", and cannot be read.
#[must_use]
pub fn unreadable(reply: &Reply, effect: Effect) -> Fault {
    let reason = "Jira answers with something that is not its API: is jira.base_url right, and nothing else in between?";
    again(effect, reason.to_owned()).seen(seen(reply))
}

/// What is kept of an answer. Their name of the call is for their support.
#[must_use]
pub fn seen(reply: &Reply) -> Seen {
    let id = reply
        .header("atl-traceid")
        .or_else(|| reply.header("x-arequestid"));
    Seen::new(reply.status, id)
}

/// Too many calls (429): nothing was done. How long, and for what, it says in headers.
fn limited(reply: &Reply, now: Timestamp) -> Fault {
    let reason = reply.header("ratelimit-reason").unwrap_or_default();
    let (scope, what) = match reason {
        "jira-per-issue-on-write" => (Scope::Ticket, "too many changes to this request"),
        "jira-burst-based" => (Scope::Endpoint, "too many calls of one kind at once"),
        "jira-quota-global-based" | "jira-quota-tenant-based" => {
            (Scope::All, "the hourly quota is used up")
        }
        _ => (Scope::All, "too many calls"),
    };
    let until_reset = || {
        let reset: Timestamp = reply.header("x-ratelimit-reset")?.parse().ok()?;
        u64::try_from(reset.duration_since(now).as_secs()).ok()
    };
    let seconds = retry_after(reply).or_else(until_reset);
    let seconds = seconds
        .unwrap_or(LIMIT_SECONDS)
        .clamp(1, LIMIT_MOST_SECONDS);
    Fault::later(format!("Jira limits us (429): {what}"))
        .after(Some(Duration::from_secs(seconds)))
        .about(scope)
}

/// Seconds; where it is a date, one looks again as if it were not there.
fn retry_after(reply: &Reply) -> Option<u64> {
    let seconds: u64 = reply.header("retry-after")?.trim().parse().ok()?;
    (seconds > 0).then_some(seconds)
}

fn quoted(said: Option<&str>) -> String {
    said.map_or(String::new(), |said| format!(": “{said}”"))
}

/// What an answer says of what is wrong, on one line; nothing where it is empty, a page, or something else.
///
/// Five shapes are known: `{errorMessage}`, the same with `errors: [{title, detail}]`, `{errorMessages: [], errors: {field: text}}`, `{errors: [{errorMessage}]}`, and none.
#[must_use]
pub fn said(reply: &Reply) -> Option<String> {
    let body: Value = serde_json::from_slice(&reply.body).ok()?;
    let mut texts = Vec::new();
    texts.extend(body["errorMessage"].as_str().map(str::to_owned));
    for text in body["errorMessages"].as_array().into_iter().flatten() {
        texts.extend(text.as_str().map(str::to_owned));
    }
    for error in body["errors"].as_array().into_iter().flatten() {
        for key in ["errorMessage", "title", "detail"] {
            texts.extend(error[key].as_str().map(str::to_owned));
        }
    }
    for (field, text) in body["errors"].as_object().into_iter().flatten() {
        texts.extend(text.as_str().map(|text| format!("{field}: {text}")));
    }
    texts.dedup();
    let text = cornerdesk_shared::validation::clean_line(&texts.join("; "));
    let text: String = text.chars().take(SAID_MOST_CHARS).collect();
    // It may name a person.
    let words = text
        .split(' ')
        .map(|word| if word.contains('@') { "…" } else { word });
    let text = words.collect::<Vec<_>>().join(" ");
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

    use super::*;

    fn reply(status: u16, headers: &[(&'static str, &'static str)], body: &str) -> Reply {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            );
        }
        Reply {
            status,
            headers: map,
            body: body.as_bytes().to_vec(),
        }
    }

    fn fault(reply: &Reply, effect: Effect, about: About) -> Fault {
        let now = "2026-11-23T08:00:00Z".parse().unwrap();
        of(reply, effect, about, now)
    }

    #[test]
    fn each_shape_of_an_error_is_read() {
        for (body, expected) in [
            (
                r#"{"errorMessage":"No desk","i18nErrorMessage":{"i18nKey":"sd.x","parameters":[]}}"#,
                Some("No desk"),
            ),
            (
                r#"{"errorMessage":"Form","errors":[{"status":400,"code":"x","title":"Missing","detail":"Answer 3\nis missing","context":[]}]}"#,
                Some("Form; Missing; Answer 3 is missing"),
            ),
            (
                r#"{"errorMessages":["Not allowed"],"errors":{"priority":"Unknown"}}"#,
                Some("Not allowed; priority: Unknown"),
            ),
            (
                r#"{"errors":[{"errorMessage":"Gone"}],"reasonKey":"sd.x","reasonCode":"404"}"#,
                Some("Gone"),
            ),
            (
                r#"{"errorMessage":"No user 'ada@acme.example' here"}"#,
                Some("No user … here"),
            ),
            ("", None),
            ("<html>Sign in</html>", None),
            ("{\"errors\":[]}", None),
            ("[1]", None),
        ] {
            assert_eq!(said(&reply(400, &[], body)).as_deref(), expected, "{body}");
        }
        let long = format!("{{\"errorMessage\":\"{}\"}}", "x".repeat(9_000));
        assert_eq!(said(&reply(400, &[], &long)).unwrap().len(), 300);
    }

    #[test]
    fn what_is_to_be_done_depends_on_the_status_and_on_what_was_asked() {
        use About::{Desk, Request};
        use Effect::{Creates, None};
        use Verdict::{Disabled, Later, Never, Unclear};
        let said = r#"{"errorMessage":"no"}"#;
        for (status, body, effect, about, expected) in [
            (400, said, Creates, Desk, Never),
            (401, said, Creates, Desk, Disabled),
            (401, "", None, Request, Disabled),
            (403, said, Creates, Desk, Disabled),
            (403, "", None, Request, Disabled),
            (403, "<html>", None, Request, Disabled),
            (403, said, None, Request, Never),
            (404, said, None, Request, Never),
            (404, said, None, Desk, Disabled),
            (410, "", None, Desk, Disabled),
            (302, "", None, Desk, Disabled),
            (408, "", None, Desk, Later),
            (408, "", Creates, Desk, Unclear),
            (413, said, Creates, Request, Never),
            (500, "<html>", None, Desk, Later),
            (500, "<html>", Creates, Desk, Unclear),
            (503, "", Creates, Desk, Unclear),
            (429, "", Creates, Desk, Later),
        ] {
            let found = fault(&reply(status, &[], body), effect, about);
            assert_eq!(
                found.verdict, expected,
                "{status} {body:?} {effect:?} {about:?}"
            );
            assert_eq!(found.seen.status, Some(status));
        }
        let captcha = [(
            "x-authentication-denied-reason",
            "CAPTCHA_CHALLENGE; login-url=x",
        )];
        let found = fault(&reply(403, &captcha, said), None, Request);
        assert!(
            found.reason.contains("CAPTCHA") && found.verdict == Disabled,
            "{found:?}"
        );
    }

    #[test]
    fn a_limit_says_for_what_it_is_and_for_how_long() {
        for (headers, scope, seconds) in [
            (&[][..], Scope::All, 5),
            (&[("retry-after", "30")][..], Scope::All, 30),
            (
                &[
                    ("ratelimit-reason", "jira-quota-tenant-based"),
                    ("x-ratelimit-reset", "2026-11-23T08:10Z"),
                ][..],
                Scope::All,
                600,
            ),
            (
                &[
                    ("ratelimit-reason", "jira-burst-based"),
                    ("retry-after", "2"),
                ][..],
                Scope::Endpoint,
                2,
            ),
            (
                &[("ratelimit-reason", "jira-per-issue-on-write")][..],
                Scope::Ticket,
                5,
            ),
            (&[("retry-after", "0")][..], Scope::All, 5),
            (&[("retry-after", "999999999")][..], Scope::All, 3_600),
        ] {
            let found = fault(&reply(429, headers, ""), Effect::Creates, About::Desk);
            assert_eq!(
                (found.verdict, found.scope, found.after),
                (Verdict::Later, scope, Some(Duration::from_secs(seconds))),
                "{headers:?}"
            );
        }
    }

    #[test]
    fn only_what_may_have_been_done_is_unclear() {
        let why = || "x".to_owned();
        for (missed, effect, expected) in [
            (Missed::Unclear(why()), Effect::Creates, Verdict::Unclear),
            (Missed::Unclear(why()), Effect::None, Verdict::Later),
            (Missed::NotHeard(why()), Effect::Creates, Verdict::Later),
            (Missed::Never(why()), Effect::None, Verdict::Disabled),
        ] {
            assert_eq!(super::missed(&missed, effect).verdict, expected);
        }
    }

    #[test]
    fn their_name_of_a_call_is_kept_for_their_support() {
        let headers = [
            ("x-arequestid", "605x1234x1"),
            ("atl-traceid", "0123456789abcdef"),
        ];
        let found = fault(&reply(500, &headers, ""), Effect::None, About::Desk);
        assert_eq!(found.seen.request_id.as_deref(), Some("0123456789abcdef"));
    }
}
