//! What GitHub answers, and what it is asked to change. Pure.

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
    /// What they are called.
    pub login: String,
    /// `User`, `Bot` or `Organization`.
    #[serde(default, rename = "type")]
    pub kind: String,
}

/// An issue.
#[derive(Clone, Debug, Deserialize)]
pub struct Issue {
    /// Its number in the repository.
    pub number: u64,
    /// Where people open it.
    pub html_url: String,
    /// `open` or `closed`.
    pub state: String,
    /// Why it was closed, or opened again.
    #[serde(default)]
    pub state_reason: Option<String>,
    /// Its text.
    #[serde(default)]
    pub body: Option<String>,
    /// Who made it; nobody when they are gone.
    #[serde(default)]
    pub user: Option<User>,
    #[serde(default)]
    labels: Vec<Label>,
    #[serde(default)]
    assignees: Vec<User>,
    /// When something about it was changed last, also when somebody commented: in whole seconds.
    pub updated_at: String,
    #[serde(default)]
    comments: u64,
    /// It is a change of code, which is listed among the issues.
    #[serde(default)]
    pub pull_request: Option<Value>,
}

/// A label of an issue, or of a repository.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Label {
    /// As the contract says it may be.
    Name(String),
    /// As it is.
    Whole {
        /// Its name.
        #[serde(default)]
        name: Option<String>,
    },
}

/// A comment on an issue.
#[derive(Clone, Debug, Deserialize)]
pub struct Said {
    /// Its number.
    pub id: u64,
    /// Its text.
    #[serde(default)]
    pub body: Option<String>,
    /// Who wrote it; nobody when they are gone.
    #[serde(default)]
    user: Option<User>,
    html_url: String,
    created_at: jiff::Timestamp,
    /// What they are to the repository, such as `MEMBER`.
    #[serde(default)]
    author_association: String,
}

impl Label {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Name(name) => name,
            Self::Whole { name } => name.as_deref().unwrap_or_default(),
        }
    }
}

impl Issue {
    /// Where it is, for us and for people.
    #[must_use]
    pub fn remote(&self, settings: &Settings) -> Remote {
        Remote {
            id: id_of(settings, self.number),
            key: format!("{}#{}", settings.repository, self.number),
            url: Some(self.html_url.clone()),
        }
    }

    /// Did this account make it for a ticket?
    #[must_use]
    pub fn is_of(&self, account: i64) -> bool {
        let is_ours = self.user.as_ref().is_some_and(|user| user.id == account);
        is_ours && self.pull_request.is_none() && text::is_marked(self.text())
    }

    /// What is another when something happened to it, also twice in a second.
    #[must_use]
    pub fn version(&self) -> String {
        let (updated, state, reason) = (&self.updated_at, &self.state, &self.state_reason);
        let (labels, people) = (self.labels.len(), self.assignees.len());
        format!(
            "{updated} {state} {reason:?} {labels} {people} {}",
            self.comments
        )
    }

    /// Its text.
    #[must_use]
    pub fn text(&self) -> &str {
        self.body.as_deref().unwrap_or_default()
    }

    /// How it stands.
    #[must_use]
    pub fn stands(&self, settings: &Settings) -> Stands {
        let reason = self.state_reason.as_deref();
        let waiting = &settings.waiting_label;
        let waits = (self.labels.iter()).any(|label| label.name().eq_ignore_ascii_case(waiting));
        match (self.state.as_str(), reason) {
            ("closed", Some("not_planned")) => Stands::NotPlanned,
            ("closed", Some("duplicate")) => Stands::Duplicate,
            ("closed", _) => Stands::Completed,
            _ if waits && !waiting.is_empty() => Stands::Waiting,
            (_, Some("reopened")) => Stands::Taken,
            _ if !self.assignees.is_empty() => Stands::Taken,
            _ => Stands::Open,
        }
    }

    /// What makes it stand as it is wanted; nothing where it does.
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
        let now: Vec<String> = (self.labels.iter().map(|label| label.name().to_owned())).collect();
        if let Some(labels) = state::labels(&now, priority, waits) {
            change.insert("labels".to_owned(), json!(labels));
        }
        let step = wanted.status.map_or(Move::Stay, |status| {
            state::towards(self.stands(settings), status)
        });
        let state = match step {
            Move::Stay => None,
            Move::Reopen => Some(("open", "reopened")),
            Move::Complete => Some(("closed", "completed")),
            Move::Drop => Some(("closed", "not_planned")),
        };
        if let Some((state, reason)) = state {
            change.insert("state".to_owned(), json!(state));
            change.insert("state_reason".to_owned(), json!(reason));
        }
        (!change.is_empty()).then_some(Value::Object(change))
    }
}

impl Said {
    /// Did this account say it for us?
    #[must_use]
    pub fn is_of(&self, account: i64) -> bool {
        let is_ours = self.user.as_ref().is_some_and(|user| user.id == account);
        is_ours && text::is_marked(self.body.as_deref().unwrap_or_default())
    }

    /// What becomes of it here, and whether the requester may read it; nothing where it stays there. Programs that tidy up say nothing to anybody.
    #[must_use]
    pub fn heard(&self, comments: Comments, account: i64) -> Option<(Comment, bool)> {
        let is_program = self.user.as_ref().is_some_and(|user| user.kind == "Bot");
        if is_program || comments == Comments::Nothing {
            return None;
        }
        // Anybody may comment on what is public.
        let is_of_project =
            ["OWNER", "MEMBER", "COLLABORATOR"].contains(&self.author_association.as_str());
        let is_reply = comments == Comments::Reply && is_of_project;
        let body = self.body.as_deref().unwrap_or_default().trim();
        let text = match body {
            "" => String::new(),
            body if is_reply => body.to_owned(),
            body => format!("{body}\n\n{}", self.html_url),
        };
        let author = self.user.as_ref().map_or("ghost", |user| &user.login);
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

/// What we call an issue: with its repository, so that none of another one is ever touched when the setting changes.
#[must_use]
pub fn id_of(settings: &Settings, number: u64) -> String {
    format!("{}#{number}", settings.repository.to_ascii_lowercase())
}

/// The number of an issue of the repository of these settings.
#[must_use]
pub fn number_of<'a>(settings: &Settings, id: &'a str) -> Option<&'a str> {
    let (repository, number) = id.rsplit_once('#')?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    (repository.eq_ignore_ascii_case(&settings.repository) && is_number).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Settings {
        toml::from_str("repository = \"Acme/app\"\nwaiting_label = \"waiting\"\npriority_labels = { P1 = \"p1\", P2 = \"p2\" }")
            .expect("settings")
    }

    fn issue(state: &str, reason: Option<&str>, labels: &[&str], is_taken: bool) -> Issue {
        let user = json!({ "id": 7, "login": "bot", "type": "User" });
        let assignees = if is_taken { vec![&user] } else { Vec::new() };
        let labels: Vec<Value> = labels.iter().map(|name| json!({ "name": name })).collect();
        serde_json::from_value(json!({
            "number": 12, "html_url": "https://github.com/Acme/app/issues/12", "state": state,
            "state_reason": reason, "body": "x\n<!-- cornerdesk:CD-7K3F-92XQ -->", "user": user,
            "labels": labels, "assignees": assignees, "updated_at": "2026-11-23T08:00:00Z",
        }))
        .expect("an issue")
    }

    #[test]
    fn an_issue_stands_as_its_state_its_reason_and_its_people_say() {
        let stands = |state, reason, labels: &[&str], is_taken| {
            issue(state, reason, labels, is_taken).stands(&settings())
        };
        assert_eq!(stands("open", None, &[], false), Stands::Open);
        assert_eq!(stands("open", None, &[], true), Stands::Taken);
        assert_eq!(stands("open", Some("reopened"), &[], false), Stands::Taken);
        assert_eq!(stands("open", None, &["Waiting"], true), Stands::Waiting);
        assert_eq!(
            stands("closed", None, &["waiting"], true),
            Stands::Completed
        );
        assert_eq!(
            stands("closed", Some("not_planned"), &[], true),
            Stands::NotPlanned
        );
        assert_eq!(
            stands("closed", Some("duplicate"), &[], true),
            Stands::Duplicate
        );
    }

    #[test]
    fn only_what_stands_otherwise_is_changed() {
        let wanted = |priority: Option<&str>, status| Wanted {
            priority: priority.map(str::to_owned),
            status,
        };
        let change = |issue: &Issue, wanted: Wanted| issue.change(&settings(), &wanted);
        let open = issue("open", None, &["bug", "p2"], false);
        assert_eq!(change(&open, wanted(Some("P2"), Some(Status::Open))), None);
        assert_eq!(
            change(&open, wanted(Some("P1"), Some(Status::Waiting))),
            Some(json!({ "labels": ["bug", "p1", "waiting"] }))
        );
        assert_eq!(
            change(&open, wanted(None, Some(Status::Solved))),
            Some(json!({ "state": "closed", "state_reason": "completed" }))
        );
        let closed = issue("closed", Some("not_planned"), &["waiting"], false);
        assert_eq!(
            change(&closed, wanted(None, Some(Status::Open))),
            Some(json!({ "labels": [], "state": "open", "state_reason": "reopened" }))
        );
    }

    #[test]
    fn an_issue_of_another_repository_is_none_of_ours() {
        let settings = settings();
        let remote = issue("open", None, &[], false).remote(&settings);
        assert_eq!(
            (remote.id.as_str(), remote.key.as_str()),
            ("acme/app#12", "Acme/app#12")
        );
        assert_eq!(number_of(&settings, &remote.id), Some("12"));
        for id in [
            "acme/other#12",
            "12",
            "acme/app#",
            "acme/app#1/../2",
            "acme/app#12#x",
        ] {
            assert_eq!(number_of(&settings, id), None, "{id}");
        }
    }

    #[test]
    fn only_people_of_the_project_can_speak_to_a_requester_and_only_where_that_is_wanted() {
        let said = |association: &str, kind: &str, body: &str| -> Said {
            serde_json::from_value(json!({
                "id": 5, "body": body, "user": { "id": 9, "login": "octocat", "type": kind },
                "html_url": "https://github.com/acme/app/issues/12#issuecomment-5",
                "created_at": "2026-11-23T08:00:00Z", "author_association": association,
            }))
            .expect("a comment")
        };
        let heard = |said: &Said, comments| said.heard(comments, 7);
        let member = said("MEMBER", "User", "Fixed.");
        let (note, is_reply) = heard(&member, Comments::Note).unwrap();
        assert!(
            !is_reply && note.text.ends_with("#issuecomment-5"),
            "{note:?}"
        );
        let (reply, is_reply) = heard(&member, Comments::Reply).unwrap();
        assert!(
            is_reply && reply.text == "Fixed." && !reply.is_ours,
            "{reply:?}"
        );
        let (_, is_reply) = heard(&said("NONE", "User", "Buy!"), Comments::Reply).unwrap();
        assert!(!is_reply);
        assert!(heard(&said("NONE", "Bot", "Stale."), Comments::Note).is_none());
        assert!(heard(&member, Comments::Nothing).is_none());
    }
}
