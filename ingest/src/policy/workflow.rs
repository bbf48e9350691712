//! The steps of the work, and who is on at an instant (rule T-4).

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Policy, document::Availability};

/// A row of `[[workflow]]`.
#[derive(Clone, Debug)]
pub struct Step {
    /// Its number.
    pub step: i64,
    /// What it is called.
    pub title: String,
    /// What is done there.
    pub action: Option<String>,
    /// When a ticket is brought before it, where an overlay says so.
    pub after: Option<After>,
    /// When somebody is there, by priority.
    pub availability: BTreeMap<String, Availability>,
    /// What it is to a ticket, by priority: `available`, `default_resolver` or `escalated_to`.
    pub role: BTreeMap<String, String>,
}

/// After how long a step is brought in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    /// When so many percent of the budget of the first response are used up.
    Percent(u8),
    /// So many seconds after the receipt.
    Seconds(i64),
}

/// A step as it is for a ticket at an instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepNow<'a> {
    /// Its number.
    pub step: i64,
    /// What it is called.
    pub title: &'a str,
    /// Whether somebody is there; nothing when the policy does not say enough.
    pub available: Option<bool>,
    /// What it is to the ticket.
    pub role: Option<&'a str>,
}

impl Policy {
    /// The steps of a ticket and who is on at an instant: always, or while the plan's hours last (C-4).
    #[must_use]
    pub fn available_steps(
        &self,
        plan: Option<&str>,
        priority: &str,
        at: Timestamp,
    ) -> Vec<StepNow<'_>> {
        let steps = self.workflow.iter();
        let of_priority = steps.filter_map(|step| Some((step, step.availability.get(priority)?)));
        let now = of_priority.map(|(step, availability)| StepNow {
            step: step.step,
            title: &step.title,
            available: match availability {
                Availability::Always => Some(true),
                Availability::SupportHours => {
                    let hours = self.support_hours(plan);
                    hours.and_then(|hours| hours.is_open(at).ok())
                }
            },
            role: step.role.get(priority).map(String::as_str),
        });
        now.collect()
    }
}
