//! What GitLab answers, and what it is asked to change. Pure.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::Settings;
use crate::{
    destination::{
        Comment, Remote, Wanted,
        tracker::{
            state::{self, Move, Stands},
            text,
            told::Comments,
        },
    },
    ticket::Status,
};

/// Somebody there.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct User {
    /// Their number.
    pub id: i64,
    /// What they are called in addresses.
    pub username: String,
    /// What they are called.
    #[serde(default)]
    pub name: String,
}

/// An issue.
#[derive(Clone, Debug, Deserialize)]
pub struct Issue {
    /// Its number in the project.
    pub iid: u64,
    /// The number of the project.
    pub project_id: u64,
    /// Where people open it.
    pub web_url: String,
    /// `opened` or `closed`.
    pub state: String,
    /// Its text.
    #[serde(default)]
    pub description: Option<String>,
    /// Who made it.
    #[serde(default)]
    pub author: Option<User>,
    #[serde(default)]
    labels: Vec<String>,
    #[serde(default)]
    assignees: Vec<User>,
    /// When something about it was changed last, also when somebody commented.
    pub updated_at: String,
    #[serde(default)]
    references: References,
    #[serde(default)]
    duplicated_to_id: Option<Value>,
    #[serde(default)]
    moved_to_id: Option<Value>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct References {
    full: String,
}

/// Something that was said, or that GitLab says happened.
#[derive(Clone, Debug, Deserialize)]
pub struct Note {
    /// Its number.
    pub id: u64,
    /// Its text.
    #[serde(default)]
    pub body: String,
    /// Who wrote it.
    #[serde(default)]
    author: Option<User>,
    created_at: jiff::Timestamp,
    #[serde(default)]
    system: bool,
    #[serde(default)]
    internal: bool,
}

/// That an issue was closed or opened again.
#[derive(Clone, Debug, Deserialize)]
pub struct StateEvent {
    /// `closed` or `reopened`.
    pub state: String,
}

impl User {
    /// Is it the account of a token of a project or a group?
    fn is_program(&self) -> bool {
        let rest = self.username.strip_prefix("project_");
        let rest = rest.or_else(|| self.username.strip_prefix("group_"));
        let number = rest.and_then(|rest| rest.split_once("_bot"));
        number.is_some_and(|(number, _)| number.bytes().all(|byte| byte.is_ascii_digit()))
    }
}

impl Issue {
    /// Where it is, for us and for people.
    #[must_use]
    pub fn remote(&self) -> Remote {
        let key = match self.references.full.as_str() {
            "" => format!("#{}", self.iid),
            full => full.to_owned(),
        };
        Remote {
            id: id_of(self.project_id, self.iid),
            key,
            url: Some(self.web_url.clone()),
        }
    }

    /// Did this account make it for a ticket?
    #[must_use]
    pub fn is_of(&self, account: i64) -> bool {
        let is_ours = self.author.as_ref().is_some_and(|user| user.id == account);
        is_ours && text::is_marked(self.text())
    }

    /// Its text.
    #[must_use]
    pub fn text(&self) -> &str {
        self.description.as_deref().unwrap_or_default()
    }

    /// How it stands; `was_reopened` says whether it was closed once.
    #[must_use]
    pub fn stands(&self, settings: &Settings, was_reopened: bool) -> Stands {
        let waiting = &settings.waiting_label;
        let waits = (self.labels.iter()).any(|label| label.eq_ignore_ascii_case(waiting));
        let is_elsewhere = self.duplicated_to_id.is_some() || self.moved_to_id.is_some();
        match self.state.as_str() {
            "closed" if is_elsewhere => Stands::Duplicate,
            "closed" => Stands::Completed,
            _ if waits && !waiting.is_empty() => Stands::Waiting,
            _ if was_reopened || !self.assignees.is_empty() => Stands::Taken,
            _ => Stands::Open,
        }
    }

    /// What makes it stand as it is wanted; nothing where it does. Labels of others are not touched.
    #[must_use]
    pub fn change(&self, settings: &Settings, wanted: &Wanted) -> Option<Value> {
        let mut change = Map::new();
        let all: Vec<&str> = settings
            .priority_labels
            .values()
            .map(String::as_str)
            .collect();
        let label = wanted.priority.as_ref();
        let label = label.and_then(|priority| settings.priority_labels.get(priority));
        let priority = label.map(|label| (label.as_str(), all.as_slice()));
        let waiting = settings.waiting_label.as_str();
        let waits = wanted.status.filter(|_| !waiting.is_empty());
        let waits = waits.map(|status| (waiting, status == Status::Waiting));
        if let Some(labels) = state::labels(&self.labels, priority, waits) {
            for (key, those, without) in [
                ("add_labels", &labels, &self.labels),
                ("remove_labels", &self.labels, &labels),
            ] {
                let others = those.iter().filter(|label| !without.contains(label));
                let others: Vec<&str> = others.map(String::as_str).collect();
                if !others.is_empty() {
                    change.insert(key.to_owned(), json!(others.join(",")));
                }
            }
        }
        let step = wanted.status.map_or(Move::Stay, |status| {
            state::towards(self.stands(settings, false), status)
        });
        let event = match step {
            Move::Stay => None,
            Move::Reopen => Some("reopen"),
            Move::Complete | Move::Drop => Some("close"),
        };
        if let Some(event) = event {
            change.insert("state_event".to_owned(), json!(event));
        }
        (!change.is_empty()).then_some(Value::Object(change))
    }
}

impl Note {
    /// Did this account say it for us?
    #[must_use]
    pub fn is_of(&self, account: i64) -> bool {
        let is_ours = self.author.as_ref().is_some_and(|user| user.id == account);
        is_ours && text::is_marked(&self.body)
    }

    /// What becomes of it here, and whether the requester may read it; nothing where it stays there. What GitLab itself and programs say is told nobody.
    #[must_use]
    pub fn heard(&self, comments: Comments, account: i64, url: &str) -> Option<(Comment, bool)> {
        let is_program = self.author.as_ref().is_some_and(User::is_program);
        if self.system || is_program || comments == Comments::Nothing {
            return None;
        }
        let is_reply = comments == Comments::Reply && !self.internal;
        let text = match self.body.trim() {
            "" => String::new(),
            body if is_reply => body.to_owned(),
            body => format!("{body}\n\n{url}#note_{}", self.id),
        };
        let author = self.author.as_ref();
        let author = author.map_or("ghost", |user| match user.name.as_str() {
            "" => &user.username,
            name => name,
        });
        let comment = Comment {
            id: self.id.to_string(),
            author: author.to_owned(),
            text,
            at: self.created_at,
            is_ours: self.is_of(account),
            is_of_requester: false,
            files: Vec::new(),
        };
        Some((comment, is_reply))
    }
}

/// What we call an issue: with its project, whose number stays when its path changes.
#[must_use]
pub fn id_of(project: u64, iid: u64) -> String {
    format!("{project}#{iid}")
}

/// Project and number of an issue.
#[must_use]
pub fn parts_of(id: &str) -> Option<(&str, &str)> {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (project, iid) = id.split_once('#')?;
    (is_number(project) && is_number(iid)).then_some((project, iid))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Settings {
        toml::from_str("project = \"acme/app\"\nwaiting_label = \"waiting\"\npriority_labels = { P1 = \"p1\", P2 = \"p2\" }")
            .expect("settings")
    }

    fn issue(state: &str, labels: &[&str], is_taken: bool) -> Issue {
        let user = json!({ "id": 7, "username": "support", "name": "Support" });
        let assignees = if is_taken { vec![&user] } else { Vec::new() };
        serde_json::from_value(json!({
            "id": 1, "iid": 12, "project_id": 42, "web_url": "https://gitlab.com/acme/app/-/issues/12", "state": state,
            "description": "x\n<!-- cornerdesk:CD-7K3F-92XQ -->", "author": user, "labels": labels, "assignees": assignees,
            "updated_at": "2026-11-23T08:00:00.123Z", "references": { "full": "acme/app#12" }, "moved_to_id": null,
        }))
        .expect("an issue")
    }

    #[test]
    fn an_issue_stands_as_its_state_its_people_and_its_way_say() {
        let stands = |state, labels: &[&str], is_taken, was_reopened| {
            issue(state, labels, is_taken).stands(&settings(), was_reopened)
        };
        assert_eq!(stands("opened", &[], false, false), Stands::Open);
        assert_eq!(stands("opened", &[], false, true), Stands::Taken);
        assert_eq!(stands("opened", &[], true, false), Stands::Taken);
        assert_eq!(stands("opened", &["Waiting"], true, true), Stands::Waiting);
        assert_eq!(
            stands("closed", &["waiting"], true, false),
            Stands::Completed
        );
        let moved = Issue {
            moved_to_id: Some(json!(99)),
            ..issue("closed", &[], false)
        };
        assert_eq!(moved.stands(&settings(), false), Stands::Duplicate);
        let remote = moved.remote();
        assert_eq!(
            (remote.id.as_str(), remote.key.as_str()),
            ("42#12", "acme/app#12")
        );
        assert_eq!(parts_of(&remote.id), Some(("42", "12")));
        for id in ["12", "42#", "#12", "42#1/..", "a#1"] {
            assert_eq!(parts_of(id), None, "{id}");
        }
    }

    #[test]
    fn only_what_stands_otherwise_is_changed() {
        let wanted = |priority: Option<&str>, status| Wanted {
            priority: priority.map(str::to_owned),
            status,
        };
        let change = |issue: &Issue, wanted: Wanted| issue.change(&settings(), &wanted);
        let open = issue("opened", &["bug", "p2"], false);
        assert_eq!(change(&open, wanted(Some("P2"), Some(Status::Open))), None);
        assert_eq!(
            change(&open, wanted(Some("P1"), Some(Status::Waiting))),
            Some(json!({ "add_labels": "p1,waiting", "remove_labels": "p2" }))
        );
        assert_eq!(
            change(&open, wanted(None, Some(Status::Closed))),
            Some(json!({ "state_event": "close" }))
        );
        let closed = issue("closed", &["waiting"], false);
        assert_eq!(
            change(&closed, wanted(None, Some(Status::Open))),
            Some(json!({ "remove_labels": "waiting", "state_event": "reopen" }))
        );
    }

    #[test]
    fn what_is_internal_there_is_never_for_a_requester() {
        let note = |username: &str, system: bool, internal: bool| -> Note {
            serde_json::from_value(json!({
                "id": 5, "body": "Fixed.", "author": { "id": 9, "username": username, "name": "Kim" },
                "created_at": "2026-11-23T08:00:00.123Z", "system": system, "internal": internal,
            }))
            .expect("a note")
        };
        let heard = |note: &Note, comments| note.heard(comments, 7, "https://g.example/12");
        let public = note("kim", false, false);
        let (comment, is_reply) = heard(&public, Comments::Note).unwrap();
        assert!(!is_reply && comment.text == "Fixed.\n\nhttps://g.example/12#note_5");
        let (comment, is_reply) = heard(&public, Comments::Reply).unwrap();
        assert!(is_reply && comment.text == "Fixed." && comment.author == "Kim");
        let (_, is_reply) = heard(&note("kim", false, true), Comments::Reply).unwrap();
        assert!(!is_reply);
        assert!(heard(&note("kim", true, false), Comments::Reply).is_none());
        assert!(heard(&note("project_42_bot_3f", false, false), Comments::Note).is_none());
        assert!(heard(&note("project_x_bot", false, false), Comments::Note).is_some());
        assert!(heard(&public, Comments::Nothing).is_none());
    }
}
