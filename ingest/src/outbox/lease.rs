//! Holds a job while it runs, so that a lease can be short: a process that dies loses its jobs to others after one lease.

use std::time::Duration;

use jiff::SignedDuration;
use tokio::time::{Instant, MissedTickBehavior, interval_at};
use uuid::Uuid;

use super::tools::Tools;
use crate::{
    store::{self, StoreError, jobs::Job},
    telemetry::chain,
};

/// Renewals in one lease: two may fail before it is lost.
const RENEWALS: u32 = 3;

/// Renews the lease of `job` again and again; ends when it is lost to another process, or may be because the database does not answer.
pub(super) async fn until_lost(tools: &Tools, job: &Job, token: Uuid, lease: Duration) {
    let begun = Instant::now();
    let mut held_until = begun + lease;
    let pause = lease / RENEWALS;
    let mut renewals = interval_at(begun + pause, pause);
    renewals.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        renewals.tick().await;
        let asked = Instant::now();
        match tokio::time::timeout_at(held_until, renew(tools, job, token, lease)).await {
            Ok(Ok(true)) => held_until = asked + lease,
            Ok(Ok(false)) | Err(_) => return,
            Ok(Err(error)) => {
                tracing::warn!(job.kind, job.id = %job.id, error = chain(&error), "a lease could not be renewed; trying again");
                if Instant::now() >= held_until {
                    return;
                }
            }
        }
    }
}

async fn renew(tools: &Tools, job: &Job, token: Uuid, lease: Duration) -> Result<bool, StoreError> {
    let lease = SignedDuration::try_from(lease).unwrap_or(SignedDuration::MAX);
    let now = tools.clock.now();
    let until = now.saturating_add(lease).unwrap_or(now);
    let mut tx = tools.store.write_for(&job.site).await?;
    let is_held = store::jobs::renew(&mut tx, job, token, until).await?;
    tx.commit().await?;
    Ok(is_held)
}
