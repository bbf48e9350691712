//! A Zendesk, as one job speaks to it.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;

use super::{
    read::{Comments, CustomStatus, CustomStatuses, OneTicket, Said, Ticket, User},
    settings::Settings,
};
use crate::{
    clock::Clock,
    destination::{
        Fault, Scope, Verdict,
        hook::HOOK_SECRET,
        limits::{Changes, Kept, Limits},
        rest::{About, Ask, Manners, Rest, limited},
        secret::Secrets,
    },
    outbound::{Outbound, Reply},
};

/// The secret with which we sign in.
pub const TOKEN: &str = "token";
/// What the export of all changes is counted as.
pub(super) const EXPORT: &str = "incremental";
/// Most pages of comments.
const MOST_PAGES: usize = 50;

const MANNERS: Manners = Manners {
    name: "Zendesk",
    section: "zendesk",
    below: &["api", "v2"],
    request_id: "x-zendesk-request-id",
    said,
    special,
};

/// What is remembered of one Zendesk. In memory only: after a restart it is asked again.
#[derive(Debug, Default)]
pub struct Memory {
    /// Until when it wants to be left alone.
    pub limits: Limits,
    /// What was heard of.
    pub changes: Changes,
    pub(super) account: Kept<i64>,
    pub(super) statuses: Kept<Vec<CustomStatus>>,
}

/// A Zendesk, as one job speaks to it.
#[derive(Debug)]
pub struct Zendesk {
    pub(super) settings: Arc<Settings>,
    pub(super) memory: Arc<Memory>,
    pub(super) clock: Clock,
    /// Can it tell us when something changes?
    pub(super) may_post: bool,
    pub(super) rest: Rest,
}

impl Zendesk {
    /// The Zendesk of these settings.
    ///
    /// # Errors
    /// When a setting or a secret is missing.
    pub fn new(
        settings: &Arc<Settings>,
        secrets: &Secrets,
        memory: Arc<Memory>,
        outbound: &Outbound,
        clock: &Clock,
    ) -> Result<Self, Fault> {
        let token = secrets.get(TOKEN).ok_or_else(|| {
            Fault::disabled("there is no token: give it with `cornerdesk destination secret`, or name a variable or a file in secrets.token")
        })?;
        let authorization = match settings.account.as_str() {
            "" => format!("Bearer {}", token.reveal()),
            account => {
                let pair = format!("{account}/token:{}", token.reveal());
                format!("Basic {}", STANDARD.encode(pair))
            }
        };
        Ok(Self {
            rest: Rest::new(MANNERS, &settings.base_url, &authorization, "", outbound)?,
            settings: Arc::clone(settings),
            memory,
            clock: clock.clone(),
            may_post: secrets.contains_key(HOOK_SECRET),
        })
    }

    /// Calls, and reads what is answered.
    pub(super) async fn ask<T: serde::de::DeserializeOwned>(
        &self,
        ask: Ask<'_>,
    ) -> Result<T, Fault> {
        self.rest.ask(&self.memory.limits, &ask).await
    }

    /// Who we are there. Without a good token Zendesk answers all the same, with nobody.
    pub(super) async fn me(&self) -> Result<User, Fault> {
        let answer: Value = self.ask(Ask::get("users", &["users", "me"])).await?;
        let user: User = serde_json::from_value(answer["user"].clone()).unwrap_or_default();
        match user.id {
            Some(_) => Ok(user),
            None => Err(Fault::disabled(
                "Zendesk knows nobody by this token: is it one of zendesk.account, and is access by API tokens switched on? (secrets.token)",
            )
            .seen(self.rest.last_seen())),
        }
    }

    /// What Zendesk knows our account by.
    pub(super) async fn account(&self) -> Result<i64, Fault> {
        if let Some(id) = self.memory.account.get() {
            return Ok(id);
        }
        let id = self.me().await?.id.unwrap_or_default();
        self.memory.account.keep(&id);
        Ok(id)
    }

    pub(super) async fn ticket(&self, id: &str) -> Result<Ticket, Fault> {
        let path = ["tickets", id];
        let query = [("include", "slas")];
        let ask = Ask::get("tickets", &path).with(&query).of_ticket();
        let answer: OneTicket = self.ask(ask).await?;
        Ok(answer.ticket)
    }

    /// Everything that was said, notes too, and who said it.
    pub(super) async fn comments(&self, id: &str) -> Result<(Vec<Said>, Vec<User>), Fault> {
        let path = ["tickets", id, "comments"];
        let (mut said, mut users) = (Vec::new(), Vec::new());
        let mut after: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let mut query = vec![
                ("include", "users"),
                ("sort", "created_at"),
                ("page[size]", "100"),
            ];
            query.extend(after.as_deref().map(|after| ("page[after]", after)));
            let ask = Ask::get("comments", &path).with(&query).of_ticket();
            let page: Comments = self.ask(ask).await?;
            let is_empty = page.comments.is_empty();
            said.extend(page.comments);
            users.extend(page.users);
            after = page.meta.after_cursor.filter(|_| page.meta.has_more);
            if after.is_none() || is_empty {
                break;
            }
        }
        Ok((said, users))
    }

    /// The account's own names for statuses; none where it has none, or does not show them.
    pub(super) async fn statuses(&self) -> Result<Vec<CustomStatus>, Fault> {
        if let Some(statuses) = self.memory.statuses.get() {
            return Ok(statuses);
        }
        let found = self
            .ask::<CustomStatuses>(Ask::get("custom_statuses", &["custom_statuses"]))
            .await;
        let statuses = match found {
            Ok(found) => found.custom_statuses,
            Err(fault) if matches!(fault.seen.status, Some(403 | 404)) => Vec::new(),
            Err(fault) => return Err(fault),
        };
        self.memory.statuses.keep(&statuses);
        Ok(statuses)
    }

    /// What agents call the status of a ticket.
    pub(super) async fn status_name(&self, ticket: &Ticket) -> Result<String, Fault> {
        let Some(id) = ticket.custom_status_id else {
            return Ok(ticket.status.clone());
        };
        let statuses = self.statuses().await?;
        let named = statuses.iter().find(|status| status.id == id);
        let name = named.map(|status| status.agent_label.trim());
        let name = name.filter(|name| !name.is_empty());
        Ok(name.unwrap_or(&ticket.status).to_owned())
    }
}

/// What an error says: `error` is a code or has a title, `description` a sentence, `details` one for each field.
fn said(body: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let error = &body["error"];
    let mut texts = Vec::new();
    texts.extend(text(error).or_else(|| text(&error["title"])));
    texts.extend(text(&body["description"]).or_else(|| text(&error["message"])));
    for (field, faults) in body["details"].as_object().into_iter().flatten() {
        for fault in faults.as_array().into_iter().flatten() {
            texts.extend(text(&fault["description"]).map(|said| format!("{field}: {said}")));
        }
    }
    texts
}

/// What is no fault like any other.
fn special(reply: &Reply, ask: &Ask<'_>) -> Option<Fault> {
    match reply.status {
        // The same key came with another body. So the ticket was made before, or is being made; its marker says which.
        400 if says(reply, "IdempotentRequestError") => Some(Fault::unclear(
            "Zendesk took a call to make this ticket before, when it was another: it is looked up",
        )),
        404 if says(reply, "No help desk at") => Some(Fault::disabled(
            "there is no Zendesk of this name (404): zendesk.base_url",
        )),
        429 => {
            // Where calls are left in all, a narrower limit was reached.
            let left = reply.header("x-rate-limit-remaining");
            let is_narrow = left.and_then(|left| left.trim().parse::<u32>().ok()) > Some(0);
            let is_write = ask.method == reqwest::Method::PUT && ask.about == About::Ticket;
            let scope = match is_narrow {
                true if is_write => Scope::Ticket,
                true => Scope::Endpoint,
                false => Scope::All,
            };
            Some(limited("Zendesk", reply, scope))
        }
        _ => None,
    }
}

fn says(reply: &Reply, words: &str) -> bool {
    String::from_utf8_lossy(&reply.body).contains(words)
}

/// Was it refused for what it says, for certain?
pub(super) fn is_refused(fault: &Fault) -> bool {
    fault.verdict == Verdict::Never && matches!(fault.seen.status, Some(400 | 422))
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
    use serde_json::json;

    use super::*;

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
    fn each_shape_of_an_error_is_read() {
        for (body, expected) in [
            (
                json!({ "error": "RecordInvalid", "description": "Record validation errors", "details": { "requester": [{ "description": "Requester: is suspended", "error": "Invalid" }] } }),
                vec![
                    "RecordInvalid",
                    "Record validation errors",
                    "requester: Requester: is suspended",
                ],
            ),
            (
                json!({ "error": { "title": "Forbidden", "message": "You do not have access" } }),
                vec!["Forbidden", "You do not have access"],
            ),
            (
                json!({ "error": "Couldn't authenticate you" }),
                vec!["Couldn't authenticate you"],
            ),
            (json!([]), vec![]),
        ] {
            assert_eq!(said(&body), expected, "{body}");
        }
    }

    #[test]
    fn a_limit_is_about_what_it_was_reached_for() {
        let nothing = Value::Null;
        let path = ["tickets", "1"];
        let write = || Ask::put("tickets", &path, &nothing).of_ticket();
        let export = || Ask::get(EXPORT, &path);
        let spent = ("x-rate-limit-remaining", "0");
        let left = ("x-rate-limit-remaining", "399");
        for (header, ask, scope) in [
            (spent, write(), Scope::All),
            (left, write(), Scope::Ticket),
            (left, export(), Scope::Endpoint),
        ] {
            let fault = special(&reply(429, &[header], ""), &ask).unwrap();
            assert_eq!((fault.verdict, fault.scope), (Verdict::Later, scope));
        }
        let bare = special(&reply(429, &[], ""), &write()).unwrap();
        assert_eq!(bare.scope, Scope::All);
    }

    #[test]
    fn a_key_that_came_before_with_another_body_is_looked_up() {
        let body = r#"{"error":"IdempotentRequestError","description":"Request parameters don't match the given idempotency key"}"#;
        let ask = Ask::get("tickets", &["tickets"]);
        let fault = special(&reply(400, &[], body), &ask).unwrap();
        assert_eq!(fault.verdict, Verdict::Unclear);
        assert!(special(&reply(400, &[], "{}"), &ask).is_none());
        let gone = r#"{"error":{"title":"No help desk at x.zendesk.com"}}"#;
        let fault = special(&reply(404, &[], gone), &ask.of_ticket()).unwrap();
        assert_eq!(fault.verdict, Verdict::Disabled);
    }
}
