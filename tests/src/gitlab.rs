//! A GitLab that remembers: one project with its issues, notes and uploads, with lists that are late, answers that get lost, and limits. Each call is held
//! against what the vendor's documentation asks for; what breaks it fails the test. Quick actions are obeyed as GitLab obeys them.

mod answers;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::to_bytes,
    extract::{Request, State as Extracted},
    http::StatusCode,
    response::Response,
};
use jiff::Timestamp;
use serde_json::json;

use crate::{
    local_server::LocalServer,
    scratch,
    tracker::{Asked, Call, Fault, Faults, Person, lost},
};

/// Our token.
pub const TOKEN: &str = "glpat-of-the-tests";
/// What GitLab sends with what it posts.
pub const HOOK_SECRET: &str = "a-secret-between-gitlab-and-us-0123456789";
/// The project that there is.
pub const PROJECT: &str = "acme/app";
/// Its number.
pub const PROJECT_ID: u64 = 42;
const PREFIX: &str = "/gitlab/api/v4/";
const BODY_MOST_BYTES: usize = 8 << 20;

/// An issue.
#[derive(Clone, Debug)]
pub struct Issue {
    /// Its number.
    pub iid: u64,
    /// Who made it.
    pub author: Person,
    /// Its title.
    pub title: String,
    /// Its text.
    pub description: String,
    /// Its labels.
    pub labels: Vec<String>,
    /// `opened` or `closed`.
    pub state: String,
    /// Is it for members alone?
    pub is_confidential: bool,
    /// What was said.
    pub notes: Vec<Note>,
    /// How its state changed.
    pub state_events: Vec<&'static str>,
    updated: Timestamp,
    born: Instant,
}

/// A note.
#[derive(Clone, Debug)]
pub struct Note {
    /// Its number.
    pub id: u64,
    /// Who wrote it.
    pub author: Person,
    /// Its text.
    pub body: String,
    /// Is it for members alone?
    pub is_internal: bool,
    at: Timestamp,
}

pub(crate) struct State {
    base: String,
    token: String,
    lag: Duration,
    scopes: Vec<&'static str>,
    labels: Vec<&'static str>,
    issues: Vec<Issue>,
    uploads: Vec<(String, Vec<u8>)>,
    faults: Faults,
    hook: Option<String>,
    calls: Vec<Call>,
    violations: Vec<String>,
    last_id: u64,
}

impl State {
    fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    fn issue(&mut self, iid: u64) -> &mut Issue {
        let mut issues = self.issues.iter_mut();
        let issue = issues.find(|issue| issue.iid == iid);
        issue.expect("there is this issue")
    }
}

/// The time of the machine: what the service runs on, too.
#[expect(clippy::disallowed_methods, reason = "a vendor has a clock of its own")]
fn now() -> Timestamp {
    Timestamp::now()
}

#[derive(Clone)]
struct Shared(Arc<Mutex<State>>);

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A GitLab for one test.
pub struct Gitlab {
    server: LocalServer,
    shared: Shared,
}

impl Gitlab {
    /// Opens the port.
    pub async fn start() -> Self {
        let shared = Shared(Arc::new(Mutex::new(State {
            base: String::new(),
            token: TOKEN.to_owned(),
            lag: Duration::ZERO,
            scopes: vec!["api"],
            labels: vec!["bug"],
            issues: Vec::new(),
            uploads: Vec::new(),
            faults: Faults::default(),
            hook: None,
            calls: Vec::new(),
            violations: Vec::new(),
            last_id: 0,
        })));
        let app = Router::new().fallback(answer).with_state(shared.clone());
        let server = LocalServer::start(app).await;
        shared.state().base = format!("http://127.0.0.1:{}/gitlab", server.port());
        Self { server, shared }
    }

    /// The section of the configuration of a destination `gitlab`, with more lines of `[destinations.gitlab]`.
    pub fn section(&self, more: &str) -> String {
        let settings = self.settings(more);
        let folder = scratch::folder("gitlab");
        let file = |name: &str, secret: &str| {
            let path = folder.join(name);
            std::fs::write(&path, secret).expect("a file");
            path.display().to_string()
        };
        let (token, hook) = (file("token", TOKEN), file("hook", HOOK_SECRET));
        format!(
            "[[destinations]]\nname = \"gitlab\"\nkind = \"gitlab\"\nsecrets = {{ token = {{ file = {token:?} }}, hook_secret = {{ file = {hook:?} }} }}\n[destinations.gitlab]\n{settings}\n"
        )
    }

    /// What stands in `[destinations.gitlab]`, with more lines. It is below a path, as on many a server.
    pub fn settings(&self, more: &str) -> String {
        let url = self.url();
        format!("base_url = \"{url}\"\nproject = \"{PROJECT}\"\n{more}")
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/gitlab", self.server.port())
    }

    /// Its project has these labels from now on.
    pub fn has_labels(&self, labels: &[&'static str]) {
        self.shared.state().labels = labels.to_vec();
    }

    /// What was made, oldest first.
    pub fn issues(&self) -> Vec<Issue> {
        self.shared.state().issues.clone()
    }

    /// The one issue that there is.
    pub fn only_issue(&self) -> Issue {
        let mut issues = self.issues();
        assert_eq!(issues.len(), 1, "{issues:?}");
        issues.remove(0)
    }

    /// The files that were put there, by their addresses.
    pub fn uploads(&self) -> Vec<(String, Vec<u8>)> {
        self.shared.state().uploads.clone()
    }

    /// What came so far.
    pub fn calls(&self) -> Vec<Call> {
        self.shared.state().calls.clone()
    }

    /// Its lists know nothing that is younger.
    pub fn lists_are_late_by(&self, lag: Duration) {
        self.shared.state().lag = lag;
    }

    /// The next calls of this method whose path ends so go wrong.
    pub fn fail(&self, times: usize, method: &str, path_end: &str, fault: Fault) {
        let mut state = self.shared.state();
        state.faults.script(times, method, path_end, fault);
    }

    /// The token may do this from now on.
    pub fn scopes(&self, scopes: &[&'static str]) {
        self.shared.state().scopes = scopes.to_vec();
    }

    /// Posts what happens to this address from now on.
    pub fn post_to(&self, url: &str) {
        self.shared.state().hook = Some(url.to_owned());
    }

    /// Somebody writes a note.
    pub async fn notes(&self, who: Person, iid: u64, text: &str, is_internal: bool) {
        (self.shared.state()).note(who, iid, text, is_internal);
        self.post("note", iid, text).await;
    }

    /// An engineer closes an issue, or opens it again.
    pub async fn moves(&self, iid: u64, event: &'static str) {
        self.shared.state().move_to(iid, event);
        self.post("issue", iid, "").await;
    }

    /// Posts an event; answers the status, where there is somebody to post to.
    async fn post(&self, kind: &str, iid: u64, text: &str) -> Option<StatusCode> {
        let hook = self.shared.state().hook.clone()?;
        // What people wrote stands in what is posted, too.
        let about = json!({ "iid": iid, "title": "canary" });
        let body = if kind == "note" {
            json!({ "object_kind": "note", "project": { "id": PROJECT_ID }, "object_attributes": { "note": text }, "issue": about })
        } else {
            json!({ "object_kind": "issue", "project": { "id": PROJECT_ID }, "object_attributes": about })
        };
        let request = reqwest::Client::new().post(hook).body(body.to_string());
        let request = request.header("x-gitlab-token", HOOK_SECRET);
        let answer = request.send().await.expect("the service answers");
        Some(answer.status())
    }
}

impl Drop for Gitlab {
    fn drop(&mut self) {
        let violations = std::mem::take(&mut self.shared.state().violations);
        if !std::thread::panicking() {
            assert!(
                violations.is_empty(),
                "it was asked wrongly: {violations:#?}"
            );
        }
    }
}

async fn answer(Extracted(shared): Extracted<Shared>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, BODY_MOST_BYTES).await.unwrap_or_default();
    let path = parts.uri.path();
    let path = path.strip_prefix(PREFIX).unwrap_or("nowhere").to_owned();
    let (reply, fault) = {
        let mut state = shared.state();
        let fault = state.faults.next(parts.method.as_str(), &path);
        let query = parts.uri.query().unwrap_or_default();
        let query = url::form_urlencoded::parse(query.as_bytes()).into_owned();
        let asked = Asked {
            method: parts.method.as_str(),
            path: path.split('/').collect(),
            query: query.collect(),
            headers: &parts.headers,
            body: &body,
        };
        let is_done = fault.as_ref().is_none_or(Fault::is_done);
        let reply = is_done.then(|| state.answer(&asked));
        state.calls.push(Call {
            method: parts.method.to_string(),
            path: path.clone(),
            status: match (&reply, &fault) {
                (Some(reply), None) => reply.status,
                (_, Some(fault)) => fault.status(),
                (None, None) => 0,
            },
            body: String::from_utf8_lossy(&body).into_owned(),
        });
        (reply, fault)
    };
    match (reply, fault) {
        (_, Some(fault)) => fault.response(),
        (Some(reply), None) => reply.response(),
        (None, None) => lost(),
    }
}
