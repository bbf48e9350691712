//! Holidays of a calendar file (iCalendar): read, held against the list that there is, and written down once somebody has looked.

use std::{
    collections::BTreeMap,
    fmt::{self, Write},
};

use calcard::{
    common::{IanaString, timezone::Tz},
    icalendar::{
        ICalendar, ICalendarComponent, ICalendarComponentType, ICalendarProperty, ICalendarValue,
        dates::TimeOrDelta,
    },
};
use jiff::civil::Date;
use serde::Serialize;

use super::{calendar::add_days, source::Source};

/// Dates and what they are called; a name may be empty.
pub type Holidays = BTreeMap<Date, String>;

/// A year of such dates, and then some: an event that is longer is no holiday.
const LONGEST_DAYS: i64 = 14;
/// Dates of one event that repeats.
const MOST_REPEATS: usize = 5000;

/// What is in a calendar file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Read {
    /// Its holidays within the years that were asked for.
    pub holidays: Holidays,
    /// Entries that are no holidays, with the reason.
    pub left_out: Vec<LeftOut>,
}

/// An entry that is no holiday.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct LeftOut {
    /// Its name.
    pub name: String,
    /// Why.
    pub because: &'static str,
}

/// A file that is no calendar.
#[derive(Debug, thiserror::Error)]
#[error("this is no calendar file (iCalendar)")]
pub struct NoCalendar;

/// Reads a calendar file: days, stretches of days and days that repeat, from one year to another.
///
/// # Errors
/// When it is none.
pub fn read(text: &str, years: std::ops::RangeInclusive<i16>) -> Result<Read, NoCalendar> {
    let calendar = ICalendar::parse(text).map_err(|_| NoCalendar)?;
    let mut read = Read::default();
    // Each event by itself: one that repeats for ever takes no other's share.
    for event in &calendar.components {
        if event.component_type != ICalendarComponentType::VEvent {
            continue;
        }
        let name = text_of(event, &ICalendarProperty::Summary).unwrap_or_default();
        match why_not(event, &name) {
            Some(because) => read.left_out.push(LeftOut { name, because }),
            None => {
                for date in dates(event).filter(|date| years.contains(&date.year())) {
                    let called = read.holidays.entry(date).or_default();
                    if called.is_empty() {
                        called.clone_from(&name);
                    } else if *called != name {
                        // Two holidays on a day.
                        let _ = write!(called, ", {name}");
                    }
                }
            }
        }
    }
    read.left_out.sort();
    read.left_out.dedup();
    Ok(read)
}

/// Why an event is no holiday.
fn why_not(event: &ICalendarComponent, name: &str) -> Option<&'static str> {
    let lower = name.to_lowercase();
    let is_clock_change = [
        "daylight saving",
        "summer time",
        "sommerzeit",
        "winterzeit",
        "heure d'été",
        "heure d'hiver",
        "clocks go",
    ]
    .iter()
    .any(|words| lower.contains(words));
    if is_clock_change {
        return Some("a change of the clocks");
    }
    if text_of(event, &ICalendarProperty::Status).is_some_and(|status| status == "CANCELLED") {
        return Some("cancelled");
    }
    let start = event.property(&ICalendarProperty::Dtstart)?;
    let has_time = start.values.iter().any(|value| match value {
        ICalendarValue::PartialDateTime(at) => at.has_time(),
        _ => false,
    });
    has_time.then_some("has a time of day")
}

fn text_of(event: &ICalendarComponent, property: &ICalendarProperty) -> Option<String> {
    let value = event.property(property)?.values.first()?;
    match value {
        ICalendarValue::Text(text) => Some(text.split_whitespace().collect::<Vec<_>>().join(" ")),
        ICalendarValue::Status(status) => Some(status.as_str().to_owned()),
        _ => None,
    }
}

/// Every date of an event.
fn dates(event: &ICalendarComponent) -> impl Iterator<Item = Date> {
    let alone = ICalendar {
        components: vec![event.clone()],
    };
    let expanded = alone.expand_dates(Tz::Floating, MOST_REPEATS);
    expanded.events.into_iter().flat_map(|event| {
        let first = date(&event.start.to_string());
        let end = match event.end {
            TimeOrDelta::Time(end) => date(&end.to_string()),
            TimeOrDelta::Delta(length) => {
                first.and_then(|first| add_days(first, length.num_days()))
            }
        };
        days(first, end)
    })
}

/// The dates from the first to the one before `end`: an event of a day may end on the day or on the next.
fn days(first: Option<Date>, end: Option<Date>) -> Vec<Date> {
    let Some(first) = first else {
        return Vec::new();
    };
    let end = end
        .filter(|end| *end > first)
        .or_else(|| add_days(first, 1));
    let dates = (0..LONGEST_DAYS).map_while(|days| add_days(first, days));
    dates
        .take_while(|date| end.is_some_and(|end| *date < end))
        .collect()
}

/// The date at the beginning of an instant as it is written.
fn date(written: &str) -> Option<Date> {
    written.get(..10)?.parse().ok()
}

/// Reads a holiday file of ours; what is no date in it is left out.
#[must_use]
pub fn of_file(text: &str) -> Holidays {
    let source = Source::read("", text);
    let dates = source.value["dates"].as_array().into_iter().flatten();
    let dates = dates.filter_map(|date| {
        let written = date.as_str()?;
        Some((
            written.parse().ok()?,
            source.names.get(written).cloned().unwrap_or_default(),
        ))
    });
    dates.collect()
}

/// A change of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum Change {
    /// A date that is new.
    Added {
        /// The date.
        date: Date,
        /// What it is called.
        name: String,
    },
    /// A date that is no longer there.
    Removed {
        /// The date.
        date: Date,
        /// What it was called.
        name: String,
    },
    /// A date with another name.
    Renamed {
        /// The date.
        date: Date,
        /// What it was called.
        from: String,
        /// What it is called.
        to: String,
    },
}

impl Change {
    /// The date that it is about.
    #[must_use]
    pub fn date(&self) -> Date {
        match self {
            Self::Added { date, .. } | Self::Removed { date, .. } | Self::Renamed { date, .. } => {
                *date
            }
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let day = |date: &Date| date.strftime("%Y-%m-%d %a").to_string();
        match self {
            Self::Added { date, name } => write!(f, "+ {} {name}", day(date)),
            Self::Removed { date, name } => write!(f, "- {} {name}", day(date)),
            Self::Renamed { date, from, to } => write!(f, "~ {} {from} -> {to}", day(date)),
        }
    }
}

/// What becomes of a list by another one. Years of which the other has nothing are left as they are.
#[must_use]
pub fn changes(before: &Holidays, imported: &Holidays) -> Vec<Change> {
    let is_covered = |date: &Date| imported.keys().any(|other| other.year() == date.year());
    let mut changes: Vec<Change> = Vec::new();
    for (date, name) in imported {
        match before.get(date) {
            None => changes.push(Change::Added {
                date: *date,
                name: name.clone(),
            }),
            Some(old) if old != name && !name.is_empty() => changes.push(Change::Renamed {
                date: *date,
                from: old.clone(),
                to: name.clone(),
            }),
            Some(_) => {}
        }
    }
    let gone = before
        .iter()
        .filter(|(date, _)| is_covered(date) && !imported.contains_key(date));
    changes.extend(gone.map(|(date, name)| Change::Removed {
        date: *date,
        name: name.clone(),
    }));
    changes.sort_by_key(Change::date);
    changes
}

/// The list after the changes.
#[must_use]
pub fn apply(before: &Holidays, changes: &[Change]) -> Holidays {
    let mut after = before.clone();
    for change in changes {
        match change {
            Change::Added { date, name } | Change::Renamed { date, to: name, .. } => {
                after.insert(*date, name.clone());
            }
            Change::Removed { date, .. } => {
                after.remove(date);
            }
        }
    }
    after
}

/// The text of a holiday file: the comments at the top of the old one, then a date a line.
#[must_use]
pub fn written(old: &str, holidays: &Holidays) -> String {
    let head = old
        .lines()
        .take_while(|line| line.starts_with('#') || line.trim().is_empty());
    let mut text: String = head.map(|line| format!("{line}\n")).collect();
    text += "dates = [\n";
    for (date, name) in holidays {
        // A comment ends with its line.
        let name: String = name.chars().filter(|sign| !sign.is_control()).collect();
        let _ = writeln!(text, "  \"{date}\",  # {} {name}", date.strftime("%a"));
    }
    text + "]\n"
}

#[cfg(test)]
mod tests;
