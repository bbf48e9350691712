//! What is remembered of one Jira between calls: what it is like, how fast it lets us go, and since when something is looked for.

use std::{collections::HashMap, sync::Mutex, time::Duration};

use tokio::time::Instant;

use super::{
    pace::Paces,
    read::{Desk, Form},
};
use crate::destination::{
    Fault,
    limits::{Changes, KNOWN_FOR, Limits, Looking, lock},
};

/// What is remembered of one Jira. In memory only: after a restart it is asked again.
#[derive(Debug, Default)]
pub struct Memory {
    /// How fast each request is written to.
    pub paces: Paces,
    limits: Limits,
    looking: Looking,
    changes: Changes,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    desk: Option<(Instant, Desk)>,
    account: Option<(Instant, String)>,
    types: HashMap<String, (Instant, String)>,
    forms: HashMap<String, (Instant, Form)>,
}

fn fresh<T: Clone>(kept: Option<&(Instant, T)>) -> Option<T> {
    kept.filter(|(at, _)| at.elapsed() < KNOWN_FOR)
        .map(|(_, kept)| kept.clone())
}

impl Memory {
    /// May a call of this kind be made now?
    ///
    /// # Errors
    /// When a limit of theirs is not over.
    pub fn may_call(&self, endpoint: &str) -> Result<(), Fault> {
        self.limits.may_call("Jira", endpoint)
    }

    /// Heeds what a fault says of a limit.
    pub fn heed(&self, endpoint: &'static str, fault: &Fault) {
        self.limits.heed(endpoint, fault);
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

    /// The desk.
    #[must_use]
    pub fn desk(&self) -> Option<Desk> {
        fresh(lock(&self.known).desk.as_ref())
    }

    /// Remembers the desk.
    pub fn keep_desk(&self, desk: &Desk) {
        lock(&self.known).desk = Some((Instant::now(), desk.clone()));
    }

    /// What Jira knows our account by.
    #[must_use]
    pub fn account(&self) -> Option<String> {
        fresh(lock(&self.known).account.as_ref())
    }

    /// Remembers our account.
    pub fn keep_account(&self, id: &str) {
        lock(&self.known).account = Some((Instant::now(), id.to_owned()));
    }

    /// The id of a type of request, by its name.
    #[must_use]
    pub fn request_type(&self, name: &str) -> Option<String> {
        fresh(lock(&self.known).types.get(name))
    }

    /// Remembers the id of a type of request.
    pub fn keep_request_type(&self, name: &str, id: &str) {
        let kept = (Instant::now(), id.to_owned());
        lock(&self.known).types.insert(name.to_owned(), kept);
    }

    /// The form of a type of request.
    #[must_use]
    pub fn form(&self, id: &str) -> Option<Form> {
        fresh(lock(&self.known).forms.get(id))
    }

    /// Remembers a form.
    pub fn keep_form(&self, id: &str, form: &Form) {
        let kept = (Instant::now(), form.clone());
        lock(&self.known).forms.insert(id.to_owned(), kept);
    }

    /// What it is like has perhaps changed.
    pub fn forget(&self) {
        *lock(&self.known) = Known::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::destination::{Scope, Seen};

    fn limit(scope: Scope) -> Fault {
        let fault = Fault::later("x").after(Some(Duration::from_secs(60)));
        fault.about(scope).seen(Seen::new(429, None))
    }

    #[test]
    fn a_limit_holds_for_what_it_is_about() {
        let memory = Memory::default();
        memory.heed("comment", &limit(Scope::Ticket));
        assert!(memory.may_call("comment").is_ok());
        memory.heed("comment", &limit(Scope::Endpoint));
        assert_eq!(
            memory.may_call("comment").unwrap_err().scope,
            Scope::Endpoint
        );
        assert!(memory.may_call("request").is_ok());
        memory.heed("comment", &limit(Scope::All));
        let fault = memory.may_call("request").unwrap_err();
        assert!(fault.after > Some(Duration::from_secs(50)), "{fault:?}");
    }

    #[test]
    fn what_was_heard_of_is_no_news_until_it_is_changed_again() {
        let memory = Memory::default();
        assert!(memory.is_news("1", "08:00") && !memory.is_news("1", "08:00"));
        assert!(memory.is_news("1", "08:01"));
        memory.forget_changes();
        assert!(memory.is_news("1", "08:01"));
    }

    #[test]
    fn what_is_not_found_is_looked_for_until_it_would_be_there() {
        let memory = Memory::default();
        let long = Duration::from_secs(60);
        assert!(memory.look_on("a", long) > Some(Duration::from_secs(50)));
        assert!(memory.look_on("a", long).is_some(), "it is not over");
        assert!(memory.look_on("a", Duration::ZERO).is_none());
        assert!(memory.look_on("a", long).is_some(), "it begins anew");
    }
}
