//! The people of a Jira, and what can be asked of them.

use serde_json::{Value, json};

use super::{ACCOUNT, Asked, Desk, Flavour, Reply};

/// Who answers customers.
pub const AGENT: &str = "Ann Agent";

#[derive(Clone, Debug)]
pub(super) struct Person {
    pub id: String,
    pub name: String,
    pub email: String,
    pub is_hidden: bool,
    pub is_of_desk: bool,
}

pub(super) fn first() -> Vec<Person> {
    let person = |id: &str, name: &str, email: &str| Person {
        id: id.to_owned(),
        name: name.to_owned(),
        email: email.to_owned(),
        is_hidden: false,
        is_of_desk: false,
    };
    vec![
        person("557058:bot", "Cornerdesk", ACCOUNT),
        person("557058:ann", AGENT, "ann@agents.example"),
    ]
}

impl Person {
    pub fn json(&self, desk: &Desk) -> Value {
        let rest = format!("{}/rest/api/2/user?accountId={}", desk.base, self.id);
        let mut user = json!({ "displayName": self.name, "active": true, "timeZone": "Europe/Vienna", "_links": { "jiraRest": rest, "self": rest } });
        match desk.flavour {
            Flavour::Cloud => user["accountId"] = json!(self.id),
            Flavour::DataCenter => {
                user["name"] = json!(self.id);
                user["key"] = json!(format!("JIRAUSER{}", self.id.len()));
            }
        }
        if !self.is_hidden {
            user["emailAddress"] = json!(self.email);
        }
        user
    }
}

impl Desk {
    pub(super) fn person(&self, id_or_name: &str) -> Option<&Person> {
        let mut people = self.people.iter();
        people.find(|person| person.id == id_or_name || person.name == id_or_name)
    }

    pub(super) fn add_person(&mut self, email: &str, name: &str, is_of_desk: bool) -> String {
        let id = match self.flavour {
            Flavour::Cloud => format!("qm:{}", self.next_id()),
            // The name that somebody signs in with is their address.
            Flavour::DataCenter => email.to_owned(),
        };
        self.people.push(Person {
            id: id.clone(),
            name: name.to_owned(),
            email: email.to_owned(),
            is_hidden: false,
            is_of_desk,
        });
        id
    }

    /// People whose address or name has this in it.
    pub(super) fn like(&self, query: &str, of_desk_only: bool) -> Vec<Value> {
        let query = query.to_lowercase();
        let found = self.people.iter().filter(|person| {
            (person.is_of_desk || !of_desk_only)
                && (person.email.to_lowercase().contains(&query)
                    || person.name.to_lowercase().contains(&query))
        });
        found.map(|person| person.json(self)).collect()
    }

    pub(super) fn make_customer(&mut self, asked: &Asked<'_>) -> Reply {
        let body = asked.json();
        let name = match self.flavour {
            Flavour::Cloud => &body["displayName"],
            Flavour::DataCenter => &body["fullName"],
        };
        let (Some(email), name) = (body["email"].as_str(), name.as_str()) else {
            return Reply::error(400, "An address is needed.");
        };
        if self
            .people
            .iter()
            .any(|person| person.email.eq_ignore_ascii_case(email))
        {
            let is_strict = asked.query("strictConflictStatusCode") == Some("true");
            let status = if is_strict { 409 } else { 400 };
            return Reply::error(status, "An account already exists for this email");
        }
        let id = self.add_person(email, name.unwrap_or(email), false);
        let user = self.person(&id).map(|person| person.json(self));
        Reply::json(201, &user.unwrap_or_default())
    }

    pub(super) fn add_to_desk(&mut self, asked: &Asked<'_>) -> Reply {
        let body = asked.json();
        let ids = match self.flavour {
            Flavour::Cloud => &body["accountIds"],
            Flavour::DataCenter => &body["usernames"],
        };
        for id in ids.as_array().into_iter().flatten() {
            let Some(person) = self
                .people
                .iter_mut()
                .find(|person| *id == person.id.as_str())
            else {
                return Reply::error(400, "There is no such customer.");
            };
            person.is_of_desk = true;
        }
        Reply::nothing()
    }
}
