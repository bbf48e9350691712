//! A Jira Service Management that remembers: in the cloud's shapes and in the data center's, with an index that is late, answers that get lost, and limits.
//!
//! What is asked of the cloud is held against the vendor's description ([`crate::contract`]); what breaks it fails the test.

mod desk;
mod faults;
mod issue;
mod people;
mod platform;
mod search;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use aws_lc_rs::hmac;
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State as Extracted},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};
use base64::{Engine, prelude::BASE64_STANDARD};
use futures_util::stream;
use serde_json::{Value, json};

use self::{faults::Faults, people::Person};
pub use self::{
    faults::{Fault, Weather},
    issue::{Comment, File, Issue},
};
use crate::{
    contract::{Contract, Exchange},
    local_server::LocalServer,
    scratch,
};

/// The account that we sign in with.
pub const ACCOUNT: &str = "bot@acme.example";
/// Its token.
pub const TOKEN: &str = "a-token-of-jira";
/// With which Jira signs what it posts, or the end of the address.
pub const HOOK_SECRET: &str = "a-secret-between-jira-and-us-0123456789";
/// What describes the cloud's API.
const DESCRIPTION: &str = "jsm-cloud.mockable.openapi.json";
/// Longest body that is sent to it.
const BODY_MOST_BYTES: usize = 64 << 20;

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavour {
    /// At atlassian.net.
    Cloud,
    /// On servers of one's own.
    DataCenter,
}

/// A call that came.
#[derive(Clone, Debug)]
pub struct Call {
    /// Such as `POST`.
    pub method: String,
    /// Without the query.
    pub path: String,
    /// What was answered; nothing where the answer was lost.
    pub status: u16,
}

/// What an answer is made of.
pub(crate) struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Option<Vec<u8>>,
}

impl Reply {
    fn json(status: u16, value: &Value) -> Self {
        Self {
            status,
            headers: vec![("content-type", "application/json".to_owned())],
            body: Some(value.to_string().into_bytes()),
        }
    }

    fn nothing() -> Self {
        Self {
            status: 204,
            headers: Vec::new(),
            body: None,
        }
    }

    /// An error as the API of the desk says it.
    fn error(status: u16, message: &str) -> Self {
        let i18n = json!({ "i18nKey": "sd.error", "parameters": [] });
        Self::json(
            status,
            &json!({ "errorMessage": message, "i18nErrorMessage": i18n }),
        )
    }

    /// An error as the API of the platform says it.
    fn platform_error(status: u16, field: &str, message: &str) -> Self {
        let body = if field.is_empty() {
            json!({ "errorMessages": [message], "errors": {} })
        } else {
            json!({ "errorMessages": [], "errors": { field: message } })
        };
        Self::json(status, &body)
    }
}

/// A question, as the parts of Jira see it.
pub(crate) struct Asked<'a> {
    method: &'a str,
    /// Below `/rest`.
    path: Vec<&'a str>,
    query: Vec<(String, String)>,
    headers: &'a HeaderMap,
    body: &'a [u8],
}

impl Asked<'_> {
    fn query(&self, name: &str) -> Option<&str> {
        let mut all = self.query.iter();
        all.find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    fn json(&self) -> Value {
        serde_json::from_slice(self.body).unwrap_or_default()
    }
}

/// All that it remembers.
pub(crate) struct Desk {
    flavour: Flavour,
    base: String,
    token: String,
    lag: Duration,
    people: Vec<Person>,
    form: Value,
    issues: Vec<Issue>,
    temporary: Vec<(String, File)>,
    lacks: Vec<&'static str>,
    faults: Faults,
    hook: Option<String>,
    calls: Vec<Call>,
    violations: Vec<String>,
    last_id: u64,
}

impl Desk {
    fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }
}

#[derive(Clone)]
struct Shared {
    desk: Arc<Mutex<Desk>>,
    contract: Option<&'static Contract>,
}

impl Shared {
    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A Jira for one test.
pub struct Jira {
    server: LocalServer,
    shared: Shared,
}

impl Jira {
    /// Opens the port. What is asked of the cloud is held against its description.
    pub async fn start(flavour: Flavour) -> Self {
        let contract = match flavour {
            Flavour::Cloud => Contract::by(DESCRIPTION),
            Flavour::DataCenter => None,
        };
        Self::open(flavour, contract).await
    }

    /// Opens the port of one that is not held against anything: for measurements.
    pub async fn start_unjudged(flavour: Flavour) -> Self {
        Self::open(flavour, None).await
    }

    async fn open(flavour: Flavour, contract: Option<&'static Contract>) -> Self {
        let desk = Desk {
            flavour,
            base: String::new(),
            token: TOKEN.to_owned(),
            lag: Duration::ZERO,
            people: people::first(),
            form: desk::form(),
            issues: Vec::new(),
            temporary: Vec::new(),
            lacks: Vec::new(),
            faults: Faults::default(),
            hook: None,
            calls: Vec::new(),
            violations: Vec::new(),
            last_id: 10_000,
        };
        let shared = Shared {
            desk: Arc::new(Mutex::new(desk)),
            contract,
        };
        let app = Router::new().fallback(answer).with_state(shared.clone());
        let server = LocalServer::start(app).await;
        shared.desk().base = format!("http://127.0.0.1:{}/jira", server.port());
        Self { server, shared }
    }

    /// Its address; it is below a path, as in many a data center.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/jira", self.server.port())
    }

    /// The section of the configuration of a destination `jira`, with more lines of `[destinations.jira]`.
    pub fn section(&self, more: &str) -> String {
        let settings = self.settings(more);
        let folder = scratch::folder("jira");
        let file = |name: &str, secret: &str| {
            let path = folder.join(name);
            std::fs::write(&path, secret).expect("a file");
            path.display().to_string()
        };
        let (token, hook) = (file("token", TOKEN), file("hook", HOOK_SECRET));
        format!(
            "[[destinations]]\nname = \"jira\"\nkind = \"jira\"\nsecrets = {{ token = {{ file = {token:?} }}, hook_secret = {{ file = {hook:?} }} }}\n[destinations.jira]\n{settings}\n"
        )
    }

    /// What stands in `[destinations.jira]`, with more lines.
    pub fn settings(&self, more: &str) -> String {
        let (flavour, account) = match self.shared.desk().flavour {
            Flavour::Cloud => ("cloud", ACCOUNT),
            Flavour::DataCenter => ("data_center", ""),
        };
        let url = self.url();
        format!(
            "base_url = \"{url}\"\nflavour = \"{flavour}\"\naccount = \"{account}\"\ndesk = \"HELP\"\nrequest_type = \"Get help\"\n{more}"
        )
    }

    /// What was made, oldest first.
    pub fn issues(&self) -> Vec<Issue> {
        self.shared.desk().issues.clone()
    }

    /// The one request that there is.
    pub fn only_issue(&self) -> Issue {
        let mut issues = self.issues();
        assert_eq!(issues.len(), 1, "{issues:?}");
        issues.remove(0)
    }

    /// What came so far.
    pub fn calls(&self) -> Vec<Call> {
        self.shared.desk().calls.clone()
    }

    /// How often something was asked whose path ends so.
    pub fn count(&self, method: &str, path_end: &str) -> usize {
        let calls = self.calls();
        let same = calls
            .iter()
            .filter(|call| call.method == method && call.path.ends_with(path_end));
        same.count()
    }

    /// Its index knows nothing that is younger.
    pub fn index_is_late_by(&self, lag: Duration) {
        self.shared.desk().lag = lag;
    }

    /// The next calls of this method whose path ends so go wrong.
    pub fn fail(&self, times: usize, method: &str, path_end: &str, fault: Fault) {
        let mut desk = self.shared.desk();
        desk.faults.script(times, method, path_end, fault);
    }

    /// So many of a hundred calls go wrong, from now on.
    pub fn weather(&self, weather: Weather) {
        self.shared.desk().faults.weather = Some(weather);
    }

    /// The token is worth nothing any more.
    pub fn revoke_token(&self) {
        self.shared.desk().token = "another".to_owned();
    }

    /// This is the token from now on.
    pub fn accept_token(&self, token: &str) {
        token.clone_into(&mut self.shared.desk().token);
    }

    /// The account may do this no more: a name of `mypermissions`.
    pub fn take_permission(&self, name: &'static str) {
        self.shared.desk().lacks.push(name);
    }

    /// Takes a field from the form of every type of request.
    pub fn take_field(&self, id: &str) {
        let mut desk = self.shared.desk();
        let fields = desk.form["requestTypeFields"]
            .as_array_mut()
            .expect("a list");
        fields.retain(|field| field["fieldId"] != id);
    }

    /// Adds a field to the form of every type of request.
    pub fn add_field(&self, field: Value) {
        let mut desk = self.shared.desk();
        let fields = desk.form["requestTypeFields"]
            .as_array_mut()
            .expect("a list");
        fields.push(field);
    }

    /// Somebody is a customer of the desk; their address is hidden or not.
    pub fn add_customer(&self, email: &str, is_hidden: bool) -> String {
        let mut desk = self.shared.desk();
        let id = desk.add_person(email, email, true);
        let person = desk.people.last_mut().expect("it was just added");
        person.is_hidden = is_hidden;
        id
    }

    /// A request is for this person from now on.
    pub fn make_reporter(&self, key: &str, person: &str) {
        let mut desk = self.shared.desk();
        let issue = desk.issue_mut(key).expect("a request of this Jira");
        person.clone_into(&mut issue.reporter);
    }

    /// Posts what happens to this address from now on.
    pub fn post_to(&self, url: &str) {
        self.shared.desk().hook = Some(url.to_owned());
    }

    /// An agent writes on a request, in public or not.
    pub async fn agent_writes(&self, key: &str, text: &str, is_public: bool) -> String {
        self.writes(people::AGENT, key, text, is_public).await
    }

    /// Somebody writes on a request.
    pub async fn writes(&self, person: &str, key: &str, text: &str, is_public: bool) -> String {
        let id = {
            let mut desk = self.shared.desk();
            desk.add_comment(key, person, text, is_public, Vec::new())
        };
        self.post("comment_created", key, text).await;
        id
    }

    /// An agent moves a request to another status.
    pub async fn agent_moves(&self, key: &str, status: &str) {
        self.shared.desk().move_to(key, status);
        self.post("jira:issue_updated", key, "").await;
    }

    /// An agent gives a request another priority.
    pub async fn agent_prioritizes(&self, key: &str, priority: &str) {
        {
            let mut desk = self.shared.desk();
            let issue = desk.issue_mut(key).expect("a request of this Jira");
            let priority = json!({ "name": priority });
            issue.fields.insert("priority".to_owned(), priority);
        }
        self.post("jira:issue_updated", key, "").await;
    }

    /// Posts an event; answers the status, where there is somebody to post to.
    pub async fn post(&self, event: &str, key: &str, text: &str) -> Option<StatusCode> {
        let (url, body, flavour) = {
            let desk = self.shared.desk();
            let issue = desk.issues.iter().find(|issue| issue.key == key)?;
            // Notes of staff stand in what is posted, too.
            let body = json!({
                "timestamp": issue::now_ms(),
                "webhookEvent": event,
                "issue": { "id": issue.id, "key": key, "fields": { "summary": issue.summary } },
                "comment": { "body": text },
            });
            (desk.hook.clone()?, body.to_string(), desk.flavour)
        };
        let mut request = reqwest::Client::new().post(url).body(body.clone());
        if flavour == Flavour::Cloud {
            request = request.header("X-Hub-Signature", signature(&body));
        }
        let answer = request.send().await.expect("the service answers");
        Some(answer.status())
    }
}

/// How the cloud signs what it posts.
pub fn signature(body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, HOOK_SECRET.as_bytes());
    let tag = hmac::sign(&key, body.as_bytes());
    let digits: String = tag
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("sha256={digits}")
}

impl Drop for Jira {
    fn drop(&mut self) {
        let violations = std::mem::take(&mut self.shared.desk().violations);
        if !std::thread::panicking() {
            assert!(
                violations.is_empty(),
                "the contract was broken: {violations:#?}"
            );
        }
    }
}

async fn answer(Extracted(shared): Extracted<Shared>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, BODY_MOST_BYTES).await.unwrap_or_default();
    let target = parts.uri.to_string();
    let target = target.strip_prefix("/jira").unwrap_or(&target).to_owned();
    let path = parts.uri.path().to_owned();
    let path = path.strip_prefix("/jira").unwrap_or(&path).to_owned();
    let (reply, fault) = {
        let mut desk = shared.desk();
        let fault = desk.faults.next(parts.method.as_str(), &path);
        let query = parts.uri.query().unwrap_or_default();
        let query = url::form_urlencoded::parse(query.as_bytes()).into_owned();
        let asked = Asked {
            method: parts.method.as_str(),
            path: path.trim_start_matches("/rest/").split('/').collect(),
            query: query.collect(),
            headers: &parts.headers,
            body: &body,
        };
        let is_done = fault.as_ref().is_none_or(Fault::is_done);
        let reply = is_done.then(|| desk.answer(&asked));
        desk.calls.push(Call {
            method: parts.method.to_string(),
            path: path.clone(),
            status: match (&reply, &fault) {
                (Some(reply), None) => reply.status,
                (_, Some(fault)) => fault.status(),
                (None, None) => 0,
            },
        });
        (reply, fault)
    };
    if let (Some(contract), Some(reply)) = (shared.contract, &reply)
        && path.starts_with("/rest/servicedeskapi/")
    {
        let exchange = Exchange {
            method: parts.method.clone(),
            target,
            headers: parts.headers.clone(),
            body: body.to_vec(),
            status: reply.status,
            answer_headers: headers_of(&reply.headers),
            answer: reply.body.clone().unwrap_or_default(),
        };
        let found = contract.violations(exchange).await;
        shared.desk().violations.extend(found);
    }
    match (reply, fault) {
        (_, Some(fault)) => fault.response(),
        (Some(reply), None) => response(reply),
        (None, None) => lost(),
    }
}

fn headers_of(pairs: &[(&'static str, String)]) -> HeaderMap {
    let pair = |(name, value): &(&'static str, String)| {
        (
            HeaderName::from_static(name),
            HeaderValue::from_str(value).expect("a header"),
        )
    };
    pairs.iter().map(pair).collect()
}

fn response(reply: Reply) -> Response {
    let mut response = Response::new(Body::from(reply.body.unwrap_or_default()));
    *response.status_mut() = StatusCode::from_u16(reply.status).expect("a status");
    *response.headers_mut() = headers_of(&reply.headers);
    response
        .headers_mut()
        .insert("atl-traceid", HeaderValue::from_static("0123456789abcdef"));
    response
}

/// The connection ends before there is an answer.
fn lost() -> Response {
    let broken = stream::once(async { Err::<Vec<u8>, _>(std::io::Error::other("lost")) });
    let mut response = Response::new(Body::from_stream(broken));
    response
        .headers_mut()
        .insert(header::CONTENT_LENGTH, HeaderValue::from_static("10"));
    response
}

impl Desk {
    fn is_signed_in(&self, headers: &HeaderMap) -> bool {
        let expected = match self.flavour {
            Flavour::Cloud => {
                let pair = BASE64_STANDARD.encode(format!("{ACCOUNT}:{}", self.token));
                format!("Basic {pair}")
            }
            Flavour::DataCenter => format!("Bearer {}", self.token),
        };
        headers
            .get(header::AUTHORIZATION)
            .is_some_and(|given| *given == expected)
    }

    fn answer(&mut self, asked: &Asked<'_>) -> Reply {
        if asked.path == ["servicedeskapi", "info"] {
            return Reply::json(200, &json!({ "version": "5.1", "platformVersion": "1001" }));
        }
        if !self.is_signed_in(asked.headers) {
            return Reply::error(401, "Client must be authenticated to access this resource.");
        }
        match asked.path.as_slice() {
            ["servicedeskapi", ..] => self.answer_desk(asked),
            ["api", version, ..] => {
                let own = match self.flavour {
                    Flavour::Cloud => "3",
                    Flavour::DataCenter => "2",
                };
                if *version == own {
                    self.answer_platform(asked)
                } else {
                    Reply::platform_error(404, "", "There is no such version.")
                }
            }
            _ => Reply::platform_error(404, "", "null for uri"),
        }
    }
}
