//! The API of the platform below the desk.

use serde_json::{Value, json};

use super::{
    Asked, Desk, Flavour, Reply, desk,
    issue::{Issue, STATUSES, category},
};

/// The priorities that there are.
pub(super) const PRIORITIES: [&str; 5] = ["Highest", "High", "Medium", "Low", "Lowest"];

impl Desk {
    pub(super) fn answer_platform(&mut self, asked: &Asked<'_>) -> Reply {
        let is_cloud = self.flavour == Flavour::Cloud;
        match (asked.method, &asked.path[2..]) {
            ("GET", ["myself"]) => Reply::json(200, &self.user("557058:bot")),
            ("GET", ["user", "search"]) => {
                let name = if is_cloud { "query" } else { "username" };
                let found = self.like(asked.query(name).unwrap_or_default(), false);
                Reply::json(200, &json!(found))
            }
            ("GET", ["priority", "search"]) if is_cloud => Reply::json(
                200,
                &json!({ "isLast": true, "values": named(&PRIORITIES) }),
            ),
            ("GET", ["priority"]) if !is_cloud => Reply::json(200, &named(&PRIORITIES)),
            ("GET", ["project", desk::KEY, "statuses"]) => {
                let names = STATUSES.map(|(name, _)| name);
                Reply::json(
                    200,
                    &json!([{ "id": "10001", "name": "Request", "statuses": named(&names) }]),
                )
            }
            ("GET", ["mypermissions"]) => {
                let wanted = asked.query("permissions").unwrap_or_default();
                let all = wanted.split(',').map(|key| {
                    let has = !self.lacks.contains(&key);
                    (key.to_owned(), json!({ "key": key, "havePermission": has }))
                });
                let all: serde_json::Map<String, Value> = all.collect();
                Reply::json(200, &json!({ "permissions": all }))
            }
            ("POST", ["search", "jql"]) if is_cloud => self.search(&asked.json()),
            ("POST", ["search"]) if !is_cloud => self.search(&asked.json()),
            ("POST", ["search"]) => {
                Reply::platform_error(410, "", "The requested API has been removed.")
            }
            ("GET" | "POST" | "PUT", ["issue", id, rest @ ..]) => {
                let Some(issue) = self.issue(id).cloned() else {
                    return Reply::platform_error(
                        404,
                        "",
                        "Issue does not exist or you do not have permission to see it.",
                    );
                };
                self.answer_issue(asked, &issue, rest)
            }
            _ => Reply::platform_error(404, "", "null for uri"),
        }
    }

    fn answer_issue(&mut self, asked: &Asked<'_>, issue: &Issue, rest: &[&str]) -> Reply {
        match (asked.method, rest) {
            ("GET", []) => {
                let fields = self.fields_json(issue);
                Reply::json(
                    200,
                    &json!({ "id": issue.id, "key": issue.key, "fields": fields }),
                )
            }
            ("PUT", []) => {
                let body = asked.json();
                let name = body["fields"]["priority"]["name"]
                    .as_str()
                    .unwrap_or_default();
                if !PRIORITIES.contains(&name) {
                    return Reply::platform_error(
                        400,
                        "priority",
                        "The priority selected is invalid.",
                    );
                }
                let issue = self.issue_mut(&issue.id).expect("it is there");
                issue
                    .fields
                    .insert("priority".to_owned(), json!({ "name": name }));
                Reply::nothing()
            }
            ("GET", ["transitions"]) => {
                let all = STATUSES.iter().enumerate().map(|(index, (name, kind))| {
                    let mut one = json!({ "id": (index + 1).to_string(), "name": format!("To {name}"), "to": { "name": name, "statusCategory": { "key": kind.to_lowercase() } } });
                    if *name == "Resolved" {
                        one["fields"] = json!({ "resolution": { "required": true, "allowedValues": [{ "name": "Done" }] } });
                    }
                    one
                });
                Reply::json(200, &json!({ "transitions": all.collect::<Vec<_>>() }))
            }
            ("POST", ["transitions"]) => {
                let body = asked.json();
                let number = body["transition"]["id"]
                    .as_str()
                    .and_then(|id| id.parse::<usize>().ok());
                let found = number.and_then(|number| STATUSES.get(number.checked_sub(1)?));
                let Some((name, _)) = found else {
                    return Reply::platform_error(
                        400,
                        "",
                        "It seems that you have tried to perform an illegal workflow operation.",
                    );
                };
                if *name == "Resolved" && body["fields"]["resolution"]["name"] != "Done" {
                    return Reply::platform_error(400, "resolution", "Resolution is required.");
                }
                self.move_to(&issue.id, name);
                Reply::nothing()
            }
            _ => Reply::platform_error(404, "", "null for uri"),
        }
    }

    pub(super) fn fields_json(&self, issue: &Issue) -> Value {
        let kind = category(&issue.status).to_lowercase();
        let mut fields = Value::Object(issue.fields.clone());
        fields["status"] = json!({ "name": issue.status, "statusCategory": { "key": kind } });
        // In the cloud a text is a document.
        if let (Flavour::Cloud, Some(text)) = (self.flavour, fields["description"].as_str()) {
            let lines = text
                .split('\n')
                .map(|line| json!({ "type": "text", "text": line }));
            fields["description"] = json!({ "type": "doc", "version": 1, "content": [{ "type": "paragraph", "content": lines.collect::<Vec<_>>() }] });
        }
        fields
    }
}

fn named(names: &[&str]) -> Value {
    let all = names.iter().enumerate();
    let all = all.map(|(index, name)| json!({ "id": (index + 1).to_string(), "name": name }));
    all.collect()
}
