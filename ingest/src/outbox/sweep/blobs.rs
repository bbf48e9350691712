//! Deletes uploads that did not become attachments in time, and bytes that no row names.

use jiff::{SignedDuration, Timestamp};

use crate::{
    blobs::{BlobError, Blobs, s3::S3},
    store::{self, Store, StoreError},
    upload::removal,
};

const AT_ONCE: u32 = 100;

/// Whoever began to write an object so long ago is no more: twice what a transfer may take (`blobs::s3`).
pub const ABANDONED_AFTER: SignedDuration = SignedDuration::from_secs(600);

/// What a sweep found to delete.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Expired uploads.
    pub uploads: usize,
    /// Keys without a row.
    pub loose: usize,
    /// Multipart uploads that nobody finished.
    pub open_writes: usize,
}

/// It could not be swept to the end.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The blob store failed.
    #[error(transparent)]
    Blob(#[from] BlobError),
}

/// Deletes every expired upload, and every key that nobody names or has been writing for at most `abandoned_after`.
///
/// # Errors
/// When the database or the blob store fails; what is left is found by the next sweep.
pub async fn sweep(
    store: &Store,
    blobs: &Blobs,
    now: Timestamp,
    abandoned_after: SignedDuration,
) -> Result<Swept, SweepError> {
    let mut swept = Swept {
        uploads: expired(store, blobs, now).await?,
        ..Swept::default()
    };
    let mut tx = store.write().await?;
    let before = now.saturating_sub(abandoned_after).unwrap_or(now);
    store::loose_blobs::doom_abandoned(&mut tx, before).await?;
    tx.commit().await?;
    if let Blobs::S3(s3) = blobs {
        swept.open_writes = open_writes(store, s3).await?;
    }
    swept.loose = loose(store, blobs).await?;
    Ok(swept)
}

async fn expired(store: &Store, blobs: &Blobs, now: Timestamp) -> Result<usize, StoreError> {
    let mut count = 0;
    loop {
        let mut tx = store.read().await?;
        let expired = store::uploads::expired(&mut tx, now, AT_ONCE).await?;
        tx.rollback().await?;
        if expired.is_empty() {
            return Ok(count);
        }
        for upload in expired {
            removal::remove(store, blobs, &upload.site, upload.id, now).await?;
            count += 1;
        }
    }
}

/// Every multipart upload was noted before it was opened, so one without a note is nobody's.
async fn open_writes(store: &Store, s3: &S3) -> Result<usize, SweepError> {
    let mut count = 0;
    for open in s3.open_writes().await? {
        let mut tx = store.read().await?;
        let is_somebodys = store::loose_blobs::is_being_written(&mut tx, &open.key).await?;
        tx.rollback().await?;
        if !is_somebodys {
            s3.abort(&open).await?;
            count += 1;
        }
    }
    Ok(count)
}

async fn loose(store: &Store, blobs: &Blobs) -> Result<usize, StoreError> {
    let mut count = 0;
    loop {
        let mut tx = store.read().await?;
        let doomed = store::loose_blobs::doomed(&mut tx, AT_ONCE).await?;
        tx.rollback().await?;
        for (site, key) in &doomed {
            let deleted =
                removal::delete_doomed(store, blobs, site, std::slice::from_ref(key)).await;
            if deleted == 0 {
                return Ok(count);
            }
            count += 1;
        }
        if doomed.is_empty() {
            return Ok(count);
        }
    }
}
