//! Erases what a site keeps no longer, a bounded number at a time. Whether it is still over is looked at once more in the transaction that erases, so
//! what was opened again meanwhile stays.

use crate::{
    outbox::tools::Tools,
    privacy::{erasing::Eraser, retention},
    store::{self, StoreError},
    telemetry::chain,
};

/// Of each site, so many tickets by one sweep, every five minutes: about 29,000 a day. Nobody else waits for long.
const MOST: u32 = 100;

/// Erases what is due at every site.
pub async fn enforce(tools: &Tools) {
    let eraser = Eraser {
        store: tools.store.clone(),
        blobs: tools.blobs.clone(),
        clock: tools.clock.clone(),
    };
    if let Err(error) = sites(tools, &eraser).await {
        tracing::warn!(
            error = chain(&error),
            "what is kept for long enough cannot be erased now; trying again later"
        );
    }
}

async fn sites(tools: &Tools, eraser: &Eraser) -> Result<(), StoreError> {
    let mut tx = tools.store.read().await?;
    let sites = store::sites::list(&mut tx).await?;
    tx.rollback().await?;
    let now = tools.clock.now();
    for (site, _) in sites {
        let (key, kept) = (site.key.as_str(), site.retention);
        let (mut tickets, mut files) = (0, 0);
        if let Some(days) = kept.closed_days {
            let before = retention::before(now, days);
            for ticket in due(tools, key, before, false).await? {
                tickets += u64::from(eraser.take_if_due(key, ticket, before).await?);
            }
        }
        if let Some(days) = kept.files_days {
            let before = retention::before(now, days);
            for ticket in due(tools, key, before, true).await? {
                files += eraser.take_files_if_due(key, ticket, before).await?;
            }
        }
        tools.metrics.kept_no_longer(tickets, files);
        if tickets + files > 0 {
            tracing::info!(
                site = key,
                tickets.erased = tickets,
                files.erased = files,
                "erased what is kept no longer"
            );
        }
    }
    Ok(())
}

async fn due(
    tools: &Tools,
    site: &str,
    before: jiff::Timestamp,
    with_files: bool,
) -> Result<Vec<uuid::Uuid>, StoreError> {
    let mut tx = tools.store.read_for(site).await?;
    let due = store::retention::due(&mut tx, site, before, with_files, MOST).await?;
    tx.rollback().await?;
    Ok(due)
}
