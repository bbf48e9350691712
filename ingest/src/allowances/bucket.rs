//! A bucket that is filled up evenly (the generic cell rate algorithm), as arithmetic on one number.
//!
//! All that is kept is the instant at which the bucket is full again. Taking moves it into the future; it may lie one filling time ahead of
//! now at the most, because then the bucket is empty. Nothing has to be done while time passes, and a number that has passed says nothing.

/// How much there is, and how long it takes to fill an empty bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// How much there is when it is full; none is no limit.
    pub size: u64,
    /// Microseconds from empty to full.
    pub filled_in_us: i64,
}

impl Bucket {
    /// Filled within an hour.
    #[must_use]
    pub const fn hourly(size: u64) -> Self {
        const HOUR_US: i64 = 3_600_000_000;
        Self {
            size,
            filled_in_us: HOUR_US,
        }
    }

    /// Is there no limit?
    #[must_use]
    pub const fn is_bottomless(&self) -> bool {
        self.size == 0
    }

    /// How far taking `amount` moves the instant, in microseconds, rounded down, so that the whole bucket can be taken one by one; more than the whole bucket is taken as the whole.
    #[must_use]
    pub fn cost_us(&self, amount: u64) -> i64 {
        if self.is_bottomless() {
            return 0;
        }
        let filled_in_us = i128::from(self.filled_in_us);
        let size = i128::from(self.size);
        let cost = i128::from(amount.min(self.size)) * filled_in_us / size;
        i64::try_from(cost).unwrap_or(self.filled_in_us)
    }

    /// How long to wait until `cost_us` can be taken, in microseconds; 0 when it can be now.
    #[must_use]
    pub fn wait_us(&self, used_until_us: i64, now_us: i64, cost_us: i64) -> i64 {
        // A clock that went back must not make anybody wait for longer than an empty bucket would.
        let ahead = (used_until_us - now_us).clamp(0, self.filled_in_us);
        (ahead + cost_us - self.filled_in_us).max(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWENTY: Bucket = Bucket::hourly(20);
    const MINUTE_US: i64 = 60_000_000;

    /// Takes one as often as it can at the given minutes, and tells how often that was.
    fn taken(bucket: Bucket, minutes: impl IntoIterator<Item = i64>) -> usize {
        let (mut used_until, cost) = (0, bucket.cost_us(1));
        let take = |minute: &i64| {
            let now = minute * MINUTE_US;
            let is_there = bucket.wait_us(used_until, now, cost) == 0;
            if is_there {
                used_until = used_until.max(now) + cost;
            }
            is_there
        };
        minutes.into_iter().filter(take).count()
    }

    #[test]
    fn as_much_as_the_size_at_once_and_no_more() {
        assert_eq!(taken(TWENTY, [1_000; 50]), 20);
        assert_eq!(taken(Bucket::hourly(1), [1_000; 50]), 1);
        assert_eq!(
            taken(Bucket::hourly(7), [1_000; 50]),
            7,
            "3600 / 7 is not even"
        );
    }

    #[test]
    fn it_is_filled_up_evenly() {
        assert_eq!(
            taken(TWENTY, [vec![1_000; 50], vec![1_003; 50]].concat()),
            21
        );
        assert_eq!(
            taken(TWENTY, [vec![1_000; 50], vec![1_060; 50]].concat()),
            40
        );
        assert_eq!(
            taken(TWENTY, 1_000..1_600),
            20 + 599 / 3,
            "a minute each for ten hours"
        );
    }

    #[test]
    fn the_wait_is_until_one_is_there() {
        let full_in_an_hour = 60 * MINUTE_US;
        assert_eq!(
            TWENTY.wait_us(full_in_an_hour, 0, TWENTY.cost_us(1)),
            3 * MINUTE_US
        );
        assert_eq!(
            TWENTY.wait_us(full_in_an_hour, 3 * MINUTE_US, TWENTY.cost_us(1)),
            0
        );
    }

    #[test]
    fn a_clock_that_went_back_costs_an_hour_at_the_most() {
        let wait = TWENTY.wait_us(10_000 * MINUTE_US, 0, TWENTY.cost_us(1));
        assert_eq!(wait, 3 * MINUTE_US);
    }

    #[test]
    fn no_limit_costs_nothing_and_too_much_costs_all() {
        assert_eq!(Bucket::hourly(0).cost_us(u64::MAX), 0);
        assert_eq!(TWENTY.cost_us(u64::MAX), TWENTY.filled_in_us);
    }
}
