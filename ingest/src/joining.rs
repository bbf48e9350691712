//! Tickets that are the same, and tickets that have to do with each other: both timelines say so, in one transaction of the caller.

use jiff::Timestamp;

use crate::{
    handling,
    policies::Policies,
    progress::{self, Change, Refused},
    status::link::Holder,
    store::{self, StoreError, Tx},
    ticket::{ClosingReason, Entry, Fact, Status, Ticket},
};

/// Why it was not done.
#[derive(Debug, thiserror::Error)]
pub enum NotJoined {
    /// A ticket and itself.
    #[error("that is this very ticket: name another one")]
    Itself,
    /// What one product's users wrote does not belong to another's.
    #[error("that ticket is of another site")]
    OtherSite,
    /// It goes on elsewhere.
    #[error("that ticket goes on in {0} itself: name that one")]
    Elsewhere(String),
    /// It is so already.
    #[error("it is so already")]
    Already,
    /// It cannot be closed.
    #[error("the ticket cannot be closed: {0}")]
    NotClosed(#[source] Refused),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// In which ticket this one goes on; nothing when it was opened again since.
#[must_use]
pub fn merged_into(timeline: &[Entry]) -> Option<&str> {
    timeline.iter().fold(None, |into, entry| match &entry.fact {
        Fact::MergedInto { into, .. } => Some(into.as_str()),
        Fact::StatusChanged {
            to: Status::Open, ..
        } => None,
        _ => into,
    })
}

/// With which tickets it is linked, in the order in which they were.
#[must_use]
pub fn linked(timeline: &[Entry]) -> Vec<&str> {
    let mut linked: Vec<&str> = Vec::new();
    for entry in timeline {
        match &entry.fact {
            Fact::Linked { to, .. } => linked.push(to),
            Fact::Unlinked { from, .. } => linked.retain(|known| known != from),
            _ => {}
        }
    }
    linked
}

/// Which tickets go on in this one.
#[must_use]
pub fn merged(timeline: &[Entry]) -> Vec<&str> {
    let merged = timeline.iter().filter_map(|entry| match &entry.fact {
        Fact::Merged { from, .. } => Some(from.as_str()),
        _ => None,
    });
    merged.collect()
}

/// May whoever has a link to the page of `ticket` be led to the page of the one in which it goes on?
///
/// A request may name any address, so having sent it proves nothing: only who reads the mailbox of both, or for whom the product vouches as the same
/// person, is told that there is another one.
#[must_use]
pub fn is_shown_the_way(ticket: &Ticket, into: &Ticket, holder: Holder) -> bool {
    let has_mailbox = !ticket.email.is_empty() && ticket.email == into.email;
    let is_same_person = match (&ticket.requester, &into.requester) {
        (Some(one), Some(other)) => one.sub == other.sub,
        _ => false,
    };
    ticket.site == into.site
        && into.held.is_none()
        && (is_same_person || has_mailbox && holder == Holder::Mailbox)
}

/// Lets a ticket go on in another one, and closes it as its duplicate.
///
/// # Errors
/// [`NotJoined`]; the caller rolls back.
pub async fn merge(
    tx: &mut Tx,
    policies: &Policies,
    ticket: &Ticket,
    into: &Ticket,
    by: &str,
    now: Timestamp,
) -> Result<(), NotJoined> {
    let (ticket, into) = both(tx, ticket, into).await?;
    let timeline = store::timeline::list(tx, &ticket.site, ticket.id).await?;
    if merged_into(&timeline).is_some() {
        return Err(NotJoined::Already);
    }
    let others = store::timeline::list(tx, &into.site, into.id).await?;
    if let Some(elsewhere) = merged_into(&others) {
        return Err(NotJoined::Elsewhere(elsewhere.to_owned()));
    }
    let place = format!("dealt with in {}", into.reference);
    let change = Change {
        to: Status::Closed,
        by,
        // What the cause is, and whether the requester was told, is seen there.
        root_cause: Some(&place),
        reason: Some(ClosingReason::Duplicate),
        skip_message: Some(&place),
    };
    match progress::change_status(tx, policies, &ticket, &change, now).await {
        Ok(()) | Err(Refused::Already(_)) => {}
        Err(Refused::Store(error)) => return Err(error.into()),
        Err(refused) => return Err(NotJoined::NotClosed(refused)),
    }
    let ticket = handling::locked(tx, &ticket).await?;
    let here = Fact::MergedInto {
        into: into.reference.to_string(),
        by: by.to_owned(),
    };
    handling::record(tx, policies, &ticket, &here, now).await?;
    let there = Fact::Merged {
        from: ticket.reference.to_string(),
        by: by.to_owned(),
    };
    handling::record(tx, policies, &into, &there, now).await?;
    Ok(())
}

/// Links two tickets.
///
/// # Errors
/// [`NotJoined`]; the caller rolls back.
pub async fn link(
    tx: &mut Tx,
    policies: &Policies,
    ticket: &Ticket,
    with: &Ticket,
    by: &str,
    now: Timestamp,
) -> Result<(), NotJoined> {
    let (ticket, with) = both(tx, ticket, with).await?;
    if is_linked(tx, &ticket, &with).await? {
        return Err(NotJoined::Already);
    }
    for (one, other) in [(&ticket, &with), (&with, &ticket)] {
        let fact = Fact::Linked {
            to: other.reference.to_string(),
            by: by.to_owned(),
        };
        handling::record(tx, policies, one, &fact, now).await?;
    }
    Ok(())
}

/// Takes a link away.
///
/// # Errors
/// [`NotJoined`]; the caller rolls back.
pub async fn unlink(
    tx: &mut Tx,
    policies: &Policies,
    ticket: &Ticket,
    from: &Ticket,
    by: &str,
    now: Timestamp,
) -> Result<(), NotJoined> {
    let (ticket, from) = both(tx, ticket, from).await?;
    if !is_linked(tx, &ticket, &from).await? {
        return Err(NotJoined::Already);
    }
    for (one, other) in [(&ticket, &from), (&from, &ticket)] {
        let fact = Fact::Unlinked {
            from: other.reference.to_string(),
            by: by.to_owned(),
        };
        handling::record(tx, policies, one, &fact, now).await?;
    }
    Ok(())
}

async fn is_linked(tx: &mut Tx, one: &Ticket, other: &Ticket) -> Result<bool, StoreError> {
    let timeline = store::timeline::list(tx, &one.site, one.id).await?;
    let other = other.reference.to_string();
    Ok(linked(&timeline).contains(&other.as_str()))
}

/// Both as they are now. In one order for everybody: two that join the same tickets must not wait for each other.
async fn both(tx: &mut Tx, ticket: &Ticket, other: &Ticket) -> Result<(Ticket, Ticket), NotJoined> {
    if ticket.site != other.site {
        return Err(NotJoined::OtherSite);
    }
    if ticket.id == other.id {
        return Err(NotJoined::Itself);
    }
    if ticket.id < other.id {
        let ticket = handling::locked(tx, ticket).await?;
        Ok((ticket, handling::locked(tx, other).await?))
    } else {
        let other = handling::locked(tx, other).await?;
        Ok((handling::locked(tx, ticket).await?, other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timeline(facts: Vec<Fact>) -> Vec<Entry> {
        (1..)
            .zip(facts)
            .map(|(seq, fact)| Entry {
                seq,
                at: Timestamp::UNIX_EPOCH,
                fact,
            })
            .collect()
    }

    #[test]
    fn a_ticket_that_is_opened_again_goes_on_by_itself() {
        let by = || "Kim".to_owned();
        let into = "CD-1".to_owned();
        let mut facts = vec![Fact::MergedInto { into, by: by() }];
        assert_eq!(merged_into(&timeline(facts.clone())), Some("CD-1"));
        facts.push(Fact::StatusChanged {
            to: Status::Open,
            by: by(),
            root_cause: None,
            reason: None,
        });
        assert_eq!(merged_into(&timeline(facts)), None);
    }

    #[test]
    fn a_link_is_there_until_it_is_taken_away() {
        let by = || "Kim".to_owned();
        let to = |to: &str| Fact::Linked {
            to: to.to_owned(),
            by: by(),
        };
        let from = "CD-1".to_owned();
        let facts = vec![to("CD-1"), to("CD-2"), Fact::Unlinked { from, by: by() }];
        assert_eq!(linked(&timeline(facts)), ["CD-2"]);
    }
}
