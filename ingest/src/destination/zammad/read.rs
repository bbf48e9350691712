//! What Zammad answers, read into what we speak of. Pure; what is internal is dropped here.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use crate::destination::{
    Comment, SlaClock,
    wording::{plain, text_of_html},
};

/// So many names of files are told of one text.
const FILES_MOST: usize = 20;

/// A ticket, with names in place of numbers.
#[derive(Clone, Debug, Deserialize)]
pub struct Ticket {
    /// Its id.
    pub id: u64,
    /// What people call it.
    #[serde(default)]
    pub number: String,
    /// The name of its state.
    #[serde(default)]
    pub state: String,
    /// The name of its priority.
    #[serde(default)]
    pub priority: String,
    /// Whose it is.
    pub customer_id: Option<u64>,
    /// Changes with each change.
    #[serde(default)]
    pub updated_at: String,
    /// When somebody has to have answered.
    pub first_response_escalation_at: Option<Timestamp>,
    /// When somebody has to have said more.
    pub update_escalation_at: Option<Timestamp>,
    /// When it has to be over.
    pub close_escalation_at: Option<Timestamp>,
}

/// An article.
#[derive(Clone, Debug, Deserialize)]
pub struct Article {
    /// Its id.
    pub id: u64,
    /// Who wrote it, as customers read it.
    #[serde(default)]
    pub from: Option<String>,
    /// Its text.
    #[serde(default)]
    pub body: String,
    /// `text/plain` or `text/html`.
    #[serde(default)]
    pub content_type: String,
    /// `Agent`, `Customer` or `System`.
    #[serde(default)]
    pub sender: String,
    /// Absent: internal.
    pub internal: Option<bool>,
    /// Who wrote it.
    pub created_by_id: Option<u64>,
    /// When.
    pub created_at: Option<Timestamp>,
    /// What is attached.
    #[serde(default)]
    pub attachments: Vec<Attachment>,
}

/// A file.
#[derive(Clone, Debug, Deserialize)]
pub struct Attachment {
    /// Its id.
    pub id: u64,
    /// Its name.
    #[serde(default)]
    pub filename: String,
}

impl Article {
    /// As a person reads it.
    #[must_use]
    pub fn text(&self) -> String {
        if self.content_type.contains("html") {
            text_of_html(&self.body)
        } else {
            plain(&self.body)
        }
    }

    fn file_names(&self) -> Vec<String> {
        let names = self.attachments.iter().map(|file| file.filename.as_str());
        names
            .map(cornerdesk_shared::validation::clean_line)
            .filter(|name| !name.is_empty())
            .take(FILES_MOST)
            .collect()
    }

    /// The name of who wrote it, without an address.
    fn author(&self) -> String {
        let from = self.from.as_deref().unwrap_or_default();
        let name = from.split('<').next().unwrap_or_default();
        let name = name.trim().trim_matches('"');
        let name = if name.contains('@') { "" } else { name };
        match cornerdesk_shared::validation::clean_line(name) {
            name if name.is_empty() => "Zammad".to_owned(),
            name => name,
        }
    }
}

/// What is public of the articles of a ticket, by who wrote it.
#[derive(Debug, Default)]
pub struct Public {
    /// By agents, us, and the requester.
    pub by_staff: Vec<Comment>,
    /// By other customers, such as a colleague in copy. It answers nobody here, and staff should know of it.
    pub by_customers: Vec<Comment>,
}

/// What is public of the articles of a ticket. What Zammad itself sends, such as that a ticket was made, is nobody's answer.
/// What this person says is the requester's own.
#[must_use]
pub fn public(articles: &[Article], (ours, person): (u64, Option<u64>), now: Timestamp) -> Public {
    let mut public = Public::default();
    for article in articles {
        let text = article.text();
        if article.internal != Some(false) || text.is_empty() {
            continue;
        }
        let comment = Comment {
            id: article.id.to_string(),
            author: article.author(),
            text,
            at: article.created_at.unwrap_or(now),
            is_ours: article.created_by_id == Some(ours),
            is_of_requester: false,
            files: article.file_names(),
        };
        let is_persons = person.is_some() && article.created_by_id == person;
        match article.sender.as_str() {
            _ if comment.is_ours => public.by_staff.push(comment),
            "Agent" => public.by_staff.push(comment),
            "Customer" if is_persons => public.by_staff.push(Comment {
                is_of_requester: true,
                ..comment
            }),
            "Customer" => public.by_customers.push(comment),
            _ => {}
        }
    }
    public
}

impl Ticket {
    /// What is known of its clocks.
    #[must_use]
    pub fn clocks(&self, now: Timestamp) -> Vec<SlaClock> {
        let named = [
            ("first response", self.first_response_escalation_at),
            ("update", self.update_escalation_at),
            ("close", self.close_escalation_at),
        ];
        let clock = |(metric, due_at): (&str, Option<Timestamp>)| {
            let due_at = due_at?;
            let left = due_at.duration_since(now).as_millis();
            Some(SlaClock {
                metric: metric.to_owned(),
                goal_ms: None,
                due_at: Some(due_at),
                remaining_ms: i64::try_from(left).ok(),
                is_breached: due_at < now,
                is_paused: false,
            })
        };
        named.into_iter().filter_map(clock).collect()
    }
}

/// Ticket and what it was read from, of those that a predicate holds for; the first that was made.
#[must_use]
pub fn first(found: &[Value], is_ours: impl Fn(&Value) -> bool) -> Option<Ticket> {
    let ours = found.iter().filter(|ticket| is_ours(ticket));
    let read = ours.filter_map(|ticket| serde_json::from_value::<Ticket>(ticket.clone()).ok());
    read.min_by_key(|ticket| ticket.id)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_says_that_it_is_public_is_read() {
        let articles: Vec<Article> = serde_json::from_value(json!([
            { "id": 1, "created_by_id": 3, "sender": "Customer", "internal": false, "body": "It fails", "content_type": "text/plain" },
            { "id": 2, "created_by_id": 5, "sender": "Agent", "internal": true, "body": "a note" },
            { "id": 3, "created_by_id": 5, "sender": "Agent", "body": "says nothing of it" },
            { "id": 4, "created_by_id": 5, "sender": "Agent", "internal": false, "from": "\"Ann Agent\" <help@acme.example>", "body": "Try&nbsp;<b>again</b>.<br>Ann", "content_type": "text/html" },
            { "id": 5, "created_by_id": 1, "sender": "System", "internal": false, "body": "Thank you for your mail" },
            { "id": 7, "created_by_id": 8, "sender": "Customer", "internal": false, "from": "Bo", "body": "my own", "attachments": [{ "id": 1, "filename": "a.png" }] },
            { "id": 6, "created_by_id": 9, "sender": "Customer", "internal": false, "from": "ada@customer.example", "body": "by mail" },
        ]))
        .unwrap();
        let found = public(&articles, (3, Some(8)), Timestamp::UNIX_EPOCH);
        let short: Vec<_> = found
            .by_staff
            .iter()
            .map(|one| {
                (
                    one.id.as_str(),
                    one.author.as_str(),
                    one.text.as_str(),
                    one.is_ours,
                )
            })
            .collect();
        assert_eq!(
            short,
            [
                ("1", "Zammad", "It fails", true),
                ("4", "Ann Agent", "Try again.\nAnn", false),
                ("7", "Bo", "my own", false),
            ]
        );
        let own = &found.by_staff[2];
        assert!(own.is_of_requester && own.files == ["a.png"]);
        let customers: Vec<_> = found.by_customers.iter().map(|one| &one.author).collect();
        assert_eq!(customers, ["Zammad"], "no address");
    }

    #[test]
    fn a_clock_is_one_that_has_a_time() {
        let ticket: Ticket = serde_json::from_value(
            json!({ "id": 1, "close_escalation_at": "2026-11-23T08:00:00.000Z", "update_escalation_at": null }),
        )
        .unwrap();
        let clocks = ticket.clocks("2026-11-23T09:00:00Z".parse().unwrap());
        assert_eq!(clocks.len(), 1);
        assert!(clocks[0].metric == "close" && clocks[0].is_breached);
        assert_eq!(clocks[0].remaining_ms, Some(-3_600_000));
    }
}
