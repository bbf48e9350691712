//! A request and everything that was split off it. One person wrote all of it, from one mailbox: what the mailbox says of one ticket holds for all.

use cornerdesk_shared::reference::Reference;

use crate::{
    handling,
    store::{self, StoreError, Tx},
    ticket::{Entry, Fact, Ticket},
};

/// A ticket with what happened to it.
pub type Member = (Ticket, Vec<Entry>);

/// The whole that a ticket belongs to and all of its parts, each as it is now and locked until the transaction ends.
///
/// The whole comes first, and a part after what it was split off: whoever locks several of them does so in this order, as a splitting does.
///
/// # Errors
/// When the database fails.
pub async fn locked(tx: &mut Tx, ticket: &Ticket) -> Result<Vec<Member>, StoreError> {
    let mut family = Vec::new();
    let mut next = vec![whole_of(tx, ticket).await?];
    while let Some(ticket) = next.pop() {
        let ticket = handling::locked(tx, &ticket).await?;
        // Read behind the lock, so that a part that is being made is there.
        let timeline = store::timeline::list(tx, &ticket.site, ticket.id).await?;
        for reference in parts_of(&timeline).rev() {
            next.extend(find(tx, &ticket.site, reference).await?);
        }
        family.push((ticket, timeline));
    }
    Ok(family)
}

/// What a ticket was split off, or what that was split off, up to the request as it came.
async fn whole_of(tx: &mut Tx, ticket: &Ticket) -> Result<Ticket, StoreError> {
    let mut whole = ticket.clone();
    loop {
        let timeline = store::timeline::list(tx, &whole.site, whole.id).await?;
        let from = timeline.iter().find_map(|entry| match &entry.fact {
            Fact::SplitFrom { whole, .. } => Some(whole.as_str()),
            _ => None,
        });
        match find(tx, &whole.site, from.unwrap_or_default()).await? {
            Some(above) => whole = above,
            None => return Ok(whole),
        }
    }
}

fn parts_of(timeline: &[Entry]) -> impl DoubleEndedIterator<Item = &str> {
    let splits = timeline.iter().filter_map(|entry| match &entry.fact {
        Fact::Split { into, .. } => Some(into),
        _ => None,
    });
    splits.flatten().map(String::as_str)
}

async fn find(tx: &mut Tx, site: &str, reference: &str) -> Result<Option<Ticket>, StoreError> {
    let Ok(reference) = Reference::parse(reference) else {
        return Ok(None);
    };
    let found = store::tickets::find_by_reference(tx, reference).await?;
    Ok(found.filter(|found| found.site == site))
}
