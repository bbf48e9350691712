//! Why a clock stands where it stands: every stretch from its start on, counted or skipped, and why.

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde::Serialize;

use super::{
    Policy,
    calendar::{Calendar, Hours, Received, Second, Weekly, instant, second, timestamp},
    document::Clock,
    first_response::{Running, run},
    history::{Folded, History, fold},
    target::{Reason, Within},
    year::days,
};

/// What a stretch is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Kind {
    /// Counted: the calendar is open, or the clock never stops.
    Open,
    /// Skipped: outside the hours of a working day.
    Night,
    /// Skipped: a day of the week without hours.
    Weekend,
    /// Skipped: a holiday (C-7).
    Holiday {
        /// The label date.
        date: Date,
        /// What it is called, where the list says so.
        name: Option<String>,
    },
    /// Skipped: the clock stands still.
    Waiting {
        /// For whom, as the timeline says it.
        reason: Option<String>,
    },
}

/// A stretch of time. Each begins where the one before it ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stretch {
    /// Its first second.
    pub from: Timestamp,
    /// The first second after it.
    pub to: Timestamp,
    /// What it is.
    #[serde(flatten)]
    pub kind: Kind,
    /// Seconds that count.
    pub counted_s: i64,
    /// A change of the clocks in it: 3600 when they go forward, so that the wall clock shows an hour more than has passed.
    pub clock_change_s: Option<i64>,
    /// It lies after the instant that was asked about: so it will be if nothing happens.
    pub expected: bool,
}

/// Why a clock stands where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The policy's id.
    pub policy: String,
    /// The column by the time of receipt (M-1).
    pub received: Option<Received>,
    /// The row of `[[targets]]`, counted from 1 as a person counts.
    pub row: Option<usize>,
    /// What the row promises.
    pub within: Option<Within>,
    /// The clock that it runs on.
    pub clock: Option<Clock>,
    /// The calendar of a business clock.
    pub calendar: Option<String>,
    /// Where the clock starts.
    pub anchor_at: Timestamp,
    /// The promised seconds of that clock: the sum of what counts up to `due_at`.
    pub budget_s: Option<i64>,
    /// Seconds that have been counted: the sum of what counts and is not merely expected.
    pub consumed_s: Option<i64>,
    /// When it is due.
    pub due_at: Option<Timestamp>,
    /// When it was answered.
    pub responded_at: Option<Timestamp>,
    /// Why it is not due at any time, in a word.
    pub reason: Option<&'static str>,
    /// The same with what is missing: `policy_incomplete: holidays of "selected"`.
    pub because: Option<String>,
    /// From the start to the answer, or to `due_at` or the instant asked about, whichever is later.
    pub stretches: Vec<Stretch>,
}

/// Explains the clock of the first response.
#[must_use]
pub fn explain(policy: &Policy, history: &History, as_of: Option<Timestamp>) -> Explanation {
    let folded = fold(policy, history, as_of);
    let answer = super::first_response(policy, history, as_of, &[]);
    let row = answer.target.and_then(|row| policy.targets().get(row));
    let mut explanation = Explanation {
        policy: policy.id().to_owned(),
        received: answer.received,
        row: answer.target.map(|row| row + 1),
        within: row.map(|row| row.within),
        clock: answer.clock,
        calendar: answer.calendar,
        anchor_at: answer.anchor_at,
        budget_s: answer.budget_s,
        consumed_s: answer.standing.and_then(|standing| standing.consumed_s),
        due_at: answer.due_at,
        responded_at: answer.responded_at,
        reason: answer.reason.as_ref().map(Reason::as_str),
        because: answer.reason.as_ref().map(ToString::to_string),
        stretches: Vec::new(),
    };
    if let Ok(running) = run(policy, &folded, answer.received) {
        let walk = Walk::of(policy, &running, &folded);
        explanation.stretches = walk.stretches(answer.due_at.map(second), as_of.map(second));
    }
    explanation
}

type Piece = (Second, Second, Kind);

/// The way from the start of a clock.
struct Walk<'a> {
    hours: &'a Hours,
    folded: &'a Folded,
    /// The zone whose midnights part a closed stretch into days.
    zone: Option<TimeZone>,
}

impl<'a> Walk<'a> {
    fn of(policy: &Policy, running: &Running<'a>, folded: &'a Folded) -> Self {
        let own = running.calendar.and_then(zone_of);
        let default = || {
            policy
                .support_hours(folded.facts.plan.as_deref())
                .and_then(zone_of)
        };
        Self {
            hours: running.hours,
            folded,
            zone: own.or_else(default),
        }
    }

    fn stretches(&self, due: Option<Second>, as_of: Option<Second>) -> Vec<Stretch> {
        let start = self.folded.anchor;
        let until = self.folded.responded_at.or(as_of);
        let end = match self.folded.responded_at {
            Some(at) => Some(at),
            None => due.max(as_of),
        };
        let Some(end) = end.filter(|end| *end > start) else {
            return Vec::new();
        };
        let pieces = self.with_pauses(self.pieces(start, end));
        let cuts = [until, due];
        let pieces = cuts.into_iter().flatten().fold(pieces, cut);
        let stretch = |(from, to, kind): Piece| Stretch {
            from: timestamp(from),
            to: timestamp(to),
            counted_s: if kind == Kind::Open { to - from } else { 0 },
            kind,
            clock_change_s: self.clock_change(from, to),
            expected: until.is_none_or(|until| from >= until),
        };
        pieces.into_iter().map(stretch).collect()
    }

    /// Open stretches, and between them the closed ones by their kinds.
    fn pieces(&self, start: Second, end: Second) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut at = start;
        let after_all = [(end, end)];
        for (open, close) in self
            .hours
            .intervals(start, end)
            .into_iter()
            .chain(after_all)
        {
            if let Hours::Weekly(weekly) = self.hours
                && at < open
            {
                self.closed(weekly, at, open, &mut pieces);
            }
            if open < close {
                pieces.push((open, close, Kind::Open));
            }
            at = close;
        }
        pieces
    }

    /// A closed stretch, parted at midnights and where a holiday took a window away.
    fn closed(&self, weekly: &Weekly, from: Second, to: Second, pieces: &mut Vec<Piece>) {
        let utc = TimeZone::UTC;
        let zone = self.zone.as_ref().unwrap_or(&utc);
        let dates = || days(from - 2 * DAY_S, to + 2 * DAY_S);
        let midnights = dates()
            .filter_map(|date| instant(date.to_datetime(jiff::civil::Time::midnight()), zone));
        let taken: Vec<_> = dates().flat_map(|date| taken_on(weekly, date)).collect();
        let mut cuts: Vec<Second> = taken
            .iter()
            .flat_map(|(_, from, to)| [*from, *to])
            .collect();
        cuts.extend(midnights);
        cuts.retain(|at| from < *at && *at < to);
        cuts.extend([from, to]);
        cuts.sort_unstable();
        cuts.dedup();
        for pair in cuts.windows(2) {
            let (from, to) = (pair[0], pair[1]);
            let inside = taken
                .iter()
                .find(|(_, open, close)| *open <= from && to <= *close);
            let kind = match inside {
                Some((label, ..)) => holiday(weekly, *label),
                None => kind_of_day(weekly, zone.to_datetime(timestamp(from)).date()),
            };
            match pieces.last_mut() {
                Some((_, end, last)) if *end == from && *last == kind => *end = to,
                _ => pieces.push((from, to, kind)),
            }
        }
    }

    /// Lays the pauses over the pieces; a pause is one stretch, whatever it covers.
    fn with_pauses(&self, mut pieces: Vec<Piece>) -> Vec<Piece> {
        let ends_at = self.folded.responded_at.unwrap_or(Second::MAX);
        for waiting in &self.folded.waiting {
            let (from, to) = (waiting.pause.from, waiting.pause.to.min(ends_at));
            if from >= to {
                continue;
            }
            pieces = cut(cut(pieces, from), to);
            let (before, rest): (Vec<_>, Vec<_>) =
                pieces.into_iter().partition(|piece| piece.1 <= from);
            let (during, after): (Vec<_>, Vec<_>) =
                rest.into_iter().partition(|piece| piece.1 <= to);
            let span = during.first().zip(during.last());
            let span = span.map(|(first, last)| (first.0, last.1));
            let kind = Kind::Waiting {
                reason: waiting.reason.clone(),
            };
            let during = span.map(|(from, to)| (from, to, kind));
            pieces = before.into_iter().chain(during).chain(after).collect();
        }
        pieces
    }

    fn clock_change(&self, from: Second, to: Second) -> Option<i64> {
        let zone = self.zone.as_ref()?;
        let offset = |at: Second| i64::from(zone.to_offset(timestamp(at)).seconds());
        Some(offset(to) - offset(from)).filter(|change| *change != 0)
    }
}

const DAY_S: i64 = super::calendar::DAY_S;

/// The zone of a calendar, else that of its first window.
fn zone_of(calendar: &Calendar) -> Option<TimeZone> {
    let of_window = || match calendar.hours() {
        Ok(Hours::Weekly(weekly)) => weekly
            .windows()
            .first()
            .map(|window| window.open.tz.clone()),
        _ => None,
    };
    calendar.zone.clone().or_else(of_window)
}

/// Parts the piece in which an instant lies.
fn cut(pieces: Vec<Piece>, at: Second) -> Vec<Piece> {
    let parts = pieces.into_iter().flat_map(|(from, to, kind)| {
        if from < at && at < to {
            vec![(from, at, kind.clone()), (at, to, kind)]
        } else {
            vec![(from, to, kind)]
        }
    });
    parts.collect()
}

/// **C-7**: the windows that a holiday takes away.
fn taken_on(weekly: &Weekly, label: Date) -> Vec<(Date, Second, Second)> {
    if !weekly.holidays().contains_key(&label) {
        return Vec::new();
    }
    let windows = weekly
        .windows()
        .iter()
        .filter_map(|window| window.on(label));
    windows.map(|(open, close)| (label, open, close)).collect()
}

fn holiday(weekly: &Weekly, date: Date) -> Kind {
    let name = weekly.holidays().get(&date).cloned().flatten();
    Kind::Holiday { date, name }
}

fn kind_of_day(weekly: &Weekly, date: Date) -> Kind {
    let has_window = weekly
        .windows()
        .iter()
        .any(|window| window.is_on(date.weekday()));
    match has_window {
        // A holiday on a day without hours has no effect.
        true if weekly.holidays().contains_key(&date) => holiday(weekly, date),
        true => Kind::Night,
        false => Kind::Weekend,
    }
}

#[cfg(test)]
mod tests;
