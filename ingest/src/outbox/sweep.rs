//! Deletes what had its time: uploads that did not become attachments, with their bytes; what is known of mails, and their links.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::tools::Tools;
use crate::store::{self, StoreError, uploads::Upload};
use crate::telemetry::chain;

const EVERY: Duration = Duration::from_secs(300);
const AT_ONCE: u32 = 100;

/// Sweeps now and then until `stop`.
pub async fn run(tools: Tools, stop: CancellationToken) {
    loop {
        match sweep(&tools).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(uploads.deleted = count, "expired uploads deleted"),
            Err(error) => {
                tracing::warn!(
                    error = chain(&error),
                    "expired uploads cannot be deleted; trying again later"
                );
            }
        }
        if let Err(error) = forget_mails(&tools).await {
            tracing::warn!(
                error = chain(&error),
                "what is known of old mails cannot be deleted; trying again later"
            );
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
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
    tx.commit().await
}

/// Deletes every expired upload and answers how many there were.
///
/// # Errors
/// When the database fails.
pub async fn sweep(tools: &Tools) -> Result<usize, StoreError> {
    let mut count = 0;
    loop {
        let mut tx = tools.store.read().await?;
        let expired = store::uploads::expired(&mut tx, tools.clock.now(), AT_ONCE).await?;
        tx.rollback().await?;
        if expired.is_empty() {
            return Ok(count);
        }
        for upload in &expired {
            delete(tools, upload).await?;
            count += 1;
        }
    }
}

/// The row first: bytes without a row are only litter, a row without bytes would be a lie.
async fn delete(tools: &Tools, upload: &Upload) -> Result<(), StoreError> {
    let mut tx = tools.store.write().await?;
    let was_there = store::uploads::delete(&mut tx, &upload.site, upload.id).await?;
    tx.commit().await?;
    if was_there && let Err(error) = tools.blobs.delete(&upload.blob).await {
        tracing::warn!(
            error = chain(&error),
            "the bytes of an expired upload cannot be deleted"
        );
    }
    Ok(())
}
