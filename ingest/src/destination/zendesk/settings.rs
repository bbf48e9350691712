//! What an operator writes down of a Zendesk: `[destinations.zendesk]`.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{
    destination::{
        elsewhere::only_one_called,
        rest,
        wording::{PLACEHOLDERS, unknown_placeholder},
    },
    ticket::Status,
};

/// Shortest time between two questions of what changed.
const POLL_LEAST_MS: u64 = 500;
/// The priorities that there are.
const PRIORITIES: [&str; 4] = ["urgent", "high", "normal", "low"];
/// The types that there are.
const TYPES: [&str; 4] = ["question", "incident", "problem", "task"];
/// The tag on every ticket of ours, by which rules of theirs know it.
pub const TAG: &str = "cornerdesk";

/// Whose ticket it is over there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Requester {
    /// The account's. Zendesk writes to nobody; the text says who asks.
    #[default]
    Account,
    /// Of whom the product vouches for; everybody else's is the account's.
    Verified,
}

/// The section, as it is written; the fields are described in `config.default.toml`.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
#[expect(
    missing_docs,
    reason = "config.default.toml is the manual; a second text would drift"
)]
pub struct Settings {
    pub base_url: String,
    #[serde(default)]
    pub account: String,
    #[serde(default)]
    pub brand: Option<u64>,
    #[serde(default)]
    pub form: Option<u64>,
    #[serde(default)]
    pub group: Option<u64>,
    #[serde(default)]
    pub groups: BTreeMap<String, u64>,
    #[serde(default, rename = "type")]
    pub kind: String,
    #[serde(default)]
    pub tags: Vec<String>,
    #[serde(default)]
    pub fields: BTreeMap<String, String>,
    #[serde(default)]
    pub priorities: BTreeMap<String, String>,
    #[serde(default)]
    pub statuses: BTreeMap<String, String>,
    #[serde(default)]
    pub statuses_there: BTreeMap<String, String>,
    #[serde(default)]
    pub requester: Requester,
    #[serde(default)]
    pub notes: bool,
    #[serde(default = "a_minute")]
    pub poll_ms: u64,
}

const fn a_minute() -> u64 {
    60_000
}

impl Settings {
    /// Every fault, with the key it is at.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let mut expect = |good: bool, fault: String| {
            if !good {
                faults.push(fault);
            }
        };
        expect(
            rest::base_of(&self.base_url).is_some(),
            "zendesk.base_url: an address such as \"https://acme.zendesk.com\"".to_owned(),
        );
        expect(
            self.account.is_empty() || self.account.contains('@'),
            "zendesk.account: the address of the agent in whose name the API token is used; left out for an OAuth token".to_owned(),
        );
        expect(
            self.kind.is_empty() || TYPES.contains(&self.kind.as_str()),
            format!("zendesk.type: one of {}, or absent", TYPES.join(", ")),
        );
        for (ours, theirs) in &self.priorities {
            expect(
                PRIORITIES.contains(&theirs.as_str()),
                format!(
                    "zendesk.priorities.{ours}: one of {}",
                    PRIORITIES.join(", ")
                ),
            );
        }
        for field in self.fields.keys() {
            expect(
                field.parse::<u64>().is_ok(),
                format!(
                    "zendesk.fields: \"{field}\" is no field, which Zendesk calls by a number such as 360012345678"
                ),
            );
        }
        let fields = (self.fields.iter()).map(|(key, value)| (format!("fields.{key}"), value));
        let tags = self.tags.iter().map(|tag| ("tags".to_owned(), tag));
        for (key, value) in fields.chain(tags) {
            if let Some(unknown) = unknown_placeholder(value) {
                let known = PLACEHOLDERS.join("}, {");
                expect(
                    false,
                    format!("zendesk.{key}: there is no {{{unknown}}}; there are {{{known}}}"),
                );
            }
        }
        for (key, names) in [
            ("statuses", self.statuses.values().collect::<Vec<_>>()),
            ("statuses_there", self.statuses_there.keys().collect()),
        ] {
            for name in names {
                expect(
                    Status::from_name(name).is_some(),
                    format!(
                        "zendesk.{key}: \"{name}\" is not new, open, waiting, solved or closed"
                    ),
                );
            }
        }
        expect(
            self.poll_ms >= POLL_LEAST_MS,
            format!("zendesk.poll_ms: {POLL_LEAST_MS} at least"),
        );
        faults
    }

    /// The group for a category.
    #[must_use]
    pub fn group_of(&self, category: Option<&str>) -> Option<u64> {
        let own = category.and_then(|category| self.groups.get(category));
        own.copied().or(self.group)
    }

    /// Their priority for one of ours.
    #[must_use]
    pub fn priority_there(&self, ours: &str) -> Option<&str> {
        self.priorities.get(ours).map(String::as_str)
    }

    /// Our priority for one of theirs; of two that have one name there, nobody knows which is meant.
    #[must_use]
    pub fn priority_here(&self, theirs: &str) -> Option<&str> {
        only_one_called(&self.priorities, theirs)
    }

    /// Their status for one of ours: a name that somebody wrote down, or one that every Zendesk has. What is closed there can never be opened again, so
    /// what is closed here is solved there, and Zendesk closes it itself in its own time.
    #[must_use]
    pub fn status_there(&self, ours: Status) -> &str {
        let own = self.statuses_there.get(ours.as_str());
        own.map_or_else(|| default_there(ours), String::as_str)
    }

    /// Our status for one of theirs, by its name or else by its kind.
    #[must_use]
    pub fn status_here(&self, name: &str, kind: &str) -> Option<Status> {
        let same = |theirs: &&String| {
            theirs.eq_ignore_ascii_case(name) || theirs.eq_ignore_ascii_case(kind)
        };
        // A custom name wins over the kind that it is of.
        let by_name = (self.statuses.iter()).find(|(theirs, _)| theirs.eq_ignore_ascii_case(name));
        let own = by_name.or_else(|| self.statuses.iter().find(|(theirs, _)| same(theirs)));
        match own {
            Some((_, ours)) => Status::from_name(ours),
            None => default_here(kind),
        }
    }
}

const fn default_there(ours: Status) -> &'static str {
    match ours {
        Status::New => "new",
        Status::Open => "open",
        Status::Waiting => "pending",
        Status::Solved | Status::Closed => "solved",
    }
}

fn default_here(kind: &str) -> Option<Status> {
    match kind {
        "new" => Some(Status::New),
        "open" | "hold" => Some(Status::Open),
        "pending" => Some(Status::Waiting),
        "solved" => Some(Status::Solved),
        "closed" => Some(Status::Closed),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(more: &str) -> Settings {
        let text = format!("base_url = \"https://acme.zendesk.com\"\n{more}");
        toml::from_str(&text).expect("settings")
    }

    #[test]
    fn each_fault_names_its_key() {
        let good = "account = \"bot@acme.example\"\ntags = [\"{category}\"]\n[fields]\n360012345678 = \"{plan}\"\n";
        assert_eq!(settings(good).faults(), Vec::<String>::new());
        for (more, key) in [
            ("account = \"bot\"", "zendesk.account"),
            ("type = \"bug\"", "zendesk.type"),
            ("tags = [\"{phone}\"]", "zendesk.tags"),
            ("poll_ms = 1", "zendesk.poll_ms"),
            ("priorities = { P1 = \"Highest\" }", "zendesk.priorities.P1"),
            ("fields = { plan = \"x\" }", "zendesk.fields"),
            ("fields = { 36 = \"{x}\" }", "zendesk.fields.36"),
            ("statuses = { hold = \"held\" }", "zendesk.statuses"),
            (
                "statuses_there = { done = \"solved\" }",
                "zendesk.statuses_there",
            ),
        ] {
            let faults = settings(more).faults();
            assert!(
                faults.len() == 1 && faults[0].starts_with(key),
                "{more}: {faults:?}"
            );
        }
    }

    #[test]
    fn a_status_is_known_by_its_name_and_else_by_its_kind() {
        let settings = settings(
            "statuses = { \"Waiting for a part\" = \"waiting\", hold = \"waiting\" }\nstatuses_there = { waiting = \"Waiting for you\" }",
        );
        assert_eq!(
            settings.status_here("Waiting for a part", "open"),
            Some(Status::Waiting)
        );
        assert_eq!(
            settings.status_here("On-hold", "hold"),
            Some(Status::Waiting)
        );
        assert_eq!(settings.status_here("In work", "open"), Some(Status::Open));
        assert_eq!(settings.status_here("", "pending"), Some(Status::Waiting));
        assert_eq!(settings.status_here("", "other"), None);
        assert_eq!(settings.status_there(Status::Waiting), "Waiting for you");
        assert_eq!(settings.status_there(Status::Closed), "solved");
    }

    #[test]
    fn a_category_may_have_a_group_of_its_own() {
        let settings = settings("group = 1\ngroups = { bug = 2 }");
        assert_eq!(settings.group_of(Some("bug")), Some(2));
        assert_eq!(settings.group_of(None), Some(1));
    }
}
