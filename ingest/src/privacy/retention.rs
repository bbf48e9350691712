//! How long what is over is kept. Pure.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use crate::ticket::{Entry, Fact, Status, Ticket};

/// Most days that can be said: a hundred years.
const MOST_DAYS: u32 = 36_500;

/// How long a site keeps what is over: from the last thing that happened. Nothing said is for ever.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    /// Tickets, with all that belongs to them.
    #[serde(default)]
    pub closed_days: Option<u32>,
    /// The files of tickets.
    #[serde(default)]
    pub files_days: Option<u32>,
}

impl Retention {
    /// Every fault, one sentence each.
    #[must_use]
    pub fn faults(self) -> Vec<String> {
        let mut faults = Vec::new();
        for (key, days) in [
            ("closed_days", self.closed_days),
            ("files_days", self.files_days),
        ] {
            if days.is_some_and(|days| !(1..=MOST_DAYS).contains(&days)) {
                faults.push(format!(
                    "retention.{key}: 1 to {MOST_DAYS} days; without it they are kept for ever"
                ));
            }
        }
        if let (Some(closed), Some(files)) = (self.closed_days, self.files_days)
            && files >= closed
        {
            faults.push(
                "retention.files_days: less than retention.closed_days, with which the files go in any case"
                    .to_owned(),
            );
        }
        faults
    }

    /// When a ticket is erased if nothing happens any more; nothing while it is not over.
    #[must_use]
    pub fn ends_at(self, ticket: &Ticket, timeline: &[Entry]) -> Option<Timestamp> {
        let days = self.closed_days?;
        let last = timeline
            .iter()
            .rfind(|entry| !matches!(entry.fact, Fact::FilesErased { .. }))?;
        let is_over = matches!(ticket.status, Status::Solved | Status::Closed);
        is_over.then(|| last.at.saturating_add(span(days)).unwrap_or(Timestamp::MAX))
    }
}

/// What happened last at this instant or before is so many days old.
#[must_use]
pub fn before(now: Timestamp, days: u32) -> Timestamp {
    now.saturating_sub(span(days)).unwrap_or(Timestamp::MIN)
}

fn span(days: u32) -> SignedDuration {
    SignedDuration::from_hours(24 * i64::from(days))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_meant_is_said() {
        for (closed_days, files_days, count) in [
            (None, None, 0),
            (Some(365), None, 0),
            (None, Some(30), 0),
            (Some(365), Some(30), 0),
            (Some(0), None, 1),
            (Some(u32::MAX), Some(0), 2),
            (Some(30), Some(30), 1),
        ] {
            let retention = Retention {
                closed_days,
                files_days,
            };
            assert_eq!(retention.faults().len(), count, "{retention:?}");
        }
    }

    #[test]
    fn so_many_days_before_is_an_instant() {
        let now = Timestamp::from_second(10 * 86_400).unwrap();
        assert_eq!(before(now, 3), Timestamp::from_second(7 * 86_400).unwrap());
        assert_eq!(before(now, u32::MAX), Timestamp::MIN);
    }
}
