//! A copy of everything, made while the service runs: one state of the database, and the bytes of every attachment that it names.
//!
//! The copy is laid out like a data folder, so that restoring is copying it back. `SHA256SUMS` is in the form that `sha256sum --check` reads.
//! It is written last: a folder without it is no backup.

use std::{
    fmt::Write as _,
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use futures_util::StreamExt;
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use uuid::Uuid;

use crate::{
    blobs::{BlobError, Blobs, folder::kept_path},
    store::{self, Store, StoreError, backup::NamedBlob},
};

/// The list of all files of a backup with their digests.
pub const SUMS: &str = "SHA256SUMS";
/// The database, as in a data folder.
pub const DATABASE: &str = "cornerdesk.db";
/// The folder of attachments, as in a data folder.
pub const BLOBS: &str = "blobs";
const AT_ONCE: u32 = 500;
const CHUNK_BYTES: usize = 64 * 1024;

/// What a backup holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// Is the database in it? Not when it is PostgreSQL's.
    pub database: bool,
    /// Attachments.
    pub attachments: usize,
    /// Their bytes.
    pub bytes: u64,
}

/// A backup could not be made, or is not whole.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The folder holds something.
    #[error("{0} is not empty; a backup is made in a new folder")]
    NotEmpty(PathBuf),
    /// There is no list of digests.
    #[error("{0} has no {SUMS}: it is no backup, or one that was not finished")]
    Unfinished(PathBuf),
    /// What is there is not what was put there.
    #[error("the backup is not whole:\n  - {}", .0.join("\n  - "))]
    NotWhole(Vec<String>),
    /// The bytes of an attachment are not in the blob store.
    #[error("the bytes of attachment {attachment} are {fault}")]
    Bytes {
        /// Whose.
        attachment: Uuid,
        /// What is wrong with them.
        fault: &'static str,
    },
    /// The bytes cannot be read.
    #[error(transparent)]
    Blob(#[from] BlobError),
    /// The file system failed.
    #[error("a file cannot be written or read")]
    Io(#[from] io::Error),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Makes a backup in the folder `to`, which only we can read.
///
/// # Errors
/// When the folder is not empty, or anything fails; then there is no list of digests in it.
pub async fn make(store: &Store, blobs: &Blobs, to: &Path) -> Result<Contents, BackupError> {
    new_folder(to)?;
    let mut sums = String::new();
    let copy = to.join(DATABASE);
    let database = store::backup::copy_file(store, &copy).await?;
    let mut named = store.clone();
    if database {
        // From here on only the copy counts: what comes in now is in the next backup.
        store::backup::leave_out(&copy).await?;
        set_private(&copy)?;
        std::fs::File::open(&copy)?.sync_all()?;
        let (_, digest) = digest_of(&copy).await?;
        add_line(&mut sums, &digest, DATABASE);
        named = store::backup::open_copy(&copy).await?;
    }
    let mut contents = Contents {
        database,
        ..Contents::default()
    };
    let mut pages = Pages::new(&named);
    while let Some(page) = pages.next().await? {
        for blob in page {
            let path = format!("{BLOBS}/{}", kept_path(&blob.blob).display());
            copy_bytes(blobs, &blob, &to.join(&path)).await?;
            add_line(&mut sums, &blob.sha256, &path);
            contents.attachments += 1;
            contents.bytes += blob.size_bytes;
        }
    }
    sync_folders(to)?;
    write_new(&to.join(SUMS), sums.as_bytes())?;
    sync_folders(to)?;
    Ok(contents)
}

/// Looks whether a backup is whole: every file is as it was written, the database is in order, and the bytes of every attachment are there.
///
/// # Errors
/// [`BackupError::NotWhole`] with everything that is wrong.
pub async fn verify(folder: &Path) -> Result<Contents, BackupError> {
    let sums = match std::fs::read_to_string(folder.join(SUMS)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(BackupError::Unfinished(folder.to_owned()));
        }
        read => read?,
    };
    let mut faults = Vec::new();
    let mut contents = Contents::default();
    let mut known = std::collections::HashMap::new();
    for line in sums.lines() {
        let Some((expected, path)) = line.split_once("  ") else {
            faults.push(format!("{SUMS} has a line that is none of ours"));
            continue;
        };
        match digest_of(&folder.join(path)).await {
            Ok((size_bytes, digest)) if hex(&digest) == expected => {
                if path != DATABASE {
                    contents.attachments += 1;
                    contents.bytes += size_bytes;
                }
                known.insert(path, expected);
            }
            Ok(_) => faults.push(format!("{path} is not as it was written")),
            Err(error) => faults.push(format!("{path}: {error}")),
        }
    }
    if known.contains_key(DATABASE) {
        contents.database = true;
        let copy = store::backup::open_copy(&folder.join(DATABASE)).await?;
        faults.extend(store::backup::faults_of_file(&copy).await?);
        let mut pages = Pages::new(&copy);
        while let Some(page) = pages.next().await? {
            for blob in page {
                let path = format!("{BLOBS}/{}", kept_path(&blob.blob).display());
                if known.get(path.as_str()) != Some(&hex(&blob.sha256).as_str()) {
                    faults.push(format!(
                        "the bytes of attachment {} are missing",
                        blob.attachment
                    ));
                }
            }
        }
        copy.close().await;
    }
    if faults.is_empty() {
        Ok(contents)
    } else {
        Err(BackupError::NotWhole(faults))
    }
}

/// All blobs that rows of a database name, page by page.
struct Pages<'a> {
    store: &'a Store,
    after: (String, Uuid),
}

impl<'a> Pages<'a> {
    const fn new(store: &'a Store) -> Self {
        Self {
            store,
            after: (String::new(), Uuid::nil()),
        }
    }

    async fn next(&mut self) -> Result<Option<Vec<NamedBlob>>, StoreError> {
        let mut tx = self.store.read().await?;
        let (site, id) = (self.after.0.as_str(), self.after.1);
        let page = store::backup::blobs(&mut tx, (site, id), AT_ONCE).await?;
        tx.rollback().await?;
        Ok(page.last().cloned().map(|last| {
            self.after = (last.site, last.attachment);
            page
        }))
    }
}

/// Copies the bytes of one attachment and compares them with its row on the way.
async fn copy_bytes(blobs: &Blobs, named: &NamedBlob, to: &Path) -> Result<(), BackupError> {
    let broken = |fault| BackupError::Bytes {
        attachment: named.attachment,
        fault,
    };
    let mut from = blobs.read(&named.blob).await.map_err(|error| match error {
        BlobError::NotFound => broken("not there"),
        error => error.into(),
    })?;
    if let Some(folder) = to.parent() {
        private_folders().create(folder)?;
    }
    let mut file = tokio::fs::OpenOptions::new()
        .create_new(true)
        .write(true)
        .mode(0o600)
        .open(to)
        .await?;
    let mut digest = Sha256::new();
    while let Some(chunk) = from.next().await {
        let chunk = chunk?;
        digest.update(&chunk);
        file.write_all(&chunk).await?;
    }
    file.flush().await?;
    file.sync_all().await?;
    if digest.finalize().as_slice() == named.sha256 {
        Ok(())
    } else {
        Err(broken("not the ones that were sent"))
    }
}

fn new_folder(folder: &Path) -> Result<(), BackupError> {
    private_folders().create(folder)?;
    if std::fs::read_dir(folder)?.next().is_some() {
        return Err(BackupError::NotEmpty(folder.to_owned()));
    }
    private_folders().create(folder.join(BLOBS).join("kept"))?;
    Ok(())
}

fn private_folders() -> std::fs::DirBuilder {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true).mode(0o700);
    builder
}

fn set_private(file: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600))
}

fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    let mut file = options
        .create_new(true)
        .write(true)
        .mode(0o600)
        .open(path)?;
    io::Write::write_all(&mut file, bytes)?;
    file.sync_all()
}

/// Names of files are in their folder, which is synchronised for itself.
fn sync_folders(folder: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync_folders(&entry.path())?;
        }
    }
    std::fs::File::open(folder)?.sync_all()
}

async fn digest_of(path: &Path) -> io::Result<(u64, Vec<u8>)> {
    let mut file = tokio::fs::File::open(path).await?;
    let mut digest = Sha256::new();
    let mut chunk = vec![0; CHUNK_BYTES];
    let mut size_bytes = 0;
    loop {
        let read = file.read(&mut chunk).await?;
        if read == 0 {
            return Ok((size_bytes, digest.finalize().to_vec()));
        }
        digest.update(&chunk[..read]);
        size_bytes += read as u64;
    }
}

fn add_line(sums: &mut String, digest: &[u8], path: &str) {
    sums.push_str(&hex(digest));
    sums.push_str("  ");
    sums.push_str(path);
    sums.push('\n');
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // A string can always be written to.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
