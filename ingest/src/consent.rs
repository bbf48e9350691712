//! What somebody who reads a mailbox says about a request that names it: it is theirs, or it is not.
//!
//! They say it by a link that was mailed to that mailbox and nowhere else, so that nobody can say it for them.

use jiff::Timestamp;

use crate::{
    access::Access,
    grants::product::Products,
    intake,
    mail::link::{self, Link, Purpose},
    split::family::{self, Member},
    store::{self, Store, StoreError, Tx},
    ticket::{Entry, Fact, Held, Releaser, Ticket},
};

/// What a link is about, and whether it can still be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The ticket.
    pub ticket: Ticket,
    /// Whether it was answered before.
    pub is_answered: bool,
}

/// Looks at a link and changes nothing. Nothing for a token that nobody was sent, and for one that is too old: the two look alike.
///
/// # Errors
/// When the database fails.
pub async fn look(
    store: &Store,
    site: &str,
    token: &str,
    purpose: Purpose,
    now: Timestamp,
) -> Result<Option<Asked>, StoreError> {
    let mut tx = store.read().await?;
    let found = find(&mut tx, site, token, purpose, now).await?;
    tx.rollback().await?;
    Ok(found.map(|(_, asked)| asked))
}

/// "I did not send this": the mailbox gets no mail until `until`, staff see it on the ticket and on whatever was split off the same request, and every
/// access that somebody granted ends.
///
/// # Errors
/// When the database fails; nothing was changed.
pub async fn object(
    store: &Store,
    products: &Products,
    site: &str,
    token: &str,
    purpose: Purpose,
    now: Timestamp,
    until: Timestamp,
) -> Result<Option<Asked>, StoreError> {
    let mut tx = store.write().await?;
    let Some(Taken { link, asked, all }) = take(&mut tx, site, token, purpose, now).await? else {
        tx.rollback().await?;
        return Ok(None);
    };
    if !asked.is_answered {
        store::recipients::object(&mut tx, &link.recipient, until).await?;
        let access = Access::at(store, products, now);
        for (ticket, timeline) in &all {
            access.revoke_all(&mut tx, ticket).await?;
            say(&mut tx, ticket, timeline, Fact::Disowned, now).await?;
        }
    }
    tx.commit().await?;
    Ok(Some(asked))
}

/// Writes down what the mailbox says of a ticket, unless it has said so before.
async fn say(
    tx: &mut Tx,
    ticket: &Ticket,
    timeline: &[Entry],
    fact: Fact,
    now: Timestamp,
) -> Result<(), StoreError> {
    if timeline.iter().all(|entry| entry.fact != fact) {
        store::timeline::append(tx, &ticket.site, ticket.id, now, &fact).await?;
    }
    Ok(())
}

/// "Yes, I sent this", and all that was split off it: a ticket that waits for this is let in. One that looks like spam stays with staff.
///
/// # Errors
/// When the database fails; nothing was changed.
pub async fn confirm(
    store: &Store,
    site: &str,
    token: &str,
    now: Timestamp,
) -> Result<Option<Asked>, StoreError> {
    let mut tx = store.write().await?;
    let taken = take(&mut tx, site, token, Purpose::Confirm, now).await?;
    let Some(Taken { asked, all, .. }) = taken else {
        tx.rollback().await?;
        return Ok(None);
    };
    if !asked.is_answered {
        for (ticket, timeline) in &all {
            say(&mut tx, ticket, timeline, Fact::Confirmed, now).await?;
            if ticket.held == Some(Held::Unconfirmed) {
                intake::release(&mut tx, ticket, Releaser::Requester, now).await?;
            }
        }
    }
    tx.commit().await?;
    Ok(Some(asked))
}

/// A link that was used.
struct Taken {
    link: Link,
    asked: Asked,
    /// The ticket and whatever is of the same request, locked.
    all: Vec<Member>,
}

/// Finds a link and uses it up, with those of the same request; `is_answered` says that somebody else did before, perhaps this very moment.
async fn take(
    tx: &mut Tx,
    site: &str,
    token: &str,
    purpose: Purpose,
    now: Timestamp,
) -> Result<Option<Taken>, StoreError> {
    let Some((link, asked)) = find(tx, site, token, purpose, now).await? else {
        return Ok(None);
    };
    let all = family::locked(tx, &asked.ticket).await?;
    let mut is_answered = true;
    for (ticket, _) in &all {
        let used = store::mail_links::use_up(tx, site, ticket.id, purpose, now).await?;
        is_answered &= ticket.id != link.ticket || used == 0;
    }
    let asked = Asked {
        is_answered,
        ..asked
    };
    Ok(Some(Taken { link, asked, all }))
}

async fn find(
    tx: &mut Tx,
    site: &str,
    token: &str,
    purpose: Purpose,
    now: Timestamp,
) -> Result<Option<(Link, Asked)>, StoreError> {
    let link = store::mail_links::find(tx, site, &link::hash(token), purpose).await?;
    let Some(link) = link.filter(|link| link.expires_at > now) else {
        return Ok(None);
    };
    let ticket = store::tickets::find(tx, site, link.ticket).await?;
    Ok(ticket.map(|ticket| {
        let is_answered = link.used_at.is_some();
        (
            link,
            Asked {
                ticket,
                is_answered,
            },
        )
    }))
}
