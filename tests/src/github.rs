//! A GitHub that remembers: one repository with its issues, on a server of one's own (below `/api/v3`), with lists that are late, answers that get lost,
//! and limits. What is asked of its issues is held against the vendor's description ([`crate::contract`]); what breaks it fails the test.

mod answers;
mod shapes;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use aws_lc_rs::hmac;
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
    contract::{Contract, Exchange},
    local_server::LocalServer,
    scratch,
    tracker::{Asked, Call, Fault, Faults, Person, lost},
};

/// Our token.
pub const TOKEN: &str = "github_pat_of_the_tests";
/// With which GitHub signs what it posts.
pub const HOOK_SECRET: &str = "a-secret-between-github-and-us-0123456789";
/// The repository that there is.
pub const REPOSITORY: &str = "acme/app";
/// What describes the API.
const DESCRIPTION: &str = "github-issues.subset.openapi.json";
const PREFIX: &str = "/api/v3";
const BODY_MOST_BYTES: usize = 1 << 20;

/// An issue.
#[derive(Clone, Debug)]
pub struct Issue {
    /// Its number.
    pub number: u64,
    /// Who made it.
    pub author: Person,
    /// Its title.
    pub title: String,
    /// Its text.
    pub body: String,
    /// Its labels.
    pub labels: Vec<String>,
    /// `open` or `closed`.
    pub state: String,
    /// Why.
    pub state_reason: Option<String>,
    /// Who has it.
    pub assignee: Option<Person>,
    /// What was said.
    pub comments: Vec<Comment>,
    updated: Timestamp,
    born: Instant,
}

/// A comment.
#[derive(Clone, Debug)]
pub struct Comment {
    /// Its number.
    pub id: u64,
    /// Who wrote it.
    pub author: Person,
    /// Its text.
    pub body: String,
    at: Timestamp,
}

/// What the repository is like.
#[derive(Clone, Debug)]
pub struct Repository {
    /// Can only members read it?
    pub is_private: bool,
    /// Is it closed for good?
    pub is_archived: bool,
    /// Does it have issues?
    pub has_issues: bool,
    /// May our account label?
    pub may_push: bool,
    /// The labels that there are.
    pub labels: Vec<String>,
}

pub(crate) struct State {
    base: String,
    token: String,
    lag: Duration,
    repository: Repository,
    issues: Vec<Issue>,
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

    fn issue(&mut self, number: u64) -> &mut Issue {
        let mut issues = self.issues.iter_mut();
        let issue = issues.find(|issue| issue.number == number);
        issue.expect("there is this issue")
    }
}

impl Issue {
    fn touch(&mut self) {
        self.updated = now();
    }
}

/// The time of the machine: what the service runs on, too.
#[expect(clippy::disallowed_methods, reason = "a vendor has a clock of its own")]
fn now() -> Timestamp {
    Timestamp::now()
}

#[derive(Clone)]
struct Shared {
    state: Arc<Mutex<State>>,
    contract: Option<&'static Contract>,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A GitHub for one test.
pub struct Github {
    server: LocalServer,
    shared: Shared,
}

impl Github {
    /// Opens the port.
    pub async fn start() -> Self {
        let state = State {
            base: String::new(),
            token: TOKEN.to_owned(),
            lag: Duration::ZERO,
            repository: Repository {
                is_private: true,
                is_archived: false,
                has_issues: true,
                may_push: true,
                labels: vec!["bug".to_owned()],
            },
            issues: Vec::new(),
            faults: Faults::default(),
            hook: None,
            calls: Vec::new(),
            violations: Vec::new(),
            last_id: 0,
        };
        let shared = Shared {
            state: Arc::new(Mutex::new(state)),
            contract: Contract::by(DESCRIPTION),
        };
        let app = Router::new().fallback(answer).with_state(shared.clone());
        let server = LocalServer::start(app).await;
        shared.state().base = format!("http://127.0.0.1:{}", server.port());
        Self { server, shared }
    }

    /// Where its API is.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}{PREFIX}", self.server.port())
    }

    /// The section of the configuration of a destination `github`, with more lines of `[destinations.github]`.
    pub fn section(&self, more: &str) -> String {
        let settings = self.settings(more);
        let folder = scratch::folder("github");
        let file = |name: &str, secret: &str| {
            let path = folder.join(name);
            std::fs::write(&path, secret).expect("a file");
            path.display().to_string()
        };
        let (token, hook) = (file("token", TOKEN), file("hook", HOOK_SECRET));
        format!(
            "[[destinations]]\nname = \"github\"\nkind = \"github\"\nsecrets = {{ token = {{ file = {token:?} }}, hook_secret = {{ file = {hook:?} }} }}\n[destinations.github]\n{settings}\n"
        )
    }

    /// What stands in `[destinations.github]`, with more lines.
    pub fn settings(&self, more: &str) -> String {
        let url = self.url();
        format!("base_url = \"{url}\"\nrepository = \"{REPOSITORY}\"\n{more}")
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

    /// This is the token from now on.
    pub fn accept_token(&self, token: &str) {
        token.clone_into(&mut self.shared.state().token);
    }

    /// The repository becomes otherwise.
    pub fn change(&self, change: impl FnOnce(&mut Repository)) {
        change(&mut self.shared.state().repository);
    }

    /// Posts what happens to this address from now on.
    pub fn post_to(&self, url: &str) {
        self.shared.state().hook = Some(url.to_owned());
    }

    /// Somebody opens an issue of their own.
    pub fn opens(&self, who: Person, title: &str, body: &str) -> u64 {
        self.shared.state().open(who, title, body, Vec::new())
    }

    /// Somebody comments.
    pub async fn comments(&self, who: Person, number: u64, text: &str) {
        self.shared.state().comment(who, number, text);
        self.post("issue_comment", "created", number, text).await;
    }

    /// An engineer closes an issue.
    pub async fn closes(&self, number: u64, reason: &str) {
        self.edit(number, |issue| {
            issue.state = "closed".to_owned();
            issue.state_reason = Some(reason.to_owned());
        });
        self.post("issues", "closed", number, "").await;
    }

    /// An engineer changes an issue, of which nothing is posted.
    pub fn edit(&self, number: u64, change: impl FnOnce(&mut Issue)) {
        let mut state = self.shared.state();
        let issue = state.issue(number);
        change(issue);
        issue.touch();
    }

    /// Posts an event; answers the status, where there is somebody to post to.
    async fn post(&self, event: &str, action: &str, number: u64, text: &str) -> Option<StatusCode> {
        let (url, body) = {
            let state = self.shared.state();
            // What people wrote stands in what is posted, too.
            let body = json!({
                "action": action,
                "issue": { "number": number, "title": "canary" },
                "comment": { "body": text },
                "repository": { "full_name": REPOSITORY },
            });
            (state.hook.clone()?, body.to_string())
        };
        let request = reqwest::Client::new().post(url).body(body.clone());
        let request = request.header("x-github-event", event);
        let request = request.header("x-hub-signature-256", signature(&body));
        let answer = request.send().await.expect("the service answers");
        Some(answer.status())
    }
}

/// How it signs what it posts.
pub fn signature(body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, HOOK_SECRET.as_bytes());
    let tag = hmac::sign(&key, body.as_bytes());
    let digits = tag.as_ref().iter().map(|byte| format!("{byte:02x}"));
    format!("sha256={}", digits.collect::<String>())
}

impl Drop for Github {
    fn drop(&mut self) {
        let violations = std::mem::take(&mut self.shared.state().violations);
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
    let target = target.strip_prefix(PREFIX).unwrap_or(&target).to_owned();
    let path = parts.uri.path();
    let path = path.strip_prefix(PREFIX).unwrap_or(path).to_owned();
    let (reply, fault) = {
        let mut state = shared.state();
        let fault = state.faults.next(parts.method.as_str(), &path);
        let query = parts.uri.query().unwrap_or_default();
        let query = url::form_urlencoded::parse(query.as_bytes()).into_owned();
        let asked = Asked {
            method: parts.method.as_str(),
            path: path.trim_start_matches('/').split('/').collect(),
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
    // Accounts and repositories are not in the description, nor is what a wrong token is told.
    let is_described = path == "/rate_limit" || path.matches('/').count() > 3;
    if let (Some(contract), Some(reply), true) = (shared.contract, &reply, is_described)
        && reply.status != 401
    {
        let exchange = Exchange {
            method: parts.method.clone(),
            target,
            headers: parts.headers.clone(),
            body: body.to_vec(),
            status: reply.status,
            answer_headers: reply.header_map(),
            answer: reply.body.clone().into_bytes(),
        };
        let found = contract.violations(exchange).await;
        shared.state().violations.extend(found);
    }
    match (reply, fault) {
        (_, Some(fault)) => fault.response(),
        (Some(reply), None) => reply.response(),
        (None, None) => lost(),
    }
}
