//! When a team answers, in the rows that people say it in: "Monday–Friday, 10:00–18:00". Pure; the words are [`crate::words::hours`].

use jiff::{Timestamp, civil::Weekday, tz::TimeZone};

use crate::policy::calendar::{Window, timestamp};

/// Minutes of a day: its end is said as 24:00.
pub const DAY_MINUTES: u16 = 24 * 60;
/// Days of a week.
const WEEK: i8 = 7;

/// The same hours on several days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// From Monday on, each once.
    pub days: Vec<Weekday>,
    /// When it opens: minutes after midnight.
    pub open: u16,
    /// The clock of the opening.
    pub open_label: String,
    /// When it closes.
    pub close: u16,
    /// The clock of the closing.
    pub close_label: String,
}

/// The rows as the policy says them, each on its own clock. Windows of the same hours are one row.
#[must_use]
pub fn rows(windows: &[Window]) -> Vec<Row> {
    let stretches = windows.iter().flat_map(|window| {
        let row = |day: Weekday| Row {
            days: vec![day],
            open: window.open.minute,
            open_label: window.open.zone.clone(),
            close: window.close.minute,
            close_label: window.close.zone.clone(),
        };
        let days = Weekday::Monday
            .cycle_forward()
            .take(WEEK.unsigned_abs().into());
        days.filter(|day| window.is_on(*day)).map(row)
    });
    gathered(stretches)
}

/// The rows of the week that begins at `from`, on the reader's clock; nothing where they say the same as the policy's own.
///
/// A night shift may begin on another day there, and in a week in which clocks change the rows are those of each day.
#[must_use]
pub fn rows_for(windows: &[Window], reader: &TimeZone, from: Timestamp) -> Option<Vec<Row>> {
    let mut is_same = true;
    let mut stretches = Vec::new();
    for window in windows {
        let mut date = from.to_zoned(window.open.tz.clone()).date();
        for _ in 0..WEEK {
            if let Some((open, close)) = window.on(date) {
                let (open, close) = (timestamp(open), timestamp(close));
                is_same &= [(&window.open, open), (&window.close, close)]
                    .into_iter()
                    .all(|(end, at)| end.tz.to_offset(at) == reader.to_offset(at));
                stretches.push(row_at(open, close, reader));
            }
            date = date.tomorrow().ok()?;
        }
    }
    (!is_same).then(|| gathered(stretches))
}

fn row_at(open: Timestamp, close: Timestamp, reader: &TimeZone) -> Row {
    let (open, close) = (
        open.to_zoned(reader.clone()),
        close.to_zoned(reader.clone()),
    );
    let minute = |hour: i8, minute: i8| {
        u16::from(hour.unsigned_abs()) * 60 + u16::from(minute.unsigned_abs())
    };
    let closing = minute(close.hour(), close.minute());
    Row {
        days: vec![open.weekday()],
        open: minute(open.hour(), open.minute()),
        open_label: String::new(),
        // Midnight ends a day.
        close: if closing == 0 { DAY_MINUTES } else { closing },
        close_label: String::new(),
    }
}

/// Rows of the same hours become one, the earliest day first.
fn gathered(stretches: impl IntoIterator<Item = Row>) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for stretch in stretches {
        let known = rows.iter_mut().find(|row| {
            (row.open, row.close, &row.open_label, &row.close_label)
                == (
                    stretch.open,
                    stretch.close,
                    &stretch.open_label,
                    &stretch.close_label,
                )
        });
        match known {
            Some(row) => row.days.extend(stretch.days),
            None => rows.push(stretch),
        }
    }
    for row in &mut rows {
        row.days.sort_by_key(|day| day.to_monday_zero_offset());
        row.days.dedup();
    }
    rows.sort_by_key(|row| (row.days[0].to_monday_zero_offset(), row.open));
    rows
}

/// Days in runs: from three on they are said as "Monday–Friday".
#[must_use]
pub fn runs(days: &[Weekday]) -> Vec<(Weekday, Weekday)> {
    let mut runs: Vec<(Weekday, Weekday)> = Vec::new();
    for day in days {
        match runs.last_mut() {
            Some((_, last)) if last.to_monday_zero_offset() + 1 == day.to_monday_zero_offset() => {
                *last = *day;
            }
            _ => runs.push((*day, *day)),
        }
    }
    // Sunday to Thursday is one run, although the week of these rows begins on Monday.
    if let [(Weekday::Monday, end), .., (start, Weekday::Sunday)] = runs[..] {
        runs[0] = (start, end);
        runs.pop();
    }
    runs
}

/// How many days a run has.
#[must_use]
pub fn length((first, last): (Weekday, Weekday)) -> i8 {
    let between = last.to_monday_zero_offset() - first.to_monday_zero_offset();
    between.rem_euclid(WEEK) + 1
}
