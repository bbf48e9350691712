//! `cornerdesk sweep`.

use clap::Args;
use jiff::SignedDuration;

use super::Records;
use crate::{
    blobs::Blobs,
    outbox::sweep::{
        blobs::{self as sweep, Swept},
        storage,
    },
};

/// Delete now what the service deletes every five minutes.
#[derive(Debug, Args)]
pub struct Sweep {
    /// Take what somebody began to write so many seconds ago for abandoned. Less than 600 is safe only while no service runs.
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    pub abandoned_after: u32,
}

/// Sweeps once and says what was deleted.
///
/// # Errors
/// When the database or the blob store fails.
pub async fn run(records: &Records, blobs: &Blobs, arguments: &Sweep) -> anyhow::Result<()> {
    let abandoned_after = SignedDuration::from_secs(arguments.abandoned_after.into());
    let now = records.clock.now();
    let swept = sweep::sweep(&records.store, blobs, now, abandoned_after).await?;
    let counted_again = storage::compare(&records.store).await?;
    records.store.close().await;
    let Swept {
        uploads,
        loose,
        open_writes,
    } = swept;
    println!(
        "deleted: expired uploads {uploads}, loose bytes {loose}, unfinished multipart uploads {open_writes}"
    );
    if !counted_again.is_empty() {
        println!(
            "what the files of these sites take up was counted again: {}",
            counted_again.join(", ")
        );
    }
    Ok(())
}
