//! What an operator writes down of a Jira: `[destinations.jira]`.

use std::collections::BTreeMap;

use serde::Deserialize;
use url::Url;

pub use crate::destination::wording::PLACEHOLDERS;
use crate::{
    destination::{elsewhere::only_one_called, wording::unknown_placeholder},
    ticket::Status,
};

/// Longest time for which a request is looked for before it is made once more, in milliseconds.
const LOOK_FOR_MOST_MS: u64 = 600_000;
/// Shortest time between two questions of what changed.
const POLL_LEAST_MS: u64 = 500;

/// Which of the two Jiras. They differ in what they call people, in what they say of a status, and in their addresses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flavour {
    /// At atlassian.net.
    #[default]
    Cloud,
    /// On servers of one's own.
    DataCenter,
}

impl Flavour {
    /// The number in the addresses of the platform's API.
    #[must_use]
    pub const fn api(self) -> &'static str {
        match self {
            Self::Cloud => "3",
            Self::DataCenter => "2",
        }
    }
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
    pub flavour: Flavour,
    #[serde(default)]
    pub account: String,
    pub desk: String,
    pub request_type: String,
    #[serde(default)]
    pub request_types: BTreeMap<String, String>,
    #[serde(default)]
    pub marker_field: String,
    #[serde(default)]
    pub fields: BTreeMap<String, String>,
    #[serde(default)]
    pub priorities: BTreeMap<String, String>,
    #[serde(default)]
    pub statuses: BTreeMap<String, String>,
    #[serde(default)]
    pub transitions: BTreeMap<String, String>,
    #[serde(default = "yes")]
    pub raise_on_behalf: bool,
    #[serde(default)]
    pub create_customers: bool,
    #[serde(default)]
    pub notes: bool,
    #[serde(default = "a_minute")]
    pub poll_ms: u64,
    #[serde(default)]
    pub ca_file: String,
    #[serde(default = "fifteen_seconds")]
    pub look_for_ms: u64,
}

const fn yes() -> bool {
    true
}

const fn a_minute() -> u64 {
    60_000
}

const fn fifteen_seconds() -> u64 {
    15_000
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
            self.base().is_some(),
            "jira.base_url: an address such as \"https://acme.atlassian.net\", or with a path where Jira has one".to_owned(),
        );
        for (key, value) in [("desk", &self.desk), ("request_type", &self.request_type)] {
            expect(
                !value.trim().is_empty(),
                format!("jira.{key}: needed; `cornerdesk destination check` lists what there is"),
            );
        }
        expect(
            self.flavour == Flavour::DataCenter || !self.account.is_empty(),
            "jira.account: needed in the cloud, the address of the account that the token belongs to"
                .to_owned(),
        );
        expect(
            is_field(&self.marker_field),
            "jira.marker_field: a text field such as \"customfield_10050\", or absent".to_owned(),
        );
        for (field, value) in &self.fields {
            expect(
                is_field(field) && !field.is_empty(),
                format!("jira.fields: \"{field}\" is no field such as \"customfield_10051\""),
            );
            if let Some(unknown) = unknown_placeholder(value) {
                let known = PLACEHOLDERS.join("}, {");
                expect(
                    false,
                    format!(
                        "jira.fields.{field}: there is no {{{unknown}}}; there are {{{known}}}"
                    ),
                );
            }
        }
        for (key, names) in [
            ("statuses", self.statuses.values().collect::<Vec<_>>()),
            ("transitions", self.transitions.keys().collect()),
        ] {
            for name in names {
                expect(
                    Status::from_name(name).is_some(),
                    format!("jira.{key}: \"{name}\" is not new, open, waiting, solved or closed"),
                );
            }
        }
        expect(
            self.look_for_ms <= LOOK_FOR_MOST_MS,
            format!("jira.look_for_ms: {LOOK_FOR_MOST_MS} at most"),
        );
        expect(
            self.poll_ms >= POLL_LEAST_MS,
            format!("jira.poll_ms: {POLL_LEAST_MS} at least"),
        );
        faults
    }

    /// Where it is, ending in a slash.
    #[must_use]
    pub fn base(&self) -> Option<Url> {
        let text = format!("{}/", self.base_url.trim_end_matches('/'));
        let url = Url::parse(&text).ok()?;
        let is_plain = url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        let is_web = matches!(url.scheme(), "https" | "http") && url.host().is_some();
        (is_plain && is_web).then_some(url)
    }

    /// Id or name of the type of request for a category.
    #[must_use]
    pub fn request_type_of(&self, category: Option<&str>) -> &str {
        let own = category.and_then(|category| self.request_types.get(category));
        own.unwrap_or(&self.request_type)
    }

    /// Their name for a priority of ours.
    #[must_use]
    pub fn priority_there(&self, ours: &str) -> Option<&str> {
        self.priorities.get(ours).map(String::as_str)
    }

    /// Our priority for a name of theirs; of two that have one name there, nobody knows which is meant.
    #[must_use]
    pub fn priority_here(&self, theirs: &str) -> Option<&str> {
        only_one_called(&self.priorities, theirs)
    }
}

fn is_field(name: &str) -> bool {
    name.chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(more: &str) -> Settings {
        let text = format!(
            "base_url = \"https://acme.atlassian.net\"\naccount = \"bot@acme.example\"\ndesk = \"HELP\"\nrequest_type = \"25\"\n{more}"
        );
        toml::from_str(&text).expect("settings")
    }

    #[test]
    fn each_fault_names_its_key() {
        assert_eq!(settings("").faults(), Vec::<String>::new());
        for (more, key) in [
            ("marker_field = \"a b\"", "jira.marker_field"),
            (
                "[fields]\ncustomfield_1 = \"{phone}\"",
                "jira.fields.customfield_1",
            ),
            ("[fields]\n\"x y\" = \"\"", "jira.fields"),
            ("[statuses]\nDone = \"finished\"", "jira.statuses"),
            ("[transitions]\nfinished = \"Done\"", "jira.transitions"),
            ("look_for_ms = 600001", "jira.look_for_ms"),
        ] {
            let faults = settings(more).faults();
            assert!(
                faults.len() == 1 && faults[0].starts_with(key),
                "{more}: {faults:?}"
            );
        }
        for (url, is_good) in [
            ("https://jira.acme.example/jira/", true),
            ("http://10.0.0.5:8080", true),
            ("acme.atlassian.net", false),
            ("ftp://acme.example", false),
            ("https://bot:token@acme.example", false),
            ("https://acme.example/?a=b", false),
        ] {
            let mut settings = settings("");
            url.clone_into(&mut settings.base_url);
            assert_eq!(settings.faults().is_empty(), is_good, "{url}");
        }
    }

    #[test]
    fn a_priority_comes_back_only_where_its_name_has_one_meaning() {
        let settings = settings(
            "[priorities]\nP1 = \"Highest\"\nP2 = \"High\"\nP3 = \"Medium\"\nP4 = \"medium\"",
        );
        assert_eq!(settings.priority_there("P4"), Some("medium"));
        assert_eq!(settings.priority_here("HIGHEST"), Some("P1"));
        assert_eq!(settings.priority_here("Medium"), None);
        assert_eq!(settings.priority_here("Low"), None);
    }

    #[test]
    fn a_category_may_have_a_type_of_its_own() {
        let settings = settings("request_types = { bug = \"Report a bug\" }");
        assert_eq!(settings.request_type_of(Some("bug")), "Report a bug");
        assert_eq!(settings.request_type_of(Some("other")), "25");
        assert_eq!(settings.request_type_of(None), "25");
    }
}
