//! One call of a tracker's API.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use reqwest::{
    Certificate, Method,
    header::{CONTENT_TYPE, HeaderMap, HeaderValue},
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::time::Instant;
use url::Url;

use super::{
    Memory,
    memory::must_wait,
    refusal::{self, About, Effect, Manner},
};
use crate::{
    clock::Clock,
    config::Secret,
    destination::{Fault, Seen, secret::Secrets},
    outbound::{Allowed, Call, Outbound, Reply, Source},
};

/// The secret with which we sign in.
pub const TOKEN: &str = "token";
/// A page of a hundred issues with long texts.
const ANSWER_MOST_BYTES: usize = 16 * 1024 * 1024;
/// How long a call may take.
const WITHIN: Duration = Duration::from_secs(20);
/// How long a file may take.
const FILE_WITHIN: Duration = Duration::from_secs(120);
/// How many of a list are asked for at a time: the most that they take.
const PAGE: usize = 100;

/// A tracker, as one job speaks to it.
#[derive(Debug)]
pub struct Api {
    /// How it speaks.
    pub manner: &'static Manner,
    /// What is remembered of it.
    pub memory: Arc<Memory>,
    /// What time it is.
    pub clock: Clock,
    base: Url,
    outbound: Outbound,
    headers: HeaderMap,
    seen: Mutex<Seen>,
}

/// A call.
#[derive(Clone, Debug)]
pub struct Ask<'a> {
    method: Method,
    path: &'a [&'a str],
    query: Vec<(&'a str, &'a str)>,
    body: Body<'a>,
    effect: Effect,
    about: About,
}

#[derive(Clone, Debug)]
enum Body<'a> {
    None,
    Json(&'a Value),
    Form { boundary: &'a str, bytes: Vec<u8> },
}

impl<'a> Ask<'a> {
    /// Reads something, below the base, part by part.
    #[must_use]
    pub fn get(path: &'a [&'a str]) -> Self {
        Self {
            method: Method::GET,
            path,
            query: Vec::new(),
            body: Body::None,
            effect: Effect::None,
            about: About::Place,
        }
    }

    /// Makes something new.
    #[must_use]
    pub fn create(path: &'a [&'a str], body: &'a Value) -> Self {
        Self {
            method: Method::POST,
            body: Body::Json(body),
            effect: Effect::Creates,
            ..Self::get(path)
        }
    }

    /// Changes something; twice is once.
    #[must_use]
    pub fn change(method: Method, path: &'a [&'a str], body: &'a Value) -> Self {
        Self {
            method,
            body: Body::Json(body),
            ..Self::get(path)
        }
    }

    /// Sends a form. What is there twice afterwards harms nobody.
    #[must_use]
    pub fn form(path: &'a [&'a str], boundary: &'a str, bytes: Vec<u8>) -> Self {
        Self {
            method: Method::POST,
            body: Body::Form { boundary, bytes },
            ..Self::get(path)
        }
    }

    /// … with this query.
    #[must_use]
    pub fn with(mut self, query: &[(&'a str, &'a str)]) -> Self {
        self.query.extend_from_slice(query);
        self
    }

    /// … about one issue.
    #[must_use]
    pub fn of_issue(mut self) -> Self {
        self.about = About::Issue;
        self
    }
}

/// Where a tracker is, as an operator wrote it down, ending in a slash.
#[must_use]
pub fn base(text: &str) -> Option<Url> {
    let url = Url::parse(&format!("{}/", text.trim_end_matches('/'))).ok()?;
    let is_plain = url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    let is_web = matches!(url.scheme(), "https" | "http") && url.host().is_some();
    (is_plain && is_web).then_some(url)
}

/// The token, as the value of a header that begins with `before`.
///
/// # Errors
/// When there is none, or it is no token.
pub fn token(secrets: &Secrets, before: &str) -> Result<HeaderValue, Fault> {
    let token = secrets.get(TOKEN).map(Secret::reveal);
    let token = token.ok_or_else(|| {
        Fault::disabled("there is no token: give it with `cornerdesk destination secret`, or name a variable or a file in secrets.token")
    })?;
    let mut value = HeaderValue::try_from(format!("{before}{token}"))
        .map_err(|_| Fault::disabled("the token has characters that no token has"))?;
    value.set_sensitive(true);
    Ok(value)
}

impl Api {
    /// The tracker at `base`, spoken to with these headers.
    ///
    /// # Errors
    /// When the address is none, or the file of authorities cannot be read.
    pub fn new(
        manner: &'static Manner,
        base_url: &str,
        ca_file: &str,
        headers: HeaderMap,
        memory: Arc<Memory>,
        (outbound, clock): (&Outbound, &Clock),
    ) -> Result<Self, Fault> {
        let section = manner.section;
        let base = base(base_url);
        let base =
            base.ok_or_else(|| Fault::disabled(format!("{section}.base_url is no address")))?;
        // Whoever runs the service wrote it down: it may be on their own network.
        let mut outbound = outbound.clone().with_allowed(Allowed::of(&base));
        if !ca_file.is_empty() {
            let unread = |why: String| Fault::disabled(format!("{section}.ca_file: {why}"));
            let pem = std::fs::read(ca_file).map_err(|error| unread(error.to_string()))?;
            let roots = Certificate::from_pem_bundle(&pem);
            let roots = roots.map_err(|_| unread("no certificates in PEM".to_owned()))?;
            outbound = outbound.with_roots(roots);
        }
        Ok(Self {
            manner,
            memory,
            clock: clock.clone(),
            base,
            outbound,
            headers,
            seen: Mutex::default(),
        })
    }

    /// What was seen of the last answer.
    #[must_use]
    pub fn seen(&self) -> Seen {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.clone()
    }

    /// Calls, and takes any 2xx for "done".
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn send(&self, ask: Ask<'_>) -> Result<Reply, Fault> {
        if let Some(left) = self.memory.limited() {
            return Err(must_wait(self.manner.name, left));
        }
        if ask.effect == Effect::Creates {
            let Manner { name, rates, .. } = self.manner;
            self.memory.pace.take(name, rates, Instant::now())?;
        }
        self.keep_seen(Seen::default());
        let url = self.url(&ask)?;
        let mut headers = self.headers.clone();
        let mut content_type = |value: &str| {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(CONTENT_TYPE, value);
            }
        };
        let (body, within) = match ask.body {
            Body::None => (Vec::new(), WITHIN),
            Body::Json(json) => {
                content_type("application/json");
                (json.to_string().into_bytes(), WITHIN)
            }
            Body::Form { boundary, bytes } => {
                content_type(&format!("multipart/form-data; boundary={boundary}"));
                (bytes, FILE_WITHIN)
            }
        };
        let call = Call {
            method: ask.method,
            url: &url,
            source: Source::Written,
            headers,
            body,
            answer_most_bytes: ANSWER_MOST_BYTES,
            within,
        };
        let reply = self.outbound.call(call).await;
        let reply = reply.map_err(|missed| refusal::missed(self.manner, &missed, ask.effect))?;
        self.keep_seen(refusal::seen(self.manner, &reply));
        let now = self.clock.now();
        if (200..300).contains(&reply.status) {
            if let Some(wait) = refusal::spent(&reply, now) {
                self.memory.limit(wait);
            }
            return Ok(reply);
        }
        let fault = refusal::of(self.manner, &reply, ask.effect, ask.about, now);
        if let (Some(after), Some(403 | 429)) = (fault.after, fault.seen.status) {
            self.memory.limit(after);
        }
        Err(fault)
    }

    /// Calls, and reads what is answered.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn ask<T: DeserializeOwned>(&self, ask: Ask<'_>) -> Result<T, Fault> {
        let effect = ask.effect;
        let reply = self.send(ask).await?;
        let read = serde_json::from_slice(&reply.body);
        read.map_err(|_| refusal::unreadable(self.manner, &reply, effect))
    }

    /// Reads a page of a list; the second is whether there may be more. Their links to the next page are not followed.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn page<T: DeserializeOwned>(
        &self,
        ask: &Ask<'_>,
        number: usize,
    ) -> Result<(Vec<T>, bool), Fault> {
        let (per_page, number) = (PAGE.to_string(), number.to_string());
        let paging = [("per_page", per_page.as_str()), ("page", number.as_str())];
        let page: Vec<T> = self.ask(ask.clone().with(&paging)).await?;
        let is_full = page.len() >= PAGE;
        Ok((page, is_full))
    }

    /// Reads a list, so many pages at most; the second is whether that was all.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn all<T: DeserializeOwned>(
        &self,
        ask: Ask<'_>,
        most_pages: usize,
    ) -> Result<(Vec<T>, bool), Fault> {
        let mut all = Vec::new();
        for number in 1..=most_pages {
            let (page, is_more) = self.page(&ask, number).await?;
            all.extend(page);
            if !is_more {
                return Ok((all, true));
            }
        }
        Ok((all, false))
    }

    fn keep_seen(&self, seen: Seen) {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = seen;
    }

    fn url(&self, ask: &Ask<'_>) -> Result<Url, Fault> {
        let mut url = self.base.clone();
        let is_none =
            |()| Fault::disabled(format!("{}.base_url is no address", self.manner.section));
        (url.path_segments_mut().map_err(is_none)?)
            .pop_if_empty()
            .extend(ask.path);
        if !ask.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&ask.query);
        }
        Ok(url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_that_of_a_server_and_keeps_its_path() {
        let at = |text: &str| base(text).map(|url| url.to_string());
        assert_eq!(
            at("https://github.acme.example/api/v3").as_deref(),
            Some("https://github.acme.example/api/v3/")
        );
        assert!(at("http://10.0.0.5:8080").is_some());
        for text in [
            "github.com",
            "ftp://a.example",
            "https://a:b@c.example",
            "https://a.example/?b=c",
            "",
        ] {
            assert_eq!(at(text), None, "{text}");
        }
    }

    #[test]
    fn a_token_is_one_line() {
        let token = |text: &str| {
            let secrets = Secrets::from([(TOKEN.to_owned(), Secret::new(text.to_owned()))]);
            super::token(&secrets, "Bearer ")
        };
        assert_eq!(token("t0k").unwrap(), "Bearer t0k");
        assert!(token("a\nb").is_err());
        assert!(!format!("{:?}", token("t0k")).contains("t0k"));
        assert!(super::token(&Secrets::new(), "").is_err());
    }
}
