//! Why the clock of a ticket stands where it stands: for staff as data, as lines on a page and at the command line.

use std::{fmt::Write, sync::Arc};

use jiff::{Timestamp, tz::TimeZone};
use serde_json::{Value, json};

use crate::{
    clocks,
    policies::Policies,
    policy::{
        FirstResponse, Policy,
        explain::{Explanation, Kind, Stretch, explain},
        first_response,
    },
    store::{self, StoreError, Tx},
    ticket::{Ticket, terms::PlanSource},
};

/// A ticket's clock with the terms that it runs by.
#[derive(Clone, Debug)]
pub struct Explained {
    /// The version of the site's policy and its terms; nothing where the ticket has none.
    pub terms: Option<(u32, Arc<Policy>)>,
    /// The clock of the first response, with all that was counted and skipped.
    pub clock: Option<(FirstResponse, Explanation)>,
    /// Who says which plan the requester has.
    pub plan_from: Option<PlanSource>,
}

/// Explains the clock of a ticket as it stands at `now`.
///
/// # Errors
/// When the database fails.
pub async fn of(
    tx: &mut Tx,
    policies: &Policies,
    ticket: &Ticket,
    now: Timestamp,
) -> Result<Explained, StoreError> {
    let timeline = store::timeline::list(tx, &ticket.site, ticket.id).await?;
    let plan_from = clocks::terms_of(ticket, &timeline).plan_from;
    let Some(version) = ticket.policy_version else {
        return Ok(Explained {
            terms: None,
            clock: None,
            plan_from,
        });
    };
    let policy = policies.pinned(tx, &ticket.site, version).await?;
    let history = clocks::history_of(ticket, &timeline);
    let clock = first_response(&policy, &history, Some(now), &[]);
    let explanation = explain(&policy, &history, Some(now));
    Ok(Explained {
        terms: Some((version, policy)),
        clock: Some((clock, explanation)),
        plan_from,
    })
}

impl Explained {
    /// As data.
    #[must_use]
    pub fn to_json(&self, ticket: &Ticket) -> Value {
        let mut value = json!({
            "reference": ticket.reference.to_string(), "site": ticket.site, "policy_version": ticket.policy_version,
            "plan": ticket.plan, "plan_from": self.plan_from, "category": ticket.category, "priority": ticket.priority, "channel": ticket.channel,
            // No policy says a figure for it, and we make none up.
            "resolution": { "due_at": null, "reason": "no_target" },
            "first_response": null,
        });
        if let Some((clock, explanation)) = &self.clock {
            let mut first = json!(explanation);
            let standing = clock.standing;
            first["status"] = json!(standing.map(|standing| standing.status.as_str()));
            first["remaining_s"] = json!(standing.and_then(|standing| standing.remaining_s));
            value["first_response"] = first;
        }
        value
    }

    /// One line for each stretch, on the clocks of `zone`.
    #[must_use]
    pub fn lines(&self, zone: &TimeZone) -> Vec<String> {
        let stretches = (self.clock.iter()).flat_map(|(_, explanation)| &explanation.stretches);
        stretches.map(|stretch| line(stretch, zone)).collect()
    }

    /// How the clock stands, in a line: what is due and what is left, or why there is nothing.
    #[must_use]
    pub fn summary(&self, zone: &TimeZone) -> String {
        let Some((clock, _)) = &self.clock else {
            return "no policy: nothing is promised".to_owned();
        };
        let Some(due_at) = clock.due_at else {
            let reason = clock.reason.as_ref().map(ToString::to_string);
            return format!("nothing is promised: {}", reason.unwrap_or_default());
        };
        let standing = clock.standing;
        let status = standing.map_or("", |standing| standing.status.as_str());
        let mut text = format!("due {} ({status}", at(due_at, zone));
        if let Some(remaining) = standing.and_then(|standing| standing.remaining_s)
            && clock.responded_at.is_none()
        {
            let words = if remaining < 0 { "late by" } else { "left" };
            let _ = write!(text, ", {words} {}", duration(remaining.abs()));
        }
        text.push(')');
        text
    }
}

/// `Mon 23 Nov 10:00 – Mon 23 Nov 14:00 CET: 4 h counted`.
fn line(stretch: &Stretch, zone: &TimeZone) -> String {
    let what = match &stretch.kind {
        Kind::Open => format!("{} counted", duration(stretch.counted_s)),
        Kind::Night => "not counted: outside the hours".to_owned(),
        Kind::Weekend => "not counted: a day without hours".to_owned(),
        Kind::Holiday { date, name } => {
            let name = name.as_ref().map(|name| format!(", {name}"));
            format!("not counted: holiday {date}{}", name.unwrap_or_default())
        }
        Kind::Waiting { reason } => {
            let reason = reason.as_deref().unwrap_or("somebody").replace('_', " ");
            format!("not counted: waiting for {reason}")
        }
    };
    let mut text = format!(
        "{} – {}: {what}",
        at(stretch.from, zone),
        at(stretch.to, zone)
    );
    if let Some(change) = stretch.clock_change_s {
        let way = if change > 0 { "forward" } else { "back" };
        let _ = write!(text, "; the clocks go {way} by {}", duration(change.abs()));
    }
    if stretch.expected {
        text.push_str(" (to come)");
    }
    text
}

/// `Mon 23 Nov 2026 10:00 CET`.
fn at(instant: Timestamp, zone: &TimeZone) -> String {
    let local = instant.to_zoned(zone.clone());
    local.strftime("%a %-d %b %Y %H:%M %Z").to_string()
}

/// `2 d 3 h`, `4 h 30 min`, `45 s`: of days that always have 24 hours.
fn duration(seconds: i64) -> String {
    let units = [
        (seconds / 86_400, "d"),
        (seconds / 3600 % 24, "h"),
        (seconds / 60 % 60, "min"),
        (seconds % 60, "s"),
    ];
    let parts: Vec<String> = units
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, unit)| format!("{count} {unit}"))
        .collect();
    if parts.is_empty() {
        "0 s".to_owned()
    } else {
        parts.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_whole_and_leave_out_what_is_nothing() {
        for (seconds, text) in [
            (0, "0 s"),
            (45, "45 s"),
            (4 * 3600, "4 h"),
            (16_230, "4 h 30 min 30 s"),
            (86_400 * 2 + 60, "2 d 1 min"),
        ] {
            assert_eq!(duration(seconds), text);
        }
    }
}
