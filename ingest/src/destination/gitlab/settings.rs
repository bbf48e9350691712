//! What an operator writes down of a GitLab: `[destinations.gitlab]`.

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
const LABEL_MOST_CHARS: usize = 255;

/// The section, as it is written; the fields are described in `config.default.toml`.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
#[expect(
    missing_docs,
    reason = "config.default.toml is the manual; a second text would drift"
)]
pub struct Settings {
    #[serde(default = "gitlab_com")]
    pub base_url: String,
    pub project: String,
    #[serde(default = "yes")]
    pub confidential: bool,
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
    pub files: bool,
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

fn gitlab_com() -> String {
    "https://gitlab.com".to_owned()
}

const fn yes() -> bool {
    true
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
            "gitlab.base_url: an address such as \"https://gitlab.acme.example\", or absent for gitlab.com".to_owned(),
        );
        expect(
            is_project(&self.project),
            "gitlab.project: its path with its group, such as \"acme/app\", or its number"
                .to_owned(),
        );
        for label in self.all_labels() {
            let length = label.chars().count();
            expect(
                (1..=LABEL_MOST_CHARS).contains(&length) && !label.contains(','),
                format!(
                    "gitlab: the label \"{label}\" has 1 to {LABEL_MOST_CHARS} characters, and no comma"
                ),
            );
        }
        for (key, is_set) in [("conversation", self.conversation), ("files", self.files)] {
            expect(
                !is_set || self.include_content,
                format!(
                    "gitlab.{key}: what requesters write goes there; say so with include_content, too"
                ),
            );
        }
        expect(
            self.comments != Comments::Reply || self.confidential,
            "gitlab.comments: \"reply\" needs confidential = true, or anybody could speak to requesters"
                .to_owned(),
        );
        expect(
            self.look_for_ms <= LOOK_FOR_MOST_MS,
            format!("gitlab.look_for_ms: {LOOK_FOR_MOST_MS} at most"),
        );
        expect(
            self.poll_ms >= POLL_LEAST_MS,
            format!("gitlab.poll_ms: {POLL_LEAST_MS} at least"),
        );
        faults.extend(state::faults("gitlab", &self.statuses));
        faults
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

/// A number, or a path of at least a group and a name.
fn is_project(text: &str) -> bool {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_part = |part: &str| {
        let is_of_name = |sign: char| sign.is_ascii_alphanumeric() || "-_.".contains(sign);
        !part.is_empty() && part.chars().all(is_of_name) && !part.chars().all(|sign| sign == '.')
    };
    is_number || (text.contains('/') && text.split('/').all(is_part))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(more: &str) -> Settings {
        let more = if more.contains("project") {
            more.to_owned()
        } else {
            format!("project = \"acme/app\"\n{more}")
        };
        toml::from_str(&more).expect("settings")
    }

    #[test]
    fn each_fault_names_its_key() {
        for good in ["", "project = \"42\"", "project = \"acme/tools/app\""] {
            assert_eq!(settings(good).faults(), Vec::<String>::new());
        }
        for (more, key) in [
            ("project = \"acme\"", "gitlab.project"),
            ("project = \"acme/\"", "gitlab.project"),
            ("project = \"acme/../app\"", "gitlab.project"),
            (
                "project = \"https://gitlab.com/acme/app\"",
                "gitlab.project",
            ),
            ("base_url = \"gitlab.com\"", "gitlab.base_url"),
            ("labels = [\"a,b\"]", "gitlab: the label"),
            ("conversation = true", "gitlab.conversation"),
            ("files = true", "gitlab.files"),
            (
                "comments = \"reply\"\nconfidential = false",
                "gitlab.comments",
            ),
            (
                "statuses = { completed = \"done\" }",
                "gitlab.statuses.completed",
            ),
            ("look_for_ms = 600001", "gitlab.look_for_ms"),
            ("poll_ms = 1", "gitlab.poll_ms"),
        ] {
            let faults = settings(more).faults();
            assert!(
                faults.len() == 1 && faults[0].starts_with(key),
                "{more}: {faults:?}"
            );
        }
    }

    #[test]
    fn by_default_an_issue_is_confidential_and_says_nothing_of_a_person() {
        let settings = settings("");
        let told = settings.told();
        assert!(settings.confidential && !told.content && !told.requester);
        assert!(!settings.files && !settings.conversation && !settings.notes);
        assert_eq!(settings.comments, Comments::Note);
    }
}
