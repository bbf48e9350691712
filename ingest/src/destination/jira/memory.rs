//! What is remembered of one Jira between calls: what it is like, how fast it lets us go, and since when something is looked for.

use std::{collections::HashMap, sync::Mutex};

use tokio::time::Instant;

use super::{
    pace::Paces,
    read::{Desk, Form},
};
use crate::destination::limits::{Changes, KNOWN_FOR, Limits, Looking, lock};

/// What is remembered of one Jira. In memory only: after a restart it is asked again.
#[derive(Debug, Default)]
pub struct Memory {
    /// How fast each request is written to.
    pub paces: Paces,
    /// Until when it wants to be left alone.
    pub limits: Limits,
    /// Since when something is looked for.
    pub looking: Looking,
    /// What was heard of. Their answers overlap.
    pub changes: Changes,
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
    use std::time::Duration;

    use super::*;
    use crate::destination::{Fault, Scope, Seen};

    fn limit(scope: Scope) -> Fault {
        let fault = Fault::later("x").after(Some(Duration::from_secs(60)));
        fault.about(scope).seen(Seen::new(429, None))
    }

    #[test]
    fn a_limit_holds_for_what_it_is_about() {
        let memory = Memory::default();
        memory.limits.heed("comment", &limit(Scope::Ticket));
        assert!(memory.limits.may_call("Jira", "comment").is_ok());
        memory.limits.heed("comment", &limit(Scope::Endpoint));
        assert_eq!(
            memory.limits.may_call("Jira", "comment").unwrap_err().scope,
            Scope::Endpoint
        );
        assert!(memory.limits.may_call("Jira", "request").is_ok());
        memory.limits.heed("comment", &limit(Scope::All));
        let fault = memory.limits.may_call("Jira", "request").unwrap_err();
        assert!(fault.after > Some(Duration::from_secs(50)), "{fault:?}");
    }

    #[test]
    fn what_was_heard_of_is_no_news_until_it_is_changed_again() {
        let memory = Memory::default();
        assert!(memory.changes.is_news("1", "08:00") && !memory.changes.is_news("1", "08:00"));
        assert!(memory.changes.is_news("1", "08:01"));
        memory.changes.forget();
        assert!(memory.changes.is_news("1", "08:01"));
    }

    #[test]
    fn what_is_not_found_is_looked_for_until_it_would_be_there() {
        let memory = Memory::default();
        let long = Duration::from_secs(60);
        assert!(memory.looking.on("a", long) > Some(Duration::from_secs(50)));
        assert!(memory.looking.on("a", long).is_some(), "it is not over");
        assert!(memory.looking.on("a", Duration::ZERO).is_none());
        assert!(memory.looking.on("a", long).is_some(), "it begins anew");
    }
}
