//! What GitHub does when it is asked.

use std::time::Instant;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Comment, Issue, REPOSITORY, State, now, shapes::error};
use crate::tracker::{Asked, BOT, Person, Reply};

/// What an answer of the API always has.
fn of(status: u16, value: &Value) -> Reply {
    let mut reply = Reply::json(status, value);
    reply.headers.extend([
        ("x-github-request-id", "C0DE:1234:5678".to_owned()),
        ("x-ratelimit-limit", "5000".to_owned()),
        ("x-ratelimit-remaining", "4999".to_owned()),
    ]);
    reply
}

fn refused(status: u16, message: &str) -> Reply {
    of(status, &error(message))
}

impl State {
    pub fn open(&mut self, author: Person, title: &str, body: &str, labels: Vec<String>) -> u64 {
        let number = u64::try_from(self.issues.len()).expect("a number") + 1;
        self.issues.push(Issue {
            number,
            author,
            title: title.to_owned(),
            body: body.to_owned(),
            labels,
            state: "open".to_owned(),
            state_reason: None,
            assignee: None,
            comments: Vec::new(),
            updated: now(),
            born: Instant::now(),
        });
        number
    }

    pub fn comment(&mut self, author: Person, number: u64, text: &str) -> Comment {
        let comment = Comment {
            id: self.next_id(),
            author,
            body: text.to_owned(),
            at: now(),
        };
        let issue = self.issue(number);
        issue.comments.push(comment.clone());
        issue.touch();
        comment
    }

    pub fn answer(&mut self, asked: &Asked<'_>) -> Reply {
        for (name, wanted) in [
            ("accept", "application/vnd.github+json"),
            ("x-github-api-version", "2022-11-28"),
        ] {
            if asked.header(name) != wanted {
                self.violations.push(format!("{name} is not {wanted}"));
            }
        }
        if asked.header("user-agent").is_empty() {
            return refused(403, "Request forbidden by administrative rules.");
        }
        if asked.header("authorization") != format!("Bearer {}", self.token) {
            return refused(401, "Bad credentials");
        }
        let (method, path) = (asked.method, asked.path.as_slice());
        match (method, path) {
            ("GET", ["rate_limit"]) => {
                let rate =
                    json!({ "limit": 5000, "remaining": 4999, "reset": 1_900_000_000, "used": 1 });
                let resources = json!({ "core": rate, "search": rate });
                of(200, &json!({ "resources": resources, "rate": rate }))
            }
            ("GET", ["user"]) => of(200, &self.user(BOT)),
            (_, ["repos", owner, name, rest @ ..]) => {
                if format!("{owner}/{name}") == REPOSITORY {
                    self.answer_repository(asked, rest)
                } else {
                    refused(404, "Not Found")
                }
            }
            _ => refused(404, "Not Found"),
        }
    }

    fn answer_repository(&mut self, asked: &Asked<'_>, rest: &[&str]) -> Reply {
        match (asked.method, rest) {
            ("GET", []) => of(200, &self.whole_repository()),
            ("GET", ["labels"]) => {
                let labels = self.repository.labels.iter();
                let labels: Vec<Value> = labels.map(|name| self.label(name)).collect();
                of(200, &asked.page(&labels))
            }
            ("GET", ["issues"]) => self.list(asked),
            ("POST", ["issues"]) => self.create(&asked.json()),
            (_, ["issues", number, rest @ ..]) => {
                let number: Option<u64> = number.parse().ok();
                let issues = &self.issues;
                let known =
                    number.filter(|number| issues.iter().any(|issue| issue.number == *number));
                match known {
                    None => refused(404, "Not Found"),
                    Some(number) => self.answer_issue(asked, number, rest),
                }
            }
            _ => refused(404, "Not Found"),
        }
    }

    fn list(&self, asked: &Asked<'_>) -> Reply {
        let by_update = asked.query("sort") == Some("updated");
        let since: Option<Timestamp> = asked.query("since").map(|at| at.parse().expect("a time"));
        let mut issues: Vec<&Issue> = (self.issues.iter())
            .filter(|issue| issue.born.elapsed() >= self.lag)
            .filter(|issue| {
                asked
                    .query("creator")
                    .is_none_or(|login| login == issue.author.login)
            })
            .filter(|issue| match asked.query("state") {
                Some("all") => true,
                state => issue.state == state.unwrap_or("open"),
            })
            // They keep whole seconds.
            .filter(|issue| since.is_none_or(|at| issue.updated.as_second() >= at.as_second()))
            .collect();
        issues.sort_by_key(|issue| {
            let at = if by_update {
                issue.updated
            } else {
                Timestamp::UNIX_EPOCH
            };
            (at, issue.number)
        });
        if asked.query("direction") != Some("asc") {
            issues.reverse();
        }
        let issues: Vec<Value> = issues.into_iter().map(|issue| self.whole(issue)).collect();
        of(200, &asked.page(&issues))
    }

    fn create(&mut self, asked: &Value) -> Reply {
        if !self.repository.has_issues {
            return refused(410, "Issues has been disabled in this repository.");
        }
        if self.repository.is_archived {
            return refused(403, "Repository was archived so is read-only.");
        }
        let text = |name: &str| asked[name].as_str().unwrap_or_default().to_owned();
        let (title, body) = (text("title"), text("body"));
        if title.is_empty() || title.chars().count() > 256 || body.chars().count() > 65_536 {
            return of(
                422,
                &json!({
                    "message": "Validation Failed", "documentation_url": "https://docs.github.com/rest",
                    "errors": [{ "resource": "Issue", "field": "title", "code": "invalid" }],
                }),
            );
        }
        let labels = if self.repository.may_push {
            labels_of(&asked["labels"])
        } else {
            Vec::new()
        };
        let number = self.open(BOT, &title, &body, labels);
        let whole = self.whole(&self.issues[self.issues.len() - 1]);
        let mut reply = of(201, &whole);
        let location = format!("{}/api/v3/repos/{REPOSITORY}/issues/{number}", self.base);
        reply.headers.push(("location", location));
        reply
    }

    fn answer_issue(&mut self, asked: &Asked<'_>, number: u64, rest: &[&str]) -> Reply {
        match (asked.method, rest) {
            ("GET", []) => {
                let issue = self.issue(number).clone();
                of(200, &self.whole(&issue))
            }
            ("PATCH", []) => {
                let (body, may_push) = (asked.json(), self.repository.may_push);
                let issue = self.issue(number);
                if let Some(state) = body["state"].as_str() {
                    state.clone_into(&mut issue.state);
                    issue.state_reason = body["state_reason"].as_str().map(str::to_owned);
                }
                if may_push && body["labels"].is_array() {
                    issue.labels = labels_of(&body["labels"]);
                }
                issue.touch();
                let issue = issue.clone();
                of(200, &self.whole(&issue))
            }
            ("GET", ["comments"]) => {
                let issue = self.issue(number).clone();
                let comments = issue.comments.iter();
                let comments: Vec<Value> = comments
                    .map(|comment| self.whole_comment(number, comment))
                    .collect();
                of(200, &asked.page(&comments))
            }
            ("POST", ["comments"]) => {
                let body = asked.json();
                let text = body["body"].as_str().unwrap_or_default().to_owned();
                if text.is_empty() || text.chars().count() > 65_536 {
                    return refused(422, "Validation Failed");
                }
                let comment = self.comment(BOT, number, &text);
                of(201, &self.whole_comment(number, &comment))
            }
            _ => refused(404, "Not Found"),
        }
    }
}

fn labels_of(labels: &Value) -> Vec<String> {
    let labels = labels.as_array().into_iter().flatten();
    labels
        .filter_map(|label| label.as_str().map(str::to_owned))
        .collect()
}
