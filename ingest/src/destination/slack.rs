//! Slack: a channel hears of tickets. Pure: how a ticket stands and what happened become messages, an answer becomes a verdict.
//!
//! There are two ways. An app writes a head for each ticket, keeps it as the ticket stands, and says what happens later in its thread. An incoming webhook
//! can only write, a message for each thing: it is told no id, so there is nothing to change and no thread to go on with.

mod blocks;
mod refusal;

use jiff::Timestamp;
use reqwest::header::AUTHORIZATION;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::{
    Fault, Remote, Seen, chat,
    event::Kind,
    secret::Secrets,
    teller::{self, Heard, News, Request, TEST, Teller, Telling, Told},
};
use crate::{ids, outbound::Reply};

/// The name of the secret of an app.
pub const BOT_TOKEN: &str = "bot_token";
/// The name of the secret of an incoming webhook: its address.
pub const WEBHOOK_URL: &str = "webhook_url";

const POST: &str = "chat.postMessage";
const UPDATE: &str = "chat.update";
const AUTH_TEST: &str = "auth.test";
/// What is left standing: the head of the thread.
const HEAD: &str = "head";

/// The section, as it is written; the fields are described in `config.default.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(
    missing_docs,
    reason = "config.default.toml is the manual; a second text would drift"
)]
pub struct Settings {
    #[serde(default)]
    pub channel: String,
    #[serde(default)]
    pub workspace: String,
    #[serde(default = "their_url")]
    pub base_url: String,
    #[serde(default)]
    pub events: Vec<String>,
    #[serde(default)]
    pub include_content: bool,
    #[serde(default)]
    pub include_requester: bool,
}

fn their_url() -> String {
    "https://slack.com".to_owned()
}

impl Settings {
    /// Is it an app? Otherwise an incoming webhook.
    #[must_use]
    pub const fn is_app(&self) -> bool {
        !self.channel.is_empty()
    }

    /// Every fault, with the key it is at.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        let mut faults = chat::faults_of_events("slack", &self.events);
        faults.extend(teller::fault_of_address("slack.base_url", &self.base_url));
        if !self.workspace.is_empty() {
            faults.extend(teller::fault_of_address("slack.workspace", &self.workspace));
        }
        let is_id = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
        if self.is_app() && !self.channel.bytes().all(is_id) {
            faults.push(
                "slack.channel: the channel's id, such as C0123456789, not its name: Slack shows it at the end of \"View channel details\"".to_owned(),
            );
        }
        faults
    }

    fn hears(&self, kind: Kind) -> bool {
        chat::hears(&self.events, kind, self.is_app())
    }

    /// Where the head of a thread is read.
    fn url_of(&self, channel: &str, ts: &str) -> Option<String> {
        let mut url = Url::parse(&self.workspace).ok()?;
        url.set_path(&format!("/archives/{channel}/p{}", ts.replace('.', "")));
        Some(url.into())
    }

    /// What an app says next.
    fn next_of_app(&self, news: &News<'_>, told: Option<&Told>) -> Option<Telling> {
        let head = blocks::head(news, self.include_content, self.include_requester);
        let digest = ids::derived(&[head.to_string().as_str()]).to_string();
        let place = news.remote.and_then(|remote| remote.id.split_once('/'));
        let (Some(told), Some((channel, ts))) = (told, place) else {
            let then = Told {
                seq: news.last(),
                ..Told::default()
            };
            return Some(self.message("post", head, then.leaving(HEAD, digest), true));
        };
        if told.state.get(HEAD) != Some(&digest) {
            let mut body = head;
            body["channel"] = json!(channel);
            body["ts"] = json!(ts);
            return Some(Telling {
                what: "update",
                method: UPDATE.to_owned(),
                body,
                then: told.clone().leaving(HEAD, digest),
                is_needed: false,
            });
        }
        let (seq, kind) = chat::happened_next(news, told, |kind| self.hears(kind))?;
        let mut body = blocks::later(news, seq, kind, self.include_content);
        body["thread_ts"] = json!(ts);
        let then = Told {
            seq,
            ..told.clone()
        };
        let mut telling = self.message("reply", body, then, false);
        // The thread is where its head is, whatever the setting says by now.
        telling.body["channel"] = json!(channel);
        Some(telling)
    }

    /// What an incoming webhook says next.
    fn next_of_webhook(&self, news: &News<'_>, told: Option<&Told>) -> Option<Telling> {
        let Some(told) = told else {
            let head = blocks::head(news, self.include_content, self.include_requester);
            let then = Told {
                seq: news.last(),
                ..Told::default()
            };
            return Some(self.message("post", head, then, true));
        };
        let (seq, kind) = chat::happened_next(news, told, |kind| self.hears(kind))?;
        let body = blocks::card(news, seq, kind, self.include_content);
        let then = Told {
            seq,
            ..told.clone()
        };
        Some(self.message("post", body, then, false))
    }

    fn message(&self, what: &'static str, mut body: Value, then: Told, is_needed: bool) -> Telling {
        body["unfurl_links"] = json!(false);
        body["unfurl_media"] = json!(false);
        if self.is_app() {
            body["channel"] = json!(self.channel);
        }
        Telling {
            what,
            method: POST.to_owned(),
            body,
            then,
            is_needed,
        }
    }

    /// What an app hears: a status of 200, and in the body whether it was done.
    fn verdict_of_app(&self, telling: &Telling, reply: &Reply, seen: Seen) -> Result<Heard, Fault> {
        let said = teller::json_of(reply);
        if said["ok"] != true {
            let error = said["error"].as_str().unwrap_or_default();
            return Err(refusal::of_app(error).seen(seen));
        }
        let place = (said["channel"].as_str(), said["ts"].as_str());
        let remote = match place {
            (Some(channel), Some(ts)) if telling.then.state.contains_key(HEAD) => Some(Remote {
                id: format!("{channel}/{ts}"),
                key: String::new(),
                url: self.url_of(channel, ts),
            }),
            _ => None,
        };
        if telling.what == "post" && remote.is_none() {
            let fault = Fault::later("it took the message and does not say where it is");
            return Err(fault.seen(seen));
        }
        Ok(Heard {
            seen,
            remote: remote.filter(|_| telling.what == "post"),
        })
    }
}

/// Why this is no token of an app.
#[must_use]
pub fn fault_of_token(text: &str) -> Option<String> {
    let is_token = text.starts_with("xoxb-") && text.bytes().all(|byte| byte.is_ascii_graphic());
    (!is_token).then(|| {
        "a bot token begins with xoxb-: it is the \"Bot User OAuth Token\" of the app".to_owned()
    })
}

/// Why this is no address of a webhook.
#[must_use]
pub fn fault_of_webhook_url(text: &str) -> Option<String> {
    let is_good = Url::parse(text).is_ok_and(|url| teller::is_address(&url));
    (!is_good).then(|| "the whole address, which begins with https://".to_owned())
}

impl Teller for Settings {
    fn with_content(&self) -> bool {
        self.include_content
    }

    fn next(&self, news: &News<'_>, told: Option<&Told>) -> Option<Telling> {
        if self.is_app() {
            self.next_of_app(news, told)
        } else {
            self.next_of_webhook(news, told)
        }
    }

    fn trial(&self, destination: &str, _: Timestamp) -> Telling {
        let words = format!(
            "This is a test of Cornerdesk. What happens to tickets of {destination} will be said here."
        );
        let body = blocks::plain(&words);
        Telling {
            what: TEST,
            ..self.message("test", body, Told::default(), true)
        }
    }

    fn question(&self) -> Option<Telling> {
        self.is_app().then(|| Telling {
            what: "check",
            method: AUTH_TEST.to_owned(),
            body: json!({}),
            then: Told::default(),
            is_needed: true,
        })
    }

    fn request(&self, telling: &Telling, secrets: &Secrets) -> Result<Request, Fault> {
        if !self.is_app() {
            let url = teller::needed(secrets, WEBHOOK_URL)?;
            let url = teller::address(url, WEBHOOK_URL)?;
            return Ok(Request {
                by_secret: Some(WEBHOOK_URL),
                ..Request::json(url, &telling.body)
            });
        }
        let token = teller::needed(secrets, BOT_TOKEN)?;
        let url = teller::below(&self.base_url, &format!("api/{}", telling.method))?;
        let mut request = Request::json(url, &telling.body);
        let value = teller::secret_header(&format!("Bearer {token}"), BOT_TOKEN)?;
        request.headers.insert(AUTHORIZATION, value);
        Ok(request)
    }

    fn verdict(&self, telling: &Telling, reply: &Reply, now: Timestamp) -> Result<Heard, Fault> {
        let seen = Seen::new(reply.status, reply.header("x-slack-req-id"));
        let is_taken = teller::is_taken(reply, &seen, now)?;
        if self.is_app() && is_taken {
            return self.verdict_of_app(telling, reply, seen);
        }
        if is_taken {
            return Ok(Heard { seen, remote: None });
        }
        let said = String::from_utf8_lossy(&reply.body);
        let fault = if self.is_app() {
            refusal::of_app(teller::json_of(reply)["error"].as_str().unwrap_or_default())
        } else {
            refusal::of_webhook(reply.status, said.trim())
        };
        Err(fault.seen(seen))
    }
}

#[cfg(test)]
mod tests;
