//! What can be said about a place that did not do what it was asked to. Pure.

use std::time::Duration;

/// Why something was not done elsewhere, and what follows from it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Fault {
    /// What follows.
    pub verdict: Verdict,
    /// Why, in words of ours: no address, no text and no secret stands here.
    pub reason: String,
    /// No sooner than after this, as they ask for it.
    pub after: Option<Duration>,
    /// For what they ask that.
    pub scope: Scope,
    /// What was seen of their answer.
    pub seen: Seen,
}

/// What follows from a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing was done. It may work another time.
    Later,
    /// Nobody knows whether it was done: it is looked up before it is done again.
    Unclear,
    /// It will never work for this ticket.
    Never,
    /// It will work for no ticket until somebody changes something: credentials, settings, an address that is gone.
    Disabled,
}

/// What a limit of theirs is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// Everything that is asked of them.
    #[default]
    All,
    /// This kind of question.
    Endpoint,
    /// This ticket.
    Ticket,
}

/// What was seen of an answer, for the log of deliveries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Their status; nothing where there was no answer.
    pub status: Option<u16>,
    /// What they call the request, so that their support finds it.
    pub request_id: Option<String>,
}

/// Longest id of a request that is kept.
const REQUEST_ID_MOST_CHARS: usize = 128;

impl Seen {
    /// An answer with this status, which they call `request_id`. An id with anything but visible ASCII in it is none.
    #[must_use]
    pub fn new(status: u16, request_id: Option<&str>) -> Self {
        let request_id = request_id.filter(|id| {
            (1..=REQUEST_ID_MOST_CHARS).contains(&id.len())
                && id.bytes().all(|byte| byte.is_ascii_graphic())
        });
        Self {
            status: Some(status),
            request_id: request_id.map(ToOwned::to_owned),
        }
    }
}

impl Fault {
    fn new(verdict: Verdict, reason: impl Into<String>) -> Self {
        Self {
            verdict,
            reason: reason.into(),
            after: None,
            scope: Scope::default(),
            seen: Seen::default(),
        }
    }

    /// Nothing was done. It may work another time.
    #[must_use]
    pub fn later(reason: impl Into<String>) -> Self {
        Self::new(Verdict::Later, reason)
    }

    /// Nobody knows whether it was done.
    #[must_use]
    pub fn unclear(reason: impl Into<String>) -> Self {
        Self::new(Verdict::Unclear, reason)
    }

    /// It will never work for this ticket.
    #[must_use]
    pub fn never(reason: impl Into<String>) -> Self {
        Self::new(Verdict::Never, reason)
    }

    /// It will work for no ticket until somebody changes something.
    #[must_use]
    pub fn disabled(reason: impl Into<String>) -> Self {
        Self::new(Verdict::Disabled, reason)
    }

    /// … and no sooner than after this.
    #[must_use]
    pub const fn after(mut self, wait: Option<Duration>) -> Self {
        self.after = wait;
        self
    }

    /// … which holds for this.
    #[must_use]
    pub const fn about(mut self, scope: Scope) -> Self {
        self.scope = scope;
        self
    }

    /// … as they said in this answer.
    #[must_use]
    pub fn seen(mut self, seen: Seen) -> Self {
        self.seen = seen;
        self
    }

    /// Did it only come too early? They answered, and said when to come again (429), or we know by ourselves that it is too early to ask. Nothing failed, so this
    /// is no attempt of those that there are.
    #[must_use]
    pub const fn is_too_early(&self) -> bool {
        let is_no_failure = match self.seen.status {
            None => true,
            Some(status) => matches!(status, 200..=299 | 429),
        };
        matches!(self.verdict, Verdict::Later) && self.after.is_some() && is_no_failure
    }

    /// Does it say that the place is away? Such faults open the breaker; one about a single ticket does not, and neither does coming too early.
    #[must_use]
    pub const fn is_of_the_place(&self) -> bool {
        matches!(self.verdict, Verdict::Later | Verdict::Unclear)
            && !matches!(self.scope, Scope::Ticket)
            && !self.is_too_early()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_of_theirs_is_kept_as_far_as_it_is_one() {
        let kept = |id: &str| Seen::new(200, Some(id)).request_id;
        assert_eq!(kept("req-1").as_deref(), Some("req-1"));
        for strange in ["", "a b", "a\u{7}", "ä", &"x".repeat(129)] {
            assert_eq!(kept(strange), None, "{strange:?}");
        }
    }

    #[test]
    fn who_comes_too_early_has_not_failed() {
        let after = Some(Duration::from_secs(1));
        let answered = |status| Fault::later("x").after(after).seen(Seen::new(status, None));
        for fault in [Fault::later("x").after(after), answered(429), answered(200)] {
            assert!(
                fault.is_too_early() && !fault.is_of_the_place(),
                "{fault:?}"
            );
        }
        for fault in [
            Fault::later("x"),
            answered(503),
            answered(429).after(None),
            Fault::unclear("x").after(after),
            Fault::disabled("x").after(after),
        ] {
            assert!(!fault.is_too_early(), "{fault:?}");
        }
    }

    #[test]
    fn what_is_about_one_ticket_says_nothing_about_the_place() {
        assert!(Fault::later("x").is_of_the_place() && Fault::unclear("x").is_of_the_place());
        assert!(
            !Fault::later("x").about(Scope::Ticket).is_of_the_place()
                && !Fault::never("x").is_of_the_place()
        );
    }
}
