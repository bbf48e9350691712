//! What a lead looks at: how much came, how soon a person answered, how good suggestions were. Pure.
//!
//! A period is whole days of one time zone; the tickets of a report are those that were received in it and are not held.

pub mod export;
pub mod spreadsheet;

use std::collections::BTreeMap;

use jiff::{Span, Timestamp, civil::Date, tz::TimeZone};
use serde::Serialize;

use crate::{
    classification::decision::{self, Facet, Tallied},
    store::clocks,
};

/// Days of a period that nobody has chosen.
const DAYS: i32 = 28;
/// Most days: more than a year, so that a year can be compared with its beginning.
pub const MOST_DAYS: i32 = 400;

/// Whole days, from the first to the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Period {
    /// The first day.
    pub from: Date,
    /// The last day.
    pub to: Date,
}

impl Period {
    /// The four weeks that end with `today`.
    #[must_use]
    pub fn recent(today: Date) -> Self {
        Self {
            from: days_later(today, 1 - DAYS),
            to: today,
        }
    }

    /// What somebody chose, in either order; days that are missing are those of [`Self::recent`], and a period that is too long keeps its end.
    #[must_use]
    pub fn chosen(from: Option<Date>, to: Option<Date>, today: Date) -> Self {
        let to = to.unwrap_or_else(|| from.map_or(today, |from| today.max(from)));
        let from = from.unwrap_or_else(|| days_later(to, 1 - DAYS));
        let (from, to) = (from.min(to), from.max(to));
        Self {
            from: from.max(days_later(to, 1 - MOST_DAYS)),
            to,
        }
    }

    /// From the first instant of the first day until the first after the last.
    #[must_use]
    pub fn instants(&self, zone: &TimeZone) -> (Timestamp, Timestamp) {
        let begin = |day: Date| {
            let zoned = day.to_zoned(zone.clone());
            zoned.map_or(Timestamp::MAX, |zoned| zoned.timestamp())
        };
        (begin(self.from), begin(days_later(self.to, 1)))
    }

    /// Each day.
    pub fn days(&self) -> impl Iterator<Item = Date> + use<> {
        let (from, to) = (self.from, self.to);
        (0..MOST_DAYS)
            .map(move |count| days_later(from, count))
            .take_while(move |day| *day <= to)
    }
}

fn days_later(day: Date, days: i32) -> Date {
    day.saturating_add(Span::new().days(days))
}

/// Tickets of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct OfADay {
    /// The day.
    pub day: Date,
    /// How many came.
    pub received: u64,
}

/// How many tickets came on each day, of how many came in each quarter of an hour since 1970: no zone has a day that begins within one.
#[must_use]
pub fn by_day(quarters: &[(i64, u64)], period: &Period, zone: &TimeZone) -> Vec<OfADay> {
    let mut days: BTreeMap<Date, u64> = period.days().map(|day| (day, 0)).collect();
    for (quarter, count) in quarters {
        let at = Timestamp::from_second(quarter.saturating_mul(QUARTER_SECONDS));
        let day = at.map(|at| at.to_zoned(zone.clone()).date());
        if let Some(received) = day.ok().and_then(|day| days.get_mut(&day)) {
            *received += count;
        }
    }
    let of = |(day, received)| OfADay { day, received };
    days.into_iter().map(of).collect()
}

/// Seconds of a quarter of an hour.
pub const QUARTER_SECONDS: i64 = 900;

/// So many tickets whose first response stands so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The clock's status; nothing where the ticket has no clock.
    pub status: Option<clocks::Status>,
    /// Why there is no due time.
    pub reason: Option<String>,
    /// Whether a person has answered.
    pub is_answered: bool,
    /// How many.
    pub tickets: u64,
}

/// How the first responses of a period went.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FirstResponse {
    /// Answered in time.
    pub met: u64,
    /// Answered too late.
    pub late: u64,
    /// Not answered, and it is too late.
    pub missed: u64,
    /// Not answered, and there is still time, or the clock stands still.
    pub running: u64,
    /// Nothing was promised, by reason: `no_policy`, or the policy engine's (`channel_not_guaranteed`).
    pub without_promise: BTreeMap<String, u64>,
}

impl FirstResponse {
    /// The sum of what stands so.
    #[must_use]
    pub fn of(standings: &[Standing]) -> Self {
        use clocks::Status::{Breached, Met, None as Nothing, Paused, Running};
        let mut sum = Self::default();
        for standing in standings {
            let count = standing.tickets;
            match standing.status {
                Some(Met) => sum.met += count,
                Some(Breached) if standing.is_answered => sum.late += count,
                Some(Breached) => sum.missed += count,
                Some(Running | Paused) => sum.running += count,
                Some(Nothing) => {
                    let reason = standing
                        .reason
                        .clone()
                        .unwrap_or_else(|| "other".to_owned());
                    *sum.without_promise.entry(reason).or_default() += count;
                }
                None => {
                    *sum.without_promise
                        .entry("no_policy".to_owned())
                        .or_default() += count;
                }
            }
        }
        sum
    }

    /// Of a hundred promises that were due or kept, so many were kept; nothing where there was none. Rounded down: 100 means all.
    #[must_use]
    pub const fn percent_met(&self) -> Option<u64> {
        (self.met * 100).checked_div(self.met + self.late + self.missed)
    }
}

/// How long the first answer took, wall-clock seconds, of tickets of one priority and plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Took {
    /// Key of the priority.
    pub priority: Option<String>,
    /// Key of the plan.
    pub plan: Option<String>,
    /// How many were answered.
    pub answered: u64,
    /// Half were answered within.
    pub median_s: u64,
    /// Nine of ten were answered within.
    pub p90_s: u64,
}

/// How long tickets stood still for one reason, wall-clock seconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Paused {
    /// What they waited for, as on the timeline: `requester`, `access`, `third_party`, `other_department`.
    pub reason: String,
    /// How many tickets.
    pub tickets: u64,
    /// How often.
    pub pauses: u64,
    /// All together.
    pub took_s: u64,
}

/// What requesters thought of the help that they got.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Ratings {
    /// It was good.
    pub good: u64,
    /// It was not.
    pub not_good: u64,
}

impl Ratings {
    /// Of a hundred who said something so many were content; nothing where nobody did. Rounded down: 100 means all.
    #[must_use]
    pub const fn percent_good(&self) -> Option<u64> {
        (self.good * 100).checked_div(self.good + self.not_good)
    }
}

/// Everything of a period.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Which days.
    pub period: Period,
    /// In which time zone they begin and end.
    pub time_zone: String,
    /// The site; nothing for all.
    pub site: Option<String>,
    /// Tickets by day.
    pub days: Vec<OfADay>,
    /// Where they stand now, by status.
    pub by_status: BTreeMap<String, u64>,
    /// How the first responses went.
    pub first_response: FirstResponse,
    /// How long they took.
    pub times: Vec<Took>,
    /// How long they stood still, by reason.
    pub paused: Vec<Paused>,
    /// What requesters thought of it.
    pub ratings: Ratings,
    /// How good suggestions were since the first day, by facet.
    pub classification: BTreeMap<Facet, decision::Report>,
    /// What readers of articles said since the beginning, by verdict.
    pub articles: BTreeMap<String, u64>,
}

impl Report {
    /// How many tickets came.
    #[must_use]
    pub fn received(&self) -> u64 {
        self.days.iter().map(|day| day.received).sum()
    }
}

/// How good suggestions were, of what was counted.
#[must_use]
pub fn classification(tallied: &[Tallied]) -> BTreeMap<Facet, decision::Report> {
    decision::reports(tallied)
}

/// `Europe/Vienna`, as the configuration has it.
#[must_use]
pub fn zone_name(zone: &TimeZone) -> String {
    zone.iana_name().unwrap_or("UTC").to_owned()
}

/// `45 s`, `12 min`, `3 h 20 min`, `2 d 4 h`: two units at most, rounded down.
#[must_use]
pub fn duration(seconds: u64) -> String {
    const MINUTE: u64 = 60;
    const HOUR: u64 = 60 * MINUTE;
    const DAY: u64 = 24 * HOUR;
    let two = |large: u64, unit: &str, small: u64, small_unit: &str| match small {
        0 => format!("{large} {unit}"),
        small => format!("{large} {unit} {small} {small_unit}"),
    };
    match seconds {
        0..MINUTE => format!("{seconds} s"),
        MINUTE..HOUR => format!("{} min", seconds / MINUTE),
        HOUR..DAY => two(seconds / HOUR, "h", seconds % HOUR / MINUTE, "min"),
        DAY.. => two(seconds / DAY, "d", seconds % DAY / HOUR, "h"),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_period_is_whole_days_and_never_too_long() {
        let today = date(2026, 11, 22);
        let recent = Period::recent(today);
        assert_eq!(
            (recent.from, recent.days().count()),
            (date(2026, 10, 26), 28)
        );
        assert_eq!(Period::chosen(None, None, today), recent);
        let turned = Period::chosen(Some(today), Some(date(2026, 11, 1)), today);
        assert_eq!((turned.from, turned.to), (date(2026, 11, 1), today));
        let long = Period::chosen(Some(date(1990, 1, 1)), None, today);
        assert_eq!((long.to, long.days().count()), (today, 400));
        let to_come = Period::chosen(Some(date(2027, 1, 1)), None, today);
        assert_eq!(
            (to_come.from, to_come.to),
            (date(2027, 1, 1), date(2027, 1, 1))
        );
        let end = Period::chosen(Some(Date::MIN), Some(Date::MAX), today);
        assert_eq!(end.to, Date::MAX);
        let (from, until) = end.instants(&TimeZone::UTC);
        assert!(from <= until);
    }

    #[test]
    fn a_day_begins_and_ends_where_the_site_is() {
        let zone = TimeZone::get("Asia/Kathmandu").unwrap();
        let day = date(2026, 3, 3);
        let period = Period { from: day, to: day };
        let (from, until) = period.instants(&zone);
        assert_eq!(from, "2026-03-02T18:15:00Z".parse().unwrap());
        let quarter = |at: Timestamp| at.as_second() / QUARTER_SECONDS;
        let counts = [
            (quarter(from) - 1, 1),
            (quarter(from), 2),
            (quarter(until) - 1, 4),
            (quarter(until), 8),
        ];
        assert_eq!(
            by_day(&counts, &period, &zone),
            [OfADay { day, received: 6 }]
        );
        // 23 hours.
        let spring = date(2026, 3, 29);
        let (from, until) = Period {
            from: spring,
            to: spring,
        }
        .instants(&TimeZone::get("Europe/Berlin").unwrap());
        assert_eq!(until.as_second() - from.as_second(), 23 * 3_600);
    }

    #[test]
    fn a_promise_is_kept_late_missed_or_never_made() {
        use clocks::Status::{Breached, Met, None as Nothing, Paused, Running};
        let standing = |status, reason: Option<&str>, is_answered, tickets| Standing {
            status,
            reason: reason.map(str::to_owned),
            is_answered,
            tickets,
        };
        let sum = FirstResponse::of(&[
            standing(Some(Met), None, true, 199),
            standing(Some(Breached), None, true, 1),
            standing(Some(Breached), None, false, 0),
            standing(Some(Running), None, false, 3),
            standing(Some(Paused), None, false, 4),
            standing(Some(Nothing), Some("unclassified"), false, 5),
            standing(None, None, true, 6),
        ]);
        assert_eq!((sum.met, sum.late, sum.missed, sum.running), (199, 1, 0, 7));
        assert_eq!(sum.percent_met(), Some(99), "not all");
        assert_eq!(sum.without_promise["unclassified"], 5);
        assert_eq!(sum.without_promise["no_policy"], 6);
        assert_eq!(FirstResponse::default().percent_met(), None);
    }

    #[test]
    fn durations_are_short() {
        for (seconds, text) in [
            (0, "0 s"),
            (59, "59 s"),
            (3_599, "59 min"),
            (3_600, "1 h"),
            (12_000, "3 h 20 min"),
            (187_200, "2 d 4 h"),
            (86_400, "1 d"),
        ] {
            assert_eq!(duration(seconds), text);
        }
    }
}
