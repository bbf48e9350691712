//! Uploads: attachments on their way, whether they come by tus or inside a request.

pub mod checksum;
mod landing;
pub mod removal;
mod unclaimed;

use std::time::Duration;

use bytes::Bytes;
use cornerdesk_shared::{file_name::display_name, limits::Limits};
use futures_util::{Stream, StreamExt};
use jiff::SignedDuration;
use uuid::Uuid;

use self::checksum::Checksum;
use crate::{
    allowances::{Allowances, Kind, OverLimit},
    blobs::{
        BlobError, Blobs,
        folder::Held,
        incoming::{Arrived, Incoming},
    },
    clock::Clock,
    ids,
    quota::Quotas,
    site::Site,
    source::Source,
    store::{self, Store, StoreError, uploads::Upload},
};

pub use self::unclaimed::Unclaimed;

/// Takes uploads.
#[derive(Clone, Debug)]
pub struct Uploads {
    store: Store,
    blobs: Blobs,
    clock: Clock,
    limits: Limits,
    allowances: Allowances,
    expire_after: SignedDuration,
    quotas: Quotas,
}

/// Why bytes were not taken.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    /// There is no such upload, or not any more.
    #[error("no upload is here")]
    NotFound,
    /// The upload stands at another offset than the sender thinks.
    #[error("the upload stands at {actual}, not where the bytes begin")]
    OffsetMismatch {
        /// Where it stands, in bytes.
        actual: u64,
    },
    /// Another request is writing this upload.
    #[error("another request is writing this upload")]
    InProgress,
    /// The bytes do not digest to what the sender announced; none of them were kept.
    #[error("the bytes are not the announced ones")]
    ChecksumMismatch,
    /// More bytes than announced, or than an attachment may have.
    #[error("the upload is too large")]
    TooLarge,
    /// The sender stopped; what arrived is kept.
    #[error("the sender stopped after {offset} bytes")]
    BrokenOff {
        /// How much is there, in bytes.
        offset: u64,
    },
    /// The client has sent too much of late.
    #[error("too many bytes; again in {} s", .0.as_secs())]
    TooMany(Duration),
    /// The files of the site take up all that they may.
    #[error("the site has no room for the file")]
    NoRoom,
    /// The file system or the object store failed.
    #[error("the bytes cannot be kept")]
    Blob(#[from] BlobError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<OverLimit> for UploadError {
    fn from(limited: OverLimit) -> Self {
        match limited {
            OverLimit::Wait(wait) => Self::TooMany(wait),
            OverLimit::Store(error) => Self::Store(error),
        }
    }
}

/// What the sender says about a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announced {
    /// File name as sent.
    pub name: String,
    /// Media type as sent.
    pub content_type: String,
    /// How long it is.
    pub length: Length,
}

/// What is known of a file's length before its bytes come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// So many bytes.
    Exactly(u64),
    /// So many bytes or fewer: the file is inside a request, and its end tells.
    AtMost(u64),
}

impl Uploads {
    /// Uploads that did not become attachments are deleted `expire_after` after they were made.
    #[must_use]
    pub fn new(
        store: Store,
        blobs: Blobs,
        clock: Clock,
        limits: Limits,
        allowances: Allowances,
        expire_after: SignedDuration,
        quotas: Quotas,
    ) -> Self {
        Self {
            store,
            blobs,
            clock,
            limits,
            allowances,
            expire_after,
            quotas,
        }
    }

    /// The blob store, for reading attachments.
    #[must_use]
    pub const fn blobs(&self) -> &Blobs {
        &self.blobs
    }

    /// Makes an upload that has no bytes yet, and counts all of them for `source`. Whether the site has room for them is asked, so that
    /// nobody sends in vain, but nothing is kept free for them: that would cost the sender nothing and everybody else the room. Of a file
    /// whose length is not known, the most that it can have is asked for.
    ///
    /// # Errors
    /// [`UploadError::TooLarge`] when the announced length is over the limit, [`UploadError::TooMany`] when the source has sent too much,
    /// [`UploadError::NoRoom`] when the site has.
    pub async fn create(
        &self,
        site: &Site,
        announced: &Announced,
        source: Option<Source>,
    ) -> Result<Upload, UploadError> {
        let most_bytes = self.limits.attachment_bytes;
        let (length_bytes, charged_bytes) = match announced.length {
            Length::Exactly(bytes) if bytes > most_bytes => return Err(UploadError::TooLarge),
            Length::Exactly(bytes) => (bytes, bytes),
            // Whoever reads the request counts its bytes for the client.
            Length::AtMost(bytes) => (bytes.min(most_bytes), 0),
        };
        let now = self.clock.now();
        let id = ids::new_secret_id();
        let upload = Upload {
            site: site.key.clone(),
            id,
            name: display_name(&announced.name),
            content_type: media_type(&announced.content_type),
            length_bytes,
            offset_bytes: 0,
            sha256: None,
            blob: id.simple().to_string(),
            pieces: Vec::new(),
            expires_at: now.saturating_add(self.expire_after).unwrap_or(now),
        };
        let kind = Kind::UploadBytes;
        self.allowances
            .ensure_not_refused(kind, &site.key, source, charged_bytes)?;
        let mut tx = self.store.write_for(&site.key).await?;
        self.allowances
            .charge(&mut tx, kind, &site.key, source, charged_bytes)
            .await?;
        let quota_bytes = self.quota_bytes(site);
        if !store::site_storage::has_room(&mut tx, &site.key, length_bytes, quota_bytes).await? {
            tx.rollback().await?;
            return Err(no_room(&site.key, quota_bytes));
        }
        store::uploads::insert(&mut tx, &upload).await?;
        tx.commit().await?;
        // A file of no bytes is complete at once: no PATCH will come for it.
        if announced.length == Length::Exactly(0) {
            let nothing = self.begin(&upload, 0).await?.sync().await?;
            self.land(upload, 0, nothing, true, quota_bytes).await
        } else {
            Ok(upload)
        }
    }

    /// An upload that has not expired.
    ///
    /// # Errors
    /// [`UploadError::NotFound`].
    pub async fn find(&self, site: &str, id: Uuid) -> Result<Upload, UploadError> {
        let mut tx = self.store.read_for(site).await?;
        let upload = store::uploads::find(&mut tx, site, id, self.clock.now()).await?;
        tx.rollback().await?;
        upload.ok_or(UploadError::NotFound)
    }

    /// Adds bytes at `offset`, which must be where the upload stands. The upload is complete when its announced length is
    /// reached.
    ///
    /// When the sender breaks off, what arrived is on disk and counts. When the site has no room for it any more, the upload goes away.
    ///
    /// # Errors
    /// [`UploadError`].
    pub async fn append<S, E>(
        &self,
        site: &Site,
        id: Uuid,
        offset: u64,
        checksum: Option<Checksum>,
        body: S,
    ) -> Result<Upload, UploadError>
    where
        S: Stream<Item = Result<Bytes, E>> + Unpin,
    {
        let quota_bytes = self.quota_bytes(site);
        let appended = self.append_within(quota_bytes, &site.key, id, offset, checksum, body);
        let appended = appended.await;
        if matches!(appended, Err(UploadError::NoRoom)) {
            // Bytes that do not count must not stay.
            removal::remove(&self.store, &self.blobs, &site.key, id, self.clock.now()).await?;
        }
        appended
    }

    async fn append_within<S, E>(
        &self,
        quota_bytes: u64,
        site: &str,
        id: Uuid,
        offset: u64,
        checksum: Option<Checksum>,
        body: S,
    ) -> Result<Upload, UploadError>
    where
        S: Stream<Item = Result<Bytes, E>> + Unpin,
    {
        let before = self.find(site, id).await?;
        ensure_stands_at(&before, offset)?;
        // Held until the row says what the file holds, and the row is read again only now: a second writer, in this process or in
        // another one, must neither cut the file that the first one is finishing, nor believe in an offset of before.
        let _held = self.hold(&before).await?;
        let upload = self.find_held(&before).await?;
        ensure_stands_at(&upload, offset)?;
        if let Some(stored) = self.kept_before_a_crash(&upload).await? {
            return self.settle(upload, offset, Some(stored), quota_bytes).await;
        }
        let most = upload.length_bytes;
        let (arrived, ended) = self.receive(&upload, offset, checksum, body, most).await?;
        if matches!(ended, Ended::Damaged) {
            // The row says the old offset, from which the next writer begins again.
            return Err(UploadError::ChecksumMismatch);
        }
        let is_complete = arrived.offset_bytes == most && !matches!(ended, Ended::TooLong);
        let landed = self.land(upload, offset, arrived, is_complete, quota_bytes);
        let upload = landed.await?;
        match ended {
            Ended::Whole => Ok(upload),
            Ended::BrokenOff => Err(UploadError::BrokenOff {
                offset: upload.offset_bytes,
            }),
            Ended::TooLong => Err(UploadError::TooLarge),
            Ended::Damaged => Err(UploadError::ChecksumMismatch),
        }
    }

    /// Most bytes that the files of a site may have.
    fn quota_bytes(&self, site: &Site) -> u64 {
        self.quotas.of(site).unwrap_or(u64::MAX)
    }

    /// One writer at a time, where bytes are written to one file. In a bucket each writer has an object of its own, and the row decides
    /// which of them counts.
    async fn hold(&self, upload: &Upload) -> Result<Option<Held>, UploadError> {
        let Blobs::Folder(folder) = &self.blobs else {
            return Ok(None);
        };
        let held = folder.hold(&upload.blob).await.map_err(BlobError::Io)?;
        held.map(Some).ok_or(UploadError::InProgress)
    }

    /// The row as it is now that the blob is held. When it is gone, nobody wants what holding made anew.
    async fn find_held(&self, before: &Upload) -> Result<Upload, UploadError> {
        let found = self.find(&before.site, before.id).await;
        if let (Err(UploadError::NotFound), Blobs::Folder(folder)) = (&found, &self.blobs) {
            let deleted = folder.delete_incoming(&before.blob).await;
            deleted.map_err(BlobError::Io)?;
        }
        found
    }

    /// Takes a whole file whose length is known only at its end. A file that breaks off or is too large
    /// leaves nothing behind. Whoever reads the request has counted its bytes.
    ///
    /// # Errors
    /// [`UploadError`].
    pub async fn take<S, E>(
        &self,
        site: &Site,
        announced: &Announced,
        body: S,
    ) -> Result<Upload, UploadError>
    where
        S: Stream<Item = Result<Bytes, E>> + Unpin,
    {
        let upload = self.create(site, announced, None).await?;
        let mut unclaimed = Unclaimed::new(self);
        unclaimed.push(upload.clone());
        let (arrived, ended) = self
            .receive(&upload, 0, None, body, upload.length_bytes)
            .await?;
        match ended {
            Ended::Whole => {
                let quota_bytes = self.quota_bytes(site);
                let upload = self.land(upload, 0, arrived, true, quota_bytes).await?;
                unclaimed.claim();
                Ok(upload)
            }
            Ended::BrokenOff => Err(UploadError::BrokenOff {
                offset: arrived.offset_bytes,
            }),
            Ended::TooLong | Ended::Damaged => Err(UploadError::TooLarge),
        }
    }

    /// Takes an upload away with its bytes.
    ///
    /// # Errors
    /// [`UploadError::NotFound`].
    pub async fn delete(&self, site: &str, id: Uuid) -> Result<(), UploadError> {
        let now = self.clock.now();
        self.find(site, id).await?;
        if removal::remove(&self.store, &self.blobs, site, id, now).await? {
            Ok(())
        } else {
            Err(UploadError::NotFound)
        }
    }

    async fn begin(&self, upload: &Upload, offset: u64) -> Result<Incoming, UploadError> {
        Ok(match &self.blobs {
            Blobs::Folder(folder) => {
                let incoming = folder.append(&upload.blob, offset).await;
                incoming.map_err(BlobError::Io)?
            }
            Blobs::S3(s3) => s3.begin(offset).await?,
        })
    }

    /// Streams a body into a file of this machine; the row still says the old offset.
    async fn receive<S, E>(
        &self,
        upload: &Upload,
        offset: u64,
        mut checksum: Option<Checksum>,
        mut body: S,
        most: u64,
    ) -> Result<(Arrived, Ended), UploadError>
    where
        S: Stream<Item = Result<Bytes, E>> + Unpin,
    {
        let mut incoming = self.begin(upload, offset).await?;
        let ended = loop {
            match body.next().await {
                None => break Ended::Whole,
                Some(Err(_)) => break Ended::BrokenOff,
                Some(Ok(chunk)) if incoming.offset_bytes() + chunk.len() as u64 > most => {
                    break Ended::TooLong;
                }
                Some(Ok(chunk)) => {
                    if let Some(checksum) = &mut checksum {
                        checksum.update(&chunk);
                    }
                    incoming.write(&chunk).await?;
                }
            }
        };
        let arrived = incoming.sync().await?;
        // Of a body that broke off nobody can say whether what came is whole; with a checksum it is not kept.
        let ended = match (ended, checksum) {
            (ended @ (Ended::Whole | Ended::BrokenOff), Some(checksum))
                if !checksum.clone().holds() =>
            {
                self.cut(upload, offset).await?;
                if matches!(ended, Ended::BrokenOff) {
                    return Err(UploadError::BrokenOff { offset });
                }
                Ended::Damaged
            }
            (ended, _) => ended,
        };
        Ok((arrived, ended))
    }

    /// Takes away what lies behind `offset` in a folder: it counts for nobody's quota. A spool empties itself.
    async fn cut(&self, upload: &Upload, offset: u64) -> Result<(), UploadError> {
        if let Blobs::Folder(folder) = &self.blobs {
            let cut = folder.append(&upload.blob, offset).await;
            cut.map_err(BlobError::Io)?;
        }
        Ok(())
    }
}

/// Tells the operator, and then the sender.
fn no_room(site: &str, quota_bytes: u64) -> UploadError {
    tracing::warn!(
        site,
        most_bytes = quota_bytes,
        "a file was refused: the site has no room for it (storage.quota_bytes_per_site)"
    );
    UploadError::NoRoom
}

fn ensure_stands_at(upload: &Upload, offset: u64) -> Result<(), UploadError> {
    if upload.offset_bytes == offset && upload.sha256.is_none() {
        Ok(())
    } else {
        Err(UploadError::OffsetMismatch {
            actual: upload.offset_bytes,
        })
    }
}

enum Ended {
    Whole,
    BrokenOff,
    TooLong,
    Damaged,
}

/// A media type without parameters, in small letters; `application/octet-stream` when it is none. Kept for staff to see, never trusted.
fn media_type(declared: &str) -> String {
    const MOST_OCTETS: usize = 100;
    let essence = declared
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    let is_token = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b))
    };
    let valid = essence.len() <= MOST_OCTETS
        && essence
            .split_once('/')
            .is_some_and(|(kind, subtype)| is_token(kind) && is_token(subtype));
    if valid {
        essence
    } else {
        "application/octet-stream".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::media_type;

    #[test]
    fn a_declared_media_type_is_a_media_type() {
        for (declared, kept) in [
            ("text/HTML; charset=utf-8", "text/html"),
            ("image/svg+xml", "image/svg+xml"),
            ("", "application/octet-stream"),
            ("text", "application/octet-stream"),
            ("text/plain\r\nX: y", "application/octet-stream"),
        ] {
            assert_eq!(media_type(declared), kept, "{declared:?}");
        }
    }
}
