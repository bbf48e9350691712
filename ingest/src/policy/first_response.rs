//! The clock of the first response: the one entry for pages, API and jobs.

use jiff::Timestamp;

use super::{
    Policy,
    calendar::{Calendar, Hours, Received, Second, second, timestamp},
    clock::Pause,
    document::Clock,
    history::{Folded, History, fold},
    target::{Reason, Target},
};

/// How a clock stands (S-1, S-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// There is none.
    None,
    /// It runs.
    Running,
    /// It stands still.
    Paused,
    /// Answered in time.
    Met,
    /// Answered late, or not in time.
    Breached,
}

impl Status {
    const ALL: [Self; 5] = [
        Self::None,
        Self::Running,
        Self::Paused,
        Self::Met,
        Self::Breached,
    ];

    /// Its name in records, vectors, the database and the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Met => "met",
            Self::Breached => "breached",
        }
    }

    /// The status with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == name)
    }
}

/// How the clock stands at an instant (S-1 to S-3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// In a word.
    pub status: Status,
    /// Seconds that were counted.
    pub consumed_s: Option<i64>,
    /// Seconds of the budget that are left; negative when it is overdue.
    pub remaining_s: Option<i64>,
}

/// The clock of the first response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirstResponse {
    /// The column by the time of receipt (M-1).
    pub received: Option<Received>,
    /// The clock of the chosen row.
    pub clock: Option<Clock>,
    /// The calendar of a business clock.
    pub calendar: Option<String>,
    /// The chosen row of `[[targets]]`, counted from 0.
    pub target: Option<usize>,
    /// Where the clock starts: the receipt, or the change under `from_change`.
    pub anchor_at: Timestamp,
    /// The first open instant from there; pauses are not considered.
    pub starts_at: Option<Timestamp>,
    /// The promised seconds of that clock (K-4).
    pub budget_s: Option<i64>,
    /// When it is due (K-3).
    pub due_at: Option<Timestamp>,
    /// Why it is not due at any time.
    pub reason: Option<Reason>,
    /// **W-1**: when so many percent of the budget are used up.
    pub warnings: Vec<(u8, Option<Timestamp>)>,
    /// How it stands, where an instant was asked about.
    pub standing: Option<Standing>,
    /// When it was answered.
    pub responded_at: Option<Timestamp>,
}

/// A chosen target with all that it runs on.
pub(super) struct Running<'a> {
    pub row: usize,
    pub target: &'a Target,
    pub calendar: Option<&'a Calendar>,
    pub hours: &'a Hours,
    pub budget_s: i64,
}

/// Why nothing runs, and how far the choice came.
pub(super) struct Stopped<'a> {
    reason: Reason,
    target: Option<(usize, &'a Target)>,
    calendar: Option<&'a Calendar>,
}

/// **K-7**: what runs for a folded ticket.
pub(super) fn run<'a>(
    policy: &'a Policy,
    folded: &Folded,
    received: Option<Received>,
) -> Result<Running<'a>, Stopped<'a>> {
    let stop = |reason, target, calendar| Stopped {
        reason,
        target,
        calendar,
    };
    let (row, target) = policy
        .target_for(&folded.facts, received)
        .map_err(|reason| stop(reason, None, None))?;
    let chosen = Some((row, target));
    let incomplete = |missing| stop(Reason::PolicyIncomplete(missing), chosen, None);
    let calendar = policy
        .calendar_of(target, folded.facts.plan.as_deref())
        .map_err(incomplete)?;
    let hours = match calendar {
        None => &Hours::Always,
        Some(calendar) => calendar
            .hours()
            .map_err(|missing| incomplete(missing.clone()))?,
    };
    let budget_s = policy
        .budget(target.within, hours, folded.anchor)
        .map_err(incomplete)?
        .ok_or_else(|| stop(Reason::NoOpenTime, chosen, calendar))?;
    Ok(Running {
        row,
        target,
        calendar,
        hours,
        budget_s,
    })
}

/// The clock of the first response of a ticket, as it stands at `as_of` or, without one, at the end of what is known (rules K, E, W, S).
#[must_use]
pub fn first_response(
    policy: &Policy,
    history: &History,
    as_of: Option<Timestamp>,
    warn_percent: &[u8],
) -> FirstResponse {
    let folded = fold(policy, history, as_of);
    let received = policy.received(history.received_at);
    let as_of = as_of.map(second);
    let mut response = FirstResponse {
        received,
        clock: None,
        calendar: None,
        target: None,
        anchor_at: timestamp(folded.anchor),
        starts_at: None,
        budget_s: None,
        due_at: None,
        reason: None,
        warnings: Vec::new(),
        standing: as_of.map(|_| NO_STANDING),
        responded_at: folded.responded_at.map(timestamp),
    };
    match run(policy, &folded, received) {
        Ok(running) => fill(&mut response, &running, &folded, as_of, warn_percent),
        Err(stopped) => {
            response.reason = Some(stopped.reason);
            response.target = stopped.target.map(|(row, _)| row);
            response.clock = stopped.target.map(|(_, target)| target.clock);
            response.calendar = stopped.calendar.map(|calendar| calendar.id.clone());
        }
    }
    response
}

/// **S-1**
const NO_STANDING: Standing = Standing {
    status: Status::None,
    consumed_s: None,
    remaining_s: None,
};

fn fill(
    response: &mut FirstResponse,
    running: &Running<'_>,
    folded: &Folded,
    as_of: Option<Second>,
    warn_percent: &[u8],
) {
    let (hours, budget_s) = (running.hours, running.budget_s);
    let pauses = folded.pauses();
    let due = hours.due_at(folded.anchor, budget_s, &pauses);
    response.target = Some(running.row);
    response.clock = Some(running.target.clock);
    response.calendar = running.calendar.map(|calendar| calendar.id.clone());
    response.starts_at = hours.first_open(folded.anchor).map(timestamp);
    response.budget_s = Some(budget_s);
    response.due_at = due.map(timestamp);
    response.reason = match due {
        Some(_) => None,
        None if folded.is_paused() => Some(Reason::Paused),
        None => Some(Reason::NoOpenTime),
    };
    // W-1: rounded up, so that a warning is never early.
    let warnings = warn_percent.iter().map(|percent| {
        let count = (budget_s * i64::from(*percent) + 99) / 100;
        let at = hours.due_at(folded.anchor, count, &pauses);
        (*percent, at.map(timestamp))
    });
    response.warnings = warnings.collect();
    response.standing = as_of.map(|as_of| standing(running, folded, &pauses, due, as_of));
}

/// **S-2**, **S-3**
fn standing(
    running: &Running<'_>,
    folded: &Folded,
    pauses: &[Pause],
    due: Option<Second>,
    as_of: Second,
) -> Standing {
    let is_late = |at: Second| due.is_some_and(|due| at > due);
    let status = match folded.responded_at {
        Some(at) if is_late(at) => Status::Breached,
        Some(_) => Status::Met,
        None if is_late(as_of) => Status::Breached,
        None if folded.is_paused() => Status::Paused,
        None => Status::Running,
    };
    let until = folded.responded_at.unwrap_or(as_of);
    let consumed_s = running.hours.elapsed(folded.anchor, until, pauses);
    Standing {
        status,
        consumed_s: Some(consumed_s),
        remaining_s: Some(running.budget_s - consumed_s),
    }
}
