//! What staff do with a ticket that its clocks hear: the fact, the clock and the timer, in one transaction of the caller.

use jiff::Timestamp;

use crate::{
    clocks,
    policies::Policies,
    policy::{Facts, Policy, fault::nearest},
    queue::Place,
    snoozing,
    store::{self, StoreError, Tx},
    suggestions::{self, Choice, Published},
    ticket::{
        Entry, Fact, Status, Ticket,
        terms::{PauseReason, Terms},
    },
};

/// What somebody wants to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Say what kind of request it is, or how urgent; what is absent stays, `Some(None)` is nothing.
    Classify {
        /// Key of a category.
        category: Option<Option<String>>,
        /// Key of a priority.
        priority: Option<Option<String>>,
    },
    /// Say under which plan it is: its key, title or former name.
    Plan(Option<String>),
    /// Let the clock stand still.
    Pause(PauseReason),
    /// Let it go on.
    Resume,
    /// Say that it was answered in public.
    Answer,
    /// Hand it on to a step of the workflow.
    Escalate(u32),
}

/// Why it was not done. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum NotDone {
    /// There are no classes to choose from.
    #[error("the ticket has no policy: its site had none when it was received")]
    NoTerms,
    /// The pinned policy does not know it.
    #[error("the ticket's policy has no {what} \"{named}\"; {hint}")]
    Unknown {
        /// What is not known.
        what: &'static str,
        /// As it was named.
        named: String,
        /// What it may be instead.
        hint: String,
    },
    /// It is so already.
    #[error("{0}")]
    Already(&'static str),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Does it, to the ticket as it is by now. Answers the ticket as it is then. `published` was read before the transaction began.
///
/// # Errors
/// [`NotDone`]; the transaction may go on.
pub async fn act(
    tx: &mut Tx,
    policies: &Policies,
    published: &Published,
    ticket: &Ticket,
    act: Act,
    by: &str,
    now: Timestamp,
) -> Result<Ticket, NotDone> {
    let ticket = &locked(tx, ticket).await?;
    let timeline = store::timeline::list(tx, &ticket.site, ticket.id).await?;
    let policy = match clocks::pinned_version(&timeline) {
        Some(version) => Some(policies.pinned(tx, &ticket.site, version).await?),
        None => None,
    };
    let chosen = match &act {
        Act::Classify { category, priority } => Some((category.clone(), priority.clone())),
        _ => None,
    };
    let fact = fact_of(policy.as_deref(), ticket, &timeline, act, by)?;
    if let (Some((category, priority)), Some(policy)) = (&chosen, policy.as_deref()) {
        let choice = Choice {
            category: category.as_ref().map(Option::as_deref),
            priority: priority.as_ref().map(Option::as_deref),
        };
        suggestions::decided(tx, ticket, policy, published, choice, now).await?;
    }
    Ok(record(tx, policies, ticket, &fact, now).await?)
}

/// The ticket as it is now, and stays until the transaction ends: whoever was faster has come to an end.
///
/// Comes before every other lock, as it does in `access` and `letting_in`; else two could wait for each other.
///
/// # Errors
/// When the database fails or has no such ticket.
pub async fn locked(tx: &mut Tx, ticket: &Ticket) -> Result<Ticket, StoreError> {
    store::tickets::lock(tx, &ticket.site, ticket.id).await?;
    let found = store::tickets::find(tx, &ticket.site, ticket.id).await?;
    found.ok_or(StoreError::RowCount {
        expected: 1,
        actual: 0,
    })
}

/// Whether the clock of the ticket stands still by somebody's wish.
#[must_use]
pub fn is_paused(timeline: &[Entry]) -> bool {
    paused_for(timeline).is_some()
}

/// What the clock of the ticket waits for; nothing while it does not stand still by somebody's wish.
#[must_use]
pub fn paused_for(timeline: &[Entry]) -> Option<PauseReason> {
    let last = timeline.iter().rev().find_map(|entry| match entry.fact {
        Fact::Paused { reason, .. } => Some(Some(reason)),
        Fact::Resumed { .. } => Some(None),
        _ => None,
    });
    last.flatten()
}

/// Whether a person of staff has answered.
#[must_use]
pub fn is_answered(timeline: &[Entry]) -> bool {
    let mut facts = timeline.iter().map(|entry| &entry.fact);
    facts.any(|fact| matches!(fact, Fact::Answered { .. }))
}

/// Writes a fact down and lets the ticket's row, clock and timer follow. Who has committed calls `NewJobs::announce`. The ticket is [`locked`].
///
/// # Errors
/// When the database fails.
pub async fn record(
    tx: &mut Tx,
    policies: &Policies,
    ticket: &Ticket,
    fact: &Fact,
    now: Timestamp,
) -> Result<Ticket, StoreError> {
    record_all(tx, policies, ticket, std::slice::from_ref(fact), now).await
}

/// [`record`] for facts of one moment, in their order. Row, clock and timer follow once, when all are written.
///
/// # Errors
/// When the database fails.
pub async fn record_all(
    tx: &mut Tx,
    policies: &Policies,
    ticket: &Ticket,
    facts: &[Fact],
    now: Timestamp,
) -> Result<Ticket, StoreError> {
    if facts.is_empty() {
        return Ok(ticket.clone());
    }
    for fact in facts {
        store::timeline::append(tx, &ticket.site, ticket.id, now, fact).await?;
    }
    // Read after the facts were written: whoever wrote another at the same moment has come to an end by now.
    let timeline = store::timeline::list(tx, &ticket.site, ticket.id).await?;
    let ticket = after(ticket, &timeline, facts);
    store::tickets::update(tx, &ticket).await?;
    let ends = |fact: &Fact| {
        matches!(
            fact,
            Fact::StatusChanged {
                to: Status::Solved | Status::Closed,
                ..
            }
        )
    };
    if facts.iter().any(ends) {
        // What is over is in no queue, and is not to be missing in it when it is opened again.
        store::snoozes::put(tx, &ticket.site, ticket.id, None).await?;
    }
    settle(tx, policies, &ticket, &timeline, now).await?;
    Ok(ticket)
}

/// Lets clock and timer follow what was written on a ticket's timeline by the caller.
///
/// # Errors
/// When the database fails.
pub async fn follow(
    tx: &mut Tx,
    policies: &Policies,
    ticket: &Ticket,
    now: Timestamp,
) -> Result<(), StoreError> {
    let timeline = store::timeline::list(tx, &ticket.site, ticket.id).await?;
    settle(tx, policies, ticket, &timeline, now).await
}

/// Lets clock and timer follow a timeline.
///
/// # Errors
/// When the database fails.
pub async fn settle(
    tx: &mut Tx,
    policies: &Policies,
    ticket: &Ticket,
    timeline: &[Entry],
    now: Timestamp,
) -> Result<(), StoreError> {
    let Some(version) = ticket.policy_version else {
        let place = Place::default().after(timeline);
        return store::tickets::put_in_queue(tx, &ticket.site, ticket.id, place).await;
    };
    let policy = policies.pinned(tx, &ticket.site, version).await?;
    let history = clocks::history_of(ticket, timeline);
    let last_seq = timeline.last().map_or(0, |entry| entry.seq);
    let clock = clocks::first_response(&policy, &history, now, last_seq);
    store::clocks::put(tx, &ticket.site, ticket.id, &clock).await?;
    let place = Place::of(&history, &clock).after(timeline);
    store::tickets::put_in_queue(tx, &ticket.site, ticket.id, place).await?;
    if (timeline.iter()).any(|entry| matches!(entry.fact, Fact::Snoozed { .. })) {
        snoozing::follow_clock(tx, ticket, place.due_at).await?;
    }
    store::jobs::set_timer(tx, &ticket.site, ticket.id, Some(now), now).await
}

/// A ticket as its timeline says it is after the latest facts.
fn after(ticket: &Ticket, timeline: &[Entry], latest: &[Fact]) -> Ticket {
    let facts = facts_now(&clocks::terms_of(ticket, timeline), timeline);
    Ticket {
        category: facts.category,
        plan: facts.plan,
        priority: facts.priority,
        status: latest.iter().fold(ticket.status, status_after),
        policy_version: clocks::pinned_version(timeline),
        ..ticket.clone()
    }
}

/// Where a ticket stands after these facts, from the first one on.
#[must_use]
pub fn status_at(timeline: &[Entry]) -> Status {
    let facts = timeline.iter().map(|entry| &entry.fact);
    facts.fold(Status::New, status_after)
}

/// Category, priority and plan of a ticket after these facts, from the first one on.
#[must_use]
pub fn facts_at(ticket: &Ticket, timeline: &[Entry]) -> Facts {
    facts_now(&clocks::terms_of(ticket, timeline), timeline)
}

/// The facts as they are now. Other than the clock's, they go on changing after the first answer (E-6).
fn facts_now(terms: &Terms, timeline: &[Entry]) -> Facts {
    let mut facts = clocks::at_receipt(terms);
    for entry in timeline {
        match &entry.fact {
            Fact::Classified {
                category, priority, ..
            } => {
                if let Some(category) = category {
                    facts.category.clone_from(category);
                }
                if let Some(priority) = priority {
                    facts.priority.clone_from(priority);
                }
            }
            Fact::PlanChanged { plan, .. } => facts.plan.clone_from(plan),
            _ => {}
        }
    }
    facts
}

/// Where a ticket stands after staff did something: somebody has looked at it. What is solved or closed stays so.
const fn status_after(status: Status, fact: &Fact) -> Status {
    match (status, fact) {
        (_, Fact::StatusChanged { to, .. }) => *to,
        (Status::Solved | Status::Closed, _) => status,
        (
            _,
            Fact::Paused {
                reason: PauseReason::Requester | PauseReason::Access,
                ..
            },
        ) => Status::Waiting,
        (_, Fact::Resumed { .. } | Fact::Paused { .. })
        | (
            Status::New,
            Fact::Classified { .. }
            | Fact::PlanChanged { .. }
            | Fact::Answered { .. }
            | Fact::Updated { .. }
            | Fact::Found { .. }
            | Fact::EscalatedTo { .. }
            | Fact::Assigned { staff: Some(_), .. },
        ) => Status::Open,
        _ => status,
    }
}

/// What an act comes to, by the terms of the ticket.
fn fact_of(
    policy: Option<&Policy>,
    ticket: &Ticket,
    timeline: &[Entry],
    act: Act,
    by: &str,
) -> Result<Fact, NotDone> {
    let by = by.to_owned();
    match act {
        Act::Classify { category, priority } => {
            let policy = policy.ok_or(NotDone::NoTerms)?;
            classified(policy, ticket, category, priority, by)
        }
        Act::Plan(plan) => {
            let policy = policy.ok_or(NotDone::NoTerms)?;
            let plan = plan.map(|named| plan_of(policy, &named)).transpose()?;
            Ok(Fact::PlanChanged { plan, by })
        }
        Act::Pause(_) if is_paused(timeline) => {
            Err(NotDone::Already("the clock is paused already"))
        }
        Act::Pause(reason) => Ok(Fact::Paused { reason, by }),
        Act::Resume if !is_paused(timeline) => Err(NotDone::Already("the clock is not paused")),
        Act::Resume => Ok(Fact::Resumed { by }),
        Act::Answer if is_answered(timeline) => {
            Err(NotDone::Already("the ticket was answered before"))
        }
        Act::Answer => Ok(Fact::Answered { by }),
        Act::Escalate(step) => {
            let policy = policy.ok_or(NotDone::NoTerms)?;
            escalated(policy, step, by)
        }
    }
}

fn classified(
    policy: &Policy,
    ticket: &Ticket,
    category: Option<Option<String>>,
    priority: Option<Option<String>>,
    by: String,
) -> Result<Fact, NotDone> {
    if let Some(Some(named)) = &category
        && policy.category(named).is_none()
    {
        let known = policy.categories().iter().map(|one| one.id.as_str());
        return Err(unknown("category", named, known));
    }
    if let Some(Some(named)) = &priority
        && policy.priority(named).is_none()
    {
        let known = policy.priorities().iter().map(|one| one.id.as_str());
        return Err(unknown("priority", named, known));
    }
    // What is said again is no change.
    let category = category.filter(|category| *category != ticket.category);
    let priority = priority.filter(|priority| *priority != ticket.priority);
    if category.is_none() && priority.is_none() {
        return Err(NotDone::Already("the ticket is classified so already"));
    }
    Ok(Fact::Classified {
        category,
        priority,
        by,
    })
}

fn plan_of(policy: &Policy, named: &str) -> Result<String, NotDone> {
    let plan = policy.plan(named).map(|plan| plan.id.clone());
    plan.ok_or_else(|| {
        let known = policy.plans().iter().map(|plan| plan.id.as_str());
        unknown("plan", named, known)
    })
}

fn escalated(policy: &Policy, step: u32, by: String) -> Result<Fact, NotDone> {
    let mut steps = policy.workflow().iter();
    match steps.find(|known| known.step == i64::from(step)) {
        Some(known) => Ok(Fact::EscalatedTo {
            step,
            title: known.title.clone(),
            by,
        }),
        None => {
            let known: Vec<String> = (policy.workflow().iter())
                .map(|step| step.step.to_string())
                .collect();
            let known = known.iter().map(String::as_str);
            Err(unknown("step", &step.to_string(), known))
        }
    }
}

fn unknown<'a>(
    what: &'static str,
    named: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> NotDone {
    NotDone::Unknown {
        what,
        named: named.to_owned(),
        hint: nearest(named, known),
    }
}
