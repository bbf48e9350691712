//! Steps of the work: which of them take up a ticket, and when somebody is there (rule T-4, requirements 53 and 54).

use jiff::{SignedDuration, Timestamp};

use super::{Alarm, Because, Situation, What, first_response, key};
use crate::policy::{
    Availability, Step,
    calendar::{second, timestamp},
    workflow::After,
};

/// The role of the step that solves tickets of a priority.
const RESOLVER: &str = "default_resolver";
/// The role of a step that is brought in later.
const ESCALATED_TO: &str = "escalated_to";

/// The steps that are to take up the ticket.
///
/// The one that solves such tickets does so from the moment of the classification. One that is brought in later is, after the time that an
/// overlay sets (`after`); where none is set only a person escalates. Whoever is not there is told when their hours begin.
///
/// A person may escalate a ticket that nobody has classified yet, too.
pub(super) fn alarms(situation: &Situation<'_>) -> Vec<Alarm> {
    let classified = situation.priority();
    let priority = classified.map(|(priority, _)| priority);
    let by_role = classified.map(|(priority, since)| by_role(situation, priority, since));
    let by_role = by_role.into_iter().flatten();
    by_role.chain(escalations(situation, priority)).collect()
}

/// The steps that take up tickets of a priority by themselves.
fn by_role(situation: &Situation<'_>, priority: &str, since: Timestamp) -> Vec<Alarm> {
    let steps = situation.policy.workflow().iter();
    let alarms = steps.filter_map(|step| {
        let (asked_at, because) = match step.role.get(priority).map(String::as_str)? {
            RESOLVER => (since, Because::Resolver),
            ESCALATED_TO => (brought_in_at(situation, step)?, Because::After),
            _ => return None,
        };
        Some(alarm(situation, step, Some(priority), asked_at, because))
    });
    alarms.collect()
}

/// Every escalation by a person.
fn escalations<'a>(
    situation: &'a Situation<'_>,
    priority: Option<&'a str>,
) -> impl Iterator<Item = Alarm> + 'a {
    let escalations = situation.course.escalations.iter();
    escalations.filter_map(move |(number, at)| {
        let mut steps = situation.policy.workflow().iter();
        let step = steps.find(|step| step.step == *number)?;
        Some(alarm(situation, step, priority, *at, Because::Escalated))
    })
}

fn alarm(
    situation: &Situation<'_>,
    step: &Step,
    priority: Option<&str>,
    asked_at: Timestamp,
    because: Because,
) -> Alarm {
    let number = step.step.to_string();
    Alarm {
        key: match because {
            Because::Escalated => key("escalation", &asked_at.to_string(), &number),
            Because::Resolver | Because::After => {
                key("step", priority.unwrap_or_default(), &number)
            }
        },
        at: next_there(situation, step, priority, asked_at),
        what: What::Step {
            step: step.step,
            title: step.title.clone(),
            action: step.action.clone(),
            because,
        },
    }
}

/// When the terms bring a step in; nothing where they do not say.
fn brought_in_at(situation: &Situation<'_>, step: &Step) -> Option<Timestamp> {
    match step.after? {
        After::Percent(percent) => first_response::used_up(situation, percent),
        After::Seconds(seconds) => {
            let after = SignedDuration::from_secs(seconds);
            situation.history.received_at.checked_add(after).ok()
        }
    }
}

/// The first instant at or after `at` at which somebody of the step is there. Where the policy does not say when that is, as of a ticket without
/// a priority, at once: better told too early than never.
fn next_there(
    situation: &Situation<'_>,
    step: &Step,
    priority: Option<&str>,
    at: Timestamp,
) -> Timestamp {
    match priority.and_then(|priority| step.availability.get(priority)) {
        Some(Availability::SupportHours) => {
            let hours = situation.policy.support_hours(situation.plan());
            let hours = hours.and_then(|calendar| calendar.hours().ok());
            let opens = hours.and_then(|hours| hours.first_open(second(at)));
            // What is asked within a second is asked in it.
            opens.map(timestamp).map_or(at, |opens| opens.max(at))
        }
        Some(Availability::Always) | None => at,
    }
}
