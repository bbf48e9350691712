//! What is remembered of one tracker between calls.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use crate::destination::Fault;

/// Who we are there is asked again after so long.
const KNOWN_FOR: Duration = Duration::from_secs(600);
/// So many issues are remembered by when they were changed.
const MANY_CHANGES: usize = 10_000;

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
    limited: Mutex<Option<Instant>>,
    looking: Mutex<HashMap<String, Instant>>,
    changes: Mutex<HashMap<String, String>>,
    account: Mutex<Option<(Instant, Account)>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
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
        let mut looking = lock(&self.looking);
        let since = *(looking.entry(marker.to_owned())).or_insert_with(Instant::now);
        let left = look_for.checked_sub(since.elapsed());
        let left = left.filter(|left| !left.is_zero());
        if left.is_none() {
            looking.remove(marker);
        }
        left
    }

    /// It was found.
    pub fn found(&self, marker: &str) {
        lock(&self.looking).remove(marker);
    }

    /// Was it changed since it was heard of last? Their answers overlap.
    #[must_use]
    pub fn is_news(&self, id: &str, updated: &str) -> bool {
        let mut changes = lock(&self.changes);
        if changes.len() > MANY_CHANGES {
            changes.clear();
        }
        let before = changes.insert(id.to_owned(), updated.to_owned());
        before.as_deref() != Some(updated)
    }

    /// What was heard of last could not be kept: it is news still.
    pub fn forget_changes(&self) {
        lock(&self.changes).clear();
    }

    /// Who we are there.
    #[must_use]
    pub fn account(&self) -> Option<Account> {
        let kept = lock(&self.account);
        let fresh = kept.as_ref().filter(|(at, _)| at.elapsed() < KNOWN_FOR);
        fresh.map(|(_, account)| account.clone())
    }

    /// Remembers who we are there.
    pub fn keep_account(&self, account: &Account) {
        *lock(&self.account) = Some((Instant::now(), account.clone()));
    }

    /// Perhaps we are somebody else now.
    pub fn forget_account(&self) {
        *lock(&self.account) = None;
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
