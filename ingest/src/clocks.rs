//! The clocks of a ticket: a fold over its timeline, by the terms that it is pinned to. Pure.

use jiff::Timestamp;

use crate::{
    policy::{self, Event, EventKind, Facts, FirstResponse, History, Policy},
    store::clocks::{Clock, FIRST_RESPONSE, Status},
    ticket::{Entry, Fact, Ticket, terms::Terms},
};

/// The version whose terms hold after a timeline.
#[must_use]
pub fn pinned_version(timeline: &[Entry]) -> Option<u32> {
    timeline
        .iter()
        .fold(None, |pinned, entry| match &entry.fact {
            Fact::Received { terms, .. } => terms.as_ref().and_then(|terms| terms.policy_version),
            Fact::Repinned { version, .. } => Some(*version),
            _ => pinned,
        })
}

/// Under which terms a ticket was received; those of a ticket that is older than policies are what its row says.
#[must_use]
pub fn terms_of(ticket: &Ticket, timeline: &[Entry]) -> Terms {
    let terms = timeline.iter().find_map(|entry| match &entry.fact {
        Fact::Received { terms, .. } => terms.as_deref().cloned(),
        _ => None,
    });
    terms.unwrap_or_else(|| Terms {
        category: ticket.category.clone(),
        plan: ticket.plan.clone(),
        channel: ticket.channel.clone(),
        account: ticket.account.clone(),
        ..Terms::default()
    })
}

/// What the engine hears of a ticket.
#[must_use]
pub fn history_of(ticket: &Ticket, timeline: &[Entry]) -> History {
    let terms = terms_of(ticket, timeline);
    History {
        received_at: ticket.received_at,
        at_receipt: at_receipt(&terms),
        events: events_of(timeline),
    }
}

/// The same without the row of the ticket: nothing for one that is older than policies, whose timeline does not say enough.
#[must_use]
pub fn history_of_timeline(timeline: &[Entry]) -> Option<History> {
    let (received_at, terms) = timeline.iter().find_map(|entry| match &entry.fact {
        Fact::Received { terms, .. } => Some((entry.at, terms.as_deref()?)),
        _ => None,
    })?;
    Some(History {
        received_at,
        at_receipt: at_receipt(terms),
        events: events_of(timeline),
    })
}

/// The facts from which the clocks of a ticket start. Its priority is staff's to set, so at receipt there is none.
#[must_use]
pub fn at_receipt(terms: &Terms) -> Facts {
    Facts {
        plan: terms.plan.clone(),
        category: terms.category.clone(),
        priority: None,
        channel: terms.channel.clone(),
    }
}

/// What happened, as the engine hears it.
fn events_of(timeline: &[Entry]) -> Vec<Event> {
    let events = timeline.iter().flat_map(|entry| {
        let kinds = kinds_of(&entry.fact);
        kinds.into_iter().map(|kind| Event { at: entry.at, kind })
    });
    events.collect()
}

/// What a fact means for a clock: nothing, as long as it is not one of these.
fn kinds_of(fact: &Fact) -> Vec<EventKind> {
    match fact {
        Fact::Classified {
            category, priority, ..
        } => {
            let category = category.clone().map(EventKind::Category);
            let priority = priority.clone().map(EventKind::Priority);
            [category, priority].into_iter().flatten().collect()
        }
        Fact::PlanChanged { plan, .. } => vec![EventKind::Plan(plan.clone())],
        Fact::Answered { .. } => vec![EventKind::Respond],
        Fact::Paused { reason, .. } => vec![EventKind::Pause {
            reason: Some(reason.as_str().to_owned()),
        }],
        Fact::Resumed { .. } => vec![EventKind::Resume],
        // The mail that says why is the first that the requester hears from a person (E-6).
        Fact::StatusChanged {
            reason: Some(reason),
            ..
        } if reason.is_a_response() => vec![EventKind::Respond],
        Fact::Acknowledged => vec![EventKind::AutoAck],
        _ => Vec::new(),
    }
}

/// The clock of the first response as it is kept after the fact with this number.
#[must_use]
pub fn first_response(policy: &Policy, history: &History, now: Timestamp, last_seq: i32) -> Clock {
    kept(
        &policy::first_response(policy, history, Some(now), &[]),
        last_seq,
    )
}

/// What is kept of an answer of the engine.
#[must_use]
pub fn kept(clock: &FirstResponse, last_seq: i32) -> Clock {
    let status = clock
        .standing
        .map_or(Status::None, |standing| standing.status);
    Clock {
        metric: FIRST_RESPONSE.to_owned(),
        due_at: clock.due_at,
        status,
        reason: clock.reason.as_ref().map(ToString::to_string),
        budget_s: clock.budget_s,
        last_seq,
    }
}
