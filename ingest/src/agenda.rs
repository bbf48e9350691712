//! What staff are to be told about a ticket, and when. Pure: the same ticket at the same instant has the same alarms.
//!
//! Every alarm has a key of three parts, metric, cycle and threshold, that is used once. Working everything out again cannot tell
//! anything twice, and a change of priority moves the instants of alarms that are still to come. A new cycle, in which the keys of a metric
//! can be used again, begins only
//!
//! * of the first response: when `from_change` gives the ticket a new budget (E-5), or when a breach that was told is taken back by a change;
//! * of updates: with each update that the requester gets;
//! * of a duty: each time that its moment comes.
//!
//! | file | |
//! |---|---|
//! | `course` | how the work on a ticket goes, as far as alarms depend on it |
//! | `first_response` | warnings, breach, and a breach that is taken back |
//! | `duties` | updates at intervals, what a moment asks for, what closing asks for |
//! | `steps` | who is brought in, and when they are there |

pub mod course;
mod duties;
pub mod first_response;
mod steps;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use course::Course;
pub use duties::{Unmet, may_go};

use crate::policy::{EventKind, History, Policy, Received};

/// A ticket at an instant.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    /// The policy that the ticket is pinned to.
    pub policy: &'a Policy,
    /// What its clock stands on.
    pub history: &'a History,
    /// How the work goes.
    pub course: &'a Course,
    /// At which percentages of a budget staff are warned (W-1).
    pub warn_percent: &'a [u8],
    /// The keys that were used, with the instants at which their alarms came true.
    pub told: &'a BTreeMap<String, Timestamp>,
    /// The instant.
    pub now: Timestamp,
}

/// Something that staff are told once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alarm {
    /// Metric, cycle and threshold.
    pub key: String,
    /// When it comes true.
    pub at: Timestamp,
    /// What there is to tell.
    pub what: What,
}

/// What there is to tell. Nothing that a requester wrote: it is kept in the payload of a mail's job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum What {
    /// So much of the time for the first response is used up (W-1).
    Warning {
        /// The percentage.
        percent: u8,
        /// When it is due.
        due_at: Timestamp,
    },
    /// The first response is late (S-2).
    Breach {
        /// When it was due.
        due_at: Timestamp,
        /// It became late by a change of priority, plan or category, not by waiting.
        is_reclassified: bool,
    },
    /// It is late no longer: a change gave it another due time, or none (E-5).
    TakenBack {
        /// When it is due now; nothing when nothing is promised any more.
        due_at: Option<Timestamp>,
    },
    /// The ticket has one of the two top priorities.
    Urgent {
        /// Its title.
        priority: String,
        /// It is the topmost.
        is_top: bool,
        /// What the policy asks to be said or done for such a ticket.
        duties: Vec<String>,
    },
    /// The requester was to hear again.
    UpdateDue {
        /// The last time that they heard; when they never did, the receipt.
        since: Timestamp,
        /// They have never heard from a person.
        #[serde(default)]
        is_first: bool,
        /// What they are to hear.
        must: String,
        /// Also when there is nothing new.
        even_without_news: bool,
    },
    /// A moment came at which the requester is to hear something, and they have not.
    Duty {
        /// The moment, such as `work_started`.
        moment: String,
        /// When it came.
        since: Timestamp,
        /// What they are to hear.
        must: String,
    },
    /// A step of the work is to take up the ticket.
    Step {
        /// Its number.
        step: i64,
        /// Its title.
        title: String,
        /// What is done there.
        action: Option<String>,
        /// Why.
        because: Because,
    },
}

/// Why a step takes up a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Because {
    /// It is the one that solves tickets of this priority.
    Resolver,
    /// The time after which the terms bring it in is over.
    After,
    /// Somebody escalated the ticket to it.
    Escalated,
}

/// The alarms of a ticket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Agenda {
    /// What came true and was not told, the oldest first.
    pub due: Vec<Alarm>,
    /// What is still to come, the next first.
    pub ahead: Vec<Alarm>,
}

impl Agenda {
    /// When the timer of the ticket is to ring next; nothing when there is nothing to come.
    #[must_use]
    pub fn next_at(&self) -> Option<Timestamp> {
        let soonest = |alarms: &[Alarm]| alarms.first().map(|alarm| alarm.at);
        soonest(&self.due).or_else(|| soonest(&self.ahead))
    }
}

/// Works out the alarms of a ticket, with what was told already left out.
#[must_use]
pub fn agenda(situation: &Situation<'_>) -> Agenda {
    let mut alarms = Vec::new();
    if !situation.course.is_over() {
        alarms.extend(first_response::alarms(situation));
        alarms.extend(urgent(situation));
        alarms.extend(duties::alarms(situation));
        alarms.extend(steps::alarms(situation));
    }
    alarms.retain(|alarm| !situation.told.contains_key(&alarm.key));
    alarms.sort_by(|one, other| (one.at, &one.key).cmp(&(other.at, &other.key)));
    let is_due = |alarm: &Alarm| alarm.at <= situation.now;
    let (due, ahead) = alarms.into_iter().partition(is_due);
    Agenda { due, ahead }
}

/// How many of the most urgent priorities are told at once: the topmost and the one below it.
const TOP_PRIORITIES: usize = 2;

/// The alarm of a ticket that has, or got, one of the two top priorities; once for each of them.
fn urgent(situation: &Situation<'_>) -> Option<Alarm> {
    let (id, since) = situation.priority()?;
    let priorities = situation.policy.priorities();
    let place = priorities.iter().position(|priority| priority.id == id)?;
    (place < TOP_PRIORITIES).then(|| Alarm {
        key: key("priority", "1", id),
        at: since,
        what: What::Urgent {
            priority: priorities[place].title.clone(),
            is_top: place == 0,
            duties: duties::of_priority(situation.policy, id),
        },
    })
}

impl<'a> Situation<'a> {
    /// The priority now and since when; unlike the facts of the first response it does not stand still with the answer.
    fn priority(&self) -> Option<(&'a str, Timestamp)> {
        let mut found = (
            self.history.at_receipt.priority.as_deref(),
            self.history.received_at,
        );
        for event in self.known_events() {
            if let EventKind::Priority(to) = &event.kind
                && to.as_deref() != found.0
            {
                found = (to.as_deref(), event.at.max(self.history.received_at));
            }
        }
        found.0.map(|id| (id, found.1))
    }

    /// The plan now.
    fn plan(&self) -> Option<&'a str> {
        let mut found = self.history.at_receipt.plan.as_deref();
        for event in self.known_events() {
            if let EventKind::Plan(to) = &event.kind {
                found = to.as_deref();
            }
        }
        found
    }

    /// **E-1**: what happened up to now, in its order.
    fn known_events(&self) -> Vec<&'a crate::policy::Event> {
        let events = self.history.events.iter();
        let mut known: Vec<_> = events.filter(|event| event.at <= self.now).collect();
        known.sort_by_key(|event| event.at);
        known
    }
}

/// Whether an instant is outside the hours in which the policy has somebody at work; nothing where it does not say.
#[must_use]
pub fn is_out_of_hours(policy: &Policy, plan: Option<&str>, at: Timestamp) -> Option<bool> {
    match policy.received(at) {
        Some(column) => Some(column == Received::Outside),
        None => {
            let hours = policy.support_hours(plan)?;
            hours.is_open(at).ok().map(|is_open| !is_open)
        }
    }
}

/// The key of an alarm.
fn key(metric: &str, cycle: &str, threshold: &str) -> String {
    format!("{metric}/{cycle}/{threshold}")
}
