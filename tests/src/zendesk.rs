//! A Zendesk that remembers, in the shapes of its maker's description. What the description does not allow fails the test.

mod lists;
mod strict;
mod tickets;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use aws_lc_rs::hmac;
use axum::{
    Router,
    body::to_bytes,
    extract::{Request, State as Extracted},
    http::{StatusCode, header},
    response::Response,
};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

pub use self::tickets::{Comment, File, Ticket};
use crate::{
    local_server::LocalServer,
    scratch,
    vendor::{Asked, BODY_MOST_BYTES, Call, Fault, Faults, Reply, date, now},
};

/// The agent in whose name we sign in.
pub const ACCOUNT: &str = "bot@acme.example";
/// The token.
pub const TOKEN: &str = "a-token-of-zendesk";
/// With which Zendesk signs what it posts.
pub const HOOK_SECRET: &str = "c2VjcmV0IG9mIHRoZSB3ZWJob29r";
/// Our account.
const BOT: i64 = 1_001;
/// Who answers customers.
const AGENT: i64 = 1_002;

/// All that it remembers.
struct Desk {
    token: String,
    role: &'static str,
    people: Vec<Value>,
    statuses: Vec<Value>,
    triggers: Vec<Value>,
    suspended: Vec<String>,
    tickets: Vec<Ticket>,
    uploads: BTreeMap<String, File>,
    /// By the key of the call: what was sent, and what it made.
    keys: BTreeMap<String, (Value, Value)>,
    faults: Faults,
    hook: Option<String>,
    calls: Vec<Call>,
    violations: Vec<String>,
    last_id: u64,
}

impl Desk {
    const fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }
}

#[derive(Clone)]
struct Shared(Arc<Mutex<Desk>>);

impl Shared {
    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A Zendesk for one test.
pub struct Zendesk {
    server: LocalServer,
    shared: Shared,
}

impl Zendesk {
    /// Opens the port.
    pub async fn start() -> Self {
        let person = |id: i64, name: &str, alias: &str, email: &str, role: &str| json!({ "id": id, "name": name, "alias": alias, "email": email, "role": role, "verified": true, "suspended": false });
        let desk = Desk {
            token: TOKEN.to_owned(),
            role: "admin",
            people: vec![
                person(BOT, "Cornerdesk", "", ACCOUNT, "agent"),
                person(AGENT, "Ann Agent", "Ann", "ann@agents.example", "agent"),
            ],
            statuses: lists::statuses(),
            triggers: Vec::new(),
            suspended: Vec::new(),
            tickets: Vec::new(),
            uploads: BTreeMap::new(),
            keys: BTreeMap::new(),
            faults: Faults::default(),
            hook: None,
            calls: Vec::new(),
            violations: Vec::new(),
            last_id: 100,
        };
        let shared = Shared(Arc::new(Mutex::new(desk)));
        let app = Router::new().fallback(answer).with_state(shared.clone());
        let server = LocalServer::start(app).await;
        Self { server, shared }
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.server.port())
    }

    /// What stands in `[destinations.zendesk]`, with more lines.
    pub fn settings(&self, more: &str) -> String {
        format!(
            "base_url = \"{}\"\naccount = \"{ACCOUNT}\"\n{more}",
            self.url()
        )
    }

    /// The section of the configuration of a destination `zendesk`, with more lines of `[destinations.zendesk]`.
    pub fn section(&self, more: &str) -> String {
        let folder = scratch::folder("zendesk");
        let file = |name: &str, secret: &str| {
            let path = folder.join(name);
            std::fs::write(&path, secret).expect("a file");
            path.display().to_string()
        };
        let (token, hook) = (file("token", TOKEN), file("hook", HOOK_SECRET));
        let settings = self.settings(more);
        format!(
            "[[destinations]]\nname = \"zendesk\"\nkind = \"zendesk\"\nsecrets = {{ token = {{ file = {token:?} }}, hook_secret = {{ file = {hook:?} }} }}\n[destinations.zendesk]\n{settings}\n"
        )
    }

    /// What was made, oldest first.
    pub fn tickets(&self) -> Vec<Ticket> {
        self.shared.desk().tickets.clone()
    }

    /// The one ticket that there is.
    pub fn only_ticket(&self) -> Ticket {
        let mut tickets = self.tickets();
        assert_eq!(tickets.len(), 1, "{tickets:?}");
        tickets.remove(0)
    }

    /// What came so far.
    pub fn calls(&self) -> Vec<Call> {
        self.shared.desk().calls.clone()
    }

    /// How often something was asked whose path ends so.
    pub fn count(&self, method: &str, path_end: &str) -> usize {
        let calls = self.calls();
        let same =
            (calls.iter()).filter(|call| call.method == method && call.path.ends_with(path_end));
        same.count()
    }

    /// The next calls of this method whose path ends so go wrong.
    pub fn fail(&self, times: usize, method: &str, path_end: &str, fault: Fault) {
        let mut desk = self.shared.desk();
        desk.faults.script(times, method, path_end, fault);
    }

    /// This is the token from now on.
    pub fn accept_token(&self, token: &str) {
        token.clone_into(&mut self.shared.desk().token);
    }

    /// Our account has this role: only an admin may export, and see triggers.
    pub fn account_is(&self, role: &'static str) {
        self.shared.desk().role = role;
    }

    /// Nobody of this address may be a requester any more.
    pub fn suspend(&self, email: &str) {
        self.shared.desk().suspended.push(email.to_owned());
    }

    /// A rule that is run with each change.
    pub fn add_trigger(&self, trigger: Value) {
        self.shared.desk().triggers.push(trigger);
    }

    /// Posts what happens to this address from now on.
    pub fn post_to(&self, url: &str) {
        self.shared.desk().hook = Some(url.to_owned());
    }

    /// An agent writes on a ticket, in public or not.
    pub async fn agent_writes(&self, ticket: u64, text: &str, is_public: bool) -> u64 {
        let id = {
            let mut desk = self.shared.desk();
            let html = format!("<p>{text}</p>");
            desk.add_comment(ticket, AGENT, &html, is_public, Vec::new())
        };
        self.post("comment_added", ticket, text).await;
        id
    }

    /// An agent lets a ticket stand so.
    pub async fn agent_moves(&self, ticket: u64, status: &str) {
        self.shared.desk().move_to(ticket, status);
        self.post("status_changed", ticket, "").await;
    }

    /// An agent gives a ticket another priority.
    pub async fn agent_prioritizes(&self, ticket: u64, priority: &str) {
        self.shared.desk().prioritize(ticket, priority);
        self.post("priority_changed", ticket, "").await;
    }

    /// Somebody throws a ticket away.
    pub fn delete(&self, ticket: u64) {
        let mut desk = self.shared.desk();
        desk.tickets.retain(|one| one.id != ticket);
    }

    /// Posts an event; answers the status, where there is somebody to post to.
    pub async fn post(&self, event: &str, ticket: u64, text: &str) -> Option<StatusCode> {
        let url = self.shared.desk().hook.clone()?;
        // Notes of agents stand in what is posted, too.
        let body = json!({
            "type": format!("zen:event-type:ticket.{event}"),
            "account_id": 12_514_403,
            "id": "2b24ef10-19d5-4740-93cf-8f98ec4776c0",
            "time": date(now()),
            "zendesk_event_version": "2022-06-20",
            "subject": format!("zen:ticket:{ticket}"),
            "detail": { "id": ticket.to_string(), "is_public": true, "status": "OPEN" },
            "event": { "comment": { "body": text } },
        })
        .to_string();
        let (signature, at) = signature(&body);
        let request = reqwest::Client::new().post(url).body(body);
        let request = request
            .header("content-type", "application/json")
            .header(
                "x-zendesk-webhook-invocation-id",
                "01F1KRFQ6BG29CNWFR60NK5FNY",
            )
            .header("x-zendesk-webhook-signature", signature)
            .header("x-zendesk-webhook-signature-timestamp", at);
        let answer = request.send().await.expect("the service answers");
        Some(answer.status())
    }
}

/// How Zendesk signs what it posts now: the signature, and the time.
pub fn signature(body: &str) -> (String, String) {
    let at = date(now());
    let key = hmac::Key::new(hmac::HMAC_SHA256, HOOK_SECRET.as_bytes());
    let tag = hmac::sign(&key, format!("{at}{body}").as_bytes());
    (BASE64_STANDARD.encode(tag), at)
}

impl Drop for Zendesk {
    fn drop(&mut self) {
        let violations = std::mem::take(&mut self.shared.desk().violations);
        if !std::thread::panicking() {
            assert!(
                violations.is_empty(),
                "the description was broken: {violations:#?}"
            );
        }
    }
}

async fn answer(Extracted(shared): Extracted<Shared>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, BODY_MOST_BYTES).await.unwrap_or_default();
    let path = parts.uri.path().to_owned();
    let mut desk = shared.desk();
    let fault = desk.faults.next(parts.method.as_str(), &path);
    let query = parts.uri.query().unwrap_or_default();
    let query = url::form_urlencoded::parse(query.as_bytes()).into_owned();
    let decoded: Vec<String> = (path.trim_start_matches("/api/v2/").split('/'))
        .map(ToOwned::to_owned)
        .collect();
    let asked = Asked {
        method: parts.method.as_str(),
        path: decoded.iter().map(String::as_str).collect(),
        query: query.collect(),
        headers: &parts.headers,
        body: &body,
    };
    let is_done = fault.as_ref().is_none_or(Fault::is_done);
    let reply = is_done.then(|| desk.answer(&asked));
    desk.calls.push(Call {
        method: parts.method.to_string(),
        path,
        status: match (&reply, &fault) {
            (_, Some(fault)) => fault.status(),
            (Some(reply), None) => reply.status,
            (None, None) => 0,
        },
        body: String::from_utf8_lossy(&body).into_owned(),
    });
    match (reply, fault) {
        (_, Some(fault)) => fault.response(),
        (Some(reply), None) => reply
            .with("x-zendesk-request-id", "req-0123456789")
            .with("x-rate-limit", "400")
            .with("x-rate-limit-remaining", "399")
            .response(),
        (None, None) => Reply::empty(500).response(),
    }
}

/// An error in their words.
fn error(status: u16, code: &str, description: &str) -> Reply {
    Reply::json(
        status,
        &json!({ "error": code, "description": description }),
    )
}

impl Desk {
    fn is_signed_in(&self, asked: &Asked<'_>) -> bool {
        let pair = BASE64_STANDARD.encode(format!("{ACCOUNT}/token:{}", self.token));
        asked.header(header::AUTHORIZATION.as_str()) == Some(format!("Basic {pair}").as_str())
    }

    fn answer(&mut self, asked: &Asked<'_>) -> Reply {
        let broken = strict::broken(asked);
        if !broken.is_empty() {
            let what = format!("{} {}: {broken:?}", asked.method, asked.path.join("/"));
            self.violations.push(what);
            return error(400, "InvalidRequest", &broken.join("; "));
        }
        if !self.is_signed_in(asked) {
            return match asked.path.as_slice() {
                // Whoever is nobody is told so.
                ["users", "me"] => Reply::json(
                    200,
                    &json!({ "user": { "id": null, "name": "Anonymous user", "role": "end-user" } }),
                ),
                _ => Reply::json(401, &json!({ "error": "Couldn't authenticate you" })),
            };
        }
        match asked.path.as_slice() {
            ["tickets", ..] | ["uploads"] | ["incremental", ..] => self.answer_tickets(asked),
            _ => self.answer_lists(asked),
        }
    }
}
