//! The bytes of uploads and attachments: in a folder, or in a bucket of an object store that speaks S3.
//!
//! Whichever it is, bytes are where they stay, whole, before a row that names them is committed; and they are streamed, so that no more than
//! a part of a file is ever in memory. What the two do differently is written in [`folder`] and [`s3`].

pub mod folder;
pub mod incoming;
pub mod s3;

use std::io;

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream::BoxStream};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio_util::io::ReaderStream;

use self::{
    folder::Folder,
    incoming::{Arrived, Incoming},
    s3::S3,
};

/// Where bytes lie.
#[derive(Clone, Debug)]
pub enum Blobs {
    /// In a folder of this machine, or of one that it shares.
    Folder(Folder),
    /// In a bucket that every replica reaches.
    S3(S3),
}

/// What a complete blob holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The key under which it is kept.
    pub key: String,
    /// Size in bytes.
    pub size_bytes: u64,
    /// SHA-256 of the bytes.
    pub sha256: [u8; 32],
}

/// An object that holds the next bytes of an upload, in a bucket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Piece {
    /// The key under which it is kept.
    pub key: String,
    /// Size in bytes.
    pub size_bytes: u64,
    /// SHA-256 of the bytes.
    pub sha256: [u8; 32],
}

/// The bytes of a blob as they are read.
pub type Reading = BoxStream<'static, Result<Bytes, BlobError>>;

/// Bytes could not be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// The file system failed, or is full.
    #[error("the file system failed")]
    Io(#[from] io::Error),
    /// The object store failed, for longer than it was asked again.
    #[error("the object store failed")]
    Store(#[source] object_store::Error),
    /// What the object store gives back are not the bytes that it was given.
    #[error("the object store does not give back what it was given")]
    NotVerified,
    /// The object store took too long.
    #[error("the object store took too long")]
    TooSlow,
    /// So many bytes are on their way to the object store that there is no room for more (`storage.spool_bytes`).
    #[error("there is no room for more bytes on their way to the object store")]
    SpoolFull,
    /// There is no such blob.
    #[error("there are no such bytes")]
    NotFound,
}

impl Blobs {
    /// Opens a complete blob for reading.
    ///
    /// # Errors
    /// [`BlobError::NotFound`], or when the store does not answer. The stream itself ends with an error when the store fails later.
    pub async fn read(&self, key: &str) -> Result<Reading, BlobError> {
        match self {
            Self::Folder(folder) => match folder.read(key).await {
                Ok(file) => Ok(ReaderStream::new(file).map_err(BlobError::Io).boxed()),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Err(BlobError::NotFound),
                Err(error) => Err(error.into()),
            },
            Self::S3(s3) => s3.read(key).await,
        }
    }

    /// Begins a whole new blob under a key that nobody ever wrote.
    ///
    /// # Errors
    /// When the file system fails.
    pub async fn begin(&self, key: &str) -> Result<Incoming, BlobError> {
        match self {
            Self::Folder(folder) => Ok(folder.append(key, 0).await?),
            Self::S3(s3) => s3.begin(0).await,
        }
    }

    /// Puts it where it stays.
    ///
    /// # Errors
    /// When the store fails; then it may or may not be there.
    pub async fn finish(&self, key: &str, arrived: Arrived) -> Result<Stored, BlobError> {
        match self {
            Self::Folder(folder) => Ok(folder.keep(key).await?),
            Self::S3(s3) => s3.put(key, &[], arrived).await,
        }
    }

    /// Deletes a blob, complete or not; one that is not there is fine.
    ///
    /// # Errors
    /// When the store fails; then it may or may not be there.
    pub async fn delete(&self, key: &str) -> Result<(), BlobError> {
        match self {
            Self::Folder(folder) => Ok(folder.delete(key).await?),
            Self::S3(s3) => s3.delete(key).await,
        }
    }

    /// Does the store answer?
    ///
    /// # Errors
    /// When it does not.
    pub async fn answers(&self) -> Result<(), BlobError> {
        match self {
            Self::Folder(folder) => Ok(folder.answers().await?),
            Self::S3(s3) => s3.answers().await,
        }
    }
}

/// Size and digest of everything that `reading` gives.
async fn digest(mut reading: Reading) -> Result<(u64, [u8; 32]), BlobError> {
    let mut digest = Sha256::new();
    let mut size_bytes = 0;
    while let Some(chunk) = reading.next().await {
        let chunk = chunk?;
        digest.update(&chunk);
        size_bytes += chunk.len() as u64;
    }
    Ok((size_bytes, digest.finalize().into()))
}
