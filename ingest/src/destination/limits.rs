//! What is remembered of a desk elsewhere between calls: how fast it lets us go, what it is like, and what was heard of already. In memory only: after a restart it is asked again.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::{Fault, Scope};

/// What it is like is asked again after so long: somebody may have changed it.
pub(super) const KNOWN_FOR: Duration = Duration::from_secs(600);
/// So many tickets are remembered by when they were changed.
const MANY_CHANGES: usize = 10_000;

/// What a mutex holds, also after a panic beside it.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Until when they asked to be left alone.
#[derive(Debug, Default)]
pub struct Limits(Mutex<Until>);

#[derive(Debug, Default)]
struct Until {
    all: Option<Instant>,
    endpoints: HashMap<&'static str, Instant>,
}

impl Limits {
    /// May a call of this kind be made now? `who` they are, as the log calls them.
    ///
    /// # Errors
    /// When a limit of theirs is not over.
    pub fn may_call(&self, who: &str, endpoint: &str) -> Result<(), Fault> {
        let until = lock(&self.0);
        let left = |until: Option<&Instant>| {
            let left = until?.checked_duration_since(Instant::now());
            left.filter(|left| !left.is_zero())
        };
        let (left, scope) = if let Some(left) = left(until.all.as_ref()) {
            (left, Scope::All)
        } else if let Some(left) = left(until.endpoints.get(endpoint)) {
            (left, Scope::Endpoint)
        } else {
            return Ok(());
        };
        let fault = Fault::later(format!("{who} asked us to wait, and that is not over"));
        Err(fault.after(Some(left)).about(scope))
    }

    /// Heeds what a fault says of a limit.
    pub fn heed(&self, endpoint: &'static str, fault: &Fault) {
        let (Some(after), Some(429)) = (fault.after, fault.seen.status) else {
            return;
        };
        let at = Instant::now() + after;
        let mut until = lock(&self.0);
        match fault.scope {
            Scope::All => until.all = Some(at),
            Scope::Endpoint => drop(until.endpoints.insert(endpoint, at)),
            Scope::Ticket => {}
        }
    }
}

/// When each ticket of theirs was changed, as far as it was heard of: their answers overlap.
#[derive(Debug, Default)]
pub struct Changes(Mutex<HashMap<String, String>>);

impl Changes {
    /// Was it changed since it was heard of last?
    #[must_use]
    pub fn is_news(&self, id: &str, updated: &str) -> bool {
        let mut changes = lock(&self.0);
        if changes.len() > MANY_CHANGES {
            changes.clear();
        }
        let before = changes.insert(id.to_owned(), updated.to_owned());
        before.as_deref() != Some(updated)
    }

    /// What was heard of last could not be kept: it is news still.
    pub fn forget(&self) {
        lock(&self.0).clear();
    }
}

/// Since when something is looked for whose making is unclear.
#[derive(Debug, Default)]
pub struct Looking(Mutex<HashMap<String, Instant>>);

impl Looking {
    /// It was looked for and not found. How long it is to be looked for still; nothing when that was long enough.
    #[must_use]
    pub fn on(&self, marker: &str, look_for: Duration) -> Option<Duration> {
        let mut looking = lock(&self.0);
        let since = *looking
            .entry(marker.to_owned())
            .or_insert_with(Instant::now);
        let left = look_for.checked_sub(since.elapsed());
        let left = left.filter(|left| !left.is_zero());
        if left.is_none() {
            looking.remove(marker);
        }
        left
    }

    /// It was found.
    pub fn found(&self, marker: &str) {
        lock(&self.0).remove(marker);
    }
}

/// Something that is asked once and kept for a while.
#[derive(Debug)]
pub struct Kept<T>(Mutex<Option<(Instant, T)>>);

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> Kept<T> {
    /// What is kept, while it is young.
    #[must_use]
    pub fn get(&self) -> Option<T> {
        let kept = lock(&self.0);
        let (at, value) = kept.as_ref()?;
        (at.elapsed() < KNOWN_FOR).then(|| value.clone())
    }

    /// Keeps it.
    pub fn keep(&self, value: &T) {
        *lock(&self.0) = Some((Instant::now(), value.clone()));
    }

    /// It may be otherwise now.
    pub fn forget(&self) {
        *lock(&self.0) = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::destination::Seen;

    #[test]
    fn a_limit_holds_for_what_it_is_about() {
        let limit = |scope| {
            let fault = Fault::later("x").after(Some(Duration::from_secs(60)));
            fault.about(scope).seen(Seen::new(429, None))
        };
        let limits = Limits::default();
        limits.heed("tickets", &limit(Scope::Ticket));
        assert!(limits.may_call("they", "tickets").is_ok());
        limits.heed("tickets", &limit(Scope::Endpoint));
        assert_eq!(
            limits.may_call("they", "tickets").unwrap_err().scope,
            Scope::Endpoint
        );
        assert!(limits.may_call("they", "users").is_ok());
        limits.heed("tickets", &limit(Scope::All));
        let fault = limits.may_call("they", "users").unwrap_err();
        assert!(fault.after > Some(Duration::from_secs(50)), "{fault:?}");
    }

    #[test]
    fn what_is_not_found_is_looked_for_until_it_would_be_there() {
        let looking = Looking::default();
        let long = Duration::from_secs(60);
        assert!(looking.on("a", long) > Some(Duration::from_secs(50)));
        assert!(looking.on("a", long).is_some(), "it is not over");
        assert!(looking.on("a", Duration::ZERO).is_none());
        looking.found("a");
        assert!(looking.on("a", long).is_some(), "it begins anew");
    }

    #[test]
    fn what_was_heard_of_is_no_news_until_it_is_changed_again() {
        let changes = Changes::default();
        assert!(changes.is_news("1", "08:00") && !changes.is_news("1", "08:00"));
        assert!(changes.is_news("1", "08:01"));
        changes.forget();
        assert!(changes.is_news("1", "08:01"));
    }
}
