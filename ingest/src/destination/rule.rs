//! Which tickets a destination gets. Pure.

use serde::Deserialize;

use crate::ticket::Ticket;

/// A rule of a destination: what it names has to hold, all of it; what it leaves out is as it may be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Keys of sites.
    #[serde(default)]
    pub sites: Vec<String>,
    /// Keys of categories of the policy.
    #[serde(default)]
    pub categories: Vec<String>,
    /// Keys of priorities of the policy.
    #[serde(default)]
    pub priorities: Vec<String>,
    /// Keys of plans of the policy.
    #[serde(default)]
    pub plans: Vec<String>,
}

impl Rule {
    /// Does it hold for a ticket as it is now?
    #[must_use]
    pub fn holds(&self, ticket: &Ticket) -> bool {
        is_among(&self.sites, Some(&ticket.site))
            && is_among(&self.categories, ticket.category.as_deref())
            && is_among(&self.priorities, ticket.priority.as_deref())
            && is_among(&self.plans, ticket.plan.as_deref())
    }

    /// Does it say nothing at all?
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.sites.is_empty()
            && self.categories.is_empty()
            && self.priorities.is_empty()
            && self.plans.is_empty()
    }
}

/// A list that is left out allows everything.
fn is_among(allowed: &[String], value: Option<&str>) -> bool {
    allowed.is_empty() || value.is_some_and(|value| allowed.iter().any(|one| one == value))
}

#[cfg(test)]
pub(super) mod tests {
    use cornerdesk_shared::{page_context::PageContext, reference::Reference};
    use jiff::Timestamp;
    use uuid::Uuid;

    use super::*;
    use crate::ticket::Status;

    pub fn ticket(category: Option<&str>, priority: Option<&str>) -> Ticket {
        Ticket {
            site: "acme".into(),
            id: Uuid::nil(),
            reference: Reference::from_number(1),
            summary: String::new(),
            description: String::new(),
            email: String::new(),
            locale: "en".into(),
            category: category.map(Into::into),
            plan: Some("gold".into()),
            context: PageContext::default(),
            status: Status::New,
            held: None,
            received_at: Timestamp::UNIX_EPOCH,
            requester: None,
            account: None,
            channel: None,
            priority: priority.map(Into::into),
            impact: None,
            policy_version: None,
        }
    }

    #[test]
    fn all_that_a_rule_names_has_to_hold() {
        let rule = |text: &str| -> Rule { toml::from_str(text).unwrap() };
        for (text, category, priority, holds) in [
            ("", None, None, true),
            ("sites = ['acme']", None, None, true),
            ("sites = ['other']", None, None, false),
            ("priorities = ['P1', 'P2']", None, Some("P2"), true),
            ("priorities = ['P1', 'P2']", None, Some("P3"), false),
            ("priorities = ['P1']", None, None, false),
            (
                "categories = ['bug']\npriorities = ['P1']",
                Some("bug"),
                Some("P1"),
                true,
            ),
            (
                "categories = ['bug']\npriorities = ['P1']",
                Some("bug"),
                Some("P2"),
                false,
            ),
            (
                "plans = ['gold']\nsites = ['acme', 'other']",
                None,
                None,
                true,
            ),
            ("plans = ['silver']", None, None, false),
        ] {
            assert_eq!(
                rule(text).holds(&ticket(category, priority)),
                holds,
                "{text}"
            );
        }
        assert!(Rule::default().is_empty() && !rule("plans = ['a']").is_empty());
    }
}
