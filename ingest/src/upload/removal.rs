//! Uploads and bytes that nobody wants: the row goes first and leaves a note, then the bytes go, then the note.

use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    blobs::Blobs,
    store::{self, Store, StoreError, uploads::Upload},
    telemetry::chain,
};

/// Takes an upload away with its bytes; `false` when it was already gone.
///
/// Bytes without a row are only litter, a row without bytes would be a lie.
///
/// # Errors
/// When the database fails. When the bytes cannot be deleted now, the sweep does it.
pub async fn remove(
    store: &Store,
    blobs: &Blobs,
    site: &str,
    id: Uuid,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let mut tx = store.write_for(site).await?;
    let Some(upload) = store::uploads::take(&mut tx, site, id).await? else {
        tx.rollback().await?;
        return Ok(false);
    };
    let counted_bytes = upload.offset_bytes;
    let keys = keys_of(upload);
    for key in &keys {
        store::loose_blobs::doom(&mut tx, site, key, now).await?;
    }
    store::site_storage::change(&mut tx, site, counted_bytes, 0).await?;
    tx.commit().await?;
    delete_doomed(store, blobs, site, &keys).await;
    Ok(true)
}

/// Every key under which bytes of an upload may lie.
fn keys_of(upload: Upload) -> Vec<String> {
    let pieces = upload.pieces.into_iter().map(|piece| piece.key);
    pieces.chain([upload.blob]).collect()
}

/// Deletes bytes that no row names any more. When this returns, they are noted; a client need not wait for a store that fails.
pub async fn let_go(store: &Store, blobs: &Blobs, site: &str, key: &str, now: Timestamp) {
    match doom(store, site, key, now).await {
        Ok(()) => {
            let (store, blobs) = (store.clone(), blobs.clone());
            let (site, keys) = (site.to_owned(), [key.to_owned()]);
            tokio::spawn(async move { delete_doomed(&store, &blobs, &site, &keys).await });
        }
        Err(error) => tracing::warn!(
            error = chain(&error),
            "bytes that nobody wants cannot be noted now"
        ),
    }
}

async fn doom(store: &Store, site: &str, key: &str, now: Timestamp) -> Result<(), StoreError> {
    let mut tx = store.write_for(site).await?;
    store::loose_blobs::doom(&mut tx, site, key, now).await?;
    tx.commit().await
}

/// Deletes bytes that are noted as doomed, and the notes; answers how many. What cannot be deleted now stays noted, for the sweep.
pub async fn delete_doomed(store: &Store, blobs: &Blobs, site: &str, keys: &[String]) -> usize {
    let mut deleted = Vec::new();
    for key in keys {
        match blobs.delete(key).await {
            Ok(()) => deleted.push(key),
            Err(error) => tracing::warn!(
                error = chain(&error),
                "bytes that nobody wants cannot be deleted now; the sweep tries again"
            ),
        }
    }
    if let Err(error) = forget(store, site, &deleted).await {
        tracing::warn!(
            error = chain(&error),
            "the note of deleted bytes cannot be taken away now; the sweep does it"
        );
    }
    deleted.len()
}

async fn forget(store: &Store, site: &str, keys: &[&String]) -> Result<(), StoreError> {
    if keys.is_empty() {
        return Ok(());
    }
    let mut tx = store.write_for(site).await?;
    for key in keys {
        store::loose_blobs::remove(&mut tx, site, key).await?;
    }
    tx.commit().await
}
