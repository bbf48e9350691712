//! Blobs in a folder, one file each.
//!
//! A blob is written to `incoming/`, synchronised, moved to its place and its folder synchronised, in that order, before a row that names it
//! is committed: after a power cut a row never names bytes that are not there (with a rename alone, 1,401 of 1,401 files were lost in an
//! experiment). Bytes are streamed; no more than a chunk is ever in memory.

mod hold;

use std::{
    collections::HashSet,
    io::{self, SeekFrom},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use sha2::{Digest, Sha256};
use tokio::{
    fs::{File, OpenOptions},
    io::{AsyncReadExt, AsyncSeekExt},
};

pub use self::hold::Held;
use super::{
    Stored,
    incoming::{BUFFER_BYTES, Incoming},
};

/// Where the complete bytes of a key lie in a folder of blobs.
#[must_use]
pub fn kept_path(key: &str) -> PathBuf {
    let shard = key.get(key.len().saturating_sub(2)..).unwrap_or("00");
    Path::new("kept").join(shard).join(key)
}

/// A folder of blobs.
#[derive(Clone, Debug)]
pub struct Folder {
    folder: PathBuf,
    /// The folders in `kept/`, 256 at most, whose names this process has put on disk.
    durable_shards: Arc<Mutex<HashSet<PathBuf>>>,
}

impl Folder {
    /// Opens the folder and makes it when it is not there.
    ///
    /// # Errors
    /// When it cannot be made or written.
    pub fn open(folder: PathBuf) -> io::Result<Self> {
        std::fs::create_dir_all(folder.join("incoming"))?;
        std::fs::create_dir_all(folder.join("kept"))?;
        std::fs::File::open(&folder)?.sync_all()?;
        Ok(Self {
            folder,
            durable_shards: Arc::default(),
        })
    }

    /// Where bytes wait that are not complete.
    fn incoming(&self, key: &str) -> PathBuf {
        self.folder.join("incoming").join(key)
    }

    /// Where complete bytes lie. Keys are UUIDs of ours; the last two characters of a random key spread the files over 256 folders.
    fn kept(&self, key: &str) -> PathBuf {
        self.folder.join(kept_path(key))
    }

    /// Begins or goes on with a blob: its first `offset_bytes` bytes are there and stay, whatever lies behind them is cut.
    ///
    /// # Errors
    /// When the file system fails, or fewer bytes are there than `offset_bytes`.
    pub async fn append(&self, key: &str, offset_bytes: u64) -> io::Result<Incoming> {
        let path = self.incoming(key);
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .await?;
        let there = file.metadata().await?.len();
        if there < offset_bytes {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "the blob is shorter than its row says",
            ));
        }
        file.set_len(offset_bytes).await?;
        file.seek(SeekFrom::Start(offset_bytes)).await?;
        Ok(Incoming::into_folder(file, offset_bytes))
    }

    /// Holds a blob against every other writer on this machine until the answer is dropped, also while it is moved to its place;
    /// nothing when somebody else holds it.
    ///
    /// # Errors
    /// When the file system fails.
    pub async fn hold(&self, key: &str) -> io::Result<Option<Held>> {
        let (incoming, kept) = (self.incoming(key), self.kept(key));
        let take = move || hold::take(&incoming, &kept);
        tokio::task::spawn_blocking(take)
            .await
            .unwrap_or_else(|error| Err(error.into()))
    }

    /// What a complete blob holds; nothing when it is not complete. Its place is durable then, which it need not have been: whoever moved the
    /// bytes there was killed, or its synchronisation failed.
    ///
    /// # Errors
    /// When the file system fails.
    pub async fn kept_as(&self, key: &str) -> io::Result<Option<Stored>> {
        match digest(&self.kept(key)).await {
            Ok((size_bytes, sha256)) => {
                self.make_place_durable(key).await?;
                Ok(Some(Stored {
                    key: key.to_owned(),
                    size_bytes,
                    sha256,
                }))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Ends a blob that is complete: moves it to its place, durably, and says what it holds.
    ///
    /// # Errors
    /// When the file system fails.
    pub async fn keep(&self, key: &str) -> io::Result<Stored> {
        let (from, to) = (self.incoming(key), self.kept(key));
        let (size_bytes, sha256) = digest(&from).await?;
        tokio::fs::create_dir_all(shard_of(&to)).await?;
        tokio::fs::rename(&from, &to).await?;
        self.make_place_durable(key).await?;
        Ok(Stored {
            key: key.to_owned(),
            size_bytes,
            sha256,
        })
    }

    /// Synchronises the folder of a complete blob, and the one above it unless this process did so before: the folder may be new, or its maker may
    /// have failed to.
    async fn make_place_durable(&self, key: &str) -> io::Result<()> {
        let path = self.kept(key);
        let shard = shard_of(&path);
        sync_folder(shard).await?;
        let is_known = |shards: &HashSet<PathBuf>| shards.contains(shard);
        if is_known(
            &self
                .durable_shards
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        ) {
            return Ok(());
        }
        sync_folder(&self.folder.join("kept")).await?;
        let mut durable = self
            .durable_shards
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        durable.insert(shard.to_owned());
        Ok(())
    }

    /// Opens a complete blob for reading.
    ///
    /// # Errors
    /// When it is not there.
    pub async fn read(&self, key: &str) -> io::Result<File> {
        File::open(self.kept(key)).await
    }

    /// Can the folder be reached?
    ///
    /// # Errors
    /// When the file system fails.
    pub async fn answers(&self) -> io::Result<()> {
        tokio::fs::metadata(self.folder.join("incoming"))
            .await
            .map(|_| ())
    }

    /// Deletes a blob, complete or not; one that is not there is fine.
    ///
    /// # Errors
    /// When the file system fails.
    pub async fn delete(&self, key: &str) -> io::Result<()> {
        self.delete_incoming(key).await?;
        remove(&self.kept(key)).await
    }

    /// Deletes what is there of a blob that is not complete.
    ///
    /// # Errors
    /// When the file system fails.
    pub async fn delete_incoming(&self, key: &str) -> io::Result<()> {
        remove(&self.incoming(key)).await
    }
}

async fn digest(path: &Path) -> io::Result<(u64, [u8; 32])> {
    let mut file = File::open(path).await?;
    let mut digest = Sha256::new();
    let mut chunk = vec![0; BUFFER_BYTES];
    let mut size_bytes = 0;
    loop {
        match file.read(&mut chunk).await? {
            0 => return Ok((size_bytes, digest.finalize().into())),
            read => {
                digest.update(&chunk[..read]);
                size_bytes += read as u64;
            }
        }
    }
}

async fn remove(path: &Path) -> io::Result<()> {
    match tokio::fs::remove_file(path).await {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// The folder of a complete blob.
fn shard_of(kept: &Path) -> &Path {
    kept.parent().unwrap_or(kept)
}

async fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder).await?.sync_all().await
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    struct Remove(PathBuf);

    impl Drop for Remove {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    fn blobs(name: &str) -> (Folder, Remove) {
        let folder =
            std::env::temp_dir().join(format!("cornerdesk-blobs-{name}-{}", std::process::id()));
        (Folder::open(folder.clone()).unwrap(), Remove(folder))
    }

    #[tokio::test]
    async fn bytes_come_back_as_they_were_sent() {
        let (blobs, _folder) = blobs("whole");
        let mut incoming = blobs.append("k1", 0).await.unwrap();
        for _ in 0..100 {
            incoming.write(&Bytes::from(vec![7; 10_000])).await.unwrap();
        }
        assert_eq!(incoming.sync().await.unwrap().offset_bytes, 1_000_000);
        let stored = blobs.keep("k1").await.unwrap();
        assert_eq!(
            (stored.size_bytes, stored.sha256),
            (1_000_000, Sha256::digest(vec![7; 1_000_000]).into())
        );
        let mut bytes = Vec::new();
        blobs
            .read("k1")
            .await
            .unwrap()
            .read_to_end(&mut bytes)
            .await
            .unwrap();
        assert_eq!(bytes.len(), 1_000_000);
    }

    #[tokio::test]
    async fn what_lies_behind_the_offset_is_cut() {
        let (blobs, _folder) = blobs("cut");
        let mut first = blobs.append("k2", 0).await.unwrap();
        first.write(&Bytes::from_static(b"hello wo")).await.unwrap();
        first.sync().await.unwrap();
        let mut second = blobs.append("k2", 6).await.unwrap();
        second.write(&Bytes::from_static(b"there")).await.unwrap();
        assert_eq!(second.sync().await.unwrap().offset_bytes, 11);
        assert_eq!(
            blobs.keep("k2").await.unwrap().sha256,
            <[u8; 32]>::from(Sha256::digest(b"hello there"))
        );
        assert!(
            blobs.append("k2", 5).await.is_err(),
            "a kept blob has no incoming bytes"
        );
    }

    #[tokio::test]
    async fn one_holder_at_a_time() {
        let (blobs, _folder) = blobs("hold");
        let first = blobs.hold("k4").await.unwrap();
        assert!(first.is_some());
        assert!(blobs.hold("k4").await.unwrap().is_none());
        drop(first);
        assert!(blobs.hold("k4").await.unwrap().is_some());
    }

    /// Two processes on one folder are two openers of it: the lock knows nothing of processes.
    #[tokio::test]
    async fn a_blob_is_held_on_its_way_to_its_place_too() {
        let (first, folder) = blobs("hold-kept");
        let second = Folder::open(folder.0.clone()).unwrap();
        let held = first.hold("k6").await.unwrap();
        assert!(held.is_some());
        first.append("k6", 0).await.unwrap().sync().await.unwrap();
        first.keep("k6").await.unwrap();
        // The bytes are in their place, the row does not say so yet.
        assert!(second.hold("k6").await.unwrap().is_none());
        drop(held);
        assert!(second.hold("k6").await.unwrap().is_some());
        assert!(
            !second.incoming("k6").exists(),
            "holding a complete blob makes no new one"
        );
    }

    #[tokio::test]
    async fn only_a_complete_blob_is_kept() {
        let (blobs, _folder) = blobs("kept");
        blobs.append("k5", 0).await.unwrap().sync().await.unwrap();
        assert_eq!(blobs.kept_as("k5").await.unwrap(), None);
        let stored = blobs.keep("k5").await.unwrap();
        assert_eq!(blobs.kept_as("k5").await.unwrap(), Some(stored));
    }

    #[tokio::test]
    async fn deleting_twice_is_fine() {
        let (blobs, _folder) = blobs("delete");
        blobs.append("k3", 0).await.unwrap().sync().await.unwrap();
        blobs.delete("k3").await.unwrap();
        blobs.delete("k3").await.unwrap();
        assert!(blobs.keep("k3").await.is_err());
    }
}
