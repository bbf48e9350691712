//! What a tracker says instead of "done", and what that means for the next attempt. Pure.

use std::time::Duration;

use cornerdesk_shared::validation::clean_line;
use jiff::Timestamp;
use serde_json::Value;

use super::pace::Rate;
use crate::{
    destination::{Fault, Scope, Seen, Verdict},
    outbound::{Missed, Reply},
};

/// Longest text of theirs that is passed on, in characters.
const SAID_MOST_CHARS: usize = 300;
/// How long to wait where a limit does not say: what GitHub asks for.
const LIMIT_SECONDS: u64 = 60;
/// Longest that a limit of theirs is waited for; theirs are hourly.
const LIMIT_MOST_SECONDS: u64 = 3_600;

/// How a tracker speaks.
#[derive(Debug)]
pub struct Manner {
    /// Its name.
    pub name: &'static str,
    /// Its section of the configuration.
    pub section: &'static str,
    /// The setting that says where issues are made.
    pub place: &'static str,
    /// What the token has to be allowed.
    pub permission: &'static str,
    /// The header with their id of a call.
    pub request_id: &'static str,
    /// How fast we make things: a little slower than they allow.
    pub rates: &'static [Rate],
}

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
    /// Repository or project, the account: settings of the destination.
    Place,
    /// One issue.
    Issue,
}

/// There was no answer.
#[must_use]
pub fn missed(manner: &Manner, missed: &Missed, effect: Effect) -> Fault {
    let reason = format!("{}: {missed}", manner.name);
    match (missed, effect) {
        (Missed::Never(_), _) => Fault::disabled(reason),
        (Missed::Unclear(_), Effect::Creates) => Fault::unclear(reason),
        (Missed::Unclear(_) | Missed::NotHeard(_), _) => Fault::later(reason),
    }
}

/// There was an answer, and it is none of those that say "done".
#[must_use]
pub fn of(manner: &Manner, reply: &Reply, effect: Effect, about: About, now: Timestamp) -> Fault {
    let Manner {
        name,
        section,
        place,
        permission,
        ..
    } = manner;
    let (status, said) = (reply.status, said(reply));
    let their_words = (said.as_deref()).map_or(String::new(), |said| format!(": “{said}”"));
    let fault = match status {
        _ if is_limit(reply, said.as_deref()) => limited(manner, reply, now),
        401 => Fault::disabled(format!(
            "{name} refuses the token (401): it has ended or was taken back. Give it a new one (secrets.token)"
        )),
        403 => {
            let needed = reply.header("x-accepted-github-permissions");
            let needed = needed.map_or(String::new(), |needed| {
                format!(", needed is {}", clean_line(needed))
            });
            Fault::disabled(format!(
                "the token may not do this in {name} (403{needed}){their_words}. It needs {permission} (secrets.token)"
            ))
        }
        301 | 302 | 307 | 308 => {
            let words = format!(
                "it was moved or renamed in {name} ({status}): {place}, {section}.base_url"
            );
            match about {
                About::Place => Fault::disabled(words),
                About::Issue => Fault::never(words),
            }
        }
        404 | 410 if about == About::Issue => Fault::never(format!(
            "the issue is gone in {name}, or the token may not see it ({status}){their_words}"
        )),
        404 => Fault::disabled(format!(
            "{name} has no such place, or the token may not see it (404): {place}"
        )),
        410 => Fault::disabled(format!(
            "{name} takes no issues there (410){their_words}: are they turned off? {place}"
        )),
        408 | 425 => again(effect, format!("{name} is not ready ({status})")),
        500..=u16::MAX => again(effect, format!("{name} fails ({status})")),
        _ => Fault::never(format!("{name} refuses it ({status}){their_words}")),
    };
    let after = match fault.verdict {
        Verdict::Later => (fault.after).or_else(|| retry_after(reply).map(Duration::from_secs)),
        _ => fault.after,
    };
    fault.after(after).seen(seen(manner, reply))
}

fn again(effect: Effect, reason: String) -> Fault {
    match effect {
        Effect::None => Fault::later(reason),
        Effect::Creates => Fault::unclear(reason),
    }
}

/// An answer said "done", and cannot be read.
#[must_use]
pub fn unreadable(manner: &Manner, reply: &Reply, effect: Effect) -> Fault {
    let Manner { name, section, .. } = manner;
    let reason = format!(
        "{name} answers with something that is not its API: is {section}.base_url right, and nothing else in between?"
    );
    again(effect, reason).seen(seen(manner, reply))
}

/// What is kept of an answer. Their name of the call is for their support.
#[must_use]
pub fn seen(manner: &Manner, reply: &Reply) -> Seen {
    Seen::new(reply.status, reply.header(manner.request_id))
}

/// Is it a limit? GitHub says so with 403, too.
fn is_limit(reply: &Reply, said: Option<&str>) -> bool {
    let is_spent = left(reply) == Some(0) || reply.header("retry-after").is_some();
    let is_named = said.is_some_and(|said| said.to_ascii_lowercase().contains("rate limit"));
    reply.status == 429 || (reply.status == 403 && (is_spent || is_named))
}

fn limited(manner: &Manner, reply: &Reply, now: Timestamp) -> Fault {
    let what = match left(reply) {
        Some(0) => "the quota of the token is used up",
        _ => "too many calls",
    };
    let seconds = retry_after(reply).or_else(|| until_reset(reply, now));
    let seconds = (seconds.unwrap_or(LIMIT_SECONDS)).clamp(1, LIMIT_MOST_SECONDS);
    Fault::later(format!(
        "{} limits us ({}): {what}",
        manner.name, reply.status
    ))
    .after(Some(Duration::from_secs(seconds)))
    .about(Scope::All)
}

/// How long nothing is to be asked after an answer that said "done": it was the last of the quota.
#[must_use]
pub fn spent(reply: &Reply, now: Timestamp) -> Option<Duration> {
    let seconds = until_reset(reply, now).filter(|_| left(reply) == Some(0))?;
    Some(Duration::from_secs(seconds.min(LIMIT_MOST_SECONDS)))
}

/// How many calls are left of their quota.
fn left(reply: &Reply) -> Option<u64> {
    let left = reply.header("x-ratelimit-remaining");
    let left = left.or_else(|| reply.header("ratelimit-remaining"));
    left?.trim().parse().ok()
}

fn until_reset(reply: &Reply, now: Timestamp) -> Option<u64> {
    if left(reply) != Some(0) {
        return None;
    }
    let at = reply.header("x-ratelimit-reset");
    let at = at.or_else(|| reply.header("ratelimit-reset"));
    let at: i64 = at?.trim().parse().ok()?;
    u64::try_from(at - now.as_second()).ok()
}

/// Seconds; where it is a date, one looks again as if it were not there.
fn retry_after(reply: &Reply) -> Option<u64> {
    let seconds: u64 = reply.header("retry-after")?.trim().parse().ok()?;
    (seconds > 0).then_some(seconds)
}

/// What an answer says of what is wrong, on one line; nothing where it is empty, a page, or something else.
///
/// Known are `{message}`, the same with `errors: [{resource, field, code, message}]`, `{message: {field: [text]}}` and `{error}`.
#[must_use]
pub fn said(reply: &Reply) -> Option<String> {
    let body: Value = serde_json::from_slice(&reply.body).ok()?;
    let mut texts = Vec::new();
    texts.extend(body["message"].as_str().map(str::to_owned));
    texts.extend(body["error"].as_str().map(str::to_owned));
    texts.extend(body["error_description"].as_str().map(str::to_owned));
    for (field, of_field) in body["message"].as_object().into_iter().flatten() {
        let each = of_field.as_array().into_iter().flatten();
        texts.extend(each.filter_map(|text| Some(format!("{field} {}", text.as_str()?))));
    }
    for error in body["errors"].as_array().into_iter().flatten() {
        let parts = ["resource", "field", "code", "message"];
        let parts = parts.iter().filter_map(|part| error[*part].as_str());
        texts.push(parts.collect::<Vec<_>>().join(" "));
        texts.extend(error.as_str().map(str::to_owned));
    }
    texts.retain(|text| !text.is_empty());
    let text: String = (clean_line(&texts.join("; ")).chars().take(SAID_MOST_CHARS)).collect();
    // It may name a person.
    let words = text.split(' ');
    let words = words.map(|word| if word.contains('@') { "…" } else { word });
    let text = words.collect::<Vec<_>>().join(" ");
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

    use super::*;

    const MANNER: Manner = Manner {
        name: "GitHub",
        section: "github",
        place: "github.repository",
        permission: "“Issues: read and write”",
        request_id: "x-github-request-id",
        rates: &[],
    };

    fn reply(status: u16, headers: &[(&'static str, &'static str)], body: &str) -> Reply {
        let pair = |(name, value): &(&'static str, &'static str)| {
            let value = HeaderValue::from_static(value);
            (HeaderName::from_static(name), value)
        };
        Reply {
            status,
            headers: headers.iter().map(pair).collect::<HeaderMap>(),
            body: body.as_bytes().to_vec(),
        }
    }

    fn fault(reply: &Reply, effect: Effect, about: About) -> Fault {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        of(&MANNER, reply, effect, about, now)
    }

    #[test]
    fn each_shape_of_an_error_is_read() {
        for (body, expected) in [
            (
                r#"{"message":"Not Found","documentation_url":"https://docs.github.com"}"#,
                Some("Not Found"),
            ),
            (
                r#"{"message":"Validation Failed","errors":[{"resource":"Issue","field":"title","code":"missing_field"}]}"#,
                Some("Validation Failed; Issue title missing_field"),
            ),
            (
                r#"{"message":{"title":["can't be blank","is too long"]}}"#,
                Some("title can't be blank; title is too long"),
            ),
            (
                r#"{"error":"404 Project Not Found"}"#,
                Some("404 Project Not Found"),
            ),
            (
                r#"{"error":"insufficient_scope","error_description":"needs api"}"#,
                Some("insufficient_scope; needs api"),
            ),
            (
                r#"{"message":"no ada@acme.example here"}"#,
                Some("no … here"),
            ),
            ("", None),
            ("<html>", None),
            ("[1]", None),
        ] {
            assert_eq!(said(&reply(400, &[], body)).as_deref(), expected, "{body}");
        }
    }

    #[test]
    fn what_is_to_be_done_depends_on_the_status_and_on_what_was_asked() {
        use About::{Issue, Place};
        use Effect::{Creates, None};
        use Verdict::{Disabled, Later, Never, Unclear};
        let said = r#"{"message":"no"}"#;
        for (status, effect, about, expected) in [
            (422, Creates, Place, Never),
            (401, Creates, Place, Disabled),
            (403, None, Issue, Disabled),
            (404, None, Issue, Never),
            (410, None, Issue, Never),
            (404, None, Place, Disabled),
            (410, Creates, Place, Disabled),
            (301, Creates, Place, Disabled),
            (301, None, Issue, Never),
            (408, Creates, Place, Unclear),
            (500, None, Place, Later),
            (502, Creates, Issue, Unclear),
            (429, Creates, Issue, Later),
        ] {
            let found = fault(&reply(status, &[], said), effect, about);
            assert_eq!(found.verdict, expected, "{status} {effect:?} {about:?}");
            assert_eq!(found.seen.status, Some(status));
        }
        let needed = [("x-accepted-github-permissions", "issues=write")];
        let found = fault(&reply(403, &needed, said), Creates, Place);
        assert!(
            found.reason.contains("issues=write") && found.reason.contains("secrets.token"),
            "{found}"
        );
    }

    #[test]
    fn a_limit_is_told_from_a_refusal_and_says_for_how_long() {
        let secondary = r#"{"message":"You have exceeded a secondary rate limit."}"#;
        for (status, headers, body, seconds) in [
            (429, &[][..], "", 60),
            (429, &[("retry-after", "30")][..], "", 30),
            (403, &[][..], secondary, 60),
            (403, &[("retry-after", "7")][..], secondary, 7),
            (
                403,
                &[
                    ("x-ratelimit-remaining", "0"),
                    ("x-ratelimit-reset", "1800000600"),
                ][..],
                "",
                600,
            ),
            (
                429,
                &[
                    ("ratelimit-remaining", "0"),
                    ("ratelimit-reset", "1800000020"),
                ][..],
                "",
                20,
            ),
            (
                403,
                &[
                    ("x-ratelimit-remaining", "0"),
                    ("x-ratelimit-reset", "1900000000"),
                ][..],
                "",
                3_600,
            ),
        ] {
            let found = fault(&reply(status, headers, body), Effect::Creates, About::Place);
            let expected = (
                Verdict::Later,
                Some(Duration::from_secs(seconds)),
                Scope::All,
            );
            assert_eq!(
                (found.verdict, found.after, found.scope),
                expected,
                "{headers:?}"
            );
        }
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let last = [
            ("x-ratelimit-remaining", "0"),
            ("x-ratelimit-reset", "1800000600"),
        ];
        assert_eq!(
            spent(&reply(200, &last, ""), now),
            Some(Duration::from_secs(600))
        );
        assert_eq!(
            spent(&reply(200, &[("x-ratelimit-remaining", "9")], ""), now),
            None
        );
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
            assert_eq!(super::missed(&MANNER, &missed, effect).verdict, expected);
        }
    }
}
