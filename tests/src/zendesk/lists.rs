//! What an administrator has made there.

use serde_json::{Value, json};

use super::{BOT, Desk, error};
use crate::vendor::{Asked, Reply};

/// Names of statuses of the account's own, beside those that every Zendesk has.
pub(super) fn statuses() -> Vec<Value> {
    let status = |id: u64, category: &str, label: &str| json!({ "id": id, "status_category": category, "agent_label": label, "end_user_label": label, "active": true, "default": false });
    vec![
        status(501, "open", "Waiting for a part"),
        status(502, "pending", "Waiting for you"),
    ]
}

impl Desk {
    pub(super) fn answer_lists(&self, asked: &Asked<'_>) -> Reply {
        let list = |key: &str, all: &[(u64, &str)]| {
            let all = all
                .iter()
                .map(|(id, name)| json!({ "id": id, "name": name, "title": name, "active": true }));
            Reply::json(200, &json!({ key: all.collect::<Vec<_>>() }))
        };
        match (asked.method, asked.path.as_slice()) {
            ("GET", ["users", "me"]) => {
                let mut user = (self.people.iter())
                    .find(|person| person["id"] == BOT)
                    .cloned()
                    .unwrap_or_default();
                user["role"] = json!(self.role);
                Reply::json(200, &json!({ "user": user }))
            }
            ("GET", ["custom_statuses"]) => {
                Reply::json(200, &json!({ "custom_statuses": self.statuses }))
            }
            ("GET", ["groups"]) => list("groups", &[(360_001, "Support"), (360_009, "Bugs")]),
            ("GET", ["brands"]) => list("brands", &[(21, "Acme")]),
            ("GET", ["ticket_forms"]) => list("ticket_forms", &[(31, "Default")]),
            ("GET", ["ticket_fields"]) => {
                list("ticket_fields", &[(360_005, "Plan"), (360_006, "Area")])
            }
            ("GET", ["triggers", "active"]) if self.role == "admin" => {
                Reply::json(200, &json!({ "triggers": self.triggers }))
            }
            ("GET", ["triggers", "active"]) => error(403, "Forbidden", "You do not have access"),
            _ => error(404, "RecordNotFound", "Not found"),
        }
    }
}
