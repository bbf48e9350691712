//! Requests: what is remembered of them, and how it is answered.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{Desk, Flavour};

/// A request.
#[derive(Clone, Debug)]
pub struct Issue {
    /// Stays.
    pub id: String,
    /// Such as `HELP-1`.
    pub key: String,
    /// One line.
    pub summary: String,
    /// What it was made with.
    pub fields: Map<String, Value>,
    /// Id of the type.
    pub request_type: String,
    /// Id of the person whose it is.
    pub reporter: String,
    /// Name of its status.
    pub status: String,
    /// What was written.
    pub comments: Vec<Comment>,
    /// What was attached.
    pub files: Vec<File>,
    /// When it was made.
    pub(super) made: Instant,
    /// When something happened to it.
    pub(super) changed: Instant,
    /// When it was written to.
    pub(super) writes: Vec<Instant>,
}

/// A comment.
#[derive(Clone, Debug)]
pub struct Comment {
    /// Its id.
    pub id: String,
    /// Id of who wrote it.
    pub author: String,
    /// As it was written.
    pub body: String,
    /// May the customer read it?
    pub is_public: bool,
    pub(super) at_ms: i64,
}

/// A file.
#[derive(Clone, Debug)]
pub struct File {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What is in it.
    pub bytes: Vec<u8>,
    pub(super) content_type: String,
}

/// Statuses of the desk, and of which kind they are.
pub(super) const STATUSES: [(&str, &str); 5] = [
    ("Waiting for support", "NEW"),
    ("In progress", "INDETERMINATE"),
    ("Waiting for customer", "INDETERMINATE"),
    ("Resolved", "DONE"),
    ("Cancelled", "DONE"),
];

#[expect(
    clippy::disallowed_methods,
    reason = "dates of somebody else's server, which has a clock of its own"
)]
pub(super) fn now_ms() -> i64 {
    Timestamp::now().as_millisecond()
}

pub(super) fn category(status: &str) -> &'static str {
    let known = STATUSES.iter().find(|(name, _)| *name == status);
    known.map_or("UNDEFINED", |(_, category)| *category)
}

/// A date in all their spellings.
pub(super) fn date(ms: i64) -> Value {
    let at = Timestamp::from_millisecond(ms).expect("an instant");
    let text = at.strftime("%Y-%m-%dT%H:%M:%S").to_string();
    json!({ "epochMillis": ms, "iso8601": format!("{text}+0000"), "jira": format!("{text}.000+0000"), "friendly": "Today" })
}

/// A page of a list, as long as they let it be.
pub(super) fn page(values: &[Value], asked: &super::Asked<'_>) -> Value {
    let number = |name: &str| {
        asked
            .query(name)
            .and_then(|value| value.parse::<usize>().ok())
    };
    let start = number("start").unwrap_or(0).min(values.len());
    // They give less than is asked for, and do not say so.
    let limit = number("limit").unwrap_or(50).min(20);
    let end = (start + limit).min(values.len());
    json!({ "size": end - start, "start": start, "limit": limit, "isLastPage": end == values.len(), "values": values[start..end] })
}

impl Desk {
    pub(super) fn issue(&self, id_or_key: &str) -> Option<&Issue> {
        let mut issues = self.issues.iter();
        issues.find(|issue| issue.id == id_or_key || issue.key == id_or_key)
    }

    pub(super) fn issue_mut(&mut self, id_or_key: &str) -> Option<&mut Issue> {
        let mut issues = self.issues.iter_mut();
        issues.find(|issue| issue.id == id_or_key || issue.key == id_or_key)
    }

    pub(super) fn user(&self, id: &str) -> Value {
        self.person(id)
            .map(|person| person.json(self))
            .unwrap_or_default()
    }

    pub(super) fn add_comment(
        &mut self,
        key: &str,
        person: &str,
        text: &str,
        is_public: bool,
        files: Vec<File>,
    ) -> String {
        let author = self.person(person).map(|person| person.id.clone());
        let author = author.expect("a person of this Jira");
        let id = self.next_id().to_string();
        let issue = self.issue_mut(key).expect("a request of this Jira");
        issue.comments.push(Comment {
            id: id.clone(),
            author,
            body: text.to_owned(),
            is_public,
            at_ms: now_ms(),
        });
        issue.files.extend(files);
        issue.changed = Instant::now();
        id
    }

    pub(super) fn move_to(&mut self, key: &str, status: &str) {
        let issue = self.issue_mut(key).expect("a request of this Jira");
        status.clone_into(&mut issue.status);
        issue.changed = Instant::now();
    }

    /// Counts a write; too many of one request are refused (20 in 2 s, 100 in 30 s).
    pub(super) fn may_write(&mut self, id_or_key: &str) -> bool {
        let Some(issue) = self.issue_mut(id_or_key) else {
            return true;
        };
        let now = Instant::now();
        let within = |seconds| {
            let since = Duration::from_secs(seconds);
            issue.writes.iter().filter(|at| now - **at < since).count()
        };
        let may = within(2) < 20 && within(30) < 100;
        if may {
            issue.writes.push(now);
        }
        may
    }

    pub(super) fn request_json(&self, issue: &Issue) -> Value {
        let mut links = json!({
            "jiraRest": format!("{}/rest/api/2/issue/{}", self.base, issue.id),
            "web": format!("{}/servicedesk/customer/portal/1/{}", self.base, issue.key),
            "self": format!("{}/rest/servicedeskapi/request/{}", self.base, issue.id),
        });
        let mut status = json!({ "status": issue.status, "statusDate": date(now_ms()) });
        if self.flavour == Flavour::Cloud {
            links["agent"] = json!(format!("{}/browse/{}", self.base, issue.key));
            status["statusCategory"] = json!(category(&issue.status));
        }
        let values = issue
            .fields
            .iter()
            .map(|(id, value)| json!({ "fieldId": id, "label": id, "value": value }));
        let mut request = json!({
            "_expands": ["comment"],
            "issueId": issue.id,
            "issueKey": issue.key,
            "requestTypeId": issue.request_type,
            "serviceDeskId": super::desk::ID,
            "createdDate": date(now_ms()),
            "reporter": self.user(&issue.reporter),
            "requestFieldValues": values.collect::<Vec<_>>(),
            "currentStatus": status,
            "_links": links,
        });
        if self.flavour == Flavour::Cloud {
            request["summary"] = json!(issue.summary);
        }
        request
    }

    pub(super) fn comment_json(&self, issue: &Issue, comment: &Comment) -> Value {
        let link = format!(
            "{}/rest/servicedeskapi/request/{}/comment/{}",
            self.base, issue.id, comment.id
        );
        json!({
            "id": comment.id,
            // They end lines in their own way.
            "body": comment.body.replace('\n', "\r\n"),
            "public": comment.is_public,
            "author": self.user(&comment.author),
            "created": date(comment.at_ms),
            "_links": { "self": link },
        })
    }

    pub(super) fn file_json(&self, issue: &Issue, file: &File) -> Value {
        json!({
            "filename": file.name,
            "author": self.user(&issue.reporter),
            "created": date(now_ms()),
            "size": file.bytes.len(),
            "mimeType": file.content_type,
            "_links": {
                "jiraRest": format!("{}/rest/api/2/attachment/{}", self.base, file.id),
                "content": format!("{}/rest/servicedeskapi/request/{}/attachment/{}", self.base, issue.id, file.id),
            },
        })
    }
}
