//! How fast one request may be changed: Jira counts writes per request. Pure but for [`Paces`].

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// Half of what they allow: people and rules of theirs write, too (20 in 2 s, 100 in 30 s).
const LIMITS: [(usize, Duration); 2] =
    [(10, Duration::from_secs(2)), (50, Duration::from_secs(30))];
/// Longest that is looked back.
const LONGEST: Duration = Duration::from_secs(30);
/// So many requests are remembered before those that rest are forgotten.
const MANY: usize = 1_000;

/// How long to wait before one more write.
fn wait(written: &VecDeque<Instant>, now: Instant) -> Duration {
    let waits = LIMITS.iter().filter_map(|(most, within)| {
        let oldest = written.len().checked_sub(*most)?;
        (written[oldest] + *within).checked_duration_since(now)
    });
    waits.max().unwrap_or_default()
}

/// The last writes of each request.
#[derive(Debug, Default)]
pub struct Paces(Mutex<HashMap<String, VecDeque<Instant>>>);

impl Paces {
    /// Waits until one more write is allowed, and counts it.
    pub async fn take(&self, request: &str) {
        let until = {
            let now = Instant::now();
            let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if all.len() > MANY {
                all.retain(|_, written| written.back().is_some_and(|last| *last + LONGEST > now));
            }
            let written = all.entry(request.to_owned()).or_default();
            while written.front().is_some_and(|first| *first + LONGEST <= now) {
                written.pop_front();
            }
            let until = now + wait(written, now);
            written.push_back(until);
            until
        };
        tokio::time::sleep_until(until).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_written_to_within_each_limit() {
        let begin = Instant::now();
        let mut written = VecDeque::new();
        let mut now = begin;
        for _ in 0..60 {
            now += wait(&written, now);
            written.push_back(now);
        }
        for (most, within) in LIMITS {
            for (first, last) in written.iter().zip(written.iter().skip(most)) {
                assert!(*last - *first >= within, "{most} in {within:?}");
            }
        }
        assert_eq!(written[9], begin, "the first ones do not wait");
    }
}
