//! When a ticket is worked on: at once, or after somebody let it in; and what has to happen outside then.

use jiff::Timestamp;

use crate::{
    ids,
    mail::permission::Mode,
    outbox,
    site::Site,
    store::{self, StoreError, Tx},
    ticket::{Fact, HoldReason, Releaser, Ticket, terms::Terms},
};

/// Writes down that a ticket has come, and what happens then: what staff wait for, or that it is held.
///
/// # Errors
/// When the database fails.
pub(super) async fn begin(
    tx: &mut Tx,
    ticket: &Ticket,
    terms: &Terms,
    attachments: u32,
    hold: Option<HoldReason>,
) -> Result<(), StoreError> {
    let (site, now) = (&ticket.site, ticket.received_at);
    let received = Fact::Received {
        attachments,
        terms: Some(Box::new(terms.clone())),
    };
    store::timeline::start(tx, site, ticket.id, now, &received).await?;
    let Some(reason) = hold else {
        return insert_jobs(tx, ticket, now).await;
    };
    let held = Fact::Held { reason };
    store::timeline::append(tx, site, ticket.id, now, &held).await?;
    if reason == HoldReason::AddressNotConfirmed {
        insert_job(tx, ticket, outbox::confirm::KIND, now).await?;
    }
    Ok(())
}

/// Lets a held ticket in, inside a transaction of the caller. `false` when it is not held, and then nothing was changed.
///
/// # Errors
/// When the database fails.
pub async fn release(
    tx: &mut Tx,
    ticket: &Ticket,
    by: Releaser,
    now: Timestamp,
) -> Result<bool, StoreError> {
    if !store::tickets::release(tx, &ticket.site, ticket.id).await? {
        return Ok(false);
    }
    let released = Fact::Released { by };
    store::timeline::append(tx, &ticket.site, ticket.id, now, &released).await?;
    insert_jobs(tx, ticket, now).await?;
    // While it was held nobody was told what is due.
    if ticket.policy_version.is_some() {
        store::jobs::set_timer(tx, &ticket.site, ticket.id, Some(now), now).await?;
    }
    Ok(true)
}

/// What has to happen outside for a ticket that staff are to work on, whether it has just come or was released.
async fn insert_jobs(tx: &mut Tx, ticket: &Ticket, now: Timestamp) -> Result<(), StoreError> {
    insert_job(tx, ticket, outbox::acknowledge::KIND, now).await
}

/// A mail to the requester.
async fn insert_job(
    tx: &mut Tx,
    ticket: &Ticket,
    kind: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (id, payload) = (ids::new_id(), outbox::acknowledge::payload(ticket.id));
    store::jobs::insert(tx, &ticket.site, id, kind, &payload, now, now).await
}

/// Why every ticket of a site is held.
pub(super) fn hold_of_site(site: &Site) -> Option<HoldReason> {
    (site.acknowledge == Mode::ConfirmFirst).then_some(HoldReason::AddressNotConfirmed)
}
