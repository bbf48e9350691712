//! A workspace of Slack that keeps its channel: an app and an incoming webhook, strict about what the documentation says of blocks and their lengths.

use std::{
    ops::Deref,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde_json::{Value, json};

use crate::vendor_server::{
    self, Answered, Call, Reply, Vendor, expect, expect_members, expect_text,
};

/// The token of its app.
pub const TOKEN: &str = "xoxb-1-2-a-token-of-an-app";
/// Its one channel.
pub const CHANNEL: &str = "C0123456789";
/// The end of the address of its webhook.
const HOOK: &str = "/services/T0001/B0001/a-secret-of-a-webhook";

/// A message of the channel.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// By which it is known.
    pub ts: String,
    /// The message in whose thread it is.
    pub thread: Option<String>,
    /// Text and blocks, as they were given last.
    pub body: Value,
    /// How often it was changed.
    pub changes: usize,
}

#[derive(Debug)]
struct Workspace {
    token: String,
    is_invited: bool,
    messages: Vec<Message>,
}

type Shared = Arc<Mutex<Workspace>>;

fn lock(workspace: &Shared) -> MutexGuard<'_, Workspace> {
    workspace.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A Slack for one test.
#[derive(Debug)]
pub struct Slack {
    vendor: Vendor,
    workspace: Shared,
}

impl Deref for Slack {
    type Target = Vendor;

    fn deref(&self) -> &Vendor {
        &self.vendor
    }
}

impl Slack {
    /// Opens the port; the app is in the channel.
    pub async fn start() -> Self {
        let workspace: Shared = Arc::new(Mutex::new(Workspace {
            token: TOKEN.to_owned(),
            is_invited: true,
            messages: Vec::new(),
        }));
        let kept = Arc::clone(&workspace);
        let vendor = Vendor::start(None, move |call| take(&mut lock(&kept), call)).await;
        Self { vendor, workspace }
    }

    /// The section of an app.
    pub fn app(&self, settings: &str) -> String {
        let settings = format!(
            "base_url = \"{}\"\nchannel = \"{CHANNEL}\"\nworkspace = \"https://acme.slack.com\"\n{settings}",
            self.url()
        );
        vendor_server::section("slack", ("bot_token", TOKEN), "", &settings)
    }

    /// The section of an incoming webhook.
    pub fn webhook(&self, settings: &str) -> String {
        let url = self.webhook_url();
        vendor_server::section("slack", ("webhook_url", &url), "", settings)
    }

    /// The address of the incoming webhook: a secret.
    pub fn webhook_url(&self) -> String {
        format!("{}{HOOK}", self.url())
    }

    /// The messages of the channel, oldest first.
    pub fn messages(&self) -> Vec<Message> {
        lock(&self.workspace).messages.clone()
    }

    /// Somebody takes the app out of the channel, or lets it in.
    pub fn invite(&self, is_invited: bool) {
        lock(&self.workspace).is_invited = is_invited;
    }

    /// The token is worth nothing any more.
    pub fn revoke_token(&self) {
        lock(&self.workspace).token = "another".to_owned();
    }
}

fn take(workspace: &mut Workspace, call: &Call) -> Answered {
    expect(call.method == "POST", || call.method.clone())?;
    expect(
        call.header("content-type").starts_with("application/json"),
        || "the type of the body".to_owned(),
    )?;
    let body = call.json();
    if call.path == HOOK {
        expect_message(&body, &[])?;
        workspace.post(None, body);
        return Ok(Reply::new(200, "ok"));
    }
    if call.path.starts_with("/services/") {
        return Ok(Reply::new(404, "no_service"));
    }
    let refused = |error: &str| Ok(Reply::json(200, &json!({ "ok": false, "error": error })));
    if call.header("authorization") != format!("Bearer {}", workspace.token) {
        return refused("token_revoked");
    }
    if call.path == "/api/auth.test" {
        let said = json!({ "ok": true, "url": "https://acme.slack.com/", "team": "Acme", "user": "cornerdesk", "bot_id": "B1" });
        return Ok(Reply::json(200, &said));
    }
    if body["channel"] != CHANNEL {
        return refused("channel_not_found");
    }
    if !workspace.is_invited {
        return refused("not_in_channel");
    }
    let ts = match call.path.as_str() {
        "/api/chat.postMessage" => {
            expect_message(
                &body,
                &["channel", "thread_ts", "unfurl_links", "unfurl_media"],
            )?;
            let thread = body["thread_ts"].as_str().map(ToOwned::to_owned);
            if thread
                .as_ref()
                .is_some_and(|ts| workspace.message(ts).is_none())
            {
                return refused("thread_not_found");
            }
            workspace.post(thread, body)
        }
        "/api/chat.update" => {
            expect_message(&body, &["channel", "ts"])?;
            let ts = body["ts"].as_str().unwrap_or_default().to_owned();
            let Some(message) = workspace.message(&ts) else {
                return refused("message_not_found");
            };
            message.body = body;
            message.changes += 1;
            ts
        }
        path => return Err(format!("there is no {path}")),
    };
    Ok(Reply::json(
        200,
        &json!({ "ok": true, "channel": CHANNEL, "ts": ts }),
    ))
}

impl Workspace {
    fn post(&mut self, thread: Option<String>, body: Value) -> String {
        let ts = format!("1700000000.{:06}", self.messages.len() + 1);
        self.messages.push(Message {
            ts: ts.clone(),
            thread,
            body,
            changes: 0,
        });
        ts
    }

    fn message(&mut self, ts: &str) -> Option<&mut Message> {
        self.messages.iter_mut().find(|message| message.ts == ts)
    }
}

/// What the documentation says of a message. A text in which a name or everybody is called fails whatever it is about.
fn expect_message(body: &Value, more: &[&str]) -> Result<(), String> {
    let known = [
        "text",
        "blocks",
        "parse",
        "link_names",
        "unfurl_links",
        "unfurl_media",
    ];
    expect_members(body, &[&known[..], more].concat())?;
    expect_text(&body["text"], "text", 4000)?;
    expect_harmless(&body["text"])?;
    let blocks = body["blocks"].as_array().ok_or("blocks: a list")?;
    expect((1..=50).contains(&blocks.len()), || {
        format!("{} blocks", blocks.len())
    })?;
    blocks.iter().try_for_each(expect_block)
}

fn expect_block(block: &Value) -> Result<(), String> {
    match block["type"].as_str().unwrap_or_default() {
        "header" => {
            expect(block["text"]["type"] == "plain_text", || {
                "a header is plain".to_owned()
            })?;
            expect_text(&block["text"]["text"], "header", 150)
        }
        "section" => {
            let fields = block["fields"].as_array();
            expect(!block["text"].is_null() || fields.is_some(), || {
                "an empty section".to_owned()
            })?;
            if !block["text"].is_null() {
                expect_composed(&block["text"], 3000)?;
            }
            let fields = fields.into_iter().flatten();
            expect(fields.clone().count() <= 10, || {
                "more than ten fields".to_owned()
            })?;
            for field in fields {
                expect_composed(field, 2000)?;
            }
            Ok(())
        }
        "actions" => {
            let elements = block["elements"].as_array().into_iter().flatten();
            for button in elements {
                expect_members(button, &["type", "text", "url", "action_id"])?;
                expect_text(&button["text"]["text"], "button", 75)?;
                expect_text(&button["url"], "url", 3000)?;
            }
            Ok(())
        }
        other => Err(format!("there is no block {other:?}")),
    }
}

fn expect_composed(text: &Value, most_chars: usize) -> Result<(), String> {
    expect_text(&text["text"], "text", most_chars)?;
    match text["type"].as_str() {
        Some("plain_text") => expect_members(text, &["type", "text", "emoji"]),
        Some("mrkdwn") => {
            expect_members(text, &["type", "text", "verbatim"])?;
            expect_harmless(&text["text"])
        }
        other => Err(format!("there is no text {other:?}")),
    }
}

/// Nothing in angle brackets but a date.
fn expect_harmless(text: &Value) -> Result<(), String> {
    let text = text.as_str().unwrap_or_default();
    let acts = text
        .match_indices('<')
        .any(|(at, _)| !text[at..].starts_with("<!date^"));
    let calls = ["@here", "@channel", "@everyone"]
        .iter()
        .any(|name| text.contains(name));
    expect(!acts && !calls, || format!("it acts: {text}"))
}
