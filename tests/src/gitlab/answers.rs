//! What GitLab does when it is asked.

use std::time::Instant;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Issue, Note, PROJECT, PROJECT_ID, State, now};
use crate::tracker::{Asked, BOT, Person, Reply};

fn of(status: u16, value: &Value) -> Reply {
    let mut reply = Reply::json(status, value);
    reply.headers.extend([
        ("x-request-id", "01JDGITLAB".to_owned()),
        ("ratelimit-limit", "2000".to_owned()),
        ("ratelimit-remaining", "1999".to_owned()),
    ]);
    reply
}

fn refused(status: u16, message: &str) -> Reply {
    of(status, &json!({ "message": message }))
}

fn user(person: Person) -> Value {
    json!({ "id": person.id, "username": person.login, "name": person.login, "state": "active", "web_url": "https://gitlab.example" })
}

/// What each call may say, by the documentation.
const CREATE: [&str; 4] = ["title", "description", "labels", "confidential"];
const CHANGE: [&str; 3] = ["state_event", "add_labels", "remove_labels"];
const NOTE: [&str; 2] = ["body", "internal"];

impl State {
    pub fn note(&mut self, author: Person, iid: u64, text: &str, is_internal: bool) -> Note {
        let note = Note {
            id: self.next_id(),
            author,
            body: text.to_owned(),
            is_internal,
            at: now(),
        };
        let issue = self.issue(iid);
        issue.notes.push(note.clone());
        issue.updated = now();
        self.obey(iid, text);
        note
    }

    /// Quick actions: lines that begin with a slash, outside of what looks like a block of code.
    fn obey(&mut self, iid: u64, text: &str) {
        let mut is_code = false;
        for line in text.lines() {
            if line.starts_with("```") {
                // The older of their two ways to look: any fence ends any block.
                is_code = !is_code;
            }
            if !is_code && line.trim_end() == "/close" {
                self.move_to(iid, "close");
            }
        }
    }

    pub fn move_to(&mut self, iid: u64, event: &str) {
        let issue = self.issue(iid);
        let (state, happened) = match event {
            "close" => ("closed", "closed"),
            _ => ("opened", "reopened"),
        };
        state.clone_into(&mut issue.state);
        issue.state_events.push(happened);
        issue.updated = now();
    }

    fn may_only(&mut self, asked: &Asked<'_>, known: &[&str]) {
        if asked.header("content-type") != "application/json" {
            self.violations.push("a body is JSON".to_owned());
        }
        for (key, value) in asked.json().as_object().into_iter().flatten() {
            let is_flag = ["confidential", "internal"].contains(&key.as_str());
            let fits = if is_flag {
                value.is_boolean()
            } else {
                value.is_string()
            };
            if !known.contains(&key.as_str()) || !fits {
                self.violations.push(format!("{key}: {value} is not known"));
            }
        }
    }

    pub fn answer(&mut self, asked: &Asked<'_>) -> Reply {
        if asked.header("private-token") != self.token {
            return refused(401, "401 Unauthorized");
        }
        let may_write = self.scopes.contains(&"api");
        if asked.method != "GET" && !may_write {
            return of(
                403,
                &json!({ "error": "insufficient_scope", "error_description": "The request requires higher privileges than provided by the access token.", "scope": "api" }),
            );
        }
        match (asked.method, asked.path.as_slice()) {
            ("GET", ["user"]) => of(200, &user(BOT)),
            ("GET", ["personal_access_tokens", "self"]) => of(
                200,
                &json!({ "id": 1, "active": true, "scopes": self.scopes, "expires_at": "2099-01-01" }),
            ),
            (_, ["projects", project, rest @ ..]) => {
                let is_it =
                    *project == PROJECT.replace('/', "%2F") || *project == PROJECT_ID.to_string();
                if is_it {
                    self.answer_project(asked, rest)
                } else {
                    refused(404, "404 Project Not Found")
                }
            }
            _ => refused(404, "404 Not Found"),
        }
    }

    fn answer_project(&mut self, asked: &Asked<'_>, rest: &[&str]) -> Reply {
        match (asked.method, rest) {
            ("GET", []) => of(
                200,
                &json!({
                    "id": PROJECT_ID, "path_with_namespace": PROJECT, "visibility": "private", "archived": false,
                    "issues_enabled": true, "permissions": { "project_access": { "access_level": 20 }, "group_access": null },
                }),
            ),
            ("GET", ["labels"]) => {
                let labels = self.labels.iter();
                let labels: Vec<Value> = labels.map(|name| json!({ "name": name })).collect();
                of(200, &asked.page(&labels))
            }
            ("POST", ["uploads"]) => self.upload(asked),
            ("GET", ["issues"]) => self.list(asked),
            ("POST", ["issues"]) => {
                self.may_only(asked, &CREATE);
                self.create(&asked.json())
            }
            (_, ["issues", iid, rest @ ..]) => {
                let iid: Option<u64> = iid.parse().ok();
                let issues = &self.issues;
                match iid.filter(|iid| issues.iter().any(|issue| issue.iid == *iid)) {
                    None => refused(404, "404 Issue Not Found"),
                    Some(iid) => self.answer_issue(asked, iid, rest),
                }
            }
            _ => refused(404, "404 Not Found"),
        }
    }

    fn upload(&mut self, asked: &Asked<'_>) -> Reply {
        let kind = asked.header("content-type");
        let boundary = kind
            .split_once("boundary=")
            .map_or("", |(_, boundary)| boundary);
        let body = asked.body;
        let find = |what: &[u8]| body.windows(what.len()).position(|window| window == what);
        let head_ends = find(b"\r\n\r\n").map(|at| at + 4);
        let body_ends = find(format!("\r\n--{boundary}--\r\n").as_bytes());
        let head = String::from_utf8_lossy(&body[..head_ends.unwrap_or_default()]).into_owned();
        let (Some(from), Some(to), true) = (
            head_ends,
            body_ends,
            head.contains("name=\"file\"; filename="),
        ) else {
            self.violations.push(format!("no form with a file: {head}"));
            return refused(400, "file is missing");
        };
        let id = self.next_id();
        let url = format!("/uploads/{id:032x}/file.bin");
        self.uploads.push((url.clone(), body[from..to].to_vec()));
        of(
            201,
            &json!({ "id": id, "alt": "file", "url": url, "full_path": format!("/-/project/42{url}"), "markdown": format!("[file]({url})") }),
        )
    }

    fn list(&mut self, asked: &Asked<'_>) -> Reply {
        if asked.query("scope") != Some("all") {
            self.violations.push("a list is that of all".to_owned());
        }
        let by_update = asked.query("order_by") == Some("updated_at");
        let after: Option<Timestamp> = asked
            .query("updated_after")
            .map(|at| at.parse().expect("a time"));
        let mut issues: Vec<&Issue> = (self.issues.iter())
            .filter(|issue| issue.born.elapsed() >= self.lag)
            .filter(|issue| {
                asked
                    .query("author_id")
                    .is_none_or(|id| id == issue.author.id.to_string())
            })
            .filter(|issue| after.is_none_or(|at| issue.updated >= at))
            .collect();
        issues.sort_by_key(|issue| {
            let at = if by_update {
                issue.updated
            } else {
                Timestamp::UNIX_EPOCH
            };
            (at, issue.iid)
        });
        if asked.query("sort") != Some("asc") {
            issues.reverse();
        }
        let issues: Vec<Value> = issues.into_iter().map(|issue| self.whole(issue)).collect();
        of(200, &asked.page(&issues))
    }

    fn create(&mut self, asked: &Value) -> Reply {
        let text = |name: &str| asked[name].as_str().unwrap_or_default().to_owned();
        let (title, description) = (text("title"), text("description"));
        if title.is_empty() || title.chars().count() > 255 || description.len() > 1_048_576 {
            return of(
                400,
                &json!({ "message": { "title": ["is too long (maximum is 255 characters)"] } }),
            );
        }
        let labels = text("labels");
        let labels = labels.split(',').filter(|label| !label.is_empty());
        let iid = u64::try_from(self.issues.len()).expect("a number") + 1;
        self.issues.push(Issue {
            iid,
            author: BOT,
            title,
            description: description.clone(),
            labels: labels.map(str::to_owned).collect(),
            state: "opened".to_owned(),
            is_confidential: asked["confidential"] == true,
            notes: Vec::new(),
            state_events: Vec::new(),
            updated: now(),
            born: Instant::now(),
        });
        self.obey(iid, &description);
        let whole = self.whole(&self.issues[self.issues.len() - 1]);
        of(201, &whole)
    }

    fn answer_issue(&mut self, asked: &Asked<'_>, iid: u64, rest: &[&str]) -> Reply {
        match (asked.method, rest) {
            ("GET", []) => {
                let issue = self.issue(iid).clone();
                of(200, &self.whole(&issue))
            }
            ("PUT", []) => {
                self.may_only(asked, &CHANGE);
                let body = asked.json();
                if let Some(event) = body["state_event"].as_str() {
                    self.move_to(iid, event);
                }
                let issue = self.issue(iid);
                let named = |key: &str| body[key].as_str().unwrap_or_default().to_owned();
                let (adds, removes) = (named("add_labels"), named("remove_labels"));
                let removes: Vec<&str> = removes.split(',').collect();
                issue
                    .labels
                    .retain(|label| !removes.contains(&label.as_str()));
                let adds = adds.split(',').filter(|label| !label.is_empty());
                issue.labels.extend(adds.map(str::to_owned));
                issue.updated = now();
                let issue = issue.clone();
                of(200, &self.whole(&issue))
            }
            ("GET", ["resource_state_events"]) => {
                let events = self.issue(iid).state_events.clone();
                let events: Vec<Value> = events
                    .iter()
                    .map(|state| json!({ "id": 1, "state": state }))
                    .collect();
                of(200, &asked.page(&events))
            }
            ("GET", ["notes"]) => {
                let notes = self.issue(iid).notes.clone();
                let notes: Vec<Value> = notes.iter().map(whole_note).collect();
                of(200, &asked.page(&notes))
            }
            ("POST", ["notes"]) => {
                self.may_only(asked, &NOTE);
                let body = asked.json();
                let text = body["body"].as_str().unwrap_or_default().to_owned();
                let note = self.note(BOT, iid, &text, body["internal"] == true);
                of(201, &whole_note(&note))
            }
            _ => refused(404, "404 Not Found"),
        }
    }

    fn whole(&self, issue: &Issue) -> Value {
        let iid = issue.iid;
        json!({
            "id": 1_000 + iid, "iid": iid, "project_id": PROJECT_ID, "title": issue.title, "description": issue.description,
            "state": issue.state, "labels": issue.labels, "author": user(issue.author), "assignees": [], "assignee": null,
            "confidential": issue.is_confidential, "created_at": issue.updated.to_string(), "updated_at": issue.updated.to_string(),
            "closed_at": null, "web_url": format!("{}/{PROJECT}/-/issues/{iid}", self.base), "moved_to_id": null,
            "references": { "short": format!("#{iid}"), "full": format!("{PROJECT}#{iid}") }, "user_notes_count": issue.notes.len(),
        })
    }
}

fn whole_note(note: &Note) -> Value {
    json!({
        "id": note.id, "body": note.body, "author": user(note.author), "system": false, "internal": note.is_internal,
        "confidential": note.is_internal, "created_at": note.at.to_string(), "updated_at": note.at.to_string(), "noteable_type": "Issue",
    })
}
