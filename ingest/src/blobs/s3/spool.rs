//! Bytes wait on this machine while a request brings them, so that the object store is spoken to quickly and a slow client costs no memory.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::fs::{File, OpenOptions};

use super::super::{BlobError, incoming::Incoming};

/// A folder for bytes on their way to a bucket, with a limit for all of them together.
#[derive(Clone, Debug)]
pub struct Spool {
    folder: PathBuf,
    used_bytes: Arc<AtomicU64>,
    most_bytes: u64,
}

impl Spool {
    /// Opens the folder and makes it when it is not there.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn open(folder: PathBuf, most_bytes: u64) -> io::Result<Self> {
        std::fs::create_dir_all(&folder)?;
        Ok(Self {
            folder,
            used_bytes: Arc::default(),
            most_bytes,
        })
    }

    /// A new file in which the bytes of one request wait, from `offset_bytes` of their upload on. It has no name, so that it is gone
    /// with whoever opened it, even when that is killed.
    ///
    /// # Errors
    /// When the file system fails.
    pub async fn begin(&self, name: &str, offset_bytes: u64) -> Result<Incoming, BlobError> {
        let path = self.folder.join(name);
        let file = nameless(&path).await?;
        let room = Room {
            bytes: 0,
            spool: self.clone(),
        };
        Ok(Incoming::into_spool(file, offset_bytes, room))
    }
}

async fn nameless(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new()
        .create_new(true)
        .read(true)
        .write(true)
        .open(path)
        .await?;
    tokio::fs::remove_file(path).await?;
    Ok(file)
}

/// What one request takes of the spool; given back when it is dropped.
#[derive(Debug)]
pub struct Room {
    bytes: u64,
    spool: Spool,
}

impl Room {
    /// Takes more.
    ///
    /// # Errors
    /// [`BlobError::SpoolFull`].
    pub fn grow(&mut self, bytes: u64) -> Result<(), BlobError> {
        let used = self.spool.used_bytes.fetch_add(bytes, Ordering::Relaxed) + bytes;
        self.bytes += bytes;
        if used > self.spool.most_bytes {
            return Err(BlobError::SpoolFull);
        }
        Ok(())
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.spool
            .used_bytes
            .fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    #[tokio::test]
    async fn all_requests_share_the_room_and_give_it_back() {
        let folder = std::env::temp_dir().join(format!("cornerdesk-spool-{}", std::process::id()));
        let spool = Spool::open(folder.clone(), 100).unwrap();
        let half = Bytes::from(vec![7; 60]);
        let mut first = spool.begin("a", 0).await.unwrap();
        let mut second = spool.begin("b", 0).await.unwrap();
        first.write(&half).await.unwrap();
        let refused = second.write(&half).await;
        assert!(matches!(refused, Err(BlobError::SpoolFull)), "{refused:?}");
        drop(second);
        drop(first);
        assert_eq!(spool.used_bytes.load(Ordering::Relaxed), 0);
        let nameless = std::fs::read_dir(&folder).unwrap().count() == 0;
        assert!(nameless, "a file has a name that outlives its request");
        std::fs::remove_dir_all(folder).unwrap();
    }
}
