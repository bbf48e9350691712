//! How the destinations do, as this process sees it: which one is away, and which one asked to be left alone.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::{SignedDuration, Timestamp};

use super::breaker::{Breaker, Change, Sign};
use crate::destination::{Destinations, Fault, Scope};

/// Longest that a destination is left alone because it asks for it.
const HOLD_MOST: SignedDuration = SignedDuration::from_hours(24);

/// Each destination by its name.
#[derive(Clone, Debug, Default)]
pub struct Places(Arc<BTreeMap<Arc<str>, Mutex<Place>>>);

#[derive(Debug)]
struct Place {
    breaker: Breaker,
    /// Nothing goes there before: it asked for that.
    hold_until: Option<Timestamp>,
    /// It came back after long, and nobody asked yet.
    is_back: bool,
}

impl Places {
    /// All destinations, believed to work. `most` jobs run for one at a time; one that is away is tried after `first_wait`.
    #[must_use]
    pub fn new(destinations: &Destinations, most: usize, first_wait: SignedDuration) -> Self {
        let place = || Place {
            breaker: Breaker::new(most, first_wait),
            hold_until: None,
            is_back: false,
        };
        let named = destinations
            .iter()
            .map(|destination| (Arc::clone(&destination.name), Mutex::new(place())));
        Self(Arc::new(named.collect()))
    }

    fn of(&self, name: &str) -> Option<MutexGuard<'_, Place>> {
        let place = self.0.get(name)?;
        Some(place.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// How many jobs may run for it now.
    #[must_use]
    pub fn room(&self, name: &str, now: Timestamp) -> usize {
        let Some(place) = self.of(name) else { return 0 };
        let holds = |until: &Timestamp| {
            // A clock that was set back must not lengthen the wait.
            *until > now && until.duration_since(now) <= HOLD_MOST * 2
        };
        if place.hold_until.as_ref().is_some_and(holds) {
            return 0;
        }
        place.breaker.room(now)
    }

    /// Did it come back after long since this was asked last? Then what was put off need wait no longer.
    #[must_use]
    pub fn came_back(&self, name: &str) -> bool {
        self.of(name)
            .is_some_and(|mut place| std::mem::take(&mut place.is_back))
    }

    /// An attempt ended.
    pub fn note(&self, name: &str, fault: Option<&Fault>, now: Timestamp, fraction: f64) {
        let Some(mut place) = self.of(name) else {
            return;
        };
        if let Some(fault) = fault
            && let Some(after) = hold_of(fault, fraction)
        {
            // It answers, and says when to come again: that is no outage.
            place.hold_until = Some(now.saturating_add(after).unwrap_or(now));
            tracing::warn!(
                destination = name,
                seconds = after.as_secs(),
                "a destination asks to be left alone; what goes there waits"
            );
            return;
        }
        let sign = match fault {
            // Nothing was asked, so nothing is known.
            Some(fault) if fault.is_too_early() && fault.seen.status.is_none() => return,
            Some(fault) if fault.is_of_the_place() => Sign::Failed,
            _ => Sign::Works,
        };
        match place.breaker.note(sign, now, fraction) {
            Change::None => {}
            Change::Away => tracing::warn!(
                destination = name,
                "a destination is away; what goes there waits, one is tried now and then"
            ),
            Change::Back { after_long } => {
                tracing::info!(destination = name, "a destination is back");
                place.is_back |= after_long;
            }
        }
    }
}

/// For how long a fault asks that nothing comes; up to a fifth longer than that, so that not all come at once.
fn hold_of(fault: &Fault, fraction: f64) -> Option<SignedDuration> {
    let after = fault.after.filter(|_| fault.scope == Scope::All)?;
    let after = SignedDuration::try_from(after).unwrap_or(HOLD_MOST);
    Some(longer(after.min(HOLD_MOST), fraction))
}

/// Up to a fifth longer.
#[must_use]
pub fn longer(wait: SignedDuration, fraction: f64) -> SignedDuration {
    wait.mul_f64(0.2_f64.mul_add(fraction.clamp(0.0, 1.0), 1.0))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::destination::Seen;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_795_000_000 + second).unwrap()
    }

    fn places() -> Places {
        let text = "name = \"a\"\nkind = \"webhook\"\nwebhook = { url = \"https://a.example/\" }";
        let configs =
            [text, &text.replace("\"a\"", "\"b\"")].map(|text| toml::from_str(text).unwrap());
        let destinations = Destinations::load(&configs, |_| None).unwrap();
        Places::new(&destinations, 4, SignedDuration::from_secs(5))
    }

    #[test]
    fn one_that_fails_is_left_alone_and_no_other() {
        let places = places();
        for _ in 0..5 {
            places.note("a", Some(&Fault::later("503")), at(0), 0.0);
        }
        assert_eq!((places.room("a", at(4)), places.room("b", at(4))), (0, 4));
        assert_eq!(places.room("a", at(5)), 1);
        places.note("a", None, at(100), 0.0);
        assert!(places.came_back("a") && !places.came_back("a") && !places.came_back("b"));
        assert_eq!(places.room("nobody", at(0)), 0);
    }

    #[test]
    fn what_one_asks_for_is_kept_to_and_hardly_exceeded() {
        for fraction in [0.0, 1.0] {
            let places = places();
            let limited = Fault::later("429").after(Some(Duration::from_secs(10)));
            places.note("a", Some(&limited), at(0), fraction);
            assert_eq!(places.room("a", at(9)), 0);
            assert_eq!(places.room("a", at(12)), 4, "a fifth at the most");
        }
    }

    #[test]
    fn a_limit_of_one_ticket_holds_up_no_other() {
        let places = places();
        let limited = Fault::later("429")
            .after(Some(Duration::from_secs(10)))
            .about(Scope::Ticket);
        for _ in 0..9 {
            places.note("a", Some(&limited), at(0), 0.0);
        }
        assert_eq!(places.room("a", at(0)), 4);
    }

    #[test]
    fn one_that_limits_some_of_its_questions_is_not_away() {
        let places = places();
        let second = Some(Duration::from_secs(1));
        let limited = Fault::later("429").after(second).about(Scope::Endpoint);
        for fault in [limited.clone(), limited.seen(Seen::new(429, None))] {
            for _ in 0..9 {
                places.note("a", Some(&fault), at(0), 0.0);
            }
            assert_eq!(places.room("a", at(0)), 4);
        }
    }

    #[test]
    fn what_they_refuse_for_good_says_that_they_work() {
        let places = places();
        for _ in 0..9 {
            places.note("a", Some(&Fault::never("too long")), at(0), 0.0);
        }
        assert_eq!(places.room("a", at(0)), 4);
    }
}
