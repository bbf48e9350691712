//! A Zammad that remembers, in the shapes of its maker's description and program. What these do not allow fails the test.

mod strict;
mod tickets;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_lc_rs::hmac;
use axum::{
    Router,
    body::to_bytes,
    extract::{Request, State as Extracted},
    http::StatusCode,
    response::Response,
};
use serde_json::{Value, json};

pub use self::tickets::{Article, File, Ticket};
use crate::{
    local_server::LocalServer,
    scratch,
    vendor::{Asked, BODY_MOST_BYTES, Call, Fault, Faults, Reply},
};

/// The token.
pub const TOKEN: &str = "a-token-of-zammad";
/// With which Zammad signs what it posts.
pub const HOOK_SECRET: &str = "a-secret-between-zammad-and-us";
/// Our account.
const BOT: u64 = 3;
/// Who answers customers.
const AGENT: u64 = 4;
/// States, groups and priorities that every Zammad has, and one of its own.
const STATES: [&str; 7] = [
    "new",
    "open",
    "pending reminder",
    "closed",
    "merged",
    "pending close",
    "in the lab",
];
const GROUPS: [&str; 2] = ["Users", "Second Level"];
const PRIORITIES: [&str; 3] = ["1 low", "2 normal", "3 high"];

/// All that it remembers.
struct Desk {
    token: String,
    triggers: Option<Vec<Value>>,
    refused: Vec<String>,
    tickets: Vec<Ticket>,
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

/// A Zammad for one test.
pub struct Zammad {
    server: LocalServer,
    shared: Shared,
}

impl Zammad {
    /// Opens the port.
    pub async fn start() -> Self {
        let desk = Desk {
            token: TOKEN.to_owned(),
            triggers: None,
            refused: Vec::new(),
            tickets: Vec::new(),
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

    /// What stands in `[destinations.zammad]`, with more lines.
    pub fn settings(&self, more: &str) -> String {
        format!("base_url = \"{}\"\ngroup = \"Users\"\n{more}", self.url())
    }

    /// The section of the configuration of a destination `zammad`, with more lines of `[destinations.zammad]`.
    pub fn section(&self, more: &str) -> String {
        let folder = scratch::folder("zammad");
        let file = |name: &str, secret: &str| {
            let path = folder.join(name);
            std::fs::write(&path, secret).expect("a file");
            path.display().to_string()
        };
        let (token, hook) = (file("token", TOKEN), file("hook", HOOK_SECRET));
        let settings = self.settings(more);
        format!(
            "[[destinations]]\nname = \"zammad\"\nkind = \"zammad\"\nsecrets = {{ token = {{ file = {token:?} }}, hook_secret = {{ file = {hook:?} }} }}\n[destinations.zammad]\n{settings}\n"
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

    /// The next calls of this method whose path ends so go wrong.
    pub fn fail(&self, times: usize, method: &str, path_end: &str, fault: Fault) {
        let mut desk = self.shared.desk();
        desk.faults.script(times, method, path_end, fault);
    }

    /// This is the token from now on.
    pub fn accept_token(&self, token: &str) {
        token.clone_into(&mut self.shared.desk().token);
    }

    /// Nobody of this address may be a customer.
    pub fn refuse(&self, email: &str) {
        self.shared.desk().refused.push(email.to_owned());
    }

    /// Our account may see these triggers.
    pub fn show_triggers(&self, triggers: Vec<Value>) {
        self.shared.desk().triggers = Some(triggers);
    }

    /// Posts what happens to this address from now on.
    pub fn post_to(&self, url: &str) {
        self.shared.desk().hook = Some(url.to_owned());
    }

    /// An agent writes on a ticket, in public or not.
    pub async fn agent_writes(&self, ticket: u64, text: &str, is_public: bool) -> u64 {
        self.writes(ticket, "Agent", text, is_public).await
    }

    /// Somebody writes on a ticket: `Agent`, `Customer` or `System`.
    pub async fn writes(&self, ticket: u64, sender: &str, text: &str, is_public: bool) -> u64 {
        let id = {
            let mut desk = self.shared.desk();
            let html = format!("<div>{text}</div>");
            let article = json!({ "body": html, "content_type": "text/html", "type": "email", "sender": sender, "internal": !is_public, "from": "\"Ann Agent\" <help@acme.example>" });
            desk.add_article(ticket, AGENT, &article)
        };
        self.post(ticket, text).await;
        id
    }

    /// An agent lets a ticket stand so.
    pub async fn agent_moves(&self, ticket: u64, state: &str) {
        self.shared.desk().move_to(ticket, state);
        self.post(ticket, "").await;
    }

    /// An agent gives a ticket another priority.
    pub async fn agent_prioritizes(&self, ticket: u64, priority: &str) {
        self.shared.desk().prioritize(ticket, priority);
        self.post(ticket, "").await;
    }

    /// Somebody throws a ticket away.
    pub fn delete(&self, ticket: u64) {
        let mut desk = self.shared.desk();
        desk.tickets.retain(|one| one.id != ticket);
    }

    /// Posts what happened; answers the status, where there is somebody to post to.
    pub async fn post(&self, ticket: u64, text: &str) -> Option<StatusCode> {
        let url = self.shared.desk().hook.clone()?;
        // What is internal stands in what is posted, too.
        let body =
            json!({ "ticket": { "id": ticket, "number": "1" }, "article": { "body": text } });
        let body = body.to_string();
        let request = reqwest::Client::new().post(url);
        let request = request
            .header("content-type", "application/json; charset=utf-8")
            .header("user-agent", "Zammad User Agent")
            .header("x-zammad-trigger", "Cornerdesk")
            .header("x-zammad-delivery", "0b2fb4f2-1b1d-4d0a-a1bb-0a4e9cf4d3c9")
            .header("x-hub-signature", signature(&body));
        let answer = request
            .body(body)
            .send()
            .await
            .expect("the service answers");
        Some(answer.status())
    }
}

/// How Zammad signs what it posts.
pub fn signature(body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, HOOK_SECRET.as_bytes());
    let tag = hmac::sign(&key, body.as_bytes());
    let digits = tag.as_ref().iter().map(|byte| format!("{byte:02x}"));
    format!("sha1={}", digits.collect::<String>())
}

impl Drop for Zammad {
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
    let asked = Asked {
        method: parts.method.as_str(),
        path: path.trim_start_matches("/api/v1/").split('/').collect(),
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
            (_, Some(fault)) => fault.status(),
            (Some(reply), None) => reply.status,
            (None, None) => 0,
        },
        body: String::from_utf8_lossy(&body).into_owned(),
    });
    match (reply, fault) {
        (_, Some(fault)) => fault.response(),
        (Some(reply), None) => reply.with("x-request-id", "req-0123456789").response(),
        (None, None) => Reply::empty(500).response(),
    }
}

/// An error in their words.
fn error(status: u16, words: &str) -> Reply {
    Reply::json(status, &json!({ "error": words, "error_human": words }))
}

/// A list of what has names.
fn named(names: &[&str]) -> Reply {
    let all = names.iter().zip(1..);
    let all = all.map(|(name, id)| json!({ "id": id, "name": name, "active": true }));
    Reply::json(200, &Value::Array(all.collect()))
}

impl Desk {
    fn answer(&mut self, asked: &Asked<'_>) -> Reply {
        let broken = strict::broken(asked);
        if !broken.is_empty() {
            let what = format!("{} {}: {broken:?}", asked.method, asked.path.join("/"));
            self.violations.push(what);
            return error(422, &broken.join("; "));
        }
        let expected = format!("Token token={}", self.token);
        if asked.header("authorization") != Some(expected.as_str()) {
            return error(401, "Invalid token!");
        }
        match (asked.method, asked.path.as_slice()) {
            ("GET", ["users", "me"]) => Reply::json(
                200,
                &json!({ "id": BOT, "login": "bot@acme.example", "firstname": "Corner", "lastname": "Desk", "roles": ["Agent"] }),
            ),
            ("GET", ["groups"]) => named(&GROUPS),
            ("GET", ["ticket_states"]) => named(&STATES),
            ("GET", ["ticket_priorities"]) => named(&PRIORITIES),
            ("GET", ["triggers"]) => match &self.triggers {
                Some(triggers) => Reply::json(200, &json!(triggers)),
                None => error(403, "Not authorized"),
            },
            _ => self.answer_tickets(asked),
        }
    }
}
