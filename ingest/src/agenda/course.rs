//! How the work on a ticket goes, as far as alarms depend on it. Pure.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::ticket::{ClosingReason, Entry, Fact, Status};

/// How the work goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Course {
    /// Whether staff work on it now.
    pub is_in_progress: bool,
    /// When the requester heard from us in public, in order.
    pub updates: Vec<Timestamp>,
    /// Moments of the policy's checkpoints that came, such as `work_started`, each with the last time.
    pub moments: BTreeMap<String, Timestamp>,
    /// Moments whose message was left out on purpose, each with the last time.
    pub skipped: BTreeMap<String, Timestamp>,
    /// Steps of the work that somebody escalated it to, and when.
    pub escalations: Vec<(i64, Timestamp)>,
    /// When it was solved or closed; nothing when it is open, or open again.
    pub over_at: Option<Timestamp>,
}

/// The moment at which work begins.
pub const WORK_STARTED: &str = "work_started";

impl Course {
    /// Folds the timeline of a ticket.
    #[must_use]
    pub fn of(timeline: &[Entry]) -> Self {
        let mut course = Self::default();
        for entry in timeline {
            course.apply(entry.at, &entry.fact);
        }
        course
    }

    fn apply(&mut self, at: Timestamp, fact: &Fact) {
        match fact {
            Fact::Answered { .. } | Fact::Updated { .. } => self.updates.push(at),
            Fact::StatusChanged { to, reason, .. } => {
                if reason.is_some_and(ClosingReason::is_a_response) {
                    self.updates.push(at);
                }
                if *to == Status::Open && !self.is_in_progress {
                    self.moments.insert(WORK_STARTED.to_owned(), at);
                }
                self.is_in_progress = *to == Status::Open;
                let is_over = matches!(to, Status::Solved | Status::Closed);
                self.over_at = is_over.then_some(at);
            }
            Fact::MomentCame { moment, .. } => {
                self.moments.insert(moment.clone(), at);
            }
            Fact::MessageSkipped { moment, .. } => {
                self.skipped.insert(moment.clone(), at);
            }
            Fact::EscalatedTo { step, .. } => self.escalations.push(((*step).into(), at)),
            _ => {}
        }
    }

    /// Whether nobody has to be told anything any more.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        self.over_at.is_some()
    }

    /// The last time that the requester heard from a person; nothing when they never did, whatever the acknowledgement confirmed.
    #[must_use]
    pub fn heard_at(&self) -> Option<Timestamp> {
        self.updates.iter().copied().max()
    }

    /// When the message of a moment became owing; nothing when the moment did not come, or the message was given or left out on purpose.
    #[must_use]
    pub fn owing_since(&self, moment: &str) -> Option<Timestamp> {
        let since = *self.moments.get(moment)?;
        let is_told = self.updates.iter().any(|at| *at >= since);
        let is_skipped = self.skipped.get(moment).is_some_and(|at| *at >= since);
        (!is_told && !is_skipped).then_some(since)
    }
}
