//! How a language writes days and instants, put together from its table of formats. Pure.
//!
//! A browser's `Intl` does this in the panel; here it is for mails and for pages without JavaScript. A test holds the tables to `Intl`.

use jiff::{Timestamp, Zoned, civil::Weekday, tz::TimeZone};

use super::{check::Table, fill, text};

/// `22 November 2026`: the day of an instant in UTC.
#[must_use]
pub fn day(formats: &Table, at: Timestamp) -> String {
    day_of(formats, &at.to_zoned(TimeZone::UTC))
}

/// `Sunday, 22 November 2026 at 14:05 (Europe/Vienna)`: an instant in the zone of whoever reads it, and which zone that is.
#[must_use]
pub fn instant(formats: &Table, at: Timestamp, zone: &TimeZone) -> String {
    let written = moment(formats, at, zone);
    let zone = zone_name(zone);
    let values = [("instant", written.as_str()), ("zone", &zone)];
    fill(text(formats, "in_zone"), &values)
}

/// `America/New York`.
#[must_use]
pub fn zone_name(zone: &TimeZone) -> String {
    zone.iana_name().unwrap_or("UTC").replace('_', " ")
}

/// `Sunday, 22 November 2026 at 14:05`: the same where the page says elsewhere which zone it is.
#[must_use]
pub fn moment(formats: &Table, at: Timestamp, zone: &TimeZone) -> String {
    let local = at.to_zoned(zone.clone());
    let (hour, minute) = (local.hour(), format!("{:02}", local.minute()));
    let half = if hour < 12 { "morning" } else { "afternoon" };
    let hour_12 = if hour % 12 == 0 { 12 } else { hour % 12 };
    let weekday = format!("weekday.{}", Weekday::to_monday_one_offset(local.weekday()));
    fill(
        text(formats, "instant"),
        &[
            ("weekday", text(formats, &weekday)),
            ("date", &day_of(formats, &local)),
            ("hour", &hour.to_string()),
            ("hour_2", &format!("{hour:02}")),
            ("hour_12", &hour_12.to_string()),
            ("minute", &minute),
            ("half", text(formats, half)),
        ],
    )
}

/// The zone that a browser named, or the site's. Only names that the database of zones knows: nothing that somebody typed comes back from here.
#[must_use]
pub fn zone(named: Option<&str>, site: &TimeZone) -> TimeZone {
    named
        .and_then(|name| TimeZone::get(name).ok())
        .unwrap_or_else(|| site.clone())
}

fn day_of(formats: &Table, local: &Zoned) -> String {
    let month = format!("month.{}", local.month());
    fill(
        text(formats, "date"),
        &[
            ("day", &local.day().to_string()),
            ("month", text(formats, &month)),
            ("year", &local.year().to_string()),
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Words;

    #[test]
    fn an_instant_is_written_as_the_language_does_in_the_readers_zone() {
        let words = Words::load().unwrap();
        let at: Timestamp = "2026-11-22T08:05:00Z".parse().unwrap();
        for (locale, zone, written) in [
            (
                "en",
                "Europe/London",
                "Sunday, 22 November 2026 at 08:05 (Europe/London)",
            ),
            (
                "en",
                "America/New_York",
                "Sunday, 22 November 2026 at 03:05 (America/New York)",
            ),
            (
                "de",
                "Europe/Vienna",
                "Sonntag, 22. November 2026 um 09:05 (Europe/Vienna)",
            ),
            ("fr", "UTC", "dimanche 22 novembre 2026 à 08:05 (UTC)"),
            (
                "es",
                "Europe/Madrid",
                "domingo, 22 de noviembre de 2026, 9:05 (Europe/Madrid)",
            ),
            (
                "cs",
                "Europe/Prague",
                "neděle 22. listopadu 2026 v 9:05 (Europe/Prague)",
            ),
            (
                "ar",
                "Asia/Dubai",
                "الأحد، 22 نوفمبر 2026 في 12:05 م (\u{2068}Asia/Dubai\u{2069})",
            ),
            (
                "ja",
                "Asia/Tokyo",
                "2026年11月22日日曜日 17:05（Asia/Tokyo）",
            ),
            (
                "ja",
                "Pacific/Kiritimati",
                "2026年11月22日日曜日 22:05（Pacific/Kiritimati）",
            ),
        ] {
            let zone = TimeZone::get(zone).unwrap();
            assert_eq!(
                instant(words.formats(locale), at, &zone),
                written,
                "{locale}"
            );
        }
    }

    #[test]
    fn a_zone_that_nobody_knows_is_the_sites() {
        let site = TimeZone::get("Asia/Tokyo").unwrap();
        let unknown = [
            None,
            Some(""),
            Some("Mars/Olympus"),
            Some("../../etc/passwd"),
        ];
        for named in unknown {
            assert_eq!(zone(named, &site), site, "{named:?}");
        }
        let vienna = zone(Some("europe/vienna"), &site);
        assert_eq!(vienna.iana_name(), Some("Europe/Vienna"));
    }

    #[test]
    fn a_day_is_written_without_its_time() {
        let words = Words::load().unwrap();
        let at: Timestamp = "2027-03-01T00:00:00Z".parse().unwrap();
        assert_eq!(day(words.formats("cs"), at), "1. března 2027");
        assert_eq!(day(words.formats("ja"), at), "2027年3月1日");
    }
}
