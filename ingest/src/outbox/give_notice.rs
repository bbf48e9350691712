//! Tells somebody of a customer by mail what goes, and when. The mail is the written notice that a policy asks for.

use std::sync::Arc;

use lettre::Address;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Ended, JobError, notify_staff, tools::Tools};
use crate::{
    hexadecimal::hex,
    mail::{deprecation, recipient::Recipient},
    policy::Policy,
    site::Site,
    store::{
        self, Tx,
        jobs::{Job, Outcome},
    },
};

/// The job's name.
pub const KIND: &str = "give_notice";

/// What is to be told whom. The address is a digest; who has it stands in the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// What goes.
    pub deprecation_id: Uuid,
    /// Digest of the address.
    pub to: String,
}

fn order_of(job: &Job) -> Result<Order, JobError> {
    serde_json::from_value(job.payload.clone())
        .map_err(|_| JobError::Fail("the payload cannot be read".to_owned()))
}

/// Writes and sends it. Every attempt has the same Message-ID; that it was sent is written down at once.
pub(super) async fn run(tools: &Tools, job: &Job) -> Result<Ended, JobError> {
    let order = order_of(job)?;
    let site = notify_staff::site_of(tools, &job.site).await?;
    let mut tx = tools.store.read_for(&job.site).await?;
    let all = store::deprecations::list(&mut tx, &job.site).await?;
    tx.rollback().await?;
    let announced = all.iter().find(|one| one.id == order.deprecation_id);
    let announced = announced.ok_or_else(|| JobError::Fail("it is not announced".to_owned()))?;
    let to = address(&site, &order.to).ok_or_else(|| {
        JobError::Fail("the address gets no notices of an account any more".to_owned())
    })?;
    let recipient = Recipient::exactly(to.as_ref()).key();
    let now = tools.clock.now();
    // Days that were announced for an earlier notice would be a promise of less than the policy.
    let policy = policy_of(tools, &site, &order.to).await?;
    let today = now.to_zoned(site.time_zone.clone()).date();
    let told = announced
        .told_on(today, &policy)
        .map_err(|late| JobError::Fail(late.to_string()))?;
    let message = deprecation::render(
        &told,
        &site,
        &to,
        &format!("{KIND}.{}", job.id.simple()),
        now,
        &tools.words,
        &tools.pages,
        tools.mailer.identity(),
    )
    .map_err(|error| JobError::Fail(error.to_string()))?;
    let ended = notify_staff::send(tools, job, message).await?;
    let mut tx = tools.store.write_for(&job.site).await?;
    store::deprecations::sent(&mut tx, &job.site, &told, &recipient, now).await?;
    tx.commit().await?;
    Ok(ended)
}

/// The address behind a digest, among those who get the notices of a site's accounts.
fn address(site: &Site, digest: &str) -> Option<Address> {
    let mut known = site.accounts.iter().flat_map(|account| &account.notices);
    known.find(|address| is_of(digest, address))?.parse().ok()
}

fn is_of(digest: &str, address: &str) -> bool {
    hex(&Recipient::exactly(address).key()) == digest
}

/// The policy in force for the account of an address.
async fn policy_of(tools: &Tools, site: &Site, digest: &str) -> Result<Arc<Policy>, JobError> {
    let mut accounts = site.accounts.iter();
    let account = accounts.find(|account| account.notices.iter().any(|one| is_of(digest, one)));
    let overlay = account.and_then(|account| account.overlay.as_deref());
    let overlay = overlay.or(site.overlay.as_deref());
    let mut tx = tools.store.read_for(&site.key).await?;
    let newest = store::policies::newest(&mut tx, &site.key, overlay).await?;
    let newest =
        newest.ok_or_else(|| JobError::Fail("no policy is in force at the site".to_owned()))?;
    let policy = tools
        .policies
        .pinned(&mut tx, &site.key, newest.version)
        .await?;
    tx.rollback().await?;
    Ok(policy)
}

/// A notice that will never be sent is known as such, in the transaction that ends its job.
///
/// # Errors
/// When the database fails.
pub(super) async fn settle(
    tx: &mut Tx,
    job: &Job,
    outcome: &Outcome,
) -> Result<(), store::StoreError> {
    let (Outcome::Dead { reason }, Ok(order)) = (outcome, order_of(job)) else {
        return Ok(());
    };
    let Some(recipient) = notify_staff::key_of(&order.to) else {
        return Ok(());
    };
    store::deprecations::failed(tx, &job.site, order.deprecation_id, &recipient, reason).await
}
