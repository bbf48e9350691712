//! One call of a desk elsewhere whose API speaks JSON, and what an answer means that is not "done". What differs from desk to desk is in its [`Manners`].

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use reqwest::{
    Certificate, Method,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue},
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use super::{Fault, Finding, Scope, Seen, Verdict, limits::Limits};
use crate::outbound::{Allowed, Call, Missed, Outbound, Reply, Source};

/// A page of long comments.
const ANSWER_MOST_BYTES: usize = 4 * 1024 * 1024;
/// How long a call may take.
const WITHIN: Duration = Duration::from_secs(15);
/// How long a file may take.
const FILE_WITHIN: Duration = Duration::from_secs(120);
/// So many octets are a file, as far as time is concerned.
const LARGE: usize = 256 * 1024;
/// Longest text of theirs that is passed on, in characters.
const SAID_MOST_CHARS: usize = 300;
/// How long to wait where a limit does not say.
const LIMIT_SECONDS: u64 = 10;
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
    /// What is named in the settings: the account, a group, a field.
    Settings,
    /// One ticket.
    Ticket,
}

/// What is particular about the API of a desk.
#[derive(Clone, Copy, Debug)]
pub struct Manners {
    /// What the desk is called.
    pub name: &'static str,
    /// The section of its settings.
    pub section: &'static str,
    /// Where its API is, below its address.
    pub below: &'static [&'static str],
    /// The header of an answer that names the call, for their support.
    pub request_id: &'static str,
    /// What its errors say.
    pub said: fn(&Value) -> Vec<String>,
    /// What is no fault like any other.
    pub special: fn(&Reply, &Ask<'_>) -> Option<Fault>,
}

/// What is sent.
#[derive(Clone, Copy, Debug)]
pub enum Body<'a> {
    /// Nothing.
    None,
    /// An object.
    Json(&'a Value),
    /// A file as it is.
    Bytes {
        /// Its type.
        content_type: &'a str,
        /// What is in it.
        bytes: &'a [u8],
    },
}

/// A call.
#[derive(Clone, Debug)]
pub struct Ask<'a> {
    /// Such as `PUT`.
    pub method: Method,
    /// Below the API, part by part.
    pub path: &'a [&'a str],
    /// Names and values.
    pub query: &'a [(&'a str, &'a str)],
    /// What is sent.
    pub body: Body<'a>,
    /// A header more.
    pub header: Option<(&'static str, &'a str)>,
    /// What it is for.
    pub effect: Effect,
    /// What it is about.
    pub about: About,
    /// What a limit of theirs counts it as.
    pub endpoint: &'static str,
}

impl<'a> Ask<'a> {
    /// Reads something.
    #[must_use]
    pub const fn get(endpoint: &'static str, path: &'a [&'a str]) -> Self {
        Self {
            method: Method::GET,
            path,
            query: &[],
            body: Body::None,
            header: None,
            effect: Effect::None,
            about: About::Settings,
            endpoint,
        }
    }

    /// Posts something.
    #[must_use]
    pub fn post(endpoint: &'static str, path: &'a [&'a str], body: &'a Value) -> Self {
        Self {
            method: Method::POST,
            body: Body::Json(body),
            ..Self::get(endpoint, path)
        }
    }

    /// Puts something.
    #[must_use]
    pub fn put(endpoint: &'static str, path: &'a [&'a str], body: &'a Value) -> Self {
        Self {
            method: Method::PUT,
            ..Self::post(endpoint, path, body)
        }
    }

    /// … with this query.
    #[must_use]
    pub fn with(self, query: &'a [(&'a str, &'a str)]) -> Self {
        Self { query, ..self }
    }

    /// … with this header.
    #[must_use]
    pub fn saying(self, name: &'static str, value: &'a str) -> Self {
        let header = Some((name, value));
        Self { header, ..self }
    }

    /// … about one ticket.
    #[must_use]
    pub fn of_ticket(self) -> Self {
        let about = About::Ticket;
        Self { about, ..self }
    }

    /// … after which something new is there.
    #[must_use]
    pub fn creating(self) -> Self {
        let effect = Effect::Creates;
        Self { effect, ..self }
    }
}

/// The way to one desk, for one job.
#[derive(Debug)]
pub struct Rest {
    manners: Manners,
    base: Url,
    authorization: HeaderValue,
    outbound: Outbound,
    seen: Mutex<Seen>,
}

impl Rest {
    /// The desk at this address, with what signs us in and authorities of an operator's own.
    ///
    /// # Errors
    /// When the address or the token is none, or a file cannot be read.
    pub fn new(
        manners: Manners,
        base_url: &str,
        authorization: &str,
        ca_file: &str,
        outbound: &Outbound,
    ) -> Result<Self, Fault> {
        let section = manners.section;
        let base = base_of(base_url);
        let base =
            base.ok_or_else(|| Fault::disabled(format!("{section}.base_url is no address")))?;
        let mut authorization = HeaderValue::try_from(authorization)
            .map_err(|_| Fault::disabled("the token has characters that no token has"))?;
        authorization.set_sensitive(true);
        // Whoever runs the service wrote it down: it may be on their own network.
        let mut outbound = outbound.clone().with_allowed(Allowed::of(&base));
        if !ca_file.is_empty() {
            let roots = roots(ca_file)
                .map_err(|why| Fault::disabled(format!("{section}.ca_file: {why}")))?;
            outbound = outbound.with_roots(roots);
        }
        Ok(Self {
            manners,
            base,
            authorization,
            outbound,
            seen: Mutex::default(),
        })
    }

    /// Where the desk is, ending in a slash.
    #[must_use]
    pub const fn base(&self) -> &Url {
        &self.base
    }

    /// What was seen of the last answer.
    #[must_use]
    pub fn last_seen(&self) -> Seen {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.clone()
    }

    /// Calls, and takes any 2xx for "done".
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn send(&self, limits: &Limits, ask: &Ask<'_>) -> Result<Reply, Fault> {
        limits.may_call("they", ask.endpoint)?;
        self.keep_seen(Seen::default());
        let url = self.url(ask)?;
        let (body, content_type) = match ask.body {
            Body::None => (Vec::new(), None),
            Body::Json(json) => (json.to_string().into_bytes(), Some("application/json")),
            Body::Bytes {
                content_type,
                bytes,
            } => (bytes.to_vec(), Some(content_type)),
        };
        let call = Call {
            method: ask.method.clone(),
            url: &url,
            source: Source::Written,
            headers: self.headers(ask, content_type),
            within: if body.len() > LARGE {
                FILE_WITHIN
            } else {
                WITHIN
            },
            body,
            answer_most_bytes: ANSWER_MOST_BYTES,
        };
        let reply = self.outbound.call(call).await;
        let reply = reply.map_err(|missed| self.missed(&missed, ask.effect))?;
        let seen = Seen::new(reply.status, reply.header(self.manners.request_id));
        self.keep_seen(seen.clone());
        if (200..300).contains(&reply.status) {
            return Ok(reply);
        }
        let fault = self.manners.refused(&reply, ask).seen(seen);
        limits.heed(ask.endpoint, &fault);
        Err(fault)
    }

    /// Calls, and reads what is answered.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn ask<T: DeserializeOwned>(
        &self,
        limits: &Limits,
        ask: &Ask<'_>,
    ) -> Result<T, Fault> {
        let reply = self.send(limits, ask).await?;
        serde_json::from_slice(&reply.body).map_err(|_| {
            let Manners { name, section, .. } = self.manners;
            let reason = format!("{name} answers with something that is not its API: is {section}.base_url right, and nothing else in between?");
            again(ask.effect, reason).seen(self.last_seen())
        })
    }

    fn missed(&self, missed: &Missed, effect: Effect) -> Fault {
        let reason = format!("{}: {missed}", self.manners.name);
        match (missed, effect) {
            (Missed::Never(_), _) => Fault::disabled(reason),
            (Missed::Unclear(_), Effect::Creates) => Fault::unclear(reason),
            (Missed::Unclear(_) | Missed::NotHeard(_), _) => Fault::later(reason),
        }
    }

    fn keep_seen(&self, seen: Seen) {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = seen;
    }

    fn url(&self, ask: &Ask<'_>) -> Result<Url, Fault> {
        let mut url = self.base.clone();
        url.path_segments_mut()
            .map_err(|()| {
                Fault::disabled(format!("{}.base_url is no address", self.manners.section))
            })?
            .pop_if_empty()
            .extend(self.manners.below)
            .extend(ask.path);
        if !ask.query.is_empty() {
            url.query_pairs_mut().extend_pairs(ask.query);
        }
        Ok(url)
    }

    fn headers(&self, ask: &Ask<'_>, content_type: Option<&str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, self.authorization.clone());
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        if let Some(kind) = content_type {
            let value = HeaderValue::from_str(kind).ok();
            let value = value.filter(|_| kind.contains('/'));
            let unknown = HeaderValue::from_static("application/octet-stream");
            headers.insert(CONTENT_TYPE, value.unwrap_or(unknown));
        }
        if let Some((name, value)) = ask.header
            && let Ok(value) = HeaderValue::from_str(value)
        {
            headers.insert(HeaderName::from_static(name), value);
        }
        headers
    }
}

impl Manners {
    /// What an answer means that is not "done".
    #[must_use]
    pub fn refused(&self, reply: &Reply, ask: &Ask<'_>) -> Fault {
        if let Some(fault) = (self.special)(reply, ask) {
            return fault;
        }
        let Self { name, section, .. } = self;
        let (status, said) = (reply.status, self.words(reply));
        match status {
            429 => limited(name, reply, Scope::All),
            401 => Fault::disabled(format!(
                "{name} refuses the credentials (401): the token has ended or was taken back. Give it a new one (secrets.token)"
            )),
            300..=399 => Fault::disabled(format!(
                "{name} sends us elsewhere ({status}), such as to a page to sign in on: is {section}.base_url right?"
            )),
            403 | 404 if ask.about == About::Ticket => Fault::never(format!(
                "the ticket is gone in {name}, or the account may not see it ({status}){said}"
            )),
            403 => Fault::disabled(format!("the account may not do this in {name} (403){said}")),
            404 | 410 => Fault::disabled(format!(
                "{name} has no such thing ({status}){said}: is {section}.base_url right?"
            )),
            // Nothing was done: somebody else changed it at the same time.
            409 => Fault::later(format!("somebody else changes it in {name} (409){said}"))
                .about(Scope::Ticket),
            408 | 425 => waiting(
                reply,
                again(ask.effect, format!("{name} is not ready ({status})")),
            ),
            500..=u16::MAX => waiting(reply, again(ask.effect, format!("{name} fails ({status})"))),
            _ => Fault::never(format!("{name} refuses it ({status}){said}")),
        }
    }

    /// What an answer says of what is wrong, on one line and in quotation marks; nothing where it is empty, a page, or something else.
    fn words(&self, reply: &Reply) -> String {
        let Ok(body) = serde_json::from_slice::<Value>(&reply.body) else {
            return String::new();
        };
        let mut texts = (self.said)(&body);
        texts.dedup();
        let text = cornerdesk_shared::validation::clean_line(&texts.join("; "));
        let text: String = text.chars().take(SAID_MOST_CHARS).collect();
        // It may name a person.
        let words = text.split(' ');
        let words = words.map(|word| if word.contains('@') { "…" } else { word });
        let text = words.collect::<Vec<_>>().join(" ");
        if text.is_empty() {
            return text;
        }
        format!(": “{text}”")
    }
}

/// Too many calls (429): nothing was done.
#[must_use]
pub fn limited(name: &str, reply: &Reply, scope: Scope) -> Fault {
    let reset = || reply.header("ratelimit-reset")?.trim().parse().ok();
    let seconds = retry_after(reply).or_else(reset);
    let seconds = seconds.unwrap_or(LIMIT_SECONDS);
    let what = match scope {
        Scope::All => "too many calls",
        Scope::Endpoint => "too many calls of this kind",
        Scope::Ticket => "too many changes to this ticket",
    };
    Fault::later(format!("{name} limits us (429): {what}"))
        .after(Some(Duration::from_secs(
            seconds.clamp(1, LIMIT_MOST_SECONDS),
        )))
        .about(scope)
}

/// Seconds; where it is a date, one looks again as if it were not there.
fn retry_after(reply: &Reply) -> Option<u64> {
    let seconds: u64 = reply.header("retry-after")?.trim().parse().ok()?;
    (seconds > 0).then_some(seconds)
}

fn waiting(reply: &Reply, fault: Fault) -> Fault {
    match fault.verdict {
        Verdict::Later => fault.after(retry_after(reply).map(Duration::from_secs)),
        _ => fault,
    }
}

/// What failed may have been done, or not: that depends on what it was for.
#[must_use]
pub fn again(effect: Effect, reason: String) -> Fault {
    match effect {
        Effect::None => Fault::later(reason),
        Effect::Creates => Fault::unclear(reason),
    }
}

/// An address that an operator wrote down, ending in a slash; nothing when it is none, or has more than a path.
#[must_use]
pub fn base_of(text: &str) -> Option<Url> {
    let url = Url::parse(&format!("{}/", text.trim_end_matches('/'))).ok()?;
    let is_plain = url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    let is_web = matches!(url.scheme(), "https" | "http") && url.host().is_some();
    (is_plain && is_web).then_some(url)
}

/// The authorities of an operator's own, in PEM.
fn roots(file: &str) -> Result<Vec<Certificate>, String> {
    let pem = std::fs::read(file).map_err(|error| error.to_string())?;
    Certificate::from_pem_bundle(&pem).map_err(|_| "no certificates in PEM".to_owned())
}

/// A fault that a look at the settings finds, with the setting that mends it.
#[must_use]
pub fn fault(setting: impl Into<String>, words: impl Into<String>) -> Finding {
    Finding {
        setting: setting.into(),
        words: words.into(),
        is_fault: true,
    }
}

/// Something that is all right, or good to know.
#[must_use]
pub fn told(words: impl Into<String>) -> Finding {
    Finding {
        setting: String::new(),
        words: words.into(),
        is_fault: false,
    }
}

/// Something could not be looked at.
#[must_use]
pub fn failed(setting: &str, what: &str, why: &Fault) -> Finding {
    fault(setting, format!("{what}: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANNERS: Manners = Manners {
        name: "Desk",
        section: "desk",
        below: &["api", "v2"],
        request_id: "x-request-id",
        said: |body| {
            body["error"]
                .as_str()
                .map(str::to_owned)
                .into_iter()
                .collect()
        },
        special: |_, _| None,
    };

    fn reply(status: u16, headers: &[(&'static str, &'static str)], body: &str) -> Reply {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let name = HeaderName::from_static(name);
            map.insert(name, HeaderValue::from_static(value));
        }
        Reply {
            status,
            headers: map,
            body: body.as_bytes().to_vec(),
        }
    }

    #[test]
    fn what_is_to_be_done_depends_on_the_status_and_on_what_was_asked() {
        use Verdict::{Disabled, Later, Never, Unclear};
        let read = || Ask::get("tickets", &[]);
        let nothing = Value::Null;
        let make = || Ask::post("tickets", &[], &nothing).creating();
        for (status, ask, expected) in [
            (401, read(), Disabled),
            (302, read(), Disabled),
            (403, read(), Disabled),
            (404, read(), Disabled),
            (403, read().of_ticket(), Never),
            (404, make().of_ticket(), Never),
            (409, make(), Later),
            (422, make(), Never),
            (413, make().of_ticket(), Never),
            (408, make(), Unclear),
            (503, read(), Later),
            (503, make(), Unclear),
            (429, make(), Later),
        ] {
            let found = MANNERS.refused(&reply(status, &[], ""), &ask);
            assert_eq!(found.verdict, expected, "{status} {ask:?}");
        }
    }

    #[test]
    fn what_they_say_is_passed_on_without_names_of_people() {
        let said = r#"{"error":"no\nuser ada@acme.example"}"#;
        let found = MANNERS.refused(&reply(422, &[], said), &Ask::get("tickets", &[]));
        assert!(found.reason.ends_with("(422): “no user …”"), "{found}");
        let page = MANNERS.refused(&reply(422, &[], "<html>"), &Ask::get("tickets", &[]));
        assert!(page.reason.ends_with("(422)"), "{page}");
    }

    #[test]
    fn a_limit_is_waited_for_as_long_as_they_say() {
        for (headers, seconds) in [
            (&[][..], 10),
            (&[("retry-after", "30")][..], 30),
            (&[("ratelimit-reset", "41")][..], 41),
            (&[("retry-after", "0")][..], 10),
            (&[("retry-after", "99999")][..], 3_600),
        ] {
            let found = limited("Desk", &reply(429, headers, ""), Scope::All);
            assert_eq!(found.after, Some(Duration::from_secs(seconds)));
        }
    }

    #[test]
    fn an_address_is_one_of_the_web_and_holds_no_secret() {
        for (url, is_good) in [
            ("https://acme.zendesk.com", true),
            ("http://10.0.0.5:3000/help/", true),
            ("acme.zendesk.com", false),
            ("ftp://acme.example", false),
            ("https://bot:token@acme.example", false),
            ("https://acme.example/?a=b", false),
        ] {
            assert_eq!(base_of(url).is_some(), is_good, "{url}");
        }
    }
}
