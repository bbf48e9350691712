//! What the ticket page shows of the work: what was found out, and how it may end.

use axum::response::Redirect;
use minijinja::{Value, context};

use crate::{
    agenda::{self, Course, Unmet},
    policy::Policy,
    ticket::{
        ClosingReason, Entry, Status, Ticket,
        findings::{Findings, Reproduced},
    },
};

/// Back to this part of the page.
pub(super) fn back(ticket: &Ticket) -> Redirect {
    Redirect::to(&format!("/desk/tickets/{}#work", ticket.reference))
}

/// For the template.
pub(super) fn shown(ticket: &Ticket, timeline: &[Entry], policy: Option<&Policy>) -> Value {
    let findings = Findings::of(timeline);
    let course = Course::of(timeline);
    let unmet = unmet(ticket, &course, policy, findings.root_cause.as_deref());
    let workaround = findings.workaround.as_ref();
    context! {
        is_over => course.is_over(),
        is_in_progress => course.is_in_progress && ticket.status == Status::Open,
        closing_reason => findings.closing_reason.map(ClosingReason::describe),
        reproduced => findings.reproduced.map(Reproduced::describe),
        workaround => workaround.map(|it| &it.text),
        is_shown => workaround.is_some_and(|it| it.is_shown),
        root_cause => &findings.root_cause,
        answers => Reproduced::ALL.map(|it| context! { name => it.as_str(), text => it.describe(), is_chosen => findings.reproduced == Some(it) }),
        outcomes => [Status::Solved, Status::Closed].map(|to| outcomes(to, ticket)),
        needs_cause => unmet.iter().any(|it| matches!(it, Unmet::RootCause)),
        owes_message => unmet.iter().any(|it| matches!(it, Unmet::WorkStarted { .. })),
    }
}

/// What would keep the ticket from being closed now.
fn unmet(
    ticket: &Ticket,
    course: &Course,
    policy: Option<&Policy>,
    cause: Option<&str>,
) -> Vec<Unmet> {
    let priority = ticket.priority.as_deref();
    let may_go = policy.map_or(Ok(()), |policy| {
        agenda::may_go(policy, priority, course, true, cause)
    });
    may_go.err().unwrap_or_default()
}

/// The reasons for a state. What would be refused is not offered.
fn outcomes(to: Status, ticket: &Ticket) -> Value {
    let offered = ClosingReason::ALL
        .into_iter()
        .filter(|reason| reason.fits(to) && !(reason.is_a_response() && ticket.held.is_some()));
    let reasons: Vec<Value> = offered
        .map(|reason| {
            context! {
                value => format!("{}:{}", to.as_str(), reason.as_str()),
                text => reason.describe(),
                is_told => reason.is_a_response(),
            }
        })
        .collect();
    context! { title => if to == Status::Solved { "Solved" } else { "Closed" }, reasons }
}
