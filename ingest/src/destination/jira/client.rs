//! One call of Jira's API.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::{
    Certificate, Method,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue},
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::time::Instant;
use url::Url;

use super::{
    again,
    build::file_name,
    memory::Memory,
    read::Page,
    refusal::{self, About, Effect},
    settings::Settings,
};
use crate::{
    clock::Clock,
    destination::{Fault, Seen, hook::HOOK_SECRET, secret::Secrets},
    ids,
    outbound::{Allowed, Call, Outbound, Reply, Source},
};

/// The secret with which we sign in.
pub const TOKEN: &str = "token";
/// The endpoint of their search.
pub(super) const SEARCH: &str = "search";
/// A page of long comments.
const ANSWER_MOST_BYTES: usize = 4 * 1024 * 1024;
/// How long a call may take.
const WITHIN: Duration = Duration::from_secs(15);
/// How long a file may take.
const FILE_WITHIN: Duration = Duration::from_secs(120);
/// A limit that is over so soon is waited for.
const MOMENT: Duration = Duration::from_secs(3);
/// Most pages of a list: whoever has more is not asked for all of them.
const MOST_PAGES: usize = 100;

/// A Jira, as one job speaks to it.
#[derive(Debug)]
pub struct Jira {
    pub(super) settings: Settings,
    pub(super) memory: Arc<Memory>,
    pub(super) clock: Clock,
    /// Can it tell us when something changes?
    pub(super) may_post: bool,
    base: Url,
    outbound: Outbound,
    authorization: HeaderValue,
    seen: Mutex<Seen>,
}

/// What is done.
#[derive(Clone, Copy, Debug)]
pub(super) enum Verb {
    Get,
    Post,
    Put,
}

/// A call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ask<'a> {
    pub verb: Verb,
    /// Below the base, part by part.
    pub path: &'a [&'a str],
    pub query: &'a [(&'a str, &'a str)],
    pub body: Body<'a>,
    pub effect: Effect,
    pub about: About,
    /// What a limit of theirs counts it as.
    pub endpoint: &'static str,
}

/// What is sent.
#[derive(Clone, Copy, Debug)]
pub(super) enum Body<'a> {
    None,
    Json(&'a Value),
    File {
        name: &'a str,
        content_type: &'a str,
        bytes: &'a [u8],
    },
}

impl<'a> Ask<'a> {
    /// Reads something of the desk.
    pub const fn get(endpoint: &'static str, path: &'a [&'a str]) -> Self {
        Self {
            verb: Verb::Get,
            path,
            query: &[],
            body: Body::None,
            effect: Effect::None,
            about: About::Desk,
            endpoint,
        }
    }

    /// Posts something.
    pub const fn post(endpoint: &'static str, path: &'a [&'a str], body: &'a Value) -> Self {
        Self {
            verb: Verb::Post,
            body: Body::Json(body),
            ..Self::get(endpoint, path)
        }
    }

    /// … with this query.
    pub const fn with(self, query: &'a [(&'a str, &'a str)]) -> Self {
        Self { query, ..self }
    }

    /// … about one request.
    pub const fn of_request(self) -> Self {
        Self {
            about: About::Request,
            ..self
        }
    }

    /// Does it change nothing, however often it is asked? Their search takes its query as a body.
    fn is_question(&self) -> bool {
        matches!(self.verb, Verb::Get) || self.endpoint == SEARCH
    }

    /// … after which something new is there.
    pub const fn creating(self) -> Self {
        Self {
            effect: Effect::Creates,
            ..self
        }
    }
}

impl Jira {
    /// The Jira of these settings.
    ///
    /// # Errors
    /// When a setting or a secret is missing, or a file cannot be read.
    pub fn new(
        settings: &Settings,
        secrets: &Secrets,
        memory: Arc<Memory>,
        outbound: &Outbound,
        clock: &Clock,
    ) -> Result<Self, Fault> {
        let base = settings.base();
        let base = base.ok_or_else(|| Fault::disabled("jira.base_url is no address"))?;
        let token = secrets.get(TOKEN).ok_or_else(|| {
            Fault::disabled("there is no token: give it with `cornerdesk destination secret`, or name a variable or a file in secrets.token")
        })?;
        let text = match settings.account.as_str() {
            "" => format!("Bearer {}", token.reveal()),
            account => {
                let pair = format!("{account}:{}", token.reveal());
                format!("Basic {}", STANDARD.encode(pair))
            }
        };
        let mut authorization = HeaderValue::try_from(text)
            .map_err(|_| Fault::disabled("the token has characters that no token has"))?;
        authorization.set_sensitive(true);
        // Whoever runs the service wrote it down: it may be on their own network.
        let mut outbound = outbound.clone().with_allowed(Allowed::of(&base));
        if !settings.ca_file.is_empty() {
            outbound = outbound.with_roots(roots(&settings.ca_file)?);
        }
        Ok(Self {
            outbound,
            settings: settings.clone(),
            memory,
            clock: clock.clone(),
            may_post: secrets.contains_key(HOOK_SECRET),
            base,
            authorization,
            seen: Mutex::default(),
        })
    }

    pub(super) const fn base(&self) -> &Url {
        &self.base
    }

    /// What was seen of the last answer.
    pub(super) fn last_seen(&self) -> Seen {
        self.seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Calls, and takes any 2xx for "done". A question that is not answered is asked again.
    pub(super) async fn send(&self, ask: Ask<'_>) -> Result<Reply, Fault> {
        let mut times = 0;
        loop {
            self.wait_for_turn(ask.endpoint).await?;
            let began = Instant::now();
            let fault = match self.send_once(ask).await {
                Ok(reply) => return Ok(reply),
                Err(fault) => fault,
            };
            times += 1;
            let pause = again::pause(&fault, times, began.elapsed());
            let Some(pause) = pause.filter(|_| ask.is_question()) else {
                return Err(fault);
            };
            tokio::time::sleep(pause).await;
        }
    }

    /// A limit of theirs that is over in a moment is waited for; a longer one is a reason to come again.
    async fn wait_for_turn(&self, endpoint: &str) -> Result<(), Fault> {
        let Err(fault) = self.memory.limits.may_call("Jira", endpoint) else {
            return Ok(());
        };
        let left = fault.after.filter(|left| *left <= MOMENT);
        tokio::time::sleep(left.ok_or(fault)?).await;
        Ok(())
    }

    async fn send_once(&self, ask: Ask<'_>) -> Result<Reply, Fault> {
        self.keep_seen(Seen::default());
        let url = self.url(&ask)?;
        let (body, content_type, within) = match ask.body {
            Body::None => (Vec::new(), None, WITHIN),
            Body::Json(json) => {
                let kind = "application/json".to_owned();
                (json.to_string().into_bytes(), Some(kind), WITHIN)
            }
            Body::File {
                name,
                content_type,
                bytes,
            } => {
                let boundary = format!("cornerdesk-{}", ids::new_token());
                let body = form_of(&boundary, name, content_type, bytes);
                let kind = format!("multipart/form-data; boundary={boundary}");
                (body, Some(kind), FILE_WITHIN)
            }
        };
        let call = Call {
            method: match ask.verb {
                Verb::Get => Method::GET,
                Verb::Post => Method::POST,
                Verb::Put => Method::PUT,
            },
            url: &url,
            source: Source::Written,
            headers: self.headers(content_type.as_deref()),
            body,
            answer_most_bytes: ANSWER_MOST_BYTES,
            within,
        };
        let reply = self.outbound.call(call).await;
        let reply = reply.map_err(|missed| refusal::missed(&missed, ask.effect))?;
        self.keep_seen(refusal::seen(&reply));
        if (200..300).contains(&reply.status) {
            return Ok(reply);
        }
        let fault = refusal::of(&reply, ask.effect, ask.about, self.clock.now());
        self.memory.limits.heed(ask.endpoint, &fault);
        Err(fault)
    }

    /// Calls, and reads what is answered.
    pub(super) async fn ask<T: DeserializeOwned>(&self, ask: Ask<'_>) -> Result<T, Fault> {
        let reply = self.send(ask).await?;
        serde_json::from_slice(&reply.body).map_err(|_| refusal::unreadable(&reply, ask.effect))
    }

    /// Reads a list, page by page. Their links to the next page are not followed.
    pub(super) async fn all<T: DeserializeOwned>(&self, ask: Ask<'_>) -> Result<Vec<T>, Fault> {
        let mut all = Vec::new();
        for _ in 0..MOST_PAGES {
            let start = all.len().to_string();
            let mut query = ask.query.to_vec();
            query.extend([("start", start.as_str()), ("limit", "50")]);
            let page: Page<T> = self.ask(ask.with(&query)).await?;
            let is_last = page.is_last_page || page.values.is_empty();
            all.extend(page.values);
            if is_last {
                break;
            }
        }
        Ok(all)
    }

    fn keep_seen(&self, seen: Seen) {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = seen;
    }

    fn url(&self, ask: &Ask<'_>) -> Result<Url, Fault> {
        let mut url = self.base.clone();
        url.path_segments_mut()
            .map_err(|()| Fault::disabled("jira.base_url is no address"))?
            .pop_if_empty()
            .push("rest")
            .extend(ask.path);
        if !ask.query.is_empty() {
            url.query_pairs_mut().extend_pairs(ask.query);
        }
        Ok(url)
    }

    fn headers(&self, content_type: Option<&str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, self.authorization.clone());
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        // Without them, files and what they call experimental are refused; elsewhere they are not looked at.
        for (name, value) in [
            ("x-atlassian-token", "no-check"),
            ("x-experimentalapi", "opt-in"),
        ] {
            headers.insert(
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            );
        }
        if let Some(Ok(value)) = content_type.map(HeaderValue::from_str) {
            headers.insert(CONTENT_TYPE, value);
        }
        headers
    }
}

/// The authorities of an operator's own, in PEM.
fn roots(file: &str) -> Result<Vec<Certificate>, Fault> {
    let unread = |why: String| Fault::disabled(format!("jira.ca_file: {why}"));
    let pem = std::fs::read(file).map_err(|error| unread(error.to_string()))?;
    Certificate::from_pem_bundle(&pem).map_err(|_| unread("no certificates in PEM".to_owned()))
}

/// A form with one file.
fn form_of(boundary: &str, name: &str, content_type: &str, bytes: &[u8]) -> Vec<u8> {
    let name = file_name(name);
    let is_type = HeaderValue::from_str(content_type).is_ok() && content_type.contains('/');
    let content_type = if is_type {
        content_type
    } else {
        "application/octet-stream"
    };
    let head = format!(
        "--{boundary}\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\ncontent-type: {content_type}\r\n\r\n"
    );
    let mut form = Vec::with_capacity(head.len() + bytes.len() + boundary.len() + 8);
    form.extend_from_slice(head.as_bytes());
    form.extend_from_slice(bytes);
    form.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    form
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Secret;

    fn nothing_else() -> crate::config::Outbound {
        crate::config::Outbound {
            private_networks: Vec::new(),
            allowed: Vec::new(),
            ports: Vec::new(),
        }
    }

    fn jira(settings: &str, token: &str) -> Result<Jira, Fault> {
        let settings = format!("desk = \"HELP\"\nrequest_type = \"25\"\n{settings}");
        let settings: Settings = toml::from_str(&settings).expect("settings");
        let secrets = Secrets::from([(TOKEN.to_owned(), Secret::new(token.to_owned()))]);
        let outbound = Outbound::new(&nothing_else());
        Jira::new(
            &settings,
            &secrets,
            Arc::default(),
            &outbound,
            &Clock::System,
        )
    }

    #[test]
    fn an_address_keeps_the_path_that_jira_has_and_no_part_ends_it() {
        let jira = jira("base_url = \"https://acme.example/jira/\"", "pat").unwrap();
        let path = ["servicedeskapi", "request", "1/../2?x#y"];
        let ask = Ask::get("request", &path).with(&[("jql", "a = \"b&c\"")]);
        assert_eq!(
            jira.url(&ask).unwrap().as_str(),
            "https://acme.example/jira/rest/servicedeskapi/request/1%2F..%2F2%3Fx%23y?jql=a+%3D+%22b%26c%22"
        );
    }

    #[test]
    fn an_account_signs_in_with_its_token_and_a_personal_token_alone() {
        let header = |settings: &str| {
            let jira = jira(settings, "t0k").unwrap();
            assert!(!format!("{jira:?}").contains("t0k"));
            jira.authorization.to_str().unwrap().to_owned()
        };
        let url = "base_url = \"https://acme.example\"";
        assert_eq!(header(url), "Bearer t0k");
        let basic = format!("{url}\naccount = \"bot@acme.example\"");
        assert_eq!(header(&basic), "Basic Ym90QGFjbWUuZXhhbXBsZTp0MGs=");
        assert!(jira(url, "a\nb").is_err());
        let missing = format!("{url}\nca_file = \"/no/such/file\"");
        let fault = jira(&missing, "t").unwrap_err();
        assert!(fault.reason.starts_with("jira.ca_file"), "{fault}");
    }

    #[test]
    fn a_name_cannot_leave_its_line_of_a_form() {
        let form = form_of("b", "a\"\r\nx: y\".png", "image/png", b"\x00\xff");
        let expected: &[u8] = b"--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a'  x: y'.png\"\r\ncontent-type: image/png\r\n\r\n\x00\xff\r\n--b--\r\n";
        assert_eq!(form, expected);
        let strange = form_of("b", "a", "nonsense\r\nx: y", b"");
        assert!(String::from_utf8(strange).unwrap().contains("octet-stream"));
    }
}
