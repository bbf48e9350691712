//! Bytes that arrived come to the place where they stay, and then the row says so: never the other way round.

use std::io;

use super::{UploadError, Uploads, no_room, removal};
use crate::{
    blobs::{BlobError, Blobs, Piece, Stored, folder::Folder, incoming::Arrived, s3::S3},
    store::{self, StoreError, Tx, uploads::Upload},
};

/// Objects of one upload in a bucket, before they are made one: whoever sends a byte at a time makes the row no longer than this.
const MOST_PIECES: usize = 50;

impl Uploads {
    /// Puts bytes in their place that came in from offset `from` on, counts them for a site whose files may have `quota_bytes`, and moves
    /// the row on.
    ///
    /// # Errors
    /// [`UploadError`]; then the row stands where it stood.
    pub(super) async fn land(
        &self,
        mut upload: Upload,
        from: u64,
        arrived: Arrived,
        is_complete: bool,
        quota_bytes: u64,
    ) -> Result<Upload, UploadError> {
        match &self.blobs {
            Blobs::Folder(folder) => {
                upload.offset_bytes = arrived.offset_bytes;
                let stored = match is_complete {
                    true => Some(keep(folder, &upload).await?),
                    false => None,
                };
                self.settle(upload, from, stored, quota_bytes).await
            }
            Blobs::S3(s3) if arrived.offset_bytes > from || is_complete => {
                self.land_in_bucket(s3, upload, from, arrived, is_complete, quota_bytes)
                    .await
            }
            Blobs::S3(_) => Ok(upload),
        }
    }

    /// What a complete file holds whose row does not say so: a crash came between the move of the bytes and the row.
    pub(super) async fn kept_before_a_crash(
        &self,
        upload: &Upload,
    ) -> Result<Option<Stored>, UploadError> {
        match &self.blobs {
            Blobs::Folder(folder) => {
                Ok(folder.kept_as(&upload.blob).await.map_err(BlobError::Io)?)
            }
            Blobs::S3(_) => Ok(None),
        }
    }

    /// Writes down how far an upload is, after its bytes are on disk: complete when they are `stored`.
    pub(super) async fn settle(
        &self,
        mut upload: Upload,
        from: u64,
        stored: Option<Stored>,
        quota_bytes: u64,
    ) -> Result<Upload, UploadError> {
        if let Some(stored) = stored {
            complete(&mut upload, &stored);
        }
        let mut tx = self.store.write_for(&upload.site).await?;
        let moved = store::uploads::move_on(&mut tx, from, &upload).await?;
        if moved && !has_taken_room(&mut tx, &upload, from, quota_bytes).await? {
            tx.rollback().await?;
            return Err(no_room(&upload.site, quota_bytes));
        }
        tx.commit().await?;
        if !moved {
            // Only who holds the blob moves it on or completes it, so the row can only have been removed.
            self.let_go(&upload.site, &upload.blob).await;
            return Err(UploadError::NotFound);
        }
        Ok(upload)
    }

    /// Writes the bytes as an object of their own; the last ones, or the ones of a long row, together with all before them.
    async fn land_in_bucket(
        &self,
        s3: &S3,
        upload: Upload,
        from: u64,
        arrived: Arrived,
        is_complete: bool,
        quota_bytes: u64,
    ) -> Result<Upload, UploadError> {
        let to = arrived.offset_bytes;
        let is_whole = is_complete || upload.pieces.len() >= MOST_PIECES;
        let joined = if is_whole {
            upload.pieces.clone()
        } else {
            Vec::new()
        };
        let expected_bytes = if is_whole { to } else { to - from };
        let key = S3::new_key();
        self.begin_loose(&upload.site, &key).await?;
        let put = s3.put(&key, &joined, arrived).await;
        let stored = match put {
            Ok(stored) if stored.size_bytes == expected_bytes => stored,
            failed => {
                self.let_go(&upload.site, &key).await;
                return Err(failed.err().unwrap_or(BlobError::NotVerified).into());
            }
        };
        let mut moved = Upload {
            offset_bytes: to,
            ..upload
        };
        if is_complete {
            complete(&mut moved, &stored);
        } else {
            moved.pieces.drain(..joined.len());
            moved.pieces.push(Piece {
                key: stored.key,
                size_bytes: stored.size_bytes,
                sha256: stored.sha256,
            });
        }
        self.settle_in_bucket(moved, from, quota_bytes, &key, &joined)
            .await
    }

    /// The key goes from the loose ones to the row of the upload, and the pieces that it replaces become loose.
    async fn settle_in_bucket(
        &self,
        upload: Upload,
        from: u64,
        quota_bytes: u64,
        key: &str,
        replaced: &[Piece],
    ) -> Result<Upload, UploadError> {
        let now = self.clock.now();
        let mut tx = self.store.write_for(&upload.site).await?;
        let is_ours = store::loose_blobs::claim(&mut tx, &upload.site, key).await?;
        if !is_ours || !store::uploads::move_on(&mut tx, from, &upload).await? {
            tx.rollback().await?;
            self.let_go(&upload.site, key).await;
            let actual = self.find(&upload.site, upload.id).await?.offset_bytes;
            return Err(if actual == from {
                BlobError::TooSlow.into()
            } else {
                UploadError::OffsetMismatch { actual }
            });
        }
        for piece in replaced {
            store::loose_blobs::doom(&mut tx, &upload.site, &piece.key, now).await?;
        }
        if !has_taken_room(&mut tx, &upload, from, quota_bytes).await? {
            tx.rollback().await?;
            self.let_go(&upload.site, key).await;
            return Err(no_room(&upload.site, quota_bytes));
        }
        // When nobody knows whether this was done, the sweep does: either the key is still loose, or the row names it.
        tx.commit().await?;
        let replaced = replaced.iter().map(|piece| piece.key.clone());
        let replaced: Vec<String> = replaced.collect();
        removal::delete_doomed(&self.store, &self.blobs, &upload.site, &replaced).await;
        Ok(upload)
    }

    async fn begin_loose(&self, site: &str, key: &str) -> Result<(), UploadError> {
        let mut tx = self.store.write_for(site).await?;
        store::loose_blobs::begin(&mut tx, site, key, self.clock.now()).await?;
        Ok(tx.commit().await?)
    }

    /// Nobody names these bytes and nobody will: deletes them, now or by the sweep.
    async fn let_go(&self, site: &str, key: &str) {
        removal::let_go(&self.store, &self.blobs, site, key, self.clock.now()).await;
    }
}

/// Counts what came of an upload from offset `from` on, if the files of its site may have so much.
async fn has_taken_room(
    tx: &mut Tx,
    upload: &Upload,
    from: u64,
    quota_bytes: u64,
) -> Result<bool, StoreError> {
    let came_bytes = upload.offset_bytes.saturating_sub(from);
    store::site_storage::take(tx, &upload.site, came_bytes, quota_bytes).await
}

fn complete(upload: &mut Upload, stored: &Stored) {
    upload.blob.clone_from(&stored.key);
    upload.pieces.clear();
    upload.offset_bytes = stored.size_bytes;
    upload.length_bytes = stored.size_bytes;
    upload.sha256 = Some(stored.sha256);
}

/// Moves complete bytes to their place. When they are not there any more, the upload was removed while they came in.
async fn keep(folder: &Folder, upload: &Upload) -> Result<Stored, UploadError> {
    folder
        .keep(&upload.blob)
        .await
        .map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => UploadError::NotFound,
            _ => BlobError::Io(error).into(),
        })
}
