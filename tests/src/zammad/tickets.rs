//! Tickets: what is remembered of them, and what is answered.

use base64::{Engine, prelude::BASE64_STANDARD};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{BOT, Desk, error};
use crate::vendor::{Asked, Reply, now};

/// A ticket.
#[derive(Clone, Debug)]
pub struct Ticket {
    /// Its id.
    pub id: u64,
    /// What it was made with.
    pub made_with: Value,
    /// The name of its state.
    pub state: String,
    /// Until when it waits.
    pub pending_time: Value,
    /// The name of its priority.
    pub priority: String,
    /// What was written, the first article first.
    pub articles: Vec<Article>,
    /// When something happened to it.
    updated: Timestamp,
}

impl Ticket {
    /// All files, in their order.
    pub fn files(&self) -> Vec<File> {
        let files = self.articles.iter().flat_map(|article| &article.files);
        files.cloned().collect()
    }
}

/// An article.
#[derive(Clone, Debug)]
pub struct Article {
    /// Its id.
    pub id: u64,
    /// As it was written.
    pub body: String,
    /// `Agent`, `Customer` or `System`.
    pub sender: String,
    /// May the customer not read it?
    pub is_internal: bool,
    /// What is attached.
    pub files: Vec<File>,
    made_with: Value,
    author: u64,
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

/// Their dates have milliseconds.
fn date(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

impl Desk {
    pub(super) fn answer_tickets(&mut self, asked: &Asked<'_>) -> Reply {
        match (asked.method, asked.path.as_slice()) {
            ("POST", ["tickets"]) => self.make(&asked.json()),
            ("GET", ["tickets", "search"]) => self.search(asked),
            ("POST", ["ticket_articles"]) => self.write(&asked.json()),
            ("GET", ["ticket_articles", "by_ticket", id]) => match self.find(id) {
                Some(ticket) => {
                    let articles: Vec<Value> = ticket.articles.iter().map(article_json).collect();
                    Reply::json(200, &json!(articles))
                }
                None => gone(id),
            },
            ("GET", ["tickets", id]) => match self.find(id) {
                Some(ticket) => Reply::json(200, &json_of(ticket)),
                None => gone(id),
            },
            ("PUT", ["tickets", id]) => match self.find(id).map(|ticket| ticket.id) {
                Some(number) => self.change(number, &asked.json()),
                None => gone(id),
            },
            _ => error(404, "No route matches"),
        }
    }

    fn find(&self, id: &str) -> Option<&Ticket> {
        let id = id.parse().ok();
        self.tickets.iter().find(|ticket| Some(ticket.id) == id)
    }

    fn make(&mut self, new: &Value) -> Reply {
        let customer = new["customer_id"].as_str().unwrap_or_default();
        let email = customer.trim_start_matches("guess:").to_owned();
        if self.refused.contains(&email) {
            return error(422, &format!("Invalid email '{email}' of customer"));
        }
        let id = self.next_id();
        self.tickets.push(Ticket {
            id,
            made_with: new.clone(),
            state: "new".to_owned(),
            pending_time: Value::Null,
            priority: new["priority"].as_str().unwrap_or("2 normal").to_owned(),
            articles: Vec::new(),
            updated: now(),
        });
        self.add_article(id, BOT, &new["article"]);
        Reply::json(201, &json_of(self.ticket_mut(id)))
    }

    fn write(&mut self, new: &Value) -> Reply {
        let id = new["ticket_id"].as_u64().unwrap_or_default();
        if self.find(&id.to_string()).is_none() {
            return gone(&id.to_string());
        }
        let article = self.add_article(id, BOT, new);
        let ticket = self.ticket_mut(id);
        let written = ticket.articles.iter().find(|one| one.id == article);
        Reply::json(201, &article_json(written.expect("it was just written")))
    }

    pub(super) fn add_article(&mut self, ticket: u64, author: u64, new: &Value) -> u64 {
        let id = self.next_id();
        let files = new["attachments"].as_array().cloned().unwrap_or_default();
        let files: Vec<File> = (files.iter())
            .map(|file| File {
                id: self.next_id(),
                name: file["filename"].as_str().unwrap_or_default().to_owned(),
                bytes: BASE64_STANDARD
                    .decode(file["data"].as_str().unwrap_or_default())
                    .expect("it was looked at"),
            })
            .collect();
        let ticket = self.ticket_mut(ticket);
        ticket.articles.push(Article {
            id,
            body: new["body"].as_str().unwrap_or_default().to_owned(),
            sender: new["sender"].as_str().unwrap_or("Agent").to_owned(),
            is_internal: new["internal"] == true,
            files,
            made_with: new.clone(),
            author,
            at: now(),
        });
        ticket.updated = now();
        id
    }

    fn ticket_mut(&mut self, id: u64) -> &mut Ticket {
        let mut tickets = self.tickets.iter_mut();
        tickets.find(|ticket| ticket.id == id).expect("a ticket")
    }

    fn change(&mut self, id: u64, change: &Value) -> Reply {
        if let Some(state) = change["state"].as_str() {
            self.move_to(id, state);
            self.ticket_mut(id).pending_time = change["pending_time"].clone();
        }
        if let Some(priority) = change["priority"].as_str() {
            priority.clone_into(&mut self.ticket_mut(id).priority);
            self.ticket_mut(id).updated = now();
        }
        Reply::json(200, &json_of(self.ticket_mut(id)))
    }

    pub(super) fn prioritize(&mut self, ticket: u64, priority: &str) {
        let ticket = self.ticket_mut(ticket);
        priority.clone_into(&mut ticket.priority);
        ticket.updated = now();
    }

    pub(super) fn move_to(&mut self, ticket: u64, state: &str) {
        let ticket = self.ticket_mut(ticket);
        state.clone_into(&mut ticket.state);
        ticket.updated = now();
    }

    /// What their database finds; it is never late.
    fn search(&self, asked: &Asked<'_>) -> Reply {
        let part = |end: &str| {
            let mut all = asked.query.iter();
            all.find(|(name, _)| name.starts_with("condition[ticket.") && name.ends_with(end))
        };
        let (Some((name, operator)), Some((_, value))) = (part("][operator]"), part("][value]"))
        else {
            return error(422, "the condition cannot be read");
        };
        let field = name.trim_start_matches("condition[ticket.");
        let field = field.trim_end_matches("][operator]");
        let text = |ticket: &Ticket| ticket.made_with[field].as_str().map(str::to_owned);
        let since: Option<Timestamp> = value.parse().ok();
        let holds = |ticket: &&Ticket| match (field, operator.as_str()) {
            ("updated_at", "after (absolute)") => {
                since.is_some_and(|since| ticket.updated >= since)
            }
            (_, "contains") => text(ticket).is_some_and(|text| text.contains(value)),
            (_, "is") => text(ticket).as_ref() == Some(value),
            _ => false,
        };
        let found: Vec<Value> = self.tickets.iter().filter(holds).map(json_of).collect();
        Reply::json(200, &json!(found))
    }
}

fn gone(id: &str) -> Reply {
    error(404, &format!("Couldn't find Ticket with 'id'={id}"))
}

fn json_of(ticket: &Ticket) -> Value {
    let mut json = json!({
        "id": ticket.id,
        "number": format!("{}", 22_000 + ticket.id),
        "state": ticket.state,
        "state_id": 2,
        "priority": ticket.priority,
        "customer_id": BOT,
        "pending_time": ticket.pending_time,
        "first_response_escalation_at": date(ticket.updated + SignedDuration::from_hours(4)),
        "update_escalation_at": null,
        "close_escalation_at": null,
        "updated_at": date(ticket.updated),
    });
    for key in ["title", "group", "our_reference", "plan"] {
        json[key] = ticket.made_with[key].clone();
    }
    json
}

fn article_json(article: &Article) -> Value {
    let files = article.files.iter();
    let files = files.map(|file| json!({ "id": file.id, "filename": file.name, "size": file.bytes.len().to_string() }));
    json!({
        "id": article.id,
        "from": article.made_with.get("from").cloned().unwrap_or(json!("Corner Desk")),
        "body": article.body,
        "content_type": article.made_with["content_type"],
        "type": article.made_with["type"],
        "sender": article.sender,
        "internal": article.is_internal,
        "created_by_id": article.author,
        "created_at": date(article.at),
        "attachments": files.collect::<Vec<_>>(),
    })
}
