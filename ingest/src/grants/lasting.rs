//! How long somebody grants access for. Pure.

use jiff::{SignedDuration, Timestamp, civil::DateTime, tz::TimeZone};

/// Longest grant, in days: who wants longer grants it again.
pub const MOST_DAYS: i64 = 30;

/// What can be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lasting {
    /// An hour.
    Hour,
    /// A working day.
    EightHours,
    /// A day.
    Day,
    /// A week.
    Week,
    /// Until an instant that the person names.
    Own,
}

impl Lasting {
    /// Every choice, in the order in which they are offered.
    pub const ALL: [Self; 5] = [
        Self::Hour,
        Self::EightHours,
        Self::Day,
        Self::Week,
        Self::Own,
    ];

    /// The name in the form, and the key of its words.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::EightHours => "eight_hours",
            Self::Day => "day",
            Self::Week => "week",
            Self::Own => "own",
        }
    }

    /// The choice with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|lasting| lasting.as_str() == name)
    }

    /// When it ends, begun `now`. `own` is what the person's browser sent for [`Self::Own`]: a local time in `zone`.
    ///
    /// # Errors
    /// [`EndFault`].
    pub fn end(self, own: &str, zone: &TimeZone, now: Timestamp) -> Result<Timestamp, EndFault> {
        let after = |hours| {
            now.saturating_add(SignedDuration::from_hours(hours))
                .map_err(|_| EndFault::TooLate)
        };
        let until = match self {
            Self::Hour => after(1)?,
            Self::EightHours => after(8)?,
            Self::Day => after(24)?,
            Self::Week => after(7 * 24)?,
            Self::Own => {
                let local: DateTime = own.trim().parse().map_err(|_| EndFault::Unreadable)?;
                // Of an hour that there is twice, the first: less rather than more.
                local
                    .to_zoned(zone.clone())
                    .map_err(|_| EndFault::Unreadable)?
                    .timestamp()
            }
        };
        if until <= now {
            return Err(EndFault::Past);
        }
        if until > after(MOST_DAYS * 24)? {
            return Err(EndFault::TooLate);
        }
        Ok(until)
    }
}

/// Why an end cannot be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndFault {
    /// It is no date with a time.
    Unreadable,
    /// It is over already.
    Past,
    /// It is more than [`MOST_DAYS`] away.
    TooLate,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_read_in_the_persons_zone_and_lies_within_a_month() {
        let zone = TimeZone::get("Europe/Vienna").unwrap();
        let now: Timestamp = "2026-10-20T10:00:00Z".parse().unwrap();
        for (lasting, own, end) in [
            (Lasting::Hour, "", Ok("2026-10-20T11:00:00Z")),
            (Lasting::EightHours, "", Ok("2026-10-20T18:00:00Z")),
            (Lasting::Day, "", Ok("2026-10-21T10:00:00Z")),
            (Lasting::Week, "", Ok("2026-10-27T10:00:00Z")),
            (Lasting::Own, "2026-10-20T12:30", Ok("2026-10-20T10:30:00Z")),
            // The hour that there is twice.
            (Lasting::Own, "2026-10-25T02:30", Ok("2026-10-25T00:30:00Z")),
            (Lasting::Own, "2026-10-20T12:00", Err(EndFault::Past)),
            (Lasting::Own, "2026-11-20T12:00", Err(EndFault::TooLate)),
            (Lasting::Own, "2999-12-31T23:59", Err(EndFault::TooLate)),
            (Lasting::Own, "", Err(EndFault::Unreadable)),
            (Lasting::Own, "tomorrow", Err(EndFault::Unreadable)),
        ] {
            let end = end.map(|end| end.parse().unwrap());
            assert_eq!(lasting.end(own, &zone, now), end, "{lasting:?} {own}");
        }
    }
}
