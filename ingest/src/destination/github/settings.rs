//! What an operator writes down of a GitHub: `[destinations.github]`.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::destination::tracker::{
    api, state,
    told::{Comments, Told},
};

/// Longest time for which an issue is looked for before it is made once more, in milliseconds.
const LOOK_FOR_MOST_MS: u64 = 600_000;
/// Shortest time between two questions of what changed.
const POLL_LEAST_MS: u64 = 500;
/// Longest label.
const LABEL_MOST_CHARS: usize = 50;

/// The section, as it is written; the fields are described in `config.default.toml`.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
#[expect(
    missing_docs,
    reason = "config.default.toml is the manual; a second text would drift"
)]
pub struct Settings {
    #[serde(default = "github_com")]
    pub base_url: String,
    pub repository: String,
    #[serde(default)]
    pub labels: Vec<String>,
    #[serde(default)]
    pub category_labels: BTreeMap<String, String>,
    #[serde(default)]
    pub priority_labels: BTreeMap<String, String>,
    #[serde(default)]
    pub waiting_label: String,
    #[serde(default)]
    pub include_content: bool,
    #[serde(default)]
    pub include_requester: bool,
    #[serde(default)]
    pub conversation: bool,
    #[serde(default)]
    pub notes: bool,
    #[serde(default)]
    pub comments: Comments,
    #[serde(default)]
    pub statuses: BTreeMap<String, String>,
    #[serde(default = "a_minute")]
    pub poll_ms: u64,
    #[serde(default = "ten_seconds")]
    pub look_for_ms: u64,
    #[serde(default)]
    pub ca_file: String,
}

fn github_com() -> String {
    "https://api.github.com".to_owned()
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
            api::base(&self.base_url).is_some(),
            "github.base_url: an address such as \"https://github.acme.example/api/v3\", or absent for github.com".to_owned(),
        );
        expect(
            self.parts().is_some(),
            "github.repository: owner and name, such as \"acme/app\"".to_owned(),
        );
        for label in self.all_labels() {
            let length = label.chars().count();
            expect(
                (1..=LABEL_MOST_CHARS).contains(&length) && !label.contains(','),
                format!(
                    "github: the label \"{label}\" has 1 to {LABEL_MOST_CHARS} characters, and no comma"
                ),
            );
        }
        expect(
            !self.conversation || self.include_content,
            "github.conversation: what requesters write goes there; say so with include_content, too"
                .to_owned(),
        );
        expect(
            self.look_for_ms <= LOOK_FOR_MOST_MS,
            format!("github.look_for_ms: {LOOK_FOR_MOST_MS} at most"),
        );
        expect(
            self.poll_ms >= POLL_LEAST_MS,
            format!("github.poll_ms: {POLL_LEAST_MS} at least"),
        );
        faults.extend(state::faults("github", &self.statuses));
        faults
    }

    /// Owner and name of the repository.
    #[must_use]
    pub fn parts(&self) -> Option<(&str, &str)> {
        let (owner, name) = self.repository.split_once('/')?;
        let is_part = |part: &str| {
            let is_of_name = |sign: char| sign.is_ascii_alphanumeric() || "-_.".contains(sign);
            !part.is_empty()
                && part.chars().all(is_of_name)
                && !part.chars().all(|sign| sign == '.')
        };
        (is_part(owner) && is_part(name)).then_some((owner, name))
    }

    /// What of a ticket stands in an issue.
    #[must_use]
    pub const fn told(&self) -> Told {
        Told {
            content: self.include_content,
            requester: self.include_requester,
        }
    }

    /// The labels of a new issue, none twice.
    #[must_use]
    pub fn labels_of(&self, category: Option<&str>, priority: Option<&str>) -> Vec<&str> {
        let of_category = category.and_then(|category| self.category_labels.get(category));
        let of_priority = priority.and_then(|priority| self.priority_labels.get(priority));
        let all = self.labels.iter().chain(of_category).chain(of_priority);
        let mut labels: Vec<&str> = Vec::new();
        for label in all {
            if !labels.contains(&label.as_str()) {
                labels.push(label);
            }
        }
        labels
    }

    /// Every label that is named.
    pub fn all_labels(&self) -> impl Iterator<Item = &str> {
        let waiting = (!self.waiting_label.is_empty()).then_some(&self.waiting_label);
        let all = self.labels.iter().chain(self.category_labels.values());
        let all = all.chain(self.priority_labels.values()).chain(waiting);
        all.map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(more: &str) -> Settings {
        let more = if more.contains("repository") {
            more.to_owned()
        } else {
            format!("repository = \"acme/app\"\n{more}")
        };
        toml::from_str(&more).expect("settings")
    }

    #[test]
    fn each_fault_names_its_key() {
        assert_eq!(settings("").faults(), Vec::<String>::new());
        for (more, key) in [
            ("repository = \"acme\"", "github.repository"),
            ("repository = \"acme/app/x\"", "github.repository"),
            ("repository = \"acme/..\"", "github.repository"),
            (
                "repository = \"https://github.com/acme/app\"",
                "github.repository",
            ),
            ("base_url = \"github.com\"", "github.base_url"),
            ("labels = [\"a,b\"]", "github: the label"),
            ("priority_labels = { P1 = \"\" }", "github: the label"),
            ("conversation = true", "github.conversation"),
            (
                "statuses = { completed = \"done\" }",
                "github.statuses.completed",
            ),
            ("look_for_ms = 600001", "github.look_for_ms"),
            ("poll_ms = 1", "github.poll_ms"),
        ] {
            let faults = settings(more).faults();
            assert!(
                faults.len() == 1 && faults[0].starts_with(key),
                "{more}: {faults:?}"
            );
        }
    }

    #[test]
    fn by_default_nothing_of_a_person_goes_there_and_nothing_goes_back_to_them() {
        let settings = settings("");
        assert_eq!(
            settings.told(),
            Told {
                content: false,
                requester: false
            }
        );
        assert!(!settings.conversation && !settings.notes);
        assert_eq!(settings.comments, Comments::Note);
    }

    #[test]
    fn an_issue_has_the_labels_of_all_of_its_category_and_of_its_priority() {
        let settings = settings(
            "labels = [\"support\"]\ncategory_labels = { bug = \"bug\", odd = \"support\" }\npriority_labels = { P1 = \"priority::1\" }",
        );
        assert_eq!(
            settings.labels_of(Some("bug"), Some("P1")),
            ["support", "bug", "priority::1"]
        );
        assert_eq!(settings.labels_of(Some("odd"), Some("P4")), ["support"]);
    }
}
