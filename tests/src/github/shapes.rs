//! What GitHub's answers look like.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Comment, Issue, REPOSITORY, State};
use crate::tracker::Person;

fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

impl State {
    pub fn user(&self, person: Person) -> Value {
        let (base, login) = (&self.base, person.login.replace(['[', ']'], "-"));
        let at = |path: &str| format!("{base}/api/v3/users/{login}{path}");
        json!({
            "login": person.login, "id": person.id, "node_id": format!("U_{}", person.id),
            "avatar_url": format!("{base}/avatars/{}", person.id), "gravatar_id": "", "url": at(""),
            "html_url": format!("{base}/{login}"), "followers_url": at("/followers"),
            "following_url": at("/following{/other_user}"), "gists_url": at("/gists{/gist_id}"),
            "starred_url": at("/starred{/owner}{/repo}"), "subscriptions_url": at("/subscriptions"),
            "organizations_url": at("/orgs"), "repos_url": at("/repos"), "events_url": at("/events{/privacy}"),
            "received_events_url": at("/received_events"),
            "type": if person.is_program { "Bot" } else { "User" }, "site_admin": false,
        })
    }

    pub fn label(&self, name: &str) -> Value {
        json!({
            "id": 1, "node_id": "LA_1", "url": format!("{}/api/v3/repos/{REPOSITORY}/labels/1", self.base),
            "name": name, "description": null, "color": "ededed", "default": false,
        })
    }

    pub fn whole(&self, issue: &Issue) -> Value {
        let number = issue.number;
        let url = format!("{}/api/v3/repos/{REPOSITORY}/issues/{number}", self.base);
        let labels: Vec<Value> = issue.labels.iter().map(|name| self.label(name)).collect();
        let assignee = issue.assignee.map(|person| self.user(person));
        let is_closed = issue.state == "closed";
        json!({
            "id": 1_000 + number, "node_id": format!("I_{number}"), "url": url,
            "repository_url": format!("{}/api/v3/repos/{REPOSITORY}", self.base),
            "labels_url": format!("{url}/labels{{/name}}"), "comments_url": format!("{url}/comments"),
            "events_url": format!("{url}/events"),
            "html_url": format!("{}/{REPOSITORY}/issues/{number}", self.base),
            "number": number, "title": issue.title, "body": issue.body, "user": self.user(issue.author),
            "labels": labels, "state": issue.state, "state_reason": issue.state_reason, "locked": false,
            "assignee": assignee, "assignees": assignee.iter().collect::<Vec<_>>(), "milestone": null,
            "comments": issue.comments.len(), "created_at": time(issue.updated),
            "updated_at": time(issue.updated), "closed_at": is_closed.then(|| time(issue.updated)),
            "author_association": issue.author.association, "active_lock_reason": null,
        })
    }

    pub fn whole_comment(&self, number: u64, comment: &Comment) -> Value {
        let (base, id) = (&self.base, comment.id);
        json!({
            "id": id, "node_id": format!("IC_{id}"),
            "url": format!("{base}/api/v3/repos/{REPOSITORY}/issues/comments/{id}"),
            "html_url": format!("{base}/{REPOSITORY}/issues/{number}#issuecomment-{id}"),
            "issue_url": format!("{base}/api/v3/repos/{REPOSITORY}/issues/{number}"),
            "body": comment.body, "user": self.user(comment.author), "created_at": time(comment.at),
            "updated_at": time(comment.at), "author_association": comment.author.association,
        })
    }

    pub fn whole_repository(&self) -> Value {
        let repository = &self.repository;
        json!({
            "full_name": REPOSITORY, "private": repository.is_private, "archived": repository.is_archived,
            "has_issues": repository.has_issues,
            "permissions": { "pull": true, "triage": repository.may_push, "push": repository.may_push },
        })
    }
}

pub fn error(message: &str) -> Value {
    json!({ "message": message, "documentation_url": "https://docs.github.com/rest", "status": "400" })
}
