//! Calendars: zones, times, days and holidays are read (rules Z-1, C-1, C-2).

use std::collections::BTreeMap;

use jiff::{
    civil::Date,
    tz::{self, TimeZone},
};

use super::Resolver;
use crate::policy::{
    KeyPath,
    calendar::{Calendar, End, Hours, Weekly, Window},
    document::{self, CalendarKind},
    fault::nearest,
    incomplete::Incomplete,
};

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Dates and, where it is known, what they are called.
type Holidays = BTreeMap<Date, Option<String>>;

impl Resolver<'_> {
    /// Every calendar, in the order of their names.
    pub(super) fn all_calendars(&mut self) -> Vec<Calendar> {
        for (label, zone) in &self.document.zones {
            self.zone(&zone.tz, false, &KeyPath::of(&["zones", label, "tz"]));
        }
        let sets = self.holiday_sets();
        let calendars = self.document.calendars.iter();
        calendars
            .map(|(id, calendar)| self.one_calendar(id, calendar, &sets))
            .collect()
    }

    /// **C-1**
    fn one_calendar(
        &mut self,
        id: &str,
        calendar: &document::Calendar,
        sets: &BTreeMap<String, Holidays>,
    ) -> Calendar {
        let key = KeyPath::of(&["calendars", id]);
        let zone = calendar.zone.as_deref();
        let tz = zone.and_then(|zone| self.zone(zone, true, &key.key("zone")));
        if calendar.kind == CalendarKind::Always {
            return Calendar::new(id, tz, Ok(Hours::Always));
        }
        let Some(windows) = &calendar.windows else {
            let calendar = id.to_owned();
            return Calendar::new(id, tz, Err(Incomplete::Windows { calendar }));
        };
        let mut read = Vec::new();
        let mut missing = None;
        for (index, window) in windows.iter().enumerate() {
            let key = key.key("windows").index(index);
            let days = self.days(&window.days, &key.key("days"));
            let open = self.end(&window.open, zone, &key.key("open"));
            let close = self.end(&window.close, zone, &key.key("close"));
            match (open, close) {
                (Some(open), Some(close)) => read.push(Window { days, open, close }),
                _ => {
                    missing = Some(Incomplete::Zone {
                        calendar: id.to_owned(),
                    });
                }
            }
        }
        let holidays = match &calendar.holidays {
            None => Holidays::new(),
            Some(set) => sets.get(set.as_str()).cloned().unwrap_or_else(|| {
                missing.get_or_insert(Incomplete::Holidays { set: set.clone() });
                Holidays::new()
            }),
        };
        let weekly = || Hours::Weekly(Box::new(Weekly::new(read, holidays)));
        Calendar::new(id, tz, missing.map_or_else(|| Ok(weekly()), Err))
    }

    fn days(&mut self, names: &[String], key: &KeyPath) -> [bool; 7] {
        let mut days = [false; 7];
        for (index, name) in names.iter().enumerate() {
            match DAYS.iter().position(|day| day == name) {
                Some(day) => days[day] = true,
                None => self.fault(
                    key.index(index),
                    format!("there is no day \"{name}\""),
                    "days are \"mon\", \"tue\", \"wed\", \"thu\", \"fri\", \"sat\" and \"sun\"",
                ),
            }
        }
        days
    }

    /// An end of a window; nothing when it has no zone, or a fault.
    fn end(&mut self, end: &document::End, zone: Option<&str>, key: &KeyPath) -> Option<End> {
        let (time, own_zone, day) = match end {
            document::End::Time(time) => (time, None, 0),
            document::End::Full { time, zone, day } => (time, zone.as_deref(), *day),
        };
        let minute = minute(time);
        if minute.is_none() {
            let meaning = format!("\"{time}\" is no time of day");
            self.fault(
                key.clone(),
                meaning,
                "write hours and minutes, such as \"09:00\"; \"24:00\" is the next midnight",
            );
        }
        if !(0..=1).contains(&day) {
            let meaning = format!("day = {day} is neither 0 nor 1");
            self.fault(
                key.key("day"),
                meaning,
                "0 is the day on which the window opens, 1 the next one",
            );
        }
        let name = own_zone.or(zone)?;
        let tz = match own_zone {
            Some(own) => self.zone(own, true, &key.key("zone")),
            // A fault of the calendar's own zone is said there.
            None => find_zone(self.document, name, true),
        };
        Some(End {
            minute: minute?,
            day: u8::try_from(day).ok()?,
            tz: tz?,
            zone: name.to_owned(),
        })
    }

    /// **Z-1**: a zone by the label of the policy, else by its IANA id.
    fn zone(&mut self, name: &str, labels: bool, key: &KeyPath) -> Option<TimeZone> {
        let found = find_zone(self.document, name, labels);
        let is_label = labels && self.document.zones.contains_key(name);
        if found.is_none() && !is_label {
            let all: Vec<String> = tz::db().available().map(|name| name.to_string()).collect();
            let labels = self.document.zones.keys().filter(|_| labels);
            let hint = nearest(name, labels.chain(&all).map(String::as_str));
            self.fault(
                key.clone(),
                format!("there is no time zone \"{name}\""),
                hint,
            );
        }
        found
    }

    /// The sets that something lists; one that nothing lists is unset.
    fn holiday_sets(&mut self) -> BTreeMap<String, Holidays> {
        let mut sets = BTreeMap::new();
        for (name, set) in &self.document.holidays {
            let Some(dates) = &set.dates else {
                continue;
            };
            let key = KeyPath::of(&["holidays", name, "dates"]);
            let mut read = Holidays::new();
            for (index, written) in dates.iter().enumerate() {
                match written.parse::<Date>() {
                    Ok(date) => {
                        let called = set.names.get(written).cloned();
                        if read.insert(date, called).is_some() {
                            self.fault(key.index(index), format!("{date} stands here twice"), "");
                        }
                    }
                    Err(_) => self.fault(
                        key.index(index),
                        format!("\"{written}\" is no date"),
                        "write year, month and day, such as \"2027-01-01\"",
                    ),
                }
            }
            sets.insert(name.clone(), read);
        }
        sets
    }
}

/// **Z-1**: labels come first; a label is never handed to the library.
fn find_zone(document: &document::Document, name: &str, labels: bool) -> Option<TimeZone> {
    let label = document.zones.get(name).filter(|_| labels);
    TimeZone::get(label.map_or(name, |zone| &zone.tz)).ok()
}

/// **C-2**: `HH:MM` in minutes after midnight.
fn minute(time: &str) -> Option<u16> {
    let (hours, minutes) = time.split_once(':')?;
    let number = |digits: &str| {
        let is_good = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
        digits.parse::<u16>().ok().filter(|_| is_good)
    };
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    let minute = hours * 60 + minutes;
    (minutes < 60 && minute <= 1440).then_some(minute)
}
