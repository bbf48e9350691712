//! Bytes that a job makes: noted before the first one is written, named by a row in the job's own transaction, and swept when it never comes
//! to that.

use bytes::Bytes;
use futures_util::{Stream, StreamExt};

use super::{JobError, tools::Tools};
use crate::{
    blobs::{BlobError, Stored, s3::S3},
    store::{self, Tx},
    telemetry::chain,
    upload::removal,
};

/// Writes them under a new key.
///
/// # Errors
/// When the database or the blob store fails.
pub(super) async fn write<S>(tools: &Tools, site: &str, chunks: S) -> Result<Stored, JobError>
where
    S: Stream<Item = Bytes> + Unpin,
{
    let key = S3::new_key();
    let mut tx = tools.store.write_for(site).await?;
    store::loose_blobs::begin(&mut tx, site, &key, tools.clock.now()).await?;
    tx.commit().await?;
    let stored = fill(tools, &key, chunks).await;
    if stored.is_err() {
        let_go(tools, site, &key).await;
    }
    stored.map_err(|error| later(&error))
}

async fn fill<S>(tools: &Tools, key: &str, mut chunks: S) -> Result<Stored, BlobError>
where
    S: Stream<Item = Bytes> + Unpin,
{
    let mut incoming = tools.blobs.begin(key).await?;
    while let Some(chunk) = chunks.next().await {
        incoming.write(&chunk).await?;
    }
    tools.blobs.finish(key, incoming.sync().await?).await
}

/// A row names them from the end of this transaction on.
///
/// # Errors
/// When the database fails, or the sweep was faster.
pub(super) async fn claim(tx: &mut Tx, site: &str, key: &str) -> Result<(), JobError> {
    if store::loose_blobs::claim(tx, site, key).await? {
        Ok(())
    } else {
        Err(JobError::Retry("writing the file took too long".to_owned()))
    }
}

/// Nobody will name them.
pub(super) async fn let_go(tools: &Tools, site: &str, key: &str) {
    removal::let_go(&tools.store, &tools.blobs, site, key, tools.clock.now()).await;
}

/// What cannot be read or written now may be later.
pub(super) fn later(error: &BlobError) -> JobError {
    JobError::Retry(format!(
        "the file cannot be read or written: {}",
        chain(error)
    ))
}
