//! Support hours as people of a language say them: "Our team answers Monday–Friday, 10:00–18:00 (CET)." Pure.

use jiff::{Timestamp, civil::Weekday, tz::TimeZone};

use super::{Table, counted, fill, text};
use crate::{
    policy::Hours,
    support_hours::{self, DAY_MINUTES, Row},
};

/// The tables that are needed.
#[derive(Clone, Copy, Debug)]
pub struct Say<'a> {
    /// The language (BCP 47).
    pub locale: &'a str,
    /// The words, section `hours`.
    pub words: &'a Table,
    /// How the language writes times and days.
    pub formats: &'a Table,
}

impl Say<'_> {
    /// When the team answers, one sentence each: on the policy's clock, then on the reader's where that says something else, then of holidays.
    ///
    /// Without a reader's zone nobody knows where they are.
    #[must_use]
    pub fn hours(&self, hours: &Hours, reader: Option<&TimeZone>, now: Timestamp) -> Vec<String> {
        let Hours::Weekly(weekly) = hours else {
            return vec![text(self.words, "always").to_owned()];
        };
        let windows = weekly.windows();
        let rows = support_hours::rows(windows);
        if rows.is_empty() {
            return Vec::new();
        }
        let mut sentences = vec![self.filled("answers", &[("hours", &self.rows(&rows))])];
        let yours = reader.and_then(|zone| support_hours::rows_for(windows, zone, now));
        if let Some(yours) = yours.filter(|rows| !rows.is_empty()) {
            let said = match (&rows[..], &yours[..]) {
                // The same days need not be said twice.
                ([here], [there]) if here.days == there.days => self.times(there),
                _ => self.rows(&yours),
            };
            sentences.push(self.filled("yours", &[("hours", &said)]));
        }
        if !weekly.holidays().is_empty() {
            sentences.push(text(self.words, "holidays").to_owned());
        }
        sentences
    }

    /// "You will hear from us within 12 hours.": of a clock that never stops, so that it is true whenever Send is pressed. Whole hours where it
    /// is some.
    #[must_use]
    pub fn within(&self, seconds: u64) -> String {
        let minutes = seconds / 60;
        let (key, count) = if minutes >= 60 && minutes.is_multiple_of(60) {
            ("within_hours", minutes / 60)
        } else {
            ("within_minutes", minutes)
        };
        let text = counted(self.words, self.locale, key, count);
        fill(text, &[("count", &count.to_string())])
    }

    /// "Your plan decides how fast we answer.": to somebody whose plan nobody knows.
    #[must_use]
    pub fn plan_decides(&self) -> String {
        text(self.words, "plan_decides").to_owned()
    }

    fn rows(&self, rows: &[Row]) -> String {
        let rows = rows.iter().map(|row| {
            let (days, times) = (self.days(&row.days), self.times(row));
            self.filled("window", &[("days", &days), ("times", &times)])
        });
        self.joined("windows", rows)
    }

    fn days(&self, days: &[Weekday]) -> String {
        let runs = support_hours::runs(days);
        if let [run] = runs[..]
            && support_hours::length(run) == 7
        {
            return text(self.words, "every_day").to_owned();
        }
        let names = runs.iter().flat_map(|&(first, last)| {
            let (from, to) = (self.day(first), self.day(last));
            match support_hours::length((first, last)) {
                1 => vec![from],
                2 => vec![from, to],
                _ => vec![self.filled("day_range", &[("first", &from), ("last", &to)])],
            }
        });
        self.joined("day_list", names)
    }

    fn times(&self, row: &Row) -> String {
        let (open, close) = (self.time(row.open), self.time(row.close));
        let (from, to) = (zone(&row.open_label), zone(&row.close_label));
        let is_all_day = (row.open, row.close) == (0, DAY_MINUTES);
        if from == to {
            let range = if is_all_day {
                text(self.words, "all_day").to_owned()
            } else {
                self.filled("time_range", &[("open", &open), ("close", &close)])
            };
            return self.in_zone(range, &from);
        }
        let (open, close) = (self.in_zone(open, &from), self.in_zone(close, &to));
        self.filled("time_range", &[("open", &open), ("close", &close)])
    }

    fn in_zone(&self, times: String, zone: &str) -> String {
        if zone.is_empty() {
            return times;
        }
        self.filled("in_zone", &[("times", &times), ("zone", zone)])
    }

    fn day(&self, day: Weekday) -> String {
        let key = format!("weekday.{}", day.to_monday_one_offset());
        text(self.formats, &key).to_owned()
    }

    fn time(&self, minute: u16) -> String {
        let (hour, minute) = (minute / 60, format!("{:02}", minute % 60));
        let half = if hour % 24 < 12 {
            "morning"
        } else {
            "afternoon"
        };
        let hour_12 = if hour % 12 == 0 { 12 } else { hour % 12 };
        let values = [
            ("hour", hour.to_string()),
            ("hour_2", format!("{hour:02}")),
            ("hour_12", hour_12.to_string()),
            ("minute", minute),
            ("half", text(self.formats, half).to_owned()),
        ];
        let values = values
            .each_ref()
            .map(|(name, value)| (*name, value.as_str()));
        fill(text(self.formats, "time"), &values)
    }

    fn joined(&self, key: &str, parts: impl IntoIterator<Item = String>) -> String {
        let join = |first: String, second: String| {
            let name = if key == "windows" { "second" } else { "last" };
            self.filled(key, &[("first", &first), (name, &second)])
        };
        parts.into_iter().reduce(join).unwrap_or_default()
    }

    fn filled(&self, key: &str, values: &[(&str, &str)]) -> String {
        fill(text(self.words, key), values)
    }
}

/// A zone as people read its name.
fn zone(label: &str) -> String {
    label.replace('_', " ")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::{
        policy::calendar::{End, Weekly, Window},
        words::{LOCALES, Words},
    };

    const WORKDAYS: [Weekday; 5] = [
        Weekday::Monday,
        Weekday::Tuesday,
        Weekday::Wednesday,
        Weekday::Thursday,
        Weekday::Friday,
    ];

    fn end(time: &str, label: &str, tz: &str) -> End {
        let (hour, minute) = time.split_once(':').unwrap();
        End {
            minute: hour.parse::<u16>().unwrap() * 60 + minute.parse::<u16>().unwrap(),
            day: 0,
            tz: TimeZone::get(tz).unwrap(),
            zone: label.into(),
        }
    }

    fn on(days: &[Weekday]) -> [bool; 7] {
        let mut on = [false; 7];
        for day in days {
            on[usize::try_from(day.to_monday_zero_offset()).unwrap()] = true;
        }
        on
    }

    fn berlin(days: &[Weekday], open: &str, close: &str) -> Window {
        Window {
            days: on(days),
            open: end(open, "CET", "Europe/Berlin"),
            close: end(close, "CET", "Europe/Berlin"),
        }
    }

    fn weekly(windows: Vec<Window>) -> Hours {
        Hours::Weekly(Box::new(Weekly::new(windows, BTreeMap::new())))
    }

    /// From the clock of Berlin to that of New York, as on m3ter's plan Gold.
    fn gold() -> Hours {
        weekly(vec![Window {
            days: on(&WORKDAYS),
            open: end("10:00", "CET", "Europe/Berlin"),
            close: end("17:00", "ET", "America/New_York"),
        }])
    }

    fn said(locale: &'static str, hours: &Hours, reader: &str) -> String {
        let words = Words::load().unwrap();
        let say = Say {
            locale,
            words: words.section(locale, "hours"),
            formats: words.formats(locale),
        };
        let reader = (!reader.is_empty()).then(|| TimeZone::get(reader).unwrap());
        // A Sunday, in the middle of no change of clocks.
        let now = "2026-11-22T12:00:00Z".parse().unwrap();
        say.hours(hours, reader.as_ref(), now).join(" ")
    }

    #[test]
    fn hours_are_said_in_every_language_on_both_clocks() {
        let silver = weekly(vec![berlin(&WORKDAYS, "10:00", "18:00")]);
        for (locale, written) in [
            (
                "en",
                "Our team answers Monday–Friday, 10:00–18:00 (CET). In your time zone: 04:00–12:00.",
            ),
            (
                "de",
                "Unser Team antwortet: Montag–Freitag, 10:00–18:00 (CET). In Ihrer Zeitzone: 04:00–12:00.",
            ),
            (
                "fr",
                "Notre équipe répond\u{a0}: lundi–vendredi, 10:00–18:00 (CET). Dans votre fuseau horaire\u{a0}: 04:00–12:00.",
            ),
            (
                "es",
                "Nuestro equipo responde: lunes–viernes, 10:00–18:00 (CET). En su zona horaria: 4:00–12:00.",
            ),
            (
                "cs",
                "Náš tým odpovídá: pondělí–pátek, 10:00–18:00 (CET). Ve vašem časovém pásmu: 4:00–12:00.",
            ),
            (
                "ar",
                "أوقات رد فريقنا: الاثنين–الجمعة، 10:00 ص–6:00 م (\u{2068}CET\u{2069}). بحسب منطقتك الزمنية: 4:00 ص–12:00 م.",
            ),
            (
                "ja",
                "対応時間：月曜日～金曜日 10:00～18:00（CET）。 お客様のタイムゾーンでは：4:00～12:00。",
            ),
        ] {
            assert_eq!(
                said(locale, &silver, "America/New_York"),
                written,
                "{locale}"
            );
        }
    }

    #[test]
    fn hours_with_ends_on_two_clocks_name_both() {
        assert_eq!(
            said("en", &gold(), "Europe/Berlin"),
            "Our team answers Monday–Friday, 10:00 (CET)–17:00 (ET). In your time zone: 10:00–23:00."
        );
        assert_eq!(
            said("de", &gold(), ""),
            "Unser Team antwortet: Montag–Freitag, 10:00 (CET)–17:00 (ET)."
        );
    }

    #[test]
    fn whoever_lives_by_the_policys_clock_reads_it_once() {
        let silver = weekly(vec![berlin(&WORKDAYS, "10:00", "18:00")]);
        assert_eq!(
            said("en", &silver, "Europe/Vienna"),
            "Our team answers Monday–Friday, 10:00–18:00 (CET)."
        );
    }

    #[test]
    fn hours_that_begin_on_another_day_for_the_reader_say_that_day() {
        let silver = weekly(vec![berlin(&WORKDAYS, "10:00", "18:00")]);
        assert!(
            said("en", &silver, "Pacific/Honolulu")
                .ends_with("In your time zone: Sunday–Thursday, 23:00–07:00.")
        );
        // Ends at midnight there, not at 0:00 of the same day.
        assert!(said("en", &silver, "Asia/Dhaka").ends_with("zone: 15:00–23:00."));
        assert!(said("en", &silver, "Asia/Bangkok").ends_with("zone: 16:00–24:00."));
    }

    #[test]
    fn a_team_that_is_always_there_says_so() {
        assert_eq!(
            said("en", &Hours::Always, "Asia/Tokyo"),
            "Our team answers every day, around the clock."
        );
        for locale in LOCALES {
            assert!(
                said(locale, &Hours::Always, "").chars().count() > 8,
                "{locale}"
            );
        }
    }

    #[test]
    fn days_and_windows_of_several_kinds_are_gathered() {
        let mut all = WORKDAYS.to_vec();
        all.extend([Weekday::Saturday, Weekday::Sunday]);
        for (windows, written) in [
            (
                vec![
                    berlin(&WORKDAYS, "09:00", "12:00"),
                    berlin(&[Weekday::Saturday], "09:00", "12:00"),
                    berlin(&WORKDAYS, "13:30", "17:00"),
                ],
                "Our team answers Monday–Saturday, 09:00–12:00 (CET); Monday–Friday, 13:30–17:00 (CET).",
            ),
            (
                vec![berlin(
                    &[Weekday::Monday, Weekday::Tuesday, Weekday::Friday],
                    "09:00",
                    "12:00",
                )],
                "Our team answers Monday, Tuesday, Friday, 09:00–12:00 (CET).",
            ),
            (
                vec![berlin(&all, "00:00", "24:00")],
                "Our team answers every day, all day (CET).",
            ),
            (
                vec![berlin(
                    &[Weekday::Sunday, Weekday::Monday, Weekday::Tuesday],
                    "09:00",
                    "17:00",
                )],
                "Our team answers Sunday–Tuesday, 09:00–17:00 (CET).",
            ),
            (vec![], ""),
        ] {
            assert_eq!(said("en", &weekly(windows), ""), written);
        }
    }

    #[test]
    fn holidays_are_spoken_of_where_there_are_some() {
        let christmas = BTreeMap::from([("2026-12-25".parse().unwrap(), None)]);
        let windows = vec![berlin(&WORKDAYS, "10:00", "18:00")];
        let hours = Hours::Weekly(Box::new(Weekly::new(windows, christmas)));
        assert!(said("en", &hours, "").ends_with("(CET). Closed on some public holidays."));
    }

    #[test]
    fn a_time_that_never_stops_is_said_as_so_many_hours() {
        let words = Words::load().unwrap();
        for (locale, seconds, written) in [
            ("en", 12 * 3600, "You will hear from us within 12 hours."),
            ("en", 3600, "You will hear from us within 1 hour."),
            ("en", 90 * 60, "You will hear from us within 90 minutes."),
            (
                "de",
                12 * 3600,
                "Sie hören von uns innerhalb von 12 Stunden.",
            ),
            (
                "fr",
                3600,
                "Vous aurez une réponse dans un délai de 1 heure.",
            ),
            (
                "es",
                12 * 3600,
                "Tendrá noticias nuestras en un plazo de 12 horas.",
            ),
            ("cs", 2 * 3600, "Ozveme se vám do 2 hodin."),
            ("ar", 2 * 3600, "سنرد عليك خلال ساعتين."),
            ("ja", 12 * 3600, "12時間以内にご連絡します。"),
        ] {
            let say = Say {
                locale,
                words: words.section(locale, "hours"),
                formats: words.formats(locale),
            };
            assert_eq!(say.within(seconds), written, "{locale}");
        }
    }
}
