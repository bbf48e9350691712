//! Counting open seconds (rules K-2, K-3, K-5, C-4, C-6, C-9).

use jiff::civil::Date;

use super::{
    calendar::{DAY_S, HORIZON_DAYS, Hours, Second, Weekly, add_days, instant, timestamp},
    year::{self, days, year_of},
};

/// A stretch in which a clock stands still: half-open (K-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pause {
    /// Its first second.
    pub from: Second,
    /// The first second after it; `Second::MAX` while it lasts.
    pub to: Second,
}

impl Hours {
    /// Whether they are open at an instant: the opening is inside, the closing outside (**C-4**).
    #[must_use]
    pub fn is_open(&self, at: Second) -> bool {
        self.first_open(at) == Some(at)
    }

    /// **K-2**: seconds of [from, to) that are open and in none of the pauses, which are sorted and apart.
    #[must_use]
    pub fn elapsed(&self, from: Second, to: Second, pauses: &[Pause]) -> i64 {
        if from >= to {
            return 0;
        }
        let paused: i64 = pauses
            .iter()
            .map(|pause| self.open_s(pause.from.max(from), pause.to.min(to)))
            .sum();
        self.open_s(from, to) - paused
    }

    /// **K-3**, **C-9**: the earliest instant at or after `start` by which `count` seconds have been open and in none of the pauses.
    #[must_use]
    pub fn due_at(&self, start: Second, count: i64, pauses: &[Pause]) -> Option<Second> {
        if count <= 0 {
            return Some(start);
        }
        let horizon = horizon(start);
        let (mut from, mut left) = (start, count);
        for pause in pauses.iter().filter(|pause| pause.to > start) {
            let to = pause.from.min(horizon);
            if from < to {
                let open_s = self.open_s(from, to);
                if left <= open_s {
                    return self.after(from, left, to);
                }
                left -= open_s;
            }
            from = from.max(pause.to);
        }
        self.after(from, left, horizon)
    }

    /// The first open instant at or after `at`, within the horizon.
    #[must_use]
    pub fn first_open(&self, at: Second) -> Option<Second> {
        let weekly = match self {
            Self::Always => return Some(at),
            Self::Weekly(weekly) => weekly,
        };
        let horizon = horizon(at);
        (year_of(at)..=year_of(horizon)).find_map(|year| {
            let open = weekly.in_year(year, |year| year.open_at_or_after(at))?;
            let first = open.from.max(at);
            (first < horizon).then_some(first)
        })
    }

    /// **C-6**: the open stretches of [from, to), none of which touches another.
    #[must_use]
    pub fn intervals(&self, from: Second, to: Second) -> Vec<(Second, Second)> {
        if from >= to {
            return Vec::new();
        }
        let weekly = match self {
            Self::Always => return vec![(from, to)],
            Self::Weekly(weekly) => weekly,
        };
        let mut intervals: Vec<(Second, Second)> = Vec::new();
        for year in year_of(from)..=year_of(to) {
            let stretches = weekly.in_year(year, |year| year.stretches().to_vec());
            for open in stretches {
                let (open, close) = (open.from.max(from), open.to.min(to));
                match intervals.last_mut() {
                    _ if open >= close => {}
                    // A window over the end of a year is one.
                    Some(last) if last.1 == open => last.1 = close,
                    _ => intervals.push((open, close)),
                }
            }
        }
        intervals
    }

    /// **K-5**: the budget of so many business days from `start`; nothing where nothing opens.
    #[must_use]
    pub fn business_days(&self, start: Second, count: i64) -> Option<i64> {
        let weekly = match self {
            Self::Always => return count.checked_mul(DAY_S),
            Self::Weekly(weekly) => weekly,
        };
        let first = self.first_open(start)?;
        let (label, window) = weekly.window_around(first)?;
        let goal_label = weekly.business_date_after(label, count)?;
        let local = window.tz.to_datetime(timestamp(first));
        let moved = goal_label.since((jiff::Unit::Day, label)).ok()?;
        let goal = local.checked_add(moved).ok()?;
        Some(self.elapsed(first, instant(goal, &window.tz)?, &[]))
    }

    /// Open seconds of [from, to), pauses aside.
    fn open_s(&self, from: Second, to: Second) -> i64 {
        if from >= to {
            return 0;
        }
        let weekly = match self {
            Self::Always => return to - from,
            Self::Weekly(weekly) => weekly,
        };
        let (first, last) = (year_of(from), year_of(to));
        let whole: i64 = (first..last)
            .map(|year| weekly.in_year(year, super::year::Year::open_s))
            .sum();
        let before = weekly.in_year(first, |year| year.open_before(from));
        whole + weekly.in_year(last, |year| year.open_before(to)) - before
    }

    /// The earliest instant by which `count` seconds after `from` were open; nothing when that is later than `limit`. `count` is at least 1.
    fn after(&self, from: Second, count: i64, limit: Second) -> Option<Second> {
        let weekly = match self {
            Self::Always => return from.checked_add(count).filter(|due| *due <= limit),
            Self::Weekly(weekly) => weekly,
        };
        if from >= limit {
            return None;
        }
        let mut left = count;
        for number in year_of(from)..=year_of(limit) {
            let found = weekly.in_year(number, |year| {
                let before = year.open_before(from);
                let open_s = year.open_s() - before;
                if left <= open_s {
                    Ok(year.instant_after(before + left))
                } else {
                    Err(open_s)
                }
            });
            match found {
                Ok(due) => return due.filter(|due| *due <= limit),
                Err(open_s) => left -= open_s,
            }
        }
        None
    }
}

impl Weekly {
    /// **K-5**, step 2: the label date of the window around an open instant and its opening end: the earliest label, then the first in the file.
    fn window_around(&self, at: Second) -> Option<(Date, &super::calendar::End)> {
        days(at - 3 * DAY_S, at + 2 * DAY_S).find_map(|label| {
            let mut windows = self.windows_on(label);
            let (window, ..) = windows.find(|(_, open, close)| (*open..*close).contains(&at))?;
            Some((label, &window.open))
        })
    }

    /// **K-5**, step 3: the `count`th business date after a label; nothing beyond the horizon (**C-9**).
    fn business_date_after(&self, label: Date, count: i64) -> Option<Date> {
        let mut left = usize::try_from(count).ok()?;
        if left == 0 {
            return Some(label);
        }
        let last = add_days(label, HORIZON_DAYS)?;
        for number in label.year()..=last.year() {
            let found = self.in_year(number, |year| {
                let dates = year.business_dates();
                let later = &dates[dates.partition_point(|date| *date <= label)..];
                later.get(left - 1).copied().ok_or(later.len())
            });
            match found {
                Ok(date) => return Some(date).filter(|date| *date <= last),
                Err(count) => left -= count,
            }
        }
        None
    }
}

/// **C-9**: the last instant that a computation from `start` looks at.
fn horizon(start: Second) -> Second {
    start.saturating_add(HORIZON_DAYS * DAY_S).min(year::LAST)
}
