//! What staff found out about a ticket: whether it happens again, a way around it, the cause (requirements 48 and 52). Pure.

use serde::{Deserialize, Serialize};

use super::{ClosingReason, Entry, Fact, Status};

/// Whether staff could make happen what the requester describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub enum Reproduced {
    /// They could.
    Yes,
    /// They tried, and it did not happen.
    No,
    /// Nobody has tried.
    NotTried,
}

impl Reproduced {
    /// Every answer.
    pub const ALL: [Self; 3] = [Self::Yes, Self::No, Self::NotTried];

    /// The name on the timeline and on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::NotTried => "not_tried",
        }
    }

    /// The answer with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == name)
    }

    /// For staff.
    #[must_use]
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Yes => "Yes",
            Self::No => "No",
            Self::NotTried => "Not tried",
        }
    }
}

/// A way around the trouble.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Workaround {
    /// What to do meanwhile; empty when there is none any more.
    pub text: String,
    /// Whether the requester reads it on the page of their request.
    #[serde(default)]
    pub is_shown: bool,
}

/// What is known by now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Findings {
    /// Whether it happens again; nothing as long as nobody has said.
    pub reproduced: Option<Reproduced>,
    /// A way around it.
    pub workaround: Option<Workaround>,
    /// The cause; `unknown` said in so many words.
    pub root_cause: Option<String>,
    /// Why it was solved or closed; nothing when it is open, or nobody said.
    pub closing_reason: Option<ClosingReason>,
}

impl Findings {
    /// Folds the timeline of a ticket: what was said last holds.
    #[must_use]
    pub fn of(timeline: &[Entry]) -> Self {
        let mut findings = Self::default();
        for entry in timeline {
            findings.apply(&entry.fact);
        }
        findings
    }

    fn apply(&mut self, fact: &Fact) {
        match fact {
            Fact::Found {
                reproduced,
                workaround,
                root_cause,
                ..
            } => {
                self.reproduced = reproduced.or(self.reproduced);
                if let Some(workaround) = workaround {
                    self.workaround = Some(workaround.clone()).filter(|it| !it.text.is_empty());
                }
                if let Some(cause) = root_cause {
                    self.root_cause = Some(cause.clone()).filter(|cause| !cause.is_empty());
                }
            }
            Fact::StatusChanged {
                to,
                root_cause,
                reason,
                ..
            } => {
                if root_cause.is_some() {
                    self.root_cause.clone_from(root_cause);
                }
                let is_over = matches!(to, Status::Solved | Status::Closed);
                self.closing_reason = reason.filter(|_| is_over);
            }
            _ => {}
        }
    }

    /// The way around that the requester may read.
    #[must_use]
    pub fn shown_workaround(&self) -> Option<&str> {
        let shown = self.workaround.as_ref().filter(|it| it.is_shown);
        shown.map(|it| it.text.as_str())
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn timeline(facts: Vec<Fact>) -> Vec<Entry> {
        let entry = |(seq, fact)| Entry {
            seq,
            at: Timestamp::UNIX_EPOCH,
            fact,
        };
        (1..).zip(facts).map(entry).collect()
    }

    fn found(workaround: &str, is_shown: bool) -> Fact {
        Fact::Found {
            reproduced: None,
            workaround: Some(Workaround {
                text: workaround.to_owned(),
                is_shown,
            }),
            root_cause: None,
            by: "Sam".to_owned(),
        }
    }

    fn set_to(to: Status, reason: Option<ClosingReason>, cause: Option<&str>) -> Fact {
        Fact::StatusChanged {
            to,
            by: "Sam".to_owned(),
            root_cause: cause.map(str::to_owned),
            reason,
        }
    }

    #[test]
    fn what_was_said_last_holds_and_what_was_not_said_stays() {
        let mut facts = vec![
            found("Use the old export", true),
            Fact::Found {
                reproduced: Some(Reproduced::Yes),
                workaround: None,
                root_cause: Some("a race".to_owned()),
                by: "Kim".to_owned(),
            },
        ];
        let findings = Findings::of(&timeline(facts.clone()));
        assert_eq!(findings.reproduced, Some(Reproduced::Yes));
        assert_eq!(findings.root_cause.as_deref(), Some("a race"));
        assert_eq!(findings.shown_workaround(), Some("Use the old export"));
        facts.push(found("Use the old export", false));
        assert_eq!(
            Findings::of(&timeline(facts.clone())).shown_workaround(),
            None
        );
        facts.push(found("", true));
        assert_eq!(Findings::of(&timeline(facts)).workaround, None);
    }

    #[test]
    fn a_closing_reason_goes_when_the_ticket_is_opened_again_and_the_cause_stays() {
        let closed = set_to(
            Status::Closed,
            Some(ClosingReason::WillNotFix),
            Some("by design"),
        );
        let mut facts = vec![closed];
        let findings = Findings::of(&timeline(facts.clone()));
        assert_eq!(findings.closing_reason, Some(ClosingReason::WillNotFix));
        facts.push(set_to(Status::Open, None, None));
        let findings = Findings::of(&timeline(facts));
        assert_eq!(findings.closing_reason, None);
        assert_eq!(findings.root_cause.as_deref(), Some("by design"));
    }
}
