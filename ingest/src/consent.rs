//! What somebody who reads a mailbox says about a request that names it: it is theirs, or it is not.
//!
//! They say it by a link that was mailed to that mailbox and nowhere else, so that nobody can say it for them.

use jiff::Timestamp;

use crate::{
    intake,
    mail::link::{self, Link, Purpose},
    store::{self, Store, StoreError, Tx},
    ticket::{Fact, Held, Releaser, Ticket},
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

/// "I did not send this": the mailbox gets no mail until `until`, and staff see it on the ticket.
///
/// # Errors
/// When the database fails; nothing was changed.
pub async fn object(
    store: &Store,
    site: &str,
    token: &str,
    purpose: Purpose,
    now: Timestamp,
    until: Timestamp,
) -> Result<Option<Asked>, StoreError> {
    let mut tx = store.write().await?;
    let Some((link, asked)) = take(&mut tx, site, token, purpose, now).await? else {
        tx.rollback().await?;
        return Ok(None);
    };
    if !asked.is_answered {
        store::recipients::object(&mut tx, &link.recipient, until).await?;
        store::timeline::append(&mut tx, site, link.ticket, now, &Fact::Disowned).await?;
    }
    tx.commit().await?;
    Ok(Some(asked))
}

/// "Yes, I sent this": a ticket that waits for this is let in. One that looks like spam stays with staff.
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
    let Some((link, asked)) = take(&mut tx, site, token, Purpose::Confirm, now).await? else {
        tx.rollback().await?;
        return Ok(None);
    };
    if !asked.is_answered {
        store::timeline::append(&mut tx, site, link.ticket, now, &Fact::Confirmed).await?;
        if asked.ticket.held == Some(Held::Unconfirmed) {
            intake::release(&mut tx, &asked.ticket, Releaser::Requester, now).await?;
        }
    }
    tx.commit().await?;
    Ok(Some(asked))
}

/// Finds a link and uses it up; `is_answered` says that somebody else did before, perhaps this very moment.
async fn take(
    tx: &mut Tx,
    site: &str,
    token: &str,
    purpose: Purpose,
    now: Timestamp,
) -> Result<Option<(Link, Asked)>, StoreError> {
    let Some((link, asked)) = find(tx, site, token, purpose, now).await? else {
        return Ok(None);
    };
    let used = store::mail_links::use_up(tx, site, link.ticket, purpose, now).await?;
    let is_answered = used == 0;
    Ok(Some((
        link,
        Asked {
            is_answered,
            ..asked
        },
    )))
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
