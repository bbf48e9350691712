//! Is the other side fast enough? A decision on numbers; who waits and who ends is elsewhere.
//!
//! Only time in which we waited for the other side counts against it: our own disk may be slow.

use std::time::Duration;

use tokio::time::Instant;

/// What is expected of the other side.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// Longest pause.
    pub idle: Duration,
    /// How long any rate is fine.
    pub grace: Duration,
    /// Least average after that.
    pub least_bytes_per_second: u64,
    /// Longest time for the whole, however fast; `None` where its size is ours to know.
    pub most: Option<Duration>,
}

/// How the other side has broken a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slow {
    /// The pause was too long.
    Idle,
    /// The average is too low.
    BelowRate,
    /// The whole took too long.
    TooLong,
}

/// What was seen of one body so far.
#[derive(Debug)]
pub struct Pace {
    rules: Rules,
    began: Instant,
    bytes: u64,
    /// Waiting that has ended.
    waited: Duration,
    waiting_since: Option<Instant>,
}

impl Pace {
    /// Begins at `now`.
    #[must_use]
    pub const fn new(rules: Rules, now: Instant) -> Self {
        Self {
            rules,
            began: now,
            bytes: 0,
            waited: Duration::ZERO,
            waiting_since: None,
        }
    }

    /// Nothing can go on without the other side.
    pub fn waits(&mut self, now: Instant) {
        self.waiting_since.get_or_insert(now);
    }

    /// Bytes came or went.
    pub fn moved(&mut self, bytes: usize, now: Instant) {
        if let Some(since) = self.waiting_since.take() {
            self.waited += now.saturating_duration_since(since);
        }
        self.bytes += bytes as u64;
    }

    /// The moment at which a rule is broken if nothing moves until then; `None` while nobody waits.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        let since = self.waiting_since?;
        let idle = since + self.rules.idle;
        let rate = since + self.allowance().saturating_sub(self.waited);
        let whole = self.rules.most.map(|most| self.began + most);
        [Some(idle), Some(rate), whole].into_iter().flatten().min()
    }

    /// The rule that is broken at `now`.
    #[must_use]
    pub fn fault(&self, now: Instant) -> Option<Slow> {
        let waiting = self
            .waiting_since
            .map_or(Duration::ZERO, |since| now.saturating_duration_since(since));
        let whole = now.saturating_duration_since(self.began);
        if self.rules.most.is_some_and(|most| whole >= most) {
            Some(Slow::TooLong)
        } else if waiting >= self.rules.idle {
            Some(Slow::Idle)
        } else if self.waited + waiting >= self.allowance() {
            Some(Slow::BelowRate)
        } else {
            None
        }
    }

    /// How much waiting the bytes so far are worth.
    fn allowance(&self) -> Duration {
        let rate = self.rules.least_bytes_per_second.max(1);
        self.rules.grace.max(Duration::from_millis(
            self.bytes.saturating_mul(1000) / rate,
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: Rules = Rules {
        idle: Duration::from_secs(15),
        grace: Duration::from_secs(30),
        least_bytes_per_second: 8192,
        most: Some(Duration::from_secs(600)),
    };

    /// Bytes come once a second, `per_second` of them; when is it over, and why?
    fn steady(per_second: usize) -> Option<(u64, Slow)> {
        let began = Instant::now();
        let mut pace = Pace::new(RULES, began);
        for second in 1..=1000 {
            pace.waits(began + Duration::from_secs(second - 1));
            let now = began + Duration::from_secs(second);
            pace.moved(per_second, now);
            if let Some(slow) = pace.fault(now) {
                return Some((second, slow));
            }
        }
        None
    }

    #[test]
    fn who_is_slower_than_the_least_rate_has_the_grace_and_no_more() {
        assert_eq!(steady(1), Some((30, Slow::BelowRate)));
        assert_eq!(steady(8191), Some((30, Slow::BelowRate)));
    }

    #[test]
    fn who_keeps_the_rate_has_the_whole_time() {
        assert_eq!(steady(8400), Some((600, Slow::TooLong)));
    }

    #[test]
    fn a_pause_is_over_at_its_deadline() {
        let began = Instant::now();
        let mut pace = Pace::new(RULES, began);
        assert_eq!(pace.deadline(), None, "nobody waits");
        pace.waits(began);
        let deadline = began + RULES.idle;
        assert_eq!(pace.deadline(), Some(deadline));
        assert_eq!(pace.fault(deadline - Duration::from_millis(1)), None);
        assert_eq!(pace.fault(deadline), Some(Slow::Idle));
    }

    #[test]
    fn the_deadline_is_the_first_of_all_rules() {
        let began = Instant::now();
        let mut pace = Pace::new(RULES, began);
        pace.waits(began);
        let now = began + Duration::from_secs(10);
        pace.moved(100, now);
        pace.waits(now);
        assert_eq!(pace.deadline(), Some(began + Duration::from_secs(25)));
        let now = began + Duration::from_secs(24);
        pace.moved(100, now);
        pace.waits(now);
        assert_eq!(pace.deadline(), Some(began + RULES.grace));
    }

    #[test]
    fn our_own_slowness_does_not_count() {
        let began = Instant::now();
        let mut pace = Pace::new(RULES, began);
        pace.moved(1, began);
        assert_eq!(pace.fault(began + Duration::from_secs(500)), None);
    }
}
