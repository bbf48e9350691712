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
    looking: Looking,
    changes: Changes,
    account: Kept<Account>,
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

    /// It was looked for and not found. How long it is to be looked for still; nothing when that was long enough.
    #[must_use]
    pub fn look_on(&self, marker: &str, look_for: Duration) -> Option<Duration> {
        self.looking.on(marker, look_for)
    }

    /// It was found.
    pub fn found(&self, marker: &str) {
        self.looking.found(marker);
    }

    /// Was it changed since it was heard of last? Their answers overlap.
    #[must_use]
    pub fn is_news(&self, id: &str, updated: &str) -> bool {
        self.changes.is_news(id, updated)
    }

    /// What was heard of last could not be kept: it is news still.
    pub fn forget_changes(&self) {
        self.changes.forget();
    }

    /// Who we are there.
    #[must_use]
    pub fn account(&self) -> Option<Account> {
        self.account.get()
    }

    /// Remembers who we are there.
    pub fn keep_account(&self, account: &Account) {
        self.account.keep(account);
    }

    /// Perhaps we are somebody else now.
    pub fn forget_account(&self) {
        self.account.forget();
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
        assert!(memory.look_on("a", long) > Some(Duration::from_secs(50)));
        assert!(memory.look_on("a", Duration::ZERO).is_none());
        assert!(memory.is_news("1", "08:00") && !memory.is_news("1", "08:00"));
        memory.forget_changes();
        assert!(memory.is_news("1", "08:00"));
    }
}
