//! Calendars: when somebody is there (rules C-1 to C-9, Z-2).
//!
//! All arithmetic is on whole seconds since 1970 in UTC. What a year is open is worked out once, when the year is first asked about.

use std::{collections::BTreeMap, sync::OnceLock};

use jiff::{
    Timestamp,
    civil::{Date, DateTime, Time, Weekday},
    tz::TimeZone,
};
use serde::{Deserialize, Serialize};

use super::{incomplete::Incomplete, year::Year};

/// Whole seconds since 1970 in UTC.
pub type Second = i64;

/// **C-9**: how far a computation looks, from its start.
pub const HORIZON_DAYS: i64 = 1096;

/// Seconds of a day that has no clock change.
pub const DAY_S: i64 = 86_400;

/// The instant as whole seconds; fractions are cut off (**K-1**).
#[must_use]
pub fn second(at: Timestamp) -> Second {
    at.as_second() - i64::from(at.subsec_nanosecond() < 0)
}

/// The instant of a second; the end of time for one that is later.
#[must_use]
pub fn timestamp(second: Second) -> Timestamp {
    let nearest = if second < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    };
    Timestamp::from_second(second).unwrap_or(nearest)
}

/// **Z-2**: a local time as an instant. Of a time that there is twice the first; one that there is not, with the offset before the gap.
#[must_use]
pub fn instant(local: DateTime, tz: &TimeZone) -> Option<Second> {
    let at = tz.to_ambiguous_timestamp(local).compatible().ok()?;
    Some(second(at))
}

/// An end of a window: a time of day in a zone.
#[derive(Clone, Debug)]
pub struct End {
    /// Minutes after midnight; 1440 is the next midnight (C-2).
    pub minute: u16,
    /// Days after the label date: 0 or 1.
    pub day: u8,
    /// Its zone.
    pub tz: TimeZone,
    /// The zone as the policy names it: a label such as `CET`, or an IANA id.
    pub zone: String,
}

impl End {
    /// **C-2**, **C-3**: the instant of this end of the window with the label `date`.
    #[must_use]
    pub fn on(&self, date: Date) -> Option<Second> {
        let (days, minute) = match self.minute {
            1440 => (i64::from(self.day) + 1, 0),
            minute => (i64::from(self.day), minute),
        };
        let date = add_days(date, days)?;
        let time = Time::new((minute / 60) as i8, (minute % 60) as i8, 0, 0).ok()?;
        instant(date.to_datetime(time), &self.tz)
    }
}

/// Hours that repeat on days of the week.
#[derive(Clone, Debug)]
pub struct Window {
    /// The days that it opens on, Monday first.
    pub days: [bool; 7],
    /// Its first instant.
    pub open: End,
    /// The first instant after it.
    pub close: End,
}

impl Window {
    /// Whether it opens on this day of the week.
    #[must_use]
    pub fn is_on(&self, day: Weekday) -> bool {
        self.days[day.to_monday_zero_offset() as usize]
    }

    /// **C-3**, **C-5**: where it lies on a label date, holidays aside; nothing where it closes before it opens.
    #[must_use]
    pub fn on(&self, label: Date) -> Option<(Second, Second)> {
        if !self.is_on(label.weekday()) {
            return None;
        }
        let (open, close) = (self.open.on(label)?, self.close.on(label)?);
        (open < close).then_some((open, close))
    }
}

/// A calendar with windows.
#[derive(Debug)]
pub struct Weekly {
    windows: Vec<Window>,
    /// Dates and, where it is known, what they are called.
    holidays: BTreeMap<Date, Option<String>>,
    /// The years from [`FIRST_YEAR`] on, each worked out when it is first asked about.
    years: Box<[OnceLock<Year>]>,
}

const FIRST_YEAR: i16 = 2000;
const YEARS: usize = 100;

impl Weekly {
    /// A calendar of these windows.
    #[must_use]
    pub fn new(windows: Vec<Window>, holidays: BTreeMap<Date, Option<String>>) -> Self {
        Self {
            windows,
            holidays,
            years: (0..YEARS).map(|_| OnceLock::new()).collect(),
        }
    }

    /// Its windows in the order of the file.
    #[must_use]
    pub fn windows(&self) -> &[Window] {
        &self.windows
    }

    /// Its holidays and, where it is known, what they are called.
    #[must_use]
    pub fn holidays(&self) -> &BTreeMap<Date, Option<String>> {
        &self.holidays
    }

    /// **C-7**: the windows with this label and their places in the file; none on a holiday.
    pub fn windows_on(&self, label: Date) -> impl Iterator<Item = (&Window, Second, Second)> {
        let is_holiday = self.holidays.contains_key(&label);
        let windows = self.windows.iter().filter(move |_| !is_holiday);
        windows.filter_map(move |window| {
            let (open, close) = window.on(label)?;
            Some((window, open, close))
        })
    }

    /// Calls `with` with what is known of a year.
    pub(super) fn in_year<T>(&self, year: i16, with: impl FnOnce(&Year) -> T) -> T {
        let index = usize::try_from(year - FIRST_YEAR).ok();
        match index.and_then(|index| self.years.get(index)) {
            Some(known) => with(known.get_or_init(|| Year::of(self, year))),
            None => with(&Year::of(self, year)),
        }
    }
}

/// When a calendar is open.
#[derive(Debug)]
pub enum Hours {
    /// At every instant.
    Always,
    /// In its windows.
    Weekly(Box<Weekly>),
}

/// A calendar of a policy.
#[derive(Debug)]
pub struct Calendar {
    /// Its name in the policy.
    pub id: String,
    /// The zone of its windows, which also counts civil days (K-6).
    pub zone: Option<TimeZone>,
    hours: Result<Hours, Incomplete>,
}

impl Calendar {
    pub(super) fn new(id: &str, zone: Option<TimeZone>, hours: Result<Hours, Incomplete>) -> Self {
        Self {
            id: id.to_owned(),
            zone,
            hours,
        }
    }

    /// When it is open.
    ///
    /// # Errors
    /// **C-1**: what the policy does not say, so that nothing can be computed.
    pub fn hours(&self) -> Result<&Hours, &Incomplete> {
        self.hours.as_ref()
    }

    /// Whether it is open at an instant (**C-4**).
    ///
    /// # Errors
    /// As for [`Self::hours`].
    pub fn is_open(&self, at: Timestamp) -> Result<bool, &Incomplete> {
        self.hours().map(|hours| hours.is_open(second(at)))
    }
}

/// **M-1**: the column of a table by the time of receipt.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Received {
    /// In the hours of the calendar.
    Inside,
    /// Not in them.
    Outside,
}

/// A date so many days later.
#[must_use]
pub fn add_days(date: Date, days: i64) -> Option<Date> {
    let span = jiff::Span::new().try_days(days).ok()?;
    date.checked_add(span).ok()
}
