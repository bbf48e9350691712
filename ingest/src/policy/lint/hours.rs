//! Calendars that are incomplete, never open, overlap, or whose holidays end.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::HOLIDAYS_AHEAD_DAYS;
use crate::policy::{
    Fault, Hours, Incomplete, KeyPath, Policy,
    calendar::{DAY_S, Second, Weekly, add_days},
    fault::nearest,
};

/// A year and a month: every weekday meets every change of the clocks.
const SAMPLE_DAYS: i64 = 400;

/// Calendars on which nothing can be computed (C-1).
pub fn incomplete(policy: &Policy) -> Vec<Fault> {
    let incomplete = policy
        .calendars()
        .iter()
        .filter_map(|calendar| Some((&calendar.id, calendar.hours().err()?)));
    let warnings = incomplete.map(|(id, missing)| {
        let key = KeyPath::of(&["calendars", id]);
        let follows = "what needs this calendar gets no due time (policy_incomplete)";
        match missing {
            Incomplete::Holidays { set } => {
                let sets = policy.section("holidays").and_then(|sets| sets.as_object());
                let known = sets.into_iter().flatten().map(|(name, _)| name.as_str());
                let known: Vec<&str> = known.filter(|name| name != set).collect();
                let meaning = format!("nothing lists the holidays \"{set}\": {follows}");
                let hint = match nearest(set, known.iter().copied()) {
                    near if near.starts_with("did") => near,
                    _ => format!("write [holidays.{set}] with dates or file in an overlay; dates = [] for none"),
                };
                Fault::warning(key.key("holidays"), meaning, hint)
            }
            Incomplete::Zone { .. } => {
                let meaning = format!("its hours have no time zone: {follows}");
                Fault::warning(key, meaning, "write zone = \"Europe/Paris\", or such, in an overlay")
            }
            _ => {
                let meaning = format!("it has no hours: {follows}");
                Fault::warning(key, meaning, "write windows in an overlay; windows = [] for never open")
            }
        }
    });
    warnings.collect()
}

/// Windows that never open, and windows that overlap.
pub fn windows(policy: &Policy, today: Date) -> Vec<Fault> {
    let mut warnings = Vec::new();
    for calendar in policy.calendars() {
        let Ok(Hours::Weekly(weekly)) = calendar.hours() else {
            continue;
        };
        let key = KeyPath::of(&["calendars", &calendar.id, "windows"]);
        if weekly.windows().is_empty() {
            let meaning = "the calendar is never open: what is counted on it is never due";
            warnings.push(Fault::warning(key.clone(), meaning, ""));
        }
        warnings.extend(of_calendar(weekly, today, &key));
    }
    warnings
}

fn of_calendar(weekly: &Weekly, today: Date, key: &KeyPath) -> Vec<Fault> {
    let mut warnings = Vec::new();
    let stretches: Vec<_> = weekly
        .windows()
        .iter()
        .map(|window| {
            let labels = (0..SAMPLE_DAYS).filter_map(|days| add_days(today, days));
            labels
                .filter_map(|label| Some((label, window.on(label)?)))
                .collect::<Vec<_>>()
        })
        .collect();
    for (index, own) in stretches.iter().enumerate() {
        let key = key.index(index);
        if own.is_empty() {
            let meaning = "this window is never open: it closes before or when it opens";
            let hint = "hours that cross midnight close with { time = \"06:00\", day = 1 }";
            let has_days = weekly.windows()[index].days.contains(&true);
            let warning = if has_days {
                Fault::warning(key, meaning, hint)
            } else {
                Fault::warning(key.key("days"), "this window is on no day", "")
            };
            warnings.push(warning);
            continue;
        }
        let earlier = stretches[..index].iter().enumerate();
        for (other, stretches) in earlier {
            if let Some(label) = first_overlap(own, stretches) {
                let meaning = format!(
                    "overlaps window {} of the calendar, on {label} for one",
                    other + 1
                );
                warnings.push(Fault::warning(
                    key.clone(),
                    meaning,
                    "hours that overlap count once",
                ));
            }
        }
    }
    warnings
}

type Stretch = (Date, (Second, Second));

fn first_overlap(own: &[Stretch], others: &[Stretch]) -> Option<Date> {
    own.iter().find_map(|(label, (open, close))| {
        let near = others
            .iter()
            .skip_while(|(_, (start, _))| start + 4 * DAY_S < *open);
        let mut near = near.take_while(|(_, (start, _))| *start < *close);
        near.any(|(_, (start, end))| start < close && open < end)
            .then_some(*label)
    })
}

/// Lists of holidays that end soon: afterwards every day is a working day.
pub fn holidays_that_end(policy: &Policy, today: Date) -> Vec<Fault> {
    let mut sets: BTreeSet<&str> = BTreeSet::new();
    let mut warnings = Vec::new();
    for calendar in policy.calendars() {
        let set = policy
            .section("calendars")
            .and_then(|all| all[&calendar.id]["holidays"].as_str());
        let (Some(set), Ok(Hours::Weekly(weekly))) = (set, calendar.hours()) else {
            continue;
        };
        let Some(last) = weekly.holidays().keys().next_back() else {
            continue;
        };
        let ends = add_days(today, HOLIDAYS_AHEAD_DAYS).is_some_and(|soon| *last < soon);
        if ends && sets.insert(set) {
            let meaning = format!(
                "the last holiday listed is {last}; every later day counts as a working day"
            );
            let hint = "add the dates of the years to come";
            warnings.push(Fault::warning(
                KeyPath::of(&["holidays", set, "dates"]),
                meaning,
                hint,
            ));
        }
    }
    warnings
}
