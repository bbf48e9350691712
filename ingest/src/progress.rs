//! What staff say about the course of their work on a ticket: its state, messages to the requester, moments of the policy.
//!
//! Each is a fact, which the clock and the timer follow in the same transaction.

pub mod finding;

use std::sync::Arc;

use jiff::Timestamp;

use crate::{
    agenda::{self, Course, Unmet, course::WORK_STARTED},
    clocks, handling, ids,
    outbox::tell_closing,
    policies::Policies,
    policy::Policy,
    store::{self, StoreError, Tx},
    ticket::{ClosingReason, Entry, Fact, Status, Ticket, findings::Findings},
};

/// A change of state that somebody asks for.
#[derive(Clone, Debug)]
pub struct Change<'a> {
    /// To which.
    pub to: Status,
    /// Who asks.
    pub by: &'a str,
    /// The cause, or `unknown`.
    pub root_cause: Option<&'a str>,
    /// Why it is solved or closed.
    pub reason: Option<ClosingReason>,
    /// Why the message that work has begun is left out.
    pub skip_message: Option<&'a str>,
}

/// A change that is refused.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The policy asks for something first.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Unmet(Vec<Unmet>),
    /// It is so already.
    #[error("the ticket is {} already", .0.as_str())]
    Already(Status),
    /// The reason says something else than the state.
    #[error("\"{}\" is no reason for a ticket to be {}{}", .reason.as_str(), .to.as_str(), instead(*.reason, *.to))]
    Unfit {
        /// The reason.
        reason: ClosingReason,
        /// The state.
        to: Status,
    },
    /// The requester would have to hear of it, and nobody gets mail about what is held.
    #[error("the ticket is held, and nobody gets mail about it: release it first")]
    Held,
    /// There is no workaround.
    #[error("there is no workaround that could be shown: write it first")]
    NothingToShow,
    /// A text is longer than a page.
    #[error(
        "the text is too long; at most {} characters",
        finding::TEXT_MOST_CHARS
    )]
    TooLong,
    /// The policy has no message for such a moment.
    #[error("the policy asks for no message at \"{moment}\"{}", known(.moments))]
    UnknownMoment {
        /// What was said.
        moment: String,
        /// What there is.
        moments: Vec<String>,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn instead(reason: ClosingReason, to: Status) -> &'static str {
    match to {
        Status::Solved if reason.fits(Status::Closed) => "; close it instead",
        _ => ": only what is solved or closed has one",
    }
}

fn known(moments: &[String]) -> String {
    if moments.is_empty() {
        return ".".to_owned();
    }
    format!("; it does at {}.", moments.join(", "))
}

/// Changes the state of a ticket, if the policy's duties are done (requirements 47 and 48).
///
/// # Errors
/// [`Refused`]; then nothing is written.
pub async fn change_status(
    tx: &mut Tx,
    policies: &Policies,
    ticket: &Ticket,
    change: &Change<'_>,
    now: Timestamp,
) -> Result<(), Refused> {
    let ticket = &handling::locked(tx, ticket).await?;
    let timeline = store::timeline::list(tx, &ticket.site, ticket.id).await?;
    let mut course = Course::of(&timeline);
    // A ticket that somebody has classified is open, and nobody has begun to work on it yet. One that waits is in progress, and not open.
    let is_so = match change.to {
        Status::Open => course.is_in_progress && ticket.status == Status::Open,
        to => ticket.status == to,
    };
    if is_so {
        return Err(Refused::Already(change.to));
    }
    if let Some(reason) = change.reason {
        may_be_the_reason(ticket, change.to, reason)?;
    }
    let mut facts = Vec::new();
    if let Some(because) = change
        .skip_message
        .filter(|because| !because.trim().is_empty())
    {
        course.skipped.insert(WORK_STARTED.to_owned(), now);
        facts.push(Fact::MessageSkipped {
            moment: WORK_STARTED.to_owned(),
            by: change.by.to_owned(),
            because: because.trim().to_owned(),
        });
    }
    // Work that only goes on leaves nothing behind.
    let goes_on = change.to == Status::Open && course.is_in_progress;
    if let Some(policy) = policy_of(tx, policies, ticket, &timeline).await?
        && !goes_on
    {
        let is_closing = change.to == Status::Closed;
        let priority = ticket.priority.as_deref();
        // What was found out before need not be said again.
        let found = Findings::of(&timeline).root_cause;
        let cause = change.root_cause.or(found.as_deref());
        agenda::may_go(&policy, priority, &course, is_closing, cause).map_err(Refused::Unmet)?;
    }
    // Who works on it does not wait: with the work the clock goes on.
    if change.to == Status::Open && handling::is_paused(&timeline) {
        let by = change.by.to_owned();
        facts.push(Fact::Resumed { by });
    }
    facts.push(Fact::StatusChanged {
        to: change.to,
        by: change.by.to_owned(),
        root_cause: change.root_cause.map(|cause| cause.trim().to_owned()),
        reason: change.reason,
    });
    write(tx, policies, ticket, &facts, now).await?;
    if change.reason.is_some_and(ClosingReason::is_a_response) {
        // With the fact, so that there is one mail for it.
        let (id, kind) = (ids::new_id(), tell_closing::KIND);
        let payload = tell_closing::payload(ticket.id);
        store::jobs::insert(tx, &ticket.site, id, kind, &payload, now, now).await?;
    }
    Ok(())
}

/// Whether a ticket may go to a state for this reason.
const fn may_be_the_reason(
    ticket: &Ticket,
    to: Status,
    reason: ClosingReason,
) -> Result<(), Refused> {
    if !reason.fits(to) {
        return Err(Refused::Unfit { reason, to });
    }
    if reason.is_a_response() && ticket.held.is_some() {
        return Err(Refused::Held);
    }
    Ok(())
}

/// Writes down that the requester was told something in public, and with `moment` what happened.
///
/// # Errors
/// [`Refused`]; then nothing is written.
pub async fn update(
    tx: &mut Tx,
    policies: &Policies,
    ticket: &Ticket,
    by: &str,
    moment: Option<&str>,
    is_told: bool,
    now: Timestamp,
) -> Result<(), Refused> {
    let ticket = &handling::locked(tx, ticket).await?;
    let mut facts = Vec::new();
    if let Some(moment) = moment {
        let timeline = store::timeline::list(tx, &ticket.site, ticket.id).await?;
        let policy = policy_of(tx, policies, ticket, &timeline).await?;
        let priority = ticket.priority.as_deref();
        let moments = policy.map_or_else(Vec::new, |policy| moments_of(&policy, priority));
        if !moments.iter().any(|known| known == moment) {
            let moment = moment.to_owned();
            return Err(Refused::UnknownMoment { moment, moments });
        }
        facts.push(Fact::MomentCame {
            moment: moment.to_owned(),
            by: by.to_owned(),
        });
    }
    if is_told {
        facts.push(Fact::Updated { by: by.to_owned() });
    }
    write(tx, policies, ticket, &facts, now).await
}

/// At which a policy asks for a message about a ticket of this priority.
fn moments_of(policy: &Policy, priority: Option<&str>) -> Vec<String> {
    let rows = policy.checkpoints().iter().filter(|row| row.at != "update");
    let own = rows.filter(|row| row.priority.is_none() || row.priority.as_deref() == priority);
    own.map(|row| row.at.clone()).collect()
}

async fn policy_of(
    tx: &mut Tx,
    policies: &Policies,
    ticket: &Ticket,
    timeline: &[Entry],
) -> Result<Option<Arc<Policy>>, StoreError> {
    match clocks::pinned_version(timeline) {
        Some(version) => Ok(Some(policies.pinned(tx, &ticket.site, version).await?)),
        None => Ok(None),
    }
}

async fn write(
    tx: &mut Tx,
    policies: &Policies,
    ticket: &Ticket,
    facts: &[Fact],
    now: Timestamp,
) -> Result<(), Refused> {
    handling::record_all(tx, policies, ticket, facts, now).await?;
    Ok(())
}
