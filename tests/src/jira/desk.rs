//! The API of the desk.

use serde_json::{Map, Value, json};
use std::time::Instant;

use super::{
    ACCOUNT, Asked, Desk, Flavour, Reply,
    issue::{File, Issue, date, now_ms, page},
};

/// Id of the one desk.
pub(super) const ID: &str = "10";
/// Key of its project.
pub(super) const KEY: &str = "HELP";
/// Types of requests: id and name.
const TYPES: [(&str, &str); 2] = [("25", "Get help"), ("26", "Report a bug")];

/// The form of each type.
pub(super) fn form() -> Value {
    let text = |id: &str, name: &str, required: bool| json!({ "fieldId": id, "name": name, "required": required, "visible": true, "validValues": [], "jiraSchema": { "type": "string" } });
    let priorities: Vec<Value> = super::platform::PRIORITIES
        .iter()
        .enumerate()
        .map(|(index, name)| json!({ "value": (index + 1).to_string(), "label": name, "children": [] }))
        .collect();
    json!({
        "canRaiseOnBehalfOf": true,
        "canAddRequestParticipants": true,
        "requestTypeFields": [
            text("summary", "What is it about?", true),
            text("description", "What happens?", false),
            text("customfield_10050", "Reference", false),
            text("customfield_10051", "Contact", false),
            json!({ "fieldId": "priority", "name": "Priority", "required": false, "visible": true, "validValues": priorities, "jiraSchema": { "type": "priority", "system": "priority" } }),
        ],
    })
}

impl Desk {
    fn desk_json(&self) -> Value {
        json!({ "id": ID, "projectId": "1000", "projectName": "Help desk", "projectKey": KEY, "_links": { "self": format!("{}/rest/servicedeskapi/servicedesk/{ID}", self.base) } })
    }

    pub(super) fn answer_desk(&mut self, asked: &Asked<'_>) -> Reply {
        let path = &asked.path[1..];
        match (asked.method, path) {
            ("GET", ["servicedesk"]) => Reply::json(200, &page(&[self.desk_json()], asked)),
            ("GET", ["servicedesk", id]) => {
                // The key of the project does only in the cloud.
                let is_key = *id == KEY && self.flavour == Flavour::Cloud;
                if *id == ID || is_key {
                    Reply::json(200, &self.desk_json())
                } else {
                    self.no_desk()
                }
            }
            ("POST", ["customer"]) => self.make_customer(asked),
            (_, ["servicedesk", id, ..]) if *id != ID => self.no_desk(),
            ("GET", ["servicedesk", _, "requesttype"]) => {
                let types: Vec<Value> = TYPES
                    .iter()
                    .map(|(id, name)| self.type_json(id, name))
                    .collect();
                Reply::json(200, &page(&types, asked))
            }
            ("GET", ["servicedesk", _, "requesttype", id, "field"]) => {
                if TYPES.iter().any(|(known, _)| known == id) {
                    Reply::json(200, &self.form)
                } else {
                    Reply::error(404, "There is no such type of request.")
                }
            }
            ("GET", ["servicedesk", _, "customer"]) => {
                let found = self.like(asked.query("query").unwrap_or_default(), true);
                Reply::json(200, &page(&found, asked))
            }
            ("POST", ["servicedesk", _, "customer"]) => self.add_to_desk(asked),
            ("POST", ["servicedesk", _, "attachTemporaryFile"]) => self.upload(asked),
            ("POST", ["request"]) => self.make_request(asked),
            ("GET" | "POST", ["request", id, rest @ ..]) => self.answer_request(asked, id, rest),
            _ => Reply::error(404, "There is no such resource."),
        }
    }

    /// An older data center says it in a way of its own.
    fn no_desk(&self) -> Reply {
        match self.flavour {
            Flavour::Cloud => Reply::error(404, "The service desk does not exist."),
            Flavour::DataCenter => Reply::json(
                404,
                &json!({ "errors": [{ "errorMessage": "The service desk does not exist." }], "reasonKey": "sd.missing", "reasonCode": "404" }),
            ),
        }
    }

    fn type_json(&self, id: &str, name: &str) -> Value {
        let mut kind = json!({ "id": id, "name": name, "description": name, "helpText": "", "issueTypeId": "10001", "serviceDeskId": ID, "groupIds": ["1"] });
        if self.flavour == Flavour::Cloud {
            kind["canCreateRequest"] = json!(true);
            kind["restrictionStatus"] = json!("OPEN");
        }
        kind
    }

    fn make_request(&mut self, asked: &Asked<'_>) -> Reply {
        let body = asked.json();
        let Some(fields) = body["requestFieldValues"].as_object().cloned() else {
            return Reply::error(400, "requestFieldValues is a map.");
        };
        if body["serviceDeskId"] != ID || !TYPES.iter().any(|(id, _)| body["requestTypeId"] == *id)
        {
            return Reply::error(400, "Desk and type do not fit.");
        }
        if let Some(fault) = self.fault_of(&fields) {
            return Reply::error(400, &fault);
        }
        let reporter = body["raiseOnBehalfOf"].as_str().unwrap_or("557058:bot");
        let reporter = match self.people.iter().find(|person| person.id == reporter) {
            Some(person) if person.is_of_desk || person.email == ACCOUNT => person.id.clone(),
            _ => return Reply::error(400, "The customer is none of this desk."),
        };
        let number = self.issues.len() + 1;
        let issue = Issue {
            id: self.next_id().to_string(),
            key: format!("{KEY}-{number}"),
            summary: fields["summary"].as_str().unwrap_or_default().to_owned(),
            request_type: body["requestTypeId"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
            reporter,
            status: "Waiting for support".to_owned(),
            comments: Vec::new(),
            files: Vec::new(),
            made: Instant::now(),
            changed: Instant::now(),
            writes: Vec::new(),
            fields,
        };
        let answer = self.request_json(&issue);
        self.issues.push(issue);
        Reply::json(201, &answer)
    }

    /// What is on the form may be filled, what has to be has to, and a line is one.
    fn fault_of(&self, fields: &Map<String, Value>) -> Option<String> {
        let form = self.form["requestTypeFields"].as_array()?;
        let unknown = fields
            .keys()
            .find(|id| !form.iter().any(|field| field["fieldId"] == id.as_str()));
        if let Some(id) = unknown {
            return Some(format!("Field '{id}' cannot be set."));
        }
        let missing = form.iter().find(|field| {
            let id = field["fieldId"].as_str().unwrap_or_default();
            field["required"] == true && fields.get(id).is_none_or(|value| *value == "")
        });
        if let Some(field) = missing {
            return Some(format!("Field {} is required.", field["fieldId"]));
        }
        let summary = fields["summary"].as_str().unwrap_or_default();
        if summary.contains('\n') || summary.chars().count() > 255 {
            return Some("The summary is one line of at most 255 characters.".to_owned());
        }
        let text = fields
            .get("description")
            .and_then(Value::as_str)
            .unwrap_or_default();
        if text.chars().count() > 32_767 {
            return Some("The entered text is too long.".to_owned());
        }
        let priority = fields.get("priority").map(|priority| &priority["name"]);
        let is_known = priority.is_none_or(|name| {
            super::platform::PRIORITIES
                .iter()
                .any(|known| *name == *known)
        });
        (!is_known).then(|| "The priority is not valid.".to_owned())
    }

    fn answer_request(&mut self, asked: &Asked<'_>, id: &str, rest: &[&str]) -> Reply {
        let Some(issue) = self.issue(id).cloned() else {
            // Of a request that one may not see, there are simply no comments.
            return match rest {
                ["comment"] if asked.method == "GET" => Reply::json(200, &page(&[], asked)),
                _ => Reply::error(404, "The request does not exist."),
            };
        };
        if asked.method == "POST" && !self.may_write(id) {
            let mut reply = Reply::error(429, "Too many writes.");
            reply.headers.extend([
                ("ratelimit-reason", "jira-per-issue-on-write".to_owned()),
                ("retry-after", "2".to_owned()),
            ]);
            return reply;
        }
        match (asked.method, rest) {
            ("GET", []) => Reply::json(200, &self.request_json(&issue)),
            ("GET", ["comment"]) => {
                let wants = |name: &str| asked.query(name) != Some("false");
                let seen = issue
                    .comments
                    .iter()
                    .filter(|comment| match comment.is_public {
                        true => wants("public"),
                        false => wants("internal"),
                    });
                let all: Vec<Value> = seen.map(|one| self.comment_json(&issue, one)).collect();
                Reply::json(200, &page(&all, asked))
            }
            ("POST", ["comment"]) => {
                let body = asked.json();
                let (Some(text), Some(is_public)) =
                    (body["body"].as_str(), body["public"].as_bool())
                else {
                    return Reply::error(400, "A comment has a body, and is public or not.");
                };
                if text.is_empty() || text.chars().count() > 32_767 {
                    return Reply::error(400, "The entered text is too long, or there is none.");
                }
                let id = self.add_comment(id, "557058:bot", text, is_public, Vec::new());
                let issue = self.issue(&issue.id).cloned().expect("it is there");
                let made = issue.comments.iter().find(|comment| comment.id == id);
                Reply::json(201, &self.comment_json(&issue, made.expect("it is there")))
            }
            ("GET", ["attachment"]) => {
                let all: Vec<Value> = issue
                    .files
                    .iter()
                    .map(|file| self.file_json(&issue, file))
                    .collect();
                Reply::json(200, &page(&all, asked))
            }
            ("POST", ["attachment"]) => self.attach(asked, &issue),
            ("GET", ["sla"]) => {
                let now = now_ms();
                let millis = |millis: i64| json!({ "millis": millis, "friendly": "some" });
                let sla = json!({
                    "id": "10030", "name": "Time to first response", "completedCycles": [],
                    "ongoingCycle": { "startTime": date(now), "breachTime": date(now + 14_400_000), "breached": false, "paused": issue.status == "Waiting for customer", "withinCalendarHours": true, "goalDuration": millis(14_400_000), "elapsedTime": millis(0), "remainingTime": millis(14_400_000) },
                });
                Reply::json(200, &page(&[sla], asked))
            }
            _ => Reply::error(404, "There is no such resource."),
        }
    }

    fn upload(&mut self, asked: &Asked<'_>) -> Reply {
        if asked
            .headers
            .get("x-atlassian-token")
            .is_none_or(|value| value != "no-check")
        {
            return Reply::error(403, "XSRF check failed");
        }
        let kind = asked.headers.get("content-type");
        let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let Some(mut file) = only_part(kind, asked.body) else {
            return Reply::error(400, "There is no part named file.");
        };
        let id = format!("temp{}", self.next_id());
        file.id.clone_from(&id);
        let answer = json!({ "temporaryAttachments": [{ "temporaryAttachmentId": id, "fileName": file.name }] });
        self.temporary.push((id, file));
        Reply::json(201, &answer)
    }

    fn attach(&mut self, asked: &Asked<'_>, issue: &Issue) -> Reply {
        let body = asked.json();
        let ids = body["temporaryAttachmentIds"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let Some(is_public) = body["public"].as_bool() else {
            return Reply::error(400, "public is needed.");
        };
        let mut files = Vec::new();
        for id in &ids {
            let Some(at) = self
                .temporary
                .iter()
                .position(|(known, _)| *id == known.as_str())
            else {
                return Reply::error(400, "There is no such temporary attachment.");
            };
            // Each is used up by being attached.
            let (_, mut file) = self.temporary.remove(at);
            file.id = self.next_id().to_string();
            files.push(file);
        }
        let text = body["additionalComment"]["body"]
            .as_str()
            .unwrap_or_default();
        let names: String = files
            .iter()
            .map(|file| format!("\n!{}|thumbnail!", file.name))
            .collect();
        let made: Vec<Value> = files
            .iter()
            .map(|file| self.file_json(issue, file))
            .collect();
        let comment = self.add_comment(
            &issue.id,
            "557058:bot",
            &format!("{text}{names}"),
            is_public,
            files,
        );
        let issue = self.issue(&issue.id).expect("it is there");
        let comment = issue
            .comments
            .iter()
            .find(|one| one.id == comment)
            .expect("it is there");
        let attachments = json!({ "size": made.len(), "start": 0, "limit": 50, "isLastPage": true, "values": made });
        Reply::json(
            201,
            &json!({ "comment": self.comment_json(issue, comment), "attachments": attachments }),
        )
    }
}

/// The one part of a form that is a file and is called so.
fn only_part(kind: &str, body: &[u8]) -> Option<File> {
    let boundary = kind.split("boundary=").nth(1)?.trim_matches('"');
    let head_end = find(body, b"\r\n\r\n")?;
    let head = std::str::from_utf8(&body[..head_end]).ok()?;
    let end = find(body, format!("\r\n--{boundary}--").as_bytes())?;
    let value = |name: &str| {
        let (_, rest) = head.split_once(&format!(" {name}=\""))?;
        rest.split_once('"').map(|(value, _)| value.to_owned())
    };
    let kind = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-type")
            .then(|| value.trim().to_owned())
    });
    (value("name")? == "file").then_some(File {
        id: String::new(),
        name: value("filename")?,
        bytes: body[head_end + 4..end].to_vec(),
        content_type: kind?,
    })
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}
