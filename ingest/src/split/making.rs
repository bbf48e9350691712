//! Splits a ticket: everything in one transaction, once.

use std::collections::BTreeSet;

use cornerdesk_shared::reference::Reference;
use jiff::Timestamp;
use uuid::Uuid;

use super::{Part, PartFault, checked, fingerprint};
use crate::{
    clocks, handling, ids,
    outbox::tell_split,
    policies::Policies,
    store::{self, StoreError, Tx},
    suggestions,
    ticket::{Entry, Fact, Status, Ticket, terms::Terms},
};

/// How a splitting ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// The references of the parts, in their order.
    pub references: Vec<String>,
    /// The same was made before; nothing was changed.
    pub is_repeated: bool,
}

/// Why a ticket was not split. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum SplitError {
    /// The parts are at fault: all of what is wrong.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Parts(Vec<PartFault>),
    /// Nobody works on it.
    #[error("it is held: release it first")]
    Held,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How often a reference may turn out to be taken.
const REFERENCE_DRAWS: usize = 8;

/// Splits `parts` off `ticket`, in the caller's transaction, which is to be rolled back on an error. The same parts again change nothing.
///
/// Each part is a ticket of the same requester, by the same way, at the same instant, under the same terms, that nobody has ranked yet;
/// requester and staff find one from the other. One mail names all of them.
///
/// # Errors
/// [`SplitError`].
pub async fn split(
    tx: &mut Tx,
    ticket: &Ticket,
    policies: &Policies,
    parts: &[Part],
    by: &str,
    now: Timestamp,
) -> Result<Split, SplitError> {
    // Behind the lock: what the mailbox says of it meanwhile is said of all parts.
    let ticket = &handling::locked(tx, ticket).await?;
    if ticket.held.is_some() {
        return Err(SplitError::Held);
    }
    let site = &ticket.site;
    let attachments = store::attachments::list(tx, site, ticket.id).await?;
    let attachments: BTreeSet<Uuid> = attachments.iter().map(|file| file.id).collect();
    let policy = suggestions::policy_of(tx, policies, ticket).await?;
    let is_category = |id: &str| {
        policy
            .as_ref()
            .and_then(|policy| policy.category(id))
            .is_some_and(|category| category.redirect.is_none())
    };
    let parts = checked(parts, &attachments, is_category).map_err(SplitError::Parts)?;
    let print = fingerprint(&parts);
    if !store::splits::begin(tx, site, ticket.id, &print, now).await? {
        let references = store::splits::find(tx, site, ticket.id, &print).await?;
        return Ok(Split {
            references: references.unwrap_or_default(),
            is_repeated: true,
        });
    }
    let timeline = store::timeline::list(tx, site, ticket.id).await?;
    let past = Past {
        terms: terms(ticket, &timeline),
        shared: shared(timeline),
    };
    let mut references = Vec::with_capacity(parts.len());
    for part in &parts {
        let part = make(tx, policies, ticket, part, &past, by, now).await?;
        references.push(part.to_string());
    }
    store::splits::finish(tx, site, ticket.id, &print, &references).await?;
    let fact = Fact::Split {
        into: references.clone(),
        by: by.to_owned(),
    };
    store::timeline::append(tx, site, ticket.id, now, &fact).await?;
    let payload = tell_split::payload(ticket.id, &references);
    let (job, kind) = (ids::new_id(), tell_split::KIND);
    store::jobs::insert(tx, site, job, kind, &payload, now, now).await?;
    Ok(Split {
        references,
        is_repeated: false,
    })
}

/// What a part takes over from the timeline of the whole.
struct Past {
    /// What its clocks start from; nothing where the whole has no policy and is older than policies.
    terms: Option<Terms>,
    /// What holds for all that was asked.
    shared: Vec<Entry>,
}

/// The first answer, which was one to everything that was asked, and what the mailbox said of whose request it is.
fn shared(timeline: Vec<Entry>) -> Vec<Entry> {
    let mut is_answered = false;
    let is_shared = |entry: &Entry| match entry.fact {
        Fact::Answered { .. } => !std::mem::replace(&mut is_answered, true),
        Fact::Confirmed | Fact::Disowned => true,
        _ => false,
    };
    timeline.into_iter().filter(is_shared).collect()
}

/// The terms of the whole. Those of a ticket that is older than policies and was put under one since are what its row says.
fn terms(whole: &Ticket, timeline: &[Entry]) -> Option<Terms> {
    let received = timeline.iter().find_map(|entry| match &entry.fact {
        Fact::Received { terms, .. } => terms.as_deref().cloned(),
        _ => None,
    });
    received.or_else(|| {
        let _under = whole.policy_version?;
        Some(clocks::terms_of(whole, timeline))
    })
}

/// A ticket for a part.
async fn make(
    tx: &mut Tx,
    policies: &Policies,
    whole: &Ticket,
    part: &Part,
    past: &Past,
    by: &str,
    now: Timestamp,
) -> Result<Reference, StoreError> {
    let category = part.category.clone().or_else(|| whole.category.clone());
    let ticket = insert(tx, whole, part, category.clone()).await?;
    let count = u32::try_from(part.attachments.len()).unwrap_or(u32::MAX);
    let received = Fact::Received {
        attachments: count,
        terms: past.terms.clone().map(|terms| {
            Box::new(Terms {
                category,
                plan: whole.plan.clone(),
                policy_version: whole.policy_version,
                ..terms
            })
        }),
    };
    let site = &ticket.site;
    store::timeline::start(tx, site, ticket.id, ticket.received_at, &received).await?;
    for (position, attachment) in (0..).zip(&part.attachments) {
        store::splits::share(tx, site, ticket.id, *attachment, position).await?;
    }
    for entry in &past.shared {
        store::timeline::append(tx, site, ticket.id, entry.at, &entry.fact).await?;
    }
    let from = Fact::SplitFrom {
        whole: whole.reference.to_string(),
        by: by.to_owned(),
    };
    store::timeline::append(tx, site, ticket.id, now, &from).await?;
    let timeline = store::timeline::list(tx, site, ticket.id).await?;
    handling::settle(tx, policies, &ticket, &timeline, now).await?;
    Ok(ticket.reference)
}

/// Puts it under a reference that no other ticket has.
async fn insert(
    tx: &mut Tx,
    whole: &Ticket,
    part: &Part,
    category: Option<String>,
) -> Result<Ticket, StoreError> {
    for _ in 0..REFERENCE_DRAWS {
        let ticket = Ticket {
            id: ids::new_id(),
            reference: ids::new_reference(),
            summary: part.summary.clone(),
            description: part.description.clone(),
            category: category.clone(),
            priority: None,
            status: Status::New,
            ..whole.clone()
        };
        if store::tickets::insert(tx, &ticket).await? {
            return Ok(ticket);
        }
    }
    Err(StoreError::Corrupt {
        table: "tickets",
        fault: "no free reference in eight draws",
    })
}
