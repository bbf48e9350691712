//! Duties of communication: what the requester must hear of, and how often (rule R-2).

use jiff::Timestamp;

use super::{Policy, incomplete::Incomplete, target::Within};

/// A row of `[[checkpoints]]`.
#[derive(Clone, Debug)]
pub struct Checkpoint {
    /// The priority that it is for; nothing for all.
    pub priority: Option<String>,
    /// What happens: `update`, `work_started`, `acknowledged` …
    pub at: String,
    /// The duty.
    pub must: String,
    /// Until when it repeats.
    pub until: Option<String>,
    /// How often.
    pub every: Option<Within>,
    /// Due although nothing has happened.
    pub even_without_news: bool,
    /// What may be promised.
    pub expectation: Option<String>,
}

/// Why no update is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoUpdate {
    /// The policy has no such duty for the priority.
    NoCheckpoint,
    /// It has the duty and says no interval.
    NoInterval,
    /// The interval cannot be counted.
    PolicyIncomplete(Incomplete),
}

impl NoUpdate {
    /// Its name in records, vectors and the API.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::NoCheckpoint => "no_checkpoint",
            Self::NoInterval => "no_interval",
            Self::PolicyIncomplete(_) => "policy_incomplete",
        }
    }
}

impl Policy {
    /// The duties of a moment, for a priority: those of the priority and those of all.
    pub fn duties<'a>(
        &'a self,
        at: &'a str,
        priority: Option<&'a str>,
    ) -> impl Iterator<Item = &'a Checkpoint> {
        let of_moment = self.checkpoints.iter().filter(move |duty| duty.at == at);
        of_moment
            .filter(move |duty| duty.priority.is_none() || duty.priority.as_deref() == priority)
    }

    /// When the requester must hear again, counted from the last update on the elapsed clock; pauses do not matter (**R-2**).
    ///
    /// # Errors
    /// Why no update is due.
    pub fn next_update_due(
        &self,
        priority: Option<&str>,
        last_update_at: Timestamp,
    ) -> Result<Timestamp, NoUpdate> {
        let rows = self.checkpoints.iter();
        let mut updates =
            rows.filter(|row| row.at == "update" && row.priority.as_deref() == priority);
        let update = updates.next().ok_or(NoUpdate::NoCheckpoint)?;
        let every = update.every.ok_or(NoUpdate::NoInterval)?;
        self.end_of(every, last_update_at)
            .map_err(NoUpdate::PolicyIncomplete)?
            .ok_or(NoUpdate::NoInterval)
    }
}
