//! Bytes on their way in: buffered into a file of this machine.

use std::io;

use bytes::Bytes;
use tokio::{fs::File, io::AsyncWriteExt};

use super::{BlobError, s3::spool::Room};

/// Bytes are not written to disk while fewer than this wait, so that small chunks of a slow network do not become small writes.
pub(super) const BUFFER_BYTES: usize = 32 * 1024;

/// Bytes of one request, from its offset on.
#[derive(Debug)]
pub struct Incoming {
    file: File,
    buffer: Vec<u8>,
    offset_bytes: u64,
    /// The room that the bytes take in the spool of a bucket; nothing for a folder, which they do not leave any more.
    room: Option<Room>,
}

impl Incoming {
    /// Into the file of a folder where the bytes stay.
    pub(super) fn into_folder(file: File, offset_bytes: u64) -> Self {
        Self::new(file, offset_bytes, None)
    }

    /// Into a file from which the bytes go to a bucket.
    pub(super) fn into_spool(file: File, offset_bytes: u64, room: Room) -> Self {
        Self::new(file, offset_bytes, Some(room))
    }

    fn new(mut file: File, offset_bytes: u64, room: Option<Room>) -> Self {
        // tokio holds a copy of what it writes, and keeps its room.
        file.set_max_buf_size(BUFFER_BYTES);
        Self {
            file,
            buffer: Vec::new(),
            offset_bytes,
            room,
        }
    }

    /// Adds bytes.
    ///
    /// # Errors
    /// When the file system fails, or the spool is full.
    pub async fn write(&mut self, chunk: &Bytes) -> Result<(), BlobError> {
        if let Some(room) = &mut self.room {
            room.grow(chunk.len() as u64)?;
        }
        self.offset_bytes += chunk.len() as u64;
        // Never more than its first size: it is held for as long as the upload takes, by each of a thousand slow ones.
        if self.buffer.len() + chunk.len() > BUFFER_BYTES {
            self.flush().await?;
        }
        if chunk.len() >= BUFFER_BYTES {
            return Ok(self.file.write_all(chunk).await?);
        }
        self.buffer.reserve_exact(BUFFER_BYTES - self.buffer.len());
        self.buffer.extend_from_slice(chunk);
        Ok(())
    }

    async fn flush(&mut self) -> io::Result<()> {
        self.file.write_all(&self.buffer).await?;
        self.buffer.clear();
        Ok(())
    }

    /// How many bytes the upload has, the ones that wait in memory included.
    #[must_use]
    pub const fn offset_bytes(&self) -> u64 {
        self.offset_bytes
    }

    /// Puts every byte of a folder on disk; the bytes of a spool only into its file, for they are not acknowledged before they are in
    /// the bucket.
    ///
    /// # Errors
    /// When the file system fails; then it is not known how many bytes are there.
    pub async fn sync(mut self) -> Result<Arrived, BlobError> {
        self.flush().await?;
        self.file.flush().await?;
        if self.room.is_none() {
            self.file.sync_all().await?;
        }
        Ok(Arrived {
            file: self.file,
            offset_bytes: self.offset_bytes,
            _room: self.room,
        })
    }
}

/// The bytes of one request, all of them in the file.
#[derive(Debug)]
pub struct Arrived {
    /// Where they are.
    pub(super) file: File,
    /// How many bytes the upload has with them.
    pub offset_bytes: u64,
    _room: Option<Room>,
}
