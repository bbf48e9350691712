//! Tickets and messages that were there before full text was get their words, beside everything else that the service does.

use tokio_util::sync::CancellationToken;

use crate::store::{self, Store, StoreError};

/// Pieces of one transaction: few enough that nobody waits for it.
const AT_ONCE: u32 = 100;
/// After a fault.
const PAUSE: std::time::Duration = std::time::Duration::from_secs(10);

/// Fills until nothing waits any more, or the service stops.
pub async fn run(store: Store, stop: CancellationToken) {
    let mut filled = 0;
    loop {
        let some = tokio::select! {
            () = stop.cancelled() => return,
            some = some(&store) => some,
        };
        match some {
            Ok(0) => break,
            Ok(some) => filled += some,
            Err(error) => {
                tracing::warn!(error = %error, "words of older tickets could not be written; trying again");
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(PAUSE) => {}
                }
            }
        }
    }
    if filled > 0 {
        tracing::info!(
            pieces = filled,
            "older tickets and messages are found by their words"
        );
    }
}

/// Fills some of them; how many there were.
///
/// # Errors
/// When the database fails.
pub async fn some(store: &Store) -> Result<usize, StoreError> {
    let mut tx = store.write().await?;
    let filled = store::search::fill(&mut tx, AT_ONCE).await?;
    tx.commit().await?;
    Ok(filled)
}
