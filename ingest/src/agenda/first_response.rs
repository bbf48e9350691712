//! Alarms of the first response: its warnings, its breach, and a breach that a change takes back.

use jiff::{SignedDuration, Timestamp};

use super::{Alarm, Situation, What, key};
use crate::policy::{Event, EventKind, FirstResponse, Status, first_response};

const METRIC: &str = "first_response";
/// The threshold of a breach.
const BREACH: &str = "breach";
/// The threshold that ends a cycle: what was told as late is late no longer.
const TAKEN_BACK: &str = "taken_back";

/// What staff were told of the first response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// Much of its time is used up.
    Near,
    /// It is late.
    Missed,
    /// It is late no longer.
    TakenBack,
}

impl Told {
    /// What these keys of alarms say of it, the gravest first; nothing where they are about something else.
    #[must_use]
    pub fn of(keys: &[String]) -> Option<Self> {
        let mut thresholds = keys.iter().filter_map(|key| {
            let rest = key.strip_prefix(METRIC)?.strip_prefix('/')?;
            rest.rsplit_once('/').map(|(_, threshold)| threshold)
        });
        thresholds
            .clone()
            .find_map(|threshold| match threshold {
                BREACH => Some(Self::Missed),
                TAKEN_BACK => Some(Self::TakenBack),
                _ => None,
            })
            .or_else(|| thresholds.next().map(|_| Self::Near))
    }
}

/// **W-1**, **S-2**: the alarms of the current cycle. Once there was an answer there are none.
pub(super) fn alarms(situation: &Situation<'_>) -> Vec<Alarm> {
    let response = first_response(
        situation.policy,
        situation.history,
        Some(situation.now),
        situation.warn_percent,
    );
    if response.responded_at.is_some() {
        return Vec::new();
    }
    let cycle = Cycle::of(situation, &response);
    if let Some(taken_back) = cycle.taken_back(situation, &response) {
        return vec![taken_back];
    }
    let Some(due_at) = response.due_at else {
        return Vec::new();
    };
    let warnings = response.warnings.iter().filter_map(|(percent, at)| {
        Some(Alarm {
            key: cycle.key(&percent.to_string()),
            at: (*at)?,
            what: What::Warning {
                percent: *percent,
                due_at,
            },
        })
    });
    let mut alarms: Vec<Alarm> = warnings.collect();
    alarms.push(Alarm {
        key: cycle.key(BREACH),
        // S-2: at its due time it is not yet late.
        at: due_at + SignedDuration::from_secs(1),
        what: What::Breach {
            due_at,
            is_reclassified: is_late_by_a_change(situation, due_at),
        },
    });
    alarms
}

/// When so many percent of the budget are used up, while nobody has answered.
pub(super) fn used_up(situation: &Situation<'_>, percent: u8) -> Option<Timestamp> {
    let now = Some(situation.now);
    let response = first_response(situation.policy, situation.history, now, &[percent]);
    let (_, at) = response.warnings.first()?;
    at.filter(|_| response.responded_at.is_none())
}

/// Within which each threshold is told once.
struct Cycle {
    name: String,
}

impl Cycle {
    /// One for each anchor (E-5, `from_change`), and one more for each breach that was taken back.
    fn of(situation: &Situation<'_>, response: &FirstResponse) -> Self {
        let anchor = match response.anchor_at {
            at if at.as_second() == situation.history.received_at.as_second() => {
                "receipt".to_owned()
            }
            at => at.to_string(),
        };
        let mut name = anchor.clone();
        for number in 2.. {
            if !situation.told.contains_key(&key(METRIC, &name, TAKEN_BACK)) {
                break;
            }
            name = format!("{anchor}~{number}");
        }
        Self { name }
    }

    fn key(&self, threshold: &str) -> String {
        key(METRIC, &self.name, threshold)
    }

    /// **E-5**: a downgrade may take a breach back. Whoever heard that the ticket is late hears that it is not, and the next cycle begins.
    fn taken_back(&self, situation: &Situation<'_>, response: &FirstResponse) -> Option<Alarm> {
        let told_at = situation.told.get(&self.key(BREACH))?;
        let standing = response.standing?;
        if matches!(standing.status, Status::Breached | Status::Met) {
            return None;
        }
        let changed_at = last_change(situation).map(|event| event.at);
        Some(Alarm {
            key: self.key(TAKEN_BACK),
            at: changed_at.unwrap_or(*told_at),
            what: What::TakenBack {
                due_at: response.due_at,
            },
        })
    }
}

/// Whether the last change is what made it late, so that nobody has to explain why it was left lying.
fn is_late_by_a_change(situation: &Situation<'_>, due_at: Timestamp) -> bool {
    let Some(change) = last_change(situation) else {
        return false;
    };
    if change.at <= due_at {
        return false;
    }
    let mut before = situation.history.clone();
    before
        .events
        .retain(|event| !(is_change(event) && event.at >= change.at));
    let response = first_response(situation.policy, &before, Some(change.at), &[]);
    response
        .standing
        .is_none_or(|standing| standing.status != Status::Breached)
}

fn last_change<'a>(situation: &Situation<'a>) -> Option<&'a Event> {
    let mut known = situation.known_events().into_iter();
    known.rfind(|event| is_change(event))
}

const fn is_change(event: &Event) -> bool {
    matches!(
        event.kind,
        EventKind::Priority(_) | EventKind::Plan(_) | EventKind::Category(_)
    )
}
