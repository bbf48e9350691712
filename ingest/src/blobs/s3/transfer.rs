//! From the spool to the bucket: written, read back, and only then there.

use std::{io::SeekFrom, time::Duration};

use futures_util::{StreamExt, TryFutureExt, TryStreamExt, stream};
use object_store::{
    MultipartId, ObjectStoreExt,
    multipart::{MultipartStore, PartId},
    path::Path,
};
use sha2::{Digest, Sha256};
use tokio::{fs::File, io::AsyncSeekExt};
use tokio_util::io::ReaderStream;

use super::{
    S3, failed,
    parts::{self, Parts},
};
use crate::{
    blobs::{BlobError, Piece, Reading, Stored, digest, incoming::Arrived},
    telemetry::chain,
};

/// A whole transfer with everything that is asked again. Less than the time after which the sweep takes an object without a row for litter.
const MOST: Duration = Duration::from_secs(300);
const CHUNK_BYTES: usize = 64 * 1024;

impl S3 {
    /// Writes `pieces` and then the bytes that `arrived` as one new object, and reads it back.
    ///
    /// # Errors
    /// When it is not known to be there as a whole. Then the caller deletes the key, for a part of the work may have been done.
    pub async fn put(
        &self,
        key: &str,
        pieces: &[Piece],
        arrived: Arrived,
    ) -> Result<Stored, BlobError> {
        // Nobody closes the semaphore.
        let _transfer = self.transfers.acquire().await;
        let bytes = self
            .one_after_another(pieces.to_vec(), arrived.file)
            .await?;
        tokio::time::timeout(MOST, self.put_verified(key, bytes))
            .await
            .map_err(|_| BlobError::TooSlow)?
    }

    async fn put_verified(&self, key: &str, bytes: Reading) -> Result<Stored, BlobError> {
        let path = self.path(key);
        let mut parts = Parts::of(bytes);
        let first = parts.next().await?;
        let written = if parts::is_last(&first) {
            let put = self.store.put(&path, parts::payload(first)).await;
            put.map_err(failed)?;
            Ok(())
        } else {
            self.put_in_parts(&path, first, &mut parts).await?
        };
        let (size_bytes, sha256) = parts.told();
        // What counts is what is there: a good answer alone is no proof, and where the answer to the last step of a multipart upload is
        // lost, asking again finds no upload to complete.
        match (self.read_back(key).await, written) {
            (Ok(found), _) if found == (size_bytes, sha256) => Ok(Stored {
                key: key.to_owned(),
                size_bytes,
                sha256,
            }),
            (_, Err(error)) | (Err(error), Ok(())) => Err(error),
            (Ok(_), Ok(())) => Err(BlobError::NotVerified),
        }
    }

    async fn read_back(&self, key: &str) -> Result<(u64, [u8; 32]), BlobError> {
        digest(self.read(key).await?).await
    }

    /// A multipart upload. The inner result is that of the last step, whose answer may be lost although it was done.
    async fn put_in_parts(
        &self,
        path: &Path,
        first: Vec<bytes::Bytes>,
        parts: &mut Parts,
    ) -> Result<Result<(), BlobError>, BlobError> {
        let id = self.store.create_multipart(path).await.map_err(failed)?;
        let open = Open::new(self, path, id);
        let mut done: Vec<PartId> = Vec::new();
        let mut part = first;
        loop {
            let is_last = parts::is_last(&part);
            if !part.is_empty() {
                let put = self
                    .store
                    .put_part(path, &open.id, done.len(), parts::payload(part));
                done.push(put.await.map_err(failed)?);
            }
            if is_last {
                break;
            }
            part = parts.next().await?;
        }
        let completed = self.store.complete_multipart(path, &open.id, done).await;
        match completed {
            Ok(_) => {
                open.close();
                Ok(Ok(()))
            }
            Err(error) => Ok(Err(failed(error))),
        }
    }

    /// The bytes of `pieces`, each as whole as it was written, and then of `file`.
    async fn one_after_another(
        &self,
        pieces: Vec<Piece>,
        mut file: File,
    ) -> Result<Reading, BlobError> {
        file.seek(SeekFrom::Start(0)).await?;
        let s3 = self.clone();
        let read = move |piece| {
            let s3 = s3.clone();
            async move { s3.read_whole(piece).await }.try_flatten_stream()
        };
        let last = ReaderStream::with_capacity(file, CHUNK_BYTES).map_err(BlobError::Io);
        Ok(stream::iter(pieces).flat_map(read).chain(last).boxed())
    }

    /// The bytes of a piece, with an error at the end when they are not the ones that were written.
    async fn read_whole(&self, piece: Piece) -> Result<Reading, BlobError> {
        let mut digest = Sha256::new();
        let bytes = self.read(&piece.key).await?;
        let mut bytes = Some(bytes);
        let checked = stream::poll_fn(move |cx| {
            let Some(open) = &mut bytes else {
                return std::task::Poll::Ready(None);
            };
            let next = std::task::ready!(open.poll_next_unpin(cx));
            if let Some(Ok(chunk)) = &next {
                digest.update(chunk);
            }
            if next.is_none() {
                bytes = None;
                if <[u8; 32]>::from(std::mem::take(&mut digest).finalize()) != piece.sha256 {
                    return std::task::Poll::Ready(Some(Err(BlobError::NotVerified)));
                }
            }
            std::task::Poll::Ready(next)
        });
        Ok(checked.boxed())
    }
}

/// A multipart upload that is aborted unless it is closed, on whatever path its writer leaves: parts of an open one are paid for and
/// seen by nobody.
struct Open {
    s3: S3,
    path: Path,
    id: MultipartId,
    is_closed: bool,
}

impl Open {
    fn new(s3: &S3, path: &Path, id: MultipartId) -> Self {
        Self {
            s3: s3.clone(),
            path: path.clone(),
            id,
            is_closed: false,
        }
    }

    fn close(mut self) {
        self.is_closed = true;
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        // Without a runtime the service is ending; the sweep finds it.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return;
        };
        if self.is_closed {
            return;
        }
        let (s3, path, id) = (self.s3.clone(), self.path.clone(), self.id.clone());
        runtime.spawn(async move {
            let aborted = s3.store.abort_multipart(&path, &id).await.map_err(failed);
            if let Err(error) = aborted
                && !matches!(error, BlobError::NotFound)
            {
                tracing::warn!(
                    error = chain(&error),
                    "a multipart upload cannot be aborted now; the sweep does it"
                );
            }
        });
    }
}
