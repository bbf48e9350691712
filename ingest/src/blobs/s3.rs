//! Blobs in a bucket of an object store that speaks S3.
//!
//! An object is written once, under a key that nobody else ever writes, and read back before anybody is told that it is there. Several
//! writers of one upload therefore cannot harm each other's bytes: which of them counts, the row decides (`store::uploads::move_on`). Keys
//! that no row names yet, or any more, are in the table `loose_blobs`, from which the sweep deletes them.

mod open_writes;
mod parts;
pub mod spool;
mod transfer;

use std::{io, path::PathBuf, sync::Arc, time::Duration};

use futures_util::{StreamExt, TryStreamExt};
use object_store::{
    BackoffConfig, ClientOptions, ObjectStoreExt, RetryConfig,
    aws::{AmazonS3, AmazonS3Builder},
    path::Path,
};
use tokio::sync::Semaphore;

use self::{open_writes::OpenWrites, spool::Spool};
use super::{BlobError, Reading, incoming::Incoming};
use crate::{config::Storage, ids};

/// One request to the object store may take so long.
const REQUEST: Duration = Duration::from_secs(30);
/// Until when a request that failed for now is made again; so long a client may wait for its answer.
const RETRIES: Duration = Duration::from_secs(10);
/// Is the store there? Whoever asks is waiting.
const PROBE: Duration = Duration::from_secs(3);
/// Transfers at a time; each holds one part in memory.
const TRANSFERS: usize = 4;

/// A bucket, or the part of it below a prefix.
#[derive(Clone, Debug)]
pub struct S3 {
    store: Arc<AmazonS3>,
    open_writes: OpenWrites,
    prefix: Path,
    spool: Spool,
    transfers: Arc<Semaphore>,
}

impl S3 {
    /// The bucket that `storage.blobs_url` names; bytes on their way wait in `spool_folder`.
    ///
    /// # Errors
    /// When the address cannot be used, or the folder cannot be made. The store itself is not asked.
    pub fn open(storage: &Storage, spool_folder: PathBuf) -> Result<Self, BlobError> {
        let (bucket, prefix) = place(&storage.blobs_url).ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidInput, "not the address of a bucket")
        })?;
        let options = ClientOptions::new()
            .with_allow_http(true)
            .with_connect_timeout(Duration::from_secs(5))
            .with_timeout(REQUEST);
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(bucket)
            .with_region(&storage.s3_region)
            .with_client_options(options.clone())
            .with_disable_bulk_delete(true)
            .with_retry(retry());
        if !storage.s3_endpoint.is_empty() {
            builder = builder.with_endpoint(&storage.s3_endpoint);
        }
        if !storage.s3_access_key_id.reveal().is_empty() {
            builder = builder
                .with_access_key_id(storage.s3_access_key_id.reveal())
                .with_secret_access_key(storage.s3_secret_access_key.reveal());
        }
        let store = builder.build().map_err(BlobError::Store)?;
        let prefix = Path::from(prefix);
        let address = open_writes::address(&storage.s3_endpoint, &storage.s3_region, bucket);
        Ok(Self {
            open_writes: OpenWrites::new(&store, &options, address, &storage.s3_region)?,
            store: Arc::new(store),
            prefix,
            spool: Spool::open(spool_folder, storage.spool_bytes)?,
            transfers: Arc::new(Semaphore::new(TRANSFERS)),
        })
    }

    /// A key that nobody ever wrote.
    #[must_use]
    pub fn new_key() -> String {
        ids::new_secret_id().simple().to_string()
    }

    /// The object of a key: the same place as below `blobs/kept` of a folder, so that the one can be copied to the other.
    fn path(&self, key: &str) -> Path {
        let shard = key.get(key.len().saturating_sub(2)..).unwrap_or("00");
        self.prefix.clone().join(shard).join(key)
    }

    /// Begins to take the bytes of one request, from `offset_bytes` of their upload on.
    ///
    /// # Errors
    /// When the file system fails.
    pub async fn begin(&self, offset_bytes: u64) -> Result<Incoming, BlobError> {
        self.spool.begin(&Self::new_key(), offset_bytes).await
    }

    /// Opens an object for reading.
    ///
    /// # Errors
    /// [`BlobError::NotFound`], or when the store does not answer.
    pub async fn read(&self, key: &str) -> Result<Reading, BlobError> {
        let found = self.store.get(&self.path(key)).await.map_err(failed)?;
        Ok(found.into_stream().map_err(failed).boxed())
    }

    /// Deletes an object; one that is not there is fine.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn delete(&self, key: &str) -> Result<(), BlobError> {
        match self.store.delete(&self.path(key)).await.map_err(failed) {
            Err(BlobError::NotFound) => Ok(()),
            outcome => outcome,
        }
    }

    /// Asks for an object that is not there; whoever says so can be spoken to.
    ///
    /// # Errors
    /// When the store does not answer, or not to us.
    pub async fn answers(&self) -> Result<(), BlobError> {
        let path = self.path("is-anybody-there");
        let asked = tokio::time::timeout(PROBE, self.store.head(&path)).await;
        match asked.map_err(|_| BlobError::TooSlow)?.map_err(failed) {
            Ok(_) | Err(BlobError::NotFound) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

fn retry() -> RetryConfig {
    RetryConfig {
        backoff: BackoffConfig {
            init_backoff: Duration::from_millis(100),
            max_backoff: Duration::from_secs(3),
            base: 2.0,
        },
        max_retries: 6,
        retry_timeout: RETRIES,
    }
}

fn failed(error: object_store::Error) -> BlobError {
    match error {
        object_store::Error::NotFound { .. } => BlobError::NotFound,
        error => BlobError::Store(error),
    }
}

/// Bucket and prefix of `s3://bucket/prefix`.
#[must_use]
pub fn place(blobs_url: &str) -> Option<(&str, &str)> {
    let rest = blobs_url.strip_prefix("s3://")?;
    let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    let is_bucket = !bucket.is_empty()
        && bucket
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
    let is_prefix = prefix
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b"-._/".contains(&b));
    (is_bucket && is_prefix).then_some((bucket, prefix.trim_matches('/')))
}

#[cfg(test)]
mod tests {
    use super::place;

    #[test]
    fn an_address_names_a_bucket_and_what_lies_below_it() {
        for (url, expected) in [
            ("s3://files", Some(("files", ""))),
            ("s3://files/desk/one/", Some(("files", "desk/one"))),
            ("s3:///desk", None),
            ("s3://files?x", None),
            ("https://files", None),
        ] {
            assert_eq!(place(url), expected, "{url}");
        }
    }
}
