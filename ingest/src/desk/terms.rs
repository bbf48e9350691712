//! What the ticket page shows of its terms: classes to choose from, the clock, and why it stands where it stands.

use jiff::tz::TimeZone;
use minijinja::{Value, context};

use crate::{
    explained::Explained,
    policy::Policy,
    ticket::{Ticket, terms::PauseReason},
};

/// For the template; nothing where the ticket has no policy.
pub(super) fn shown(ticket: &Ticket, explained: &Explained, zone: &TimeZone) -> Option<Value> {
    let (version, policy) = explained.terms.as_ref()?;
    let (clock, _) = explained.clock.as_ref()?;
    let status = clock.standing.map(|standing| standing.status.as_str());
    Some(context! {
        policy => policy.title(),
        version,
        last_updated => policy.last_updated(),
        categories => categories(ticket, policy),
        priorities => priorities(ticket, policy),
        category => title(ticket.category.as_ref(), |id| Some(policy.category(id)?.title.clone())),
        priority => title(ticket.priority.as_ref(), |id| Some(policy.priority(id)?.title.clone())),
        plan => title(ticket.plan.as_ref(), |id| Some(policy.plan(id)?.title.clone())),
        plan_from => explained.plan_from.map(crate::ticket::terms::PlanSource::describe),
        channel => title(ticket.channel.as_ref(), |id| Some(policy.find_channel(id)?.title.clone())),
        status,
        summary => explained.summary(zone),
        lines => explained.lines(zone),
        is_promised => clock.due_at.is_some(),
        is_late => status == Some("breached"),
        is_paused => status == Some("paused") || clock.reason.as_ref().is_some_and(|reason| reason.as_str() == "paused"),
        is_answered => clock.responded_at.is_some(),
        reasons => PauseReason::ALL.map(|reason| context! { name => reason.as_str(), text => reason.describe() }),
    })
}

/// A title in the pinned policy, or the key where that does not know it.
fn title(key: Option<&String>, titled: impl Fn(&str) -> Option<String>) -> Option<String> {
    let key = key?;
    Some(titled(key).unwrap_or_else(|| key.clone()))
}

fn categories(ticket: &Ticket, policy: &Policy) -> Vec<Value> {
    let categories = policy.categories().iter();
    let tickets = categories.filter(|category| category.redirect.is_none());
    tickets
        .map(|category| {
            context! {
                id => &category.id,
                title => &category.title,
                definition => &category.definition,
                is_covered => category.covered,
                is_chosen => ticket.category.as_ref() == Some(&category.id),
            }
        })
        .collect()
}

fn priorities(ticket: &Ticket, policy: &Policy) -> Vec<Value> {
    let priorities = policy.priorities().iter();
    priorities
        .map(|priority| {
            context! {
                id => &priority.id,
                title => &priority.title,
                definition => &priority.definition,
                effort => &priority.effort,
                examples => &priority.examples,
                is_chosen => ticket.priority.as_ref() == Some(&priority.id),
            }
        })
        .collect()
}
