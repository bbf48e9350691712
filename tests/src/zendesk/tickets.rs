//! Tickets: what is remembered of them, and what is answered.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{BOT, Desk, error};
use crate::vendor::{Asked, Reply, date, now};

/// A ticket.
#[derive(Clone, Debug)]
pub struct Ticket {
    /// Its number.
    pub id: u64,
    /// What it was made with.
    pub made_with: Value,
    /// Whose it is.
    pub requester: i64,
    /// Of which kind its status is.
    pub status: String,
    /// Its name of the account's own.
    pub custom_status: u64,
    /// Its priority.
    pub priority: Value,
    /// What was written, the description first.
    pub comments: Vec<Comment>,
    /// When something happened to it.
    updated: Timestamp,
}

impl Ticket {
    /// All files, in their order.
    pub fn files(&self) -> Vec<File> {
        let files = self.comments.iter().flat_map(|comment| &comment.files);
        files.cloned().collect()
    }
}

/// A comment.
#[derive(Clone, Debug)]
pub struct Comment {
    /// Its id.
    pub id: u64,
    /// Who wrote it.
    pub author: i64,
    /// As it was written.
    pub html: String,
    /// May the requester read it?
    pub is_public: bool,
    /// What is attached.
    pub files: Vec<File>,
    at: Timestamp,
}

/// A file.
#[derive(Clone, Debug)]
pub struct File {
    /// Its id.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// The ids of the names that every Zendesk has for its statuses.
const DEFAULTS: [(&str, u64); 6] = [
    ("new", 1),
    ("open", 2),
    ("pending", 3),
    ("hold", 4),
    ("solved", 5),
    ("closed", 5),
];

fn default_of(status: &str) -> u64 {
    let known = DEFAULTS.iter().find(|(name, _)| *name == status);
    known.map_or(0, |(_, id)| *id)
}

impl Desk {
    pub(super) fn answer_tickets(&mut self, asked: &Asked<'_>) -> Reply {
        match (asked.method, asked.path.as_slice()) {
            ("POST", ["tickets"]) => self.make(asked),
            ("GET", ["tickets"]) => self.list(asked),
            ("POST", ["uploads"]) => self.upload(asked),
            ("GET", ["incremental", "tickets", "cursor.json"]) => self.export(asked),
            (method, ["tickets", id, rest @ ..]) => {
                let id = id.parse().ok();
                let ticket = self.tickets.iter().find(|ticket| Some(ticket.id) == id);
                let Some(ticket) = ticket.cloned() else {
                    return error(404, "RecordNotFound", "Not found");
                };
                match (method, rest) {
                    ("GET", []) => Reply::json(200, &json!({ "ticket": json_of(&ticket) })),
                    ("PUT", []) => self.change(&ticket, &asked.json()["ticket"]),
                    ("GET", ["comments"]) => self.comments(&ticket, asked),
                    _ => error(404, "RecordNotFound", "Not found"),
                }
            }
            _ => error(404, "RecordNotFound", "Not found"),
        }
    }

    fn make(&mut self, asked: &Asked<'_>) -> Reply {
        let body = asked.json();
        let key = asked
            .header("idempotency-key")
            .unwrap_or_default()
            .to_owned();
        if let Some((sent, made)) = self.keys.get(&key) {
            if *sent != body {
                return error(
                    400,
                    "IdempotentRequestError",
                    "Request parameters don't match the given idempotency key",
                );
            }
            return Reply::json(201, made).with("x-idempotency-lookup", "hit");
        }
        let new = &body["ticket"];
        let email = new["requester"]["email"].as_str().map(str::to_owned);
        if email
            .as_ref()
            .is_some_and(|email| self.suspended.contains(email))
        {
            let faults =
                json!([{ "description": "Requester: is suspended.", "error": "InvalidValue" }]);
            return Reply::json(
                422,
                &json!({ "error": "RecordInvalid", "description": "Record validation errors", "details": { "requester": faults } }),
            );
        }
        let requester = email.map_or(BOT, |email| {
            let name = new["requester"]["name"].as_str().unwrap_or_default();
            self.person(&email, name)
        });
        let id = self.next_id();
        self.tickets.push(Ticket {
            id,
            made_with: new.clone(),
            requester,
            status: "new".to_owned(),
            custom_status: default_of("new"),
            priority: new["priority"].clone(),
            comments: Vec::new(),
            updated: now(),
        });
        let comment = &new["comment"];
        let html = comment["html_body"].as_str().unwrap_or_default();
        let comment = self.add_comment(id, requester, html, comment["public"] == true, Vec::new());
        let made = self.answer_of(id, Some(comment));
        self.keys.insert(key, (body, made.clone()));
        Reply::json(201, &made).with("x-idempotency-lookup", "miss")
    }

    fn person(&mut self, email: &str, name: &str) -> i64 {
        if let Some(known) = self.people.iter().find(|person| person["email"] == email) {
            return known["id"].as_i64().unwrap_or_default();
        }
        let id = i64::try_from(self.next_id()).expect("a number");
        let person =
            json!({ "id": id, "name": name, "alias": "", "email": email, "role": "end-user" });
        self.people.push(person);
        id
    }

    fn change(&mut self, ticket: &Ticket, change: &Value) -> Reply {
        if ticket.status == "closed" {
            let faults = json!([{ "description": "Status: closed prevents ticket update", "error": "InvalidValue" }]);
            return Reply::json(
                422,
                &json!({ "error": "RecordInvalid", "description": "Record validation errors", "details": { "status": faults } }),
            );
        }
        if change["safe_update"] == true && change["updated_stamp"] != date(ticket.updated) {
            return error(
                409,
                "UpdateConflict",
                "Safe Update prevented the update due to outdated ticket data",
            );
        }
        let mut said = None;
        if let Some(comment) = change.get("comment") {
            let mut files = Vec::new();
            for token in comment["uploads"].as_array().into_iter().flatten() {
                match self.uploads.remove(token.as_str().unwrap_or_default()) {
                    Some(file) => files.push(file),
                    None => return error(422, "RecordInvalid", "The upload is gone"),
                }
            }
            let html = comment["html_body"].as_str().unwrap_or_default();
            let is_public = comment["public"] == true;
            said = Some(self.add_comment(ticket.id, BOT, html, is_public, files));
        }
        if let Some(status) = change["status"].as_str() {
            self.move_to(ticket.id, status);
        }
        if let Some(custom) = change["custom_status_id"].as_u64() {
            let known = self.statuses.iter().find(|status| status["id"] == custom);
            let Some(known) = known.cloned() else {
                return error(422, "RecordInvalid", "There is no such status");
            };
            let label = known["agent_label"].as_str().unwrap_or_default();
            self.move_to(ticket.id, label);
        }
        if let Some(priority) = change.get("priority") {
            self.ticket_mut(ticket.id).priority = priority.clone();
            self.ticket_mut(ticket.id).updated = now();
        }
        Reply::json(200, &self.answer_of(ticket.id, said))
    }

    fn answer_of(&self, id: u64, comment: Option<u64>) -> Value {
        let ticket = self.tickets.iter().find(|ticket| ticket.id == id);
        let ticket = ticket.expect("it is there");
        let said = (ticket.comments.iter()).find(|said| Some(said.id) == comment);
        let mut events = vec![json!({ "id": 1, "type": "Create", "field_name": "subject" })];
        events.extend(said.map(|said| {
            json!({ "id": said.id, "type": "Comment", "public": said.is_public, "author_id": said.author, "attachments": files_json(&said.files) })
        }));
        json!({ "ticket": json_of(ticket), "audit": { "id": id * 1_000, "ticket_id": id, "events": events } })
    }

    fn ticket_mut(&mut self, id: u64) -> &mut Ticket {
        let mut tickets = self.tickets.iter_mut();
        tickets.find(|ticket| ticket.id == id).expect("a ticket")
    }

    pub(super) fn add_comment(
        &mut self,
        ticket: u64,
        author: i64,
        html: &str,
        is_public: bool,
        files: Vec<File>,
    ) -> u64 {
        let id = self.next_id();
        let ticket = self.ticket_mut(ticket);
        ticket.comments.push(Comment {
            id,
            author,
            html: html.to_owned(),
            is_public,
            files,
            at: now(),
        });
        ticket.updated = now();
        id
    }

    pub(super) fn prioritize(&mut self, ticket: u64, priority: &str) {
        let ticket = self.ticket_mut(ticket);
        ticket.priority = json!(priority);
        ticket.updated = now();
    }

    /// By a status that every Zendesk has, or by a name of the account's own.
    pub(super) fn move_to(&mut self, ticket: u64, status: &str) {
        let own = (self.statuses.iter()).find(|one| one["agent_label"] == status);
        let (kind, id) = match own {
            Some(own) => {
                let kind = own["status_category"].as_str().unwrap_or_default();
                (kind.to_owned(), own["id"].as_u64().unwrap_or_default())
            }
            None => (status.to_owned(), default_of(status)),
        };
        let ticket = self.ticket_mut(ticket);
        ticket.status = kind;
        ticket.custom_status = id;
        ticket.updated = now();
    }

    fn list(&self, asked: &Asked<'_>) -> Reply {
        let mut found: Vec<&Ticket> = match asked.query("external_id") {
            Some(marker) => (self.tickets.iter())
                .filter(|ticket| ticket.made_with["external_id"] == marker)
                .collect(),
            None => self.tickets.iter().collect(),
        };
        if asked.query("sort_by") == Some("updated_at") {
            found.sort_by_key(|ticket| std::cmp::Reverse(ticket.updated));
        }
        let all: Vec<Value> = found.into_iter().map(json_of).collect();
        let count = all.len();
        Reply::json(
            200,
            &json!({ "tickets": all, "count": count, "next_page": null }),
        )
    }

    fn export(&self, asked: &Asked<'_>) -> Reply {
        if self.role != "admin" {
            return error(403, "Forbidden", "You do not have access to this page");
        }
        let start = asked.query("start_time").or_else(|| asked.query("cursor"));
        let start = start.and_then(|start| start.parse::<i64>().ok());
        let start = start.and_then(|start| Timestamp::from_second(start).ok());
        let Some(start) = start.filter(|start| *start + SignedDuration::from_secs(60) <= now())
        else {
            return error(
                422,
                "InvalidValue",
                "Too recent start_time. Use a start_time older than 60 seconds",
            );
        };
        let changed = self.tickets.iter().filter(|ticket| ticket.updated >= start);
        let all: Vec<Value> = changed.map(json_of).collect();
        Reply::json(
            200,
            &json!({ "tickets": all, "after_cursor": "1", "after_url": null, "end_of_stream": true }),
        )
    }

    fn upload(&mut self, asked: &Asked<'_>) -> Reply {
        let id = self.next_id();
        let token = format!("upload-{id}");
        let file = File {
            id,
            name: asked.query("filename").unwrap_or_default().to_owned(),
            bytes: asked.body.to_vec(),
        };
        let attachment = json!({ "id": id, "file_name": file.name, "size": file.bytes.len() });
        self.uploads.insert(token.clone(), file);
        Reply::json(
            201,
            &json!({ "upload": { "token": token, "expires_at": date(now()), "attachment": attachment, "attachments": [attachment] } }),
        )
    }

    /// A page of what was written. It is small, so that there are several.
    fn comments(&self, ticket: &Ticket, asked: &Asked<'_>) -> Reply {
        const PAGE: usize = 4;
        let after = asked.query("page[after]");
        let start = after.and_then(|after| after.parse().ok()).unwrap_or(0);
        let end = ticket.comments.len().min(start + PAGE);
        let page: Vec<Value> = (ticket.comments[start..end].iter())
            .map(|comment| {
                // What they show without markup keeps signs of HTML.
                let plain = comment.html.replace("<br>", "\n").replace("</p>", "\n");
                let plain = plain.replace("<p>", "").replace("&quot;", "\"");
                json!({
                    "id": comment.id,
                    "type": "Comment",
                    "author_id": comment.author,
                    "public": comment.is_public,
                    "body": plain,
                    "plain_body": format!("{plain}&nbsp;"),
                    "html_body": format!("<div class=\"zd-comment\" dir=\"auto\">{}</div>", comment.html),
                    "attachments": files_json(&comment.files),
                    "created_at": date(comment.at),
                })
            })
            .collect();
        let has_more = end < ticket.comments.len();
        Reply::json(
            200,
            &json!({
                "comments": page,
                "users": self.people,
                "meta": { "has_more": has_more, "after_cursor": end.to_string(), "before_cursor": null },
                "links": { "next": null, "prev": null },
            }),
        )
    }
}

fn files_json(files: &[File]) -> Vec<Value> {
    let one =
        |file: &File| json!({ "id": file.id, "file_name": file.name, "size": file.bytes.len() });
    files.iter().map(one).collect()
}

fn json_of(ticket: &Ticket) -> Value {
    json!({
        "id": ticket.id,
        "external_id": ticket.made_with["external_id"],
        "subject": ticket.made_with["subject"],
        "status": ticket.status,
        "custom_status_id": ticket.custom_status,
        "priority": ticket.priority,
        "requester_id": ticket.requester,
        "submitter_id": BOT,
        "tags": ticket.made_with["tags"],
        "updated_at": date(ticket.updated),
        "slas": { "policy_metrics": [{ "metric": "first_reply_time", "stage": "active", "breach_at": date(ticket.updated + SignedDuration::from_hours(4)), "hours": 4 }] },
    })
}
