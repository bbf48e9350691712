//! For how long a ticket may be out of the queue, and what brings it back. Pure.

use jiff::{SignedDuration, Timestamp, ToSpan, Zoned, civil, tz::TimeZone};
use serde::{Deserialize, Serialize};

/// Longest, in days: what is further away belongs into a calendar.
const MOST_DAYS: i64 = 366;
/// When a working day begins, for whoever chooses a day.
const HOUR: i8 = 9;

/// What brings a ticket back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Waking {
    /// The time that was chosen has come.
    Time,
    /// Its clock says that an answer is due.
    Due,
    /// The requester wrote.
    Requester,
    /// Staff changed their mind.
    Staff,
}

impl Waking {
    /// For staff.
    #[must_use]
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Time => "The time that was chosen has come",
            Self::Due => "An answer is due",
            Self::Requester => "The requester wrote",
            Self::Staff => "Woken",
        }
    }
}

/// Until when somebody wants it to be out of the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Tomorrow morning.
    Tomorrow,
    /// In three days.
    ThreeDays,
    /// Next Monday morning.
    Monday,
    /// The morning of a day.
    Day(civil::Date),
}

impl Wish {
    /// What a form says: the name of a wish, and a day where that is the wish.
    #[must_use]
    pub fn parse(name: &str, day: &str) -> Option<Self> {
        Some(match name {
            "tomorrow" => Self::Tomorrow,
            "three_days" => Self::ThreeDays,
            "monday" => Self::Monday,
            "day" => Self::Day(day.trim().parse().ok()?),
            _ => return None,
        })
    }
}

/// Why a ticket cannot be snoozed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It has come already.
    #[error("that time is over: choose a later one")]
    Over,
    /// It is more than a year away.
    #[error("that is more than a year away: choose an earlier time")]
    TooFar,
    /// An answer is due by then or was before.
    #[error("an answer is due already, so it stays in the queue")]
    IsDue,
}

/// The instant, on the clock of the site.
///
/// # Errors
/// [`Fault`].
pub fn until(wish: Wish, now: Timestamp, zone: &TimeZone) -> Result<Timestamp, Fault> {
    let local = now.to_zoned(zone.clone());
    let far = |_| Fault::TooFar;
    let until = match wish {
        Wish::Tomorrow => morning(local.date().tomorrow().map_err(far)?, zone),
        Wish::ThreeDays => local.checked_add(3.days()),
        Wish::Monday => {
            let monday = local.date().nth_weekday(1, civil::Weekday::Monday);
            morning(monday.map_err(far)?, zone)
        }
        Wish::Day(day) => morning(day, zone),
    };
    let until = until.map_err(far)?.timestamp();
    if until <= now {
        Err(Fault::Over)
    } else if until.duration_since(now) > SignedDuration::from_hours(24 * MOST_DAYS) {
        Err(Fault::TooFar)
    } else {
        Ok(until)
    }
}

/// A day's nine o'clock; where the clock was put forward over it, the time after.
fn morning(day: civil::Date, zone: &TimeZone) -> Result<Zoned, jiff::Error> {
    day.at(HOUR, 0, 0, 0).to_zoned(zone.clone())
}

/// The instant, or that at which an answer is due where that comes first.
///
/// # Errors
/// [`Fault::IsDue`].
pub fn with_due(
    until: Timestamp,
    due: Option<Timestamp>,
    now: Timestamp,
) -> Result<Timestamp, Fault> {
    match due {
        Some(due) if due <= now => Err(Fault::IsDue),
        Some(due) => Ok(until.min(due)),
        None => Ok(until),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_morning_is_the_morning_of_the_site() {
        let vienna = TimeZone::get("Europe/Vienna").unwrap();
        // A Friday, 23:30 in Vienna.
        let now = at("2026-03-27T22:30:00Z");
        let of = |name, day| until(Wish::parse(name, day).unwrap(), now, &vienna);
        assert_eq!(of("tomorrow", ""), Ok(at("2026-03-28T08:00:00Z")));
        // The clock was put forward in between.
        assert_eq!(of("monday", ""), Ok(at("2026-03-30T07:00:00Z")));
        assert_eq!(of("three_days", ""), Ok(at("2026-03-30T21:30:00Z")));
        assert_eq!(of("day", " 2026-04-01 "), Ok(at("2026-04-01T07:00:00Z")));
        assert_eq!(of("day", "2026-03-27"), Err(Fault::Over));
        assert_eq!(of("day", "2027-05-01"), Err(Fault::TooFar));
    }

    #[test]
    fn on_a_monday_the_next_one_is_meant() {
        let now = at("2026-03-30T05:00:00Z");
        assert_eq!(
            until(Wish::Monday, now, &TimeZone::UTC),
            Ok(at("2026-04-06T09:00:00Z"))
        );
    }

    #[test]
    fn what_is_no_wish_is_none() {
        for (name, day) in [("", ""), ("week", ""), ("day", ""), ("day", "soon")] {
            assert_eq!(Wish::parse(name, day), None, "{name} {day}");
        }
    }

    #[test]
    fn an_answer_that_is_due_comes_first() {
        let (now, soon, late) = (
            at("2026-03-02T09:00:00Z"),
            at("2026-03-02T10:00:00Z"),
            at("2026-03-03T09:00:00Z"),
        );
        assert_eq!(with_due(late, None, now), Ok(late));
        assert_eq!(with_due(late, Some(soon), now), Ok(soon));
        assert_eq!(with_due(soon, Some(late), now), Ok(soon));
        assert_eq!(with_due(soon, Some(now), now), Err(Fault::IsDue));
    }
}
