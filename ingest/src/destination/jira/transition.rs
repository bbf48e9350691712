//! Which step of their workflow leads to a status. Pure.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{read, settings::Settings};
use crate::ticket::Status;

/// The steps that there are from where an issue stands.
#[derive(Debug, Deserialize)]
pub(super) struct Transitions {
    #[serde(default)]
    pub(super) transitions: Vec<Transition>,
}

/// One of them.
#[derive(Debug, Deserialize)]
pub(super) struct Transition {
    id: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    to: Value,
    #[serde(default)]
    fields: Value,
}

/// The step that leads to what is wanted: the one that somebody wrote down, or else the first that ends there. Pure.
pub(super) fn choose<'a>(
    settings: &Settings,
    transitions: &'a [Transition],
    wanted: Status,
) -> Option<&'a Transition> {
    if let Some(name) = settings.transitions.get(wanted.as_str()) {
        let is_named = |one: &&Transition| one.name.eq_ignore_ascii_case(name) || one.id == *name;
        return transitions.iter().find(is_named);
    }
    transitions.iter().find(|one| {
        let name = one.to["name"].as_str().unwrap_or_default();
        let category = one.to["statusCategory"]["key"].as_str();
        read::status_here(settings, name, category) == Some(wanted)
    })
}

impl Transition {
    /// What performs it. Where it asks for a resolution, it gets the first that there is.
    pub(super) fn body(&self) -> Value {
        let mut body = json!({ "transition": { "id": self.id } });
        let resolution = &self.fields["resolution"];
        let first = &resolution["allowedValues"][0]["name"];
        if resolution["required"] == true && first.is_string() {
            body["fields"] = json!({ "resolution": { "name": first } });
        }
        body
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(more: &str) -> Settings {
        let text = format!(
            "base_url = \"https://acme.example\"\naccount = \"a\"\ndesk = \"HELP\"\nrequest_type = \"25\"\n{more}"
        );
        toml::from_str(&text).expect("settings")
    }

    fn transitions() -> Vec<Transition> {
        let found: Transitions = serde_json::from_value(json!({ "transitions": [
            { "id": "11", "name": "Ask the customer", "to": { "name": "Waiting for customer", "statusCategory": { "key": "indeterminate" } } },
            { "id": "21", "name": "Resolve", "to": { "name": "Resolved", "statusCategory": { "key": "done" } },
              "fields": { "resolution": { "required": true, "allowedValues": [{ "name": "Done" }, { "name": "Won't do" }] } } },
            { "id": "31", "name": "Cancel", "to": { "name": "Cancelled", "statusCategory": { "key": "done" } } },
        ] }))
        .unwrap();
        found.transitions
    }

    #[test]
    fn a_step_is_the_one_that_ends_where_it_should_or_that_was_written_down() {
        let transitions = transitions();
        let chosen = |more: &str, wanted| {
            let chosen = choose(&settings(more), &transitions, wanted);
            chosen.map(|one| one.id.as_str())
        };
        assert_eq!(chosen("", Status::Waiting), Some("11"));
        assert_eq!(chosen("", Status::Solved), Some("21"));
        assert_eq!(chosen("", Status::Closed), None);
        assert_eq!(
            chosen("statuses = { Cancelled = \"closed\" }", Status::Closed),
            Some("31")
        );
        assert_eq!(
            chosen("transitions = { solved = \"cancel\" }", Status::Solved),
            Some("31")
        );
        assert_eq!(
            chosen("transitions = { solved = \"No such\" }", Status::Solved),
            None
        );
    }

    #[test]
    fn a_step_that_asks_for_a_resolution_gets_one() {
        let bodies: Vec<_> = transitions().iter().map(Transition::body).collect();
        assert_eq!(bodies[0], json!({ "transition": { "id": "11" } }));
        assert_eq!(bodies[1]["fields"]["resolution"]["name"], "Done");
    }
}
