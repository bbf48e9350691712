//! What an operator writes down of a Zammad: `[destinations.zammad]`.

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
/// Longest time for which a ticket is looked for before it is made once more, in milliseconds.
const LOOK_FOR_MOST_MS: u64 = 600_000;
/// Longest that a ticket waits there before agents are reminded.
const REMIND_MOST_DAYS: u32 = 365;
/// The tag on every ticket of ours, by which rules of theirs know it.
pub const TAG: &str = "cornerdesk";

/// Whose ticket it is over there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Requester {
    /// The account's. Zammad writes to nobody; the text says who asks.
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
    pub group: String,
    #[serde(default)]
    pub groups: BTreeMap<String, String>,
    #[serde(default)]
    pub marker_field: String,
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
    #[serde(default = "a_week")]
    pub remind_days: u32,
    #[serde(default)]
    pub requester: Requester,
    #[serde(default)]
    pub notes: bool,
    #[serde(default = "a_minute")]
    pub poll_ms: u64,
    #[serde(default = "ten_seconds")]
    pub look_for_ms: u64,
    #[serde(default)]
    pub ca_file: String,
}

const fn a_week() -> u32 {
    7
}

const fn a_minute() -> u64 {
    60_000
}

const fn ten_seconds() -> u64 {
    10_000
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
            "zammad.base_url: an address such as \"https://support.acme.example\"".to_owned(),
        );
        expect(
            !self.group.trim().is_empty(),
            "zammad.group: needed; `cornerdesk destination check` lists what there is".to_owned(),
        );
        expect(
            is_field(&self.marker_field),
            "zammad.marker_field: an object attribute such as \"cornerdesk_reference\", or absent"
                .to_owned(),
        );
        for field in self.fields.keys() {
            expect(
                is_field(field) && !field.is_empty(),
                format!("zammad.fields: \"{field}\" is no object attribute such as \"plan\""),
            );
        }
        let fields = (self.fields.iter()).map(|(key, value)| (format!("fields.{key}"), value));
        let tags = self.tags.iter().map(|tag| ("tags".to_owned(), tag));
        for (key, value) in fields.chain(tags) {
            if let Some(unknown) = unknown_placeholder(value) {
                let known = PLACEHOLDERS.join("}, {");
                expect(
                    false,
                    format!("zammad.{key}: there is no {{{unknown}}}; there are {{{known}}}"),
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
                    format!("zammad.{key}: \"{name}\" is not new, open, waiting, solved or closed"),
                );
            }
        }
        expect(
            (1..=REMIND_MOST_DAYS).contains(&self.remind_days),
            format!("zammad.remind_days: 1 to {REMIND_MOST_DAYS}"),
        );
        expect(
            self.poll_ms >= POLL_LEAST_MS,
            format!("zammad.poll_ms: {POLL_LEAST_MS} at least"),
        );
        expect(
            self.look_for_ms <= LOOK_FOR_MOST_MS,
            format!("zammad.look_for_ms: {LOOK_FOR_MOST_MS} at most"),
        );
        faults
    }

    /// The group for a category.
    #[must_use]
    pub fn group_of(&self, category: Option<&str>) -> &str {
        let own = category.and_then(|category| self.groups.get(category));
        own.unwrap_or(&self.group)
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

    /// Their state for a status of ours: a name that somebody wrote down, or one that every Zammad has.
    #[must_use]
    pub fn status_there(&self, ours: Status) -> &str {
        let own = self.statuses_there.get(ours.as_str());
        own.map_or_else(|| default_there(ours), String::as_str)
    }

    /// Our status for a state of theirs.
    #[must_use]
    pub fn status_here(&self, name: &str) -> Option<Status> {
        let mut written = self.statuses.iter();
        let own = written.find(|(theirs, _)| theirs.eq_ignore_ascii_case(name));
        match own {
            Some((_, ours)) => Status::from_name(ours),
            None => default_here(name),
        }
    }
}

fn is_field(name: &str) -> bool {
    name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

const fn default_there(ours: Status) -> &'static str {
    match ours {
        Status::New => "new",
        Status::Open => "open",
        Status::Waiting => "pending reminder",
        Status::Solved | Status::Closed => "closed",
    }
}

fn default_here(name: &str) -> Option<Status> {
    match name {
        "new" => Some(Status::New),
        "open" => Some(Status::Open),
        "pending reminder" => Some(Status::Waiting),
        "pending close" | "closed" => Some(Status::Solved),
        "merged" => Some(Status::Closed),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(more: &str) -> Settings {
        let text =
            format!("base_url = \"https://support.acme.example\"\ngroup = \"Users\"\n{more}");
        toml::from_str(&text).expect("settings")
    }

    #[test]
    fn each_fault_names_its_key() {
        let good = "marker_field = \"our_reference\"\ntags = [\"{category}\"]\nfields = { plan = \"{plan}\" }";
        assert_eq!(settings(good).faults(), Vec::<String>::new());
        for (more, key) in [
            ("marker_field = \"a b\"", "zammad.marker_field"),
            ("tags = [\"{phone}\"]", "zammad.tags"),
            ("fields = { \"a-b\" = \"x\" }", "zammad.fields"),
            ("fields = { plan = \"{x}\" }", "zammad.fields.plan"),
            ("statuses = { held = \"held\" }", "zammad.statuses"),
            (
                "statuses_there = { done = \"closed\" }",
                "zammad.statuses_there",
            ),
            ("remind_days = 0", "zammad.remind_days"),
            ("poll_ms = 1", "zammad.poll_ms"),
            ("look_for_ms = 600001", "zammad.look_for_ms"),
        ] {
            let faults = settings(more).faults();
            assert!(
                faults.len() == 1 && faults[0].starts_with(key),
                "{more}: {faults:?}"
            );
        }
    }

    #[test]
    fn a_state_is_known_by_its_name() {
        let settings = settings(
            "groups = { bug = \"2nd Level\" }\nstatuses = { \"In the lab\" = \"open\", closed = \"closed\" }\nstatuses_there = { waiting = \"Asked\" }",
        );
        for (theirs, ours) in [
            ("in the lab", Some(Status::Open)),
            ("closed", Some(Status::Closed)),
            ("pending reminder", Some(Status::Waiting)),
            ("merged", Some(Status::Closed)),
            ("other", None),
        ] {
            assert_eq!(settings.status_here(theirs), ours, "{theirs}");
        }
        assert_eq!(settings.status_there(Status::Waiting), "Asked");
        assert_eq!(settings.status_there(Status::Closed), "closed");
        assert_eq!(settings.group_of(Some("bug")), "2nd Level");
        assert_eq!(settings.group_of(None), "Users");
    }
}
