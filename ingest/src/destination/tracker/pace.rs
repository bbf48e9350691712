//! How fast things may be made at a tracker: a vendor counts what is made, issues and comments alike, and shuts out for a while whoever makes too much. Pure but
//! for [`Pace`], which remembers what this process made.

use std::{collections::VecDeque, sync::Mutex, time::Duration};

use tokio::time::Instant;

use crate::destination::{Fault, Scope, limits::lock};

/// So many things within so long.
pub type Rate = (usize, Duration);

/// The longest time in which any vendor counts.
const LONGEST: Duration = Duration::from_secs(3_600);

/// What was made, and who was told to come when; both oldest first.
#[derive(Debug, Default)]
struct Turns {
    made: VecDeque<Instant>,
    given: VecDeque<Instant>,
}

/// How long after the last of these times one more thing may be made.
fn wait<'a>(
    rates: &[Rate],
    times: &(impl DoubleEndedIterator<Item = &'a Instant> + Clone),
    now: Instant,
) -> Duration {
    let waits = rates.iter().filter_map(|(most, within)| {
        let oldest = times.clone().rev().nth(most.checked_sub(1)?)?;
        (*oldest + *within).checked_duration_since(now)
    });
    waits.max().unwrap_or_default()
}

impl Turns {
    /// One more thing is made now, or not before so long. Whoever has to wait gets a turn of their own, so that not all come back at once.
    fn take(&mut self, rates: &[Rate], now: Instant) -> Result<(), Duration> {
        while self.made.front().is_some_and(|at| *at + LONGEST <= now) {
            self.made.pop_front();
        }
        // Where a turn has come, it is most likely theirs.
        let has_turn = self.given.front().is_some_and(|at| *at <= now);
        if has_turn {
            self.given.pop_front();
        }
        let left = wait(rates, &self.made.iter(), now);
        if left.is_zero() {
            self.made.push_back(now);
            return Ok(());
        }
        let turn = if has_turn {
            now + left
        } else {
            let last = self.given.back().map_or(now, |last| now.max(*last));
            last + wait(rates, &self.made.iter().chain(&self.given), last)
        };
        let position = self.given.partition_point(|at| *at <= turn);
        self.given.insert(position, turn);
        Err(turn.saturating_duration_since(now))
    }
}

/// What was made at one tracker.
#[derive(Debug, Default)]
pub struct Pace(Mutex<Turns>);

impl Pace {
    /// One more thing is to be made.
    ///
    /// # Errors
    /// When that is too early. Nothing was asked of them, so this is no attempt, and what makes nothing goes on.
    pub fn take(&self, name: &str, rates: &[Rate], now: Instant) -> Result<(), Fault> {
        lock(&self.0).take(rates, now).map_err(|left| {
            let words =
                format!("{name} lets only so much be made in a while; it waits for its turn");
            Fault::later(words).after(Some(left)).about(Scope::Endpoint)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATES: [Rate; 2] = [
        (70, Duration::from_secs(60)),
        (450, Duration::from_secs(3_600)),
    ];

    #[test]
    fn nothing_is_made_faster_than_each_limit_allows_and_each_waits_once() {
        const TICKETS: usize = 1_000;
        let (begin, mut made) = (Instant::now(), Vec::new());
        let mut turns = Turns::default();
        let (mut due, mut refused) = (vec![begin; TICKETS], 0_usize);
        // The one that is due first comes first, up to a fifth later than it was told.
        while let Some(next) = due.iter().enumerate().min_by_key(|(_, at)| **at) {
            let (position, now) = (next.0, *next.1);
            match turns.take(&RATES, now) {
                Ok(()) => {
                    made.push(now);
                    due.swap_remove(position);
                }
                Err(left) => {
                    refused += 1;
                    // Some a little later than others.
                    due[position] = now + left + left / 30 * [0, 3, 5, 1, 6, 4, 2][refused % 7];
                }
            }
        }
        for (most, within) in RATES {
            for (first, last) in made.iter().zip(made.iter().skip(most)) {
                assert!(*last - *first >= within, "{most} in {within:?}");
            }
        }
        assert_eq!(made.len(), TICKETS);
        assert!(refused <= TICKETS, "each waits once: {refused}");
    }

    #[test]
    fn the_first_ones_do_not_wait_and_the_next_ones_wait_one_after_the_other() {
        let (now, pace) = (Instant::now(), Pace::default());
        for _ in 0..70 {
            assert!(pace.take("GitHub", &RATES, now).is_ok());
        }
        let fault = pace.take("GitHub", &RATES, now).unwrap_err();
        assert_eq!(fault.after, Some(Duration::from_secs(60)));
        assert!(fault.is_too_early() && !fault.is_of_the_place());
        assert_eq!(fault.scope, Scope::Endpoint);
        let later = now + Duration::from_secs(60);
        assert!(pace.take("GitHub", &RATES, later).is_ok());
        let none: &[Rate] = &[];
        assert!(Pace::default().take("GitHub", none, now).is_ok());
    }
}
