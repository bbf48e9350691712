//! Duties of communication: updates at intervals, what a moment asks for, and what has to be there before a ticket goes on or is closed.

use jiff::{SignedDuration, Timestamp};

use super::{Alarm, Course, Situation, What, course::WORK_STARTED, key};
use crate::policy::{Policy, checkpoint::Checkpoint};

/// How long after a moment staff are reminded of its message: time to write it, and short enough that the requester does not wonder. Ours; no policy says it.
const TIME_TO_WRITE: SignedDuration = SignedDuration::from_mins(30);
/// Intervals without an update that are looked back over: years of a daily one. Each is told in its time or, after a longer rest, only the last.
const INTERVALS_MOST: usize = 10_000;
/// The checkpoint that says how often the requester hears.
const UPDATE: &str = "update";
/// Until when it does: as long as the work lasts.
const RESOLVED: &str = "resolved";

/// The reminders of a ticket.
pub(super) fn alarms(situation: &Situation<'_>) -> Vec<Alarm> {
    let mut alarms = updates(situation);
    alarms.extend(moments(situation));
    alarms
}

/// **R-2**: a reminder at each interval in which the requester heard nothing, counted from the last update, pauses and weekends included.
///
/// Of several that are past only the last is told: after a long rest one reminder says all of it.
fn updates(situation: &Situation<'_>) -> Vec<Alarm> {
    let priority = situation.priority().map(|(id, _)| id);
    let policy = situation.policy;
    let Some(row) = policy
        .checkpoints()
        .iter()
        .find(|row| row.at == UPDATE && row.priority.as_deref() == priority)
    else {
        return Vec::new();
    };
    let heard_at = situation.course.heard_at();
    let since = heard_at.unwrap_or(situation.history.received_at);
    let alarm = |number: usize, at: Timestamp| Alarm {
        key: key(UPDATE, &since.to_string(), &number.to_string()),
        at,
        what: What::UpdateDue {
            since,
            is_first: heard_at.is_none(),
            must: row.must.clone(),
            even_without_news: row.even_without_news,
        },
    };
    let mut at = since;
    let mut passed = None;
    for number in 1..=INTERVALS_MOST {
        let Ok(next) = policy.next_update_due(priority, at) else {
            break;
        };
        if next > situation.now {
            return passed.into_iter().chain([alarm(number, next)]).collect();
        }
        passed = Some(alarm(number, next));
        at = next;
    }
    passed.into_iter().collect()
}

/// A reminder for each moment whose message is owing.
fn moments(situation: &Situation<'_>) -> Vec<Alarm> {
    let priority = situation.priority().map(|(id, _)| id);
    let course = situation.course;
    let owing = course
        .moments
        .keys()
        .filter_map(|moment| Some((moment.as_str(), course.owing_since(moment)?)));
    let reminders = owing.filter_map(|(moment, since)| {
        let duty = situation.policy.duties(moment, priority).next()?;
        Some(Alarm {
            key: key("duty", &since.to_string(), moment),
            at: since.saturating_add(TIME_TO_WRITE).unwrap_or(since),
            what: What::Duty {
                moment: moment.to_owned(),
                since,
                must: duty.must.clone(),
            },
        })
    });
    reminders.collect()
}

/// What the policy asks for on tickets of this priority, for whoever takes one up: `update: report progress`.
pub(super) fn of_priority(policy: &Policy, priority: &str) -> Vec<String> {
    let rows = policy.checkpoints().iter();
    let own = rows.filter(|row| row.priority.as_deref() == Some(priority));
    own.map(|row| match &row.until {
        Some(until) => format!("{}, until {until}", row.must),
        None => row.must.clone(),
    })
    .collect()
}

/// What is missing before a ticket may go on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unmet {
    /// The requester was not told that work has begun.
    #[error(
        "the requester has not been told that work has begun ({must}): write to them and record it with `ticket update`, or say why not with --skip-message \"…\""
    )]
    WorkStarted {
        /// The duty.
        must: String,
    },
    /// The cause of a ticket of the top priority is not written down.
    #[error(
        "a ticket of this priority is not closed without its cause: say it with --root-cause \"…\", or --root-cause unknown"
    )]
    RootCause,
}

/// Whether a ticket may leave the state in which it is (requirements 47 and 48).
///
/// # Errors
/// Everything that is missing.
pub fn may_go(
    policy: &Policy,
    priority: Option<&str>,
    course: &Course,
    is_closing: bool,
    root_cause: Option<&str>,
) -> Result<(), Vec<Unmet>> {
    let mut unmet = Vec::new();
    let told = course.owing_since(WORK_STARTED).is_none();
    if let Some(duty) = policy.duties(WORK_STARTED, priority).next()
        && course.is_in_progress
        && !told
    {
        unmet.push(Unmet::WorkStarted {
            must: duty.must.clone(),
        });
    }
    let has_cause = root_cause.is_some_and(|cause| !cause.trim().is_empty());
    if is_closing && needs_a_cause(policy, priority) && !has_cause {
        unmet.push(Unmet::RootCause);
    }
    if unmet.is_empty() { Ok(()) } else { Err(unmet) }
}

/// The topmost priority of a policy that keeps its requesters informed until such a ticket is resolved.
fn needs_a_cause(policy: &Policy, priority: Option<&str>) -> bool {
    let top = policy.priorities().first();
    let Some(priority) = priority.filter(|id| top.is_some_and(|top| top.id == *id)) else {
        return false;
    };
    let lasts = |row: &Checkpoint| {
        row.priority.as_deref() == Some(priority) && row.until.as_deref() == Some(RESOLVED)
    };
    policy.checkpoints().iter().any(lasts)
}
