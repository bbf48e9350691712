//! What a calendar is open in a year of UTC: sorted stretches with running sums, so that counting is a search.

use jiff::civil::{Date, date};

use super::calendar::{DAY_S, Second, Weekly, add_days};

/// A stretch that is open, without what touches it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Open {
    /// Its first second.
    pub from: Second,
    /// The first second after it.
    pub to: Second,
    /// Open seconds of the year before it.
    before_s: i64,
}

/// A year of UTC.
#[derive(Debug)]
pub struct Year {
    open: Vec<Open>,
    open_s: i64,
    business_dates: Vec<Date>,
}

impl Year {
    /// Works out a year (**C-3** to **C-7**).
    pub fn of(weekly: &Weekly, year: i16) -> Self {
        let (from, to) = bounds(year);
        let mut windows = Vec::new();
        let mut business_dates = Vec::new();
        // Windows lie at most a day, and a zone at most another, from their label.
        for label in days(from - 3 * DAY_S, to + 3 * DAY_S) {
            let before = windows.len();
            windows.extend(
                weekly
                    .windows_on(label)
                    .map(|(_, open, close)| (open, close)),
            );
            if windows.len() > before && label.year() == year {
                business_dates.push(label);
            }
        }
        let open = union(windows, from, to);
        let open_s = open
            .last()
            .map_or(0, |last| last.before_s + last.to - last.from);
        Self {
            open,
            open_s,
            business_dates,
        }
    }

    /// Open seconds of the year before `at`.
    pub fn open_before(&self, at: Second) -> i64 {
        match self
            .open
            .partition_point(|open| open.from < at)
            .checked_sub(1)
        {
            None => 0,
            Some(last) => {
                let last = self.open[last];
                last.before_s + at.min(last.to) - last.from
            }
        }
    }

    /// All its open seconds.
    pub fn open_s(&self) -> i64 {
        self.open_s
    }

    /// The earliest instant before which `count` of its open seconds lie; there are that many, and at least one.
    pub fn instant_after(&self, count: i64) -> Option<Second> {
        let index = self.open.partition_point(|open| open.before_s < count);
        let open = self.open.get(index.checked_sub(1)?)?;
        Some(open.from + count - open.before_s)
    }

    /// The stretch that contains `at`, or the next one of the year.
    pub fn open_at_or_after(&self, at: Second) -> Option<Open> {
        let index = self.open.partition_point(|open| open.to <= at);
        self.open.get(index).copied()
    }

    /// Its open stretches.
    pub fn stretches(&self) -> &[Open] {
        &self.open
    }

    /// Its business dates: label dates with a window.
    pub fn business_dates(&self) -> &[Date] {
        &self.business_dates
    }
}

/// **C-6**: overlapping windows count once, windows that meet are one.
fn union(mut windows: Vec<(Second, Second)>, from: Second, to: Second) -> Vec<Open> {
    windows.sort_unstable();
    let mut union: Vec<Open> = Vec::with_capacity(windows.len());
    for (open, close) in windows {
        let (open, close) = (open.max(from), close.min(to));
        if open >= close {
            continue;
        }
        match union.last_mut() {
            Some(last) if open <= last.to => last.to = last.to.max(close),
            _ => union.push(Open {
                from: open,
                to: close,
                before_s: 0,
            }),
        }
    }
    let mut before_s = 0;
    for open in &mut union {
        open.before_s = before_s;
        before_s += open.to - open.from;
    }
    union
}

/// The year of UTC that a second lies in.
pub fn year_of(at: Second) -> i16 {
    date_of(at).year()
}

/// The date in UTC.
pub fn date_of(at: Second) -> Date {
    jiff::tz::Offset::UTC
        .to_datetime(super::calendar::timestamp(at))
        .date()
}

fn bounds(year: i16) -> (Second, Second) {
    let start = |year: i16| {
        let first = date(1970, 1, 1);
        let days = date(year, 1, 1).since((jiff::Unit::Day, first));
        i64::from(days.map_or(0, |days| days.get_days())) * DAY_S
    };
    let from = start(year);
    let to = if year < 9999 {
        start(year + 1)
    } else {
        from + 365 * DAY_S
    };
    (from, to)
}

/// Every date in UTC from one second to another.
pub fn days(from: Second, to: Second) -> impl Iterator<Item = Date> {
    let last = date_of(to);
    std::iter::successors(Some(date_of(from)), move |date| {
        add_days(*date, 1).filter(|next| *next <= last)
    })
}

/// The last second that there is a date for.
pub const LAST: Second = 253_402_207_199;
