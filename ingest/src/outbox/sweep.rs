//! Deletes what had its time: uploads that did not become attachments, and bytes that no row names; what is known of mails, and their links; counts.

pub mod blobs;
pub mod retention;
pub mod scrubbing;
pub mod storage;
pub mod timers;

use std::time::Duration;

use jiff::SignedDuration;
use tokio_util::sync::CancellationToken;

use self::blobs::Swept;
use super::{forget, tools::Tools};
use crate::store::{self, StoreError};
use crate::telemetry::chain;

const EVERY: Duration = Duration::from_secs(300);
/// Sweeps from one comparison of what files take up with what is counted to the next: a day.
const COMPARED_EVERY: usize = 288;

/// Sweeps now and then until `stop`.
pub async fn run(tools: Tools, stop: CancellationToken) {
    let mut timers = timers::Walk::default();
    let mut scrubbing = scrubbing::Turn::default();
    for round in 0_usize.. {
        if let Err(error) = timers.on(&tools).await {
            tracing::warn!(
                error = chain(&error),
                "tickets without a timer cannot be looked for; trying again later"
            );
        }
        let now = tools.clock.now();
        match blobs::sweep(&tools.store, &tools.blobs, now, blobs::ABANDONED_AFTER).await {
            Ok(swept) if swept == Swept::default() => {}
            Ok(swept) => tracing::info!(
                uploads.expired = swept.uploads,
                blobs.loose = swept.loose,
                blobs.open_writes = swept.open_writes,
                "swept"
            ),
            Err(error) => {
                tracing::warn!(
                    error = chain(&error),
                    "not all uploads and bytes that are to be deleted could be; trying again later"
                );
            }
        }
        if let Err(error) = forget_mails(&tools).await {
            tracing::warn!(
                error = chain(&error),
                "what is known of old mails cannot be deleted; trying again later"
            );
        }
        if let Err(error) = forget::what_is_over(&tools, tools.clock.now()).await {
            tracing::warn!(
                error = chain(&error),
                "counts that are over cannot be deleted; trying again later"
            );
        }
        if round.is_multiple_of(COMPARED_EVERY) {
            compare(&tools).await;
        }
        retention::enforce(&tools).await;
        scrubbing.take(&tools).await;
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

async fn compare(tools: &Tools) {
    match storage::compare(&tools.store).await {
        Ok(sites) => {
            for site in sites {
                tracing::warn!(site, "what the files of a site take up was counted again");
            }
        }
        Err(error) => tracing::warn!(
            error = chain(&error),
            "what the files take up cannot be compared with what is counted; trying again tomorrow"
        ),
    }
}

/// Deletes what counts for no budget any more, objections that ended, and links that expired.
///
/// # Errors
/// When the database fails.
pub async fn forget_mails(tools: &Tools) -> Result<(), StoreError> {
    let now = tools.clock.now();
    let mut tx = tools.store.write().await?;
    store::recipients::forget(&mut tx, now).await?;
    store::mail_links::forget(&mut tx, now).await?;
    // The last hour's are counted.
    let hour_ago = now.saturating_sub(SignedDuration::from_hours(1));
    store::page_sign_ins::forget(&mut tx, hour_ago.unwrap_or(now)).await?;
    tx.commit().await
}
