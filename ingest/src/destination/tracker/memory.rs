//! What is remembered of one tracker between calls.

use std::{sync::Mutex, time::Duration};

use tokio::time::Instant;

use super::pace::Pace;
use crate::destination::{
    Fault,
    limits::{Changes, Kept, Looking, lock},
};

/// Who we are there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Their number of us.
    pub id: i64,
    /// What we are called.
    pub login: String,
}

/// What is remembered of one tracker. In memory only: after a restart it is asked again.
#[derive(Debug, Default)]
pub struct Memory {
    /// How fast things are made there.
    pub pace: Pace,
    limited: Mutex<Option<Instant>>,
    /// Since when something is looked for.
    pub looking: Looking,
    /// What was heard of. Their answers overlap.
    pub changes: Changes,
    /// Who we are there.
    pub account: Kept<Account>,
}

impl Memory {
    /// For how long we are asked to wait still; nothing when that is over.
    #[must_use]
    pub fn limited(&self) -> Option<Duration> {
        let left = (*lock(&self.limited))?.checked_duration_since(Instant::now());
        left.filter(|left| !left.is_zero())
    }

    /// They ask us to wait so long.
    pub fn limit(&self, wait: Duration) {
        *lock(&self.limited) = Some(Instant::now() + wait);
    }
}

/// Why nothing is asked while a limit of theirs is not over.
pub(super) fn must_wait(name: &str, left: Duration) -> Fault {
    Fault::later(format!("{name} asked us to wait, and that is not over")).after(Some(left))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_heeded_until_it_is_over() {
        let memory = Memory::default();
        assert_eq!(memory.limited(), None);
        memory.limit(Duration::from_secs(60));
        assert!(memory.limited() > Some(Duration::from_secs(50)));
        memory.limit(Duration::ZERO);
        assert_eq!(memory.limited(), None);
    }

    #[test]
    fn what_is_not_found_is_looked_for_for_a_while_and_what_was_heard_is_no_news() {
        let memory = Memory::default();
        let long = Duration::from_secs(60);
        assert!(memory.looking.on("a", long) > Some(Duration::from_secs(50)));
        assert!(memory.looking.on("a", Duration::ZERO).is_none());
        assert!(memory.changes.is_news("1", "08:00") && !memory.changes.is_news("1", "08:00"));
        memory.changes.forget();
        assert!(memory.changes.is_news("1", "08:00"));
    }
}
