//! A copy of everything, made while the service runs: one state of the database, and all bytes that it names: of attachments and of their
//! previews.
//!
//! The copy is laid out like a data folder, so that restoring is copying it back. `SHA256SUMS` is in the form that `sha256sum --check` reads.
//! It is written last: a folder without it is no backup.
//!
//! The database of a server is copied by a program of its own ([`dump`]), on the state of which every named byte was just copied.

pub mod dump;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use futures_util::StreamExt;
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use uuid::Uuid;

use self::dump::Dump;
use crate::{
    blobs::{BlobError, Blobs, folder::kept_path},
    hexadecimal::hex,
    store::{
        self, Store, StoreError,
        backup::{NamedBlob, Snapshot},
    },
};

/// The list of all files of a backup with their digests.
pub const SUMS: &str = "SHA256SUMS";
/// The database, as in a data folder.
pub const DATABASE: &str = "cornerdesk.db";
/// The folder of attachments, as in a data folder.
pub const BLOBS: &str = "blobs";
const AT_ONCE: u32 = 500;
/// The service replaces bytes meanwhile (a picture by one without metadata, a preview by another). Then the copy is begun again, and only what
/// is new is read again; so the next pass takes moments, and what is not there after so many is not there at all.
const PASSES: u32 = 100;
const CHUNK_BYTES: usize = 64 * 1024;

/// What a backup holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// Is the database in it? Not when it is PostgreSQL's.
    pub database: bool,
    /// Files: attachments and previews.
    pub files: usize,
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
    /// The bytes of an attachment or of its preview are not in the blob store.
    #[error("the bytes of attachment {0} or of its preview are not there")]
    Missing(Uuid),
    /// They are there, and are others.
    #[error("the bytes of attachment {0} are not the ones that were sent")]
    OtherBytes(Uuid),
    /// The program that copies the database is not told which state.
    #[error(
        "the program that copies the database must be told which state of it: write {{snapshot}} where it belongs, as in pg_dump --snapshot={{snapshot}}"
    )]
    NoSnapshot,
    /// A program is given for a database that is in the copy without one.
    #[error("the database is a file, and is in the copy without a program")]
    NeedsNoDump,
    /// The program that copies the database failed.
    #[error("{0} did not end well: {1}")]
    Dump(String, std::process::ExitStatus),
    /// The program that copies the database cannot be run.
    #[error("{0} cannot be run")]
    NoDump(String, #[source] io::Error),
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

/// Makes a backup in the folder `to`, which only we can read. `dump` copies the database of a server; without it, the files alone are copied,
/// and not those of one state.
///
/// # Errors
/// When the folder is not empty, or anything fails; then there is no list of digests in it.
pub async fn make(
    store: &Store,
    blobs: &Blobs,
    to: &Path,
    dump: Option<&Dump>,
) -> Result<Contents, BackupError> {
    if dump.is_some() && !store.has_snapshots() {
        return Err(BackupError::NeedsNoDump);
    }
    new_folder(to)?;
    let mut copied = Copied::new();
    let mut passes = 1;
    let pass = loop {
        match pass(store, blobs, to, dump, &mut copied).await {
            Err(BackupError::Missing(_)) if passes < PASSES => passes += 1,
            pass => break pass?,
        }
    };
    copied.retain(|path, _| pass.named.contains(path));
    remove_others(to, &copied)?;
    sync_folders(to)?;
    write_new(&to.join(SUMS), sums(&pass, &copied).as_bytes())?;
    sync_folders(to)?;
    Ok(Contents {
        database: pass.database.is_some(),
        files: copied.len(),
        bytes: copied.values().map(|(size_bytes, _)| size_bytes).sum(),
    })
}

/// Paths below the folder of the backup, each with size and digest of what is there.
type Copied = BTreeMap<String, (u64, Vec<u8>)>;

/// A state of the database of which every named byte is copied.
struct Pass {
    /// The digest of the copied database; none on PostgreSQL.
    database: Option<Vec<u8>>,
    /// Paths of what it names.
    named: BTreeSet<String>,
}

/// Copies the database, and of what it names what is not copied yet.
async fn pass(
    store: &Store,
    blobs: &Blobs,
    to: &Path,
    dump: Option<&Dump>,
    copied: &mut Copied,
) -> Result<Pass, BackupError> {
    let copy = to.join(DATABASE);
    let mut database = None;
    let mut state = store.clone();
    if copy.exists() {
        std::fs::remove_file(&copy)?;
    }
    if store::backup::copy_file(store, &copy).await? {
        // From here on only the copy counts: what comes in now is in the next backup.
        store::backup::leave_out(&copy).await?;
        set_private(&copy)?;
        std::fs::File::open(&copy)?.sync_all()?;
        database = Some(digest_of(&copy).await?.1);
        state = store::backup::open_copy(&copy).await?;
    }
    let mut pages = match dump {
        Some(_) => Pages::of(Snapshot::take(store).await?),
        None => Pages::new(&state),
    };
    let mut named = BTreeSet::new();
    while let Some(page) = pages.next().await? {
        for blob in page {
            let path = path_of(&blob);
            if !copied.contains_key(&path) {
                let bytes = copy_bytes(blobs, &blob, &to.join(&path)).await?;
                copied.insert(path.clone(), bytes);
            }
            named.insert(path);
        }
    }
    if let (Some(dump), Some(snapshot)) = (dump, pages.snapshot()) {
        // Last, when nothing is missing, so that it is made once; the state is held until it has ended.
        dump.run(snapshot.name()).await?;
    }
    drop(pages);
    if database.is_some() {
        state.close().await;
    }
    Ok(Pass { database, named })
}

/// Where the bytes of a blob lie below the folder of a backup.
fn path_of(blob: &NamedBlob) -> String {
    format!("{BLOBS}/{}", kept_path(&blob.blob).display())
}

/// Bytes that an earlier pass copied and that nothing names any more: a picture with its metadata, for one.
fn remove_others(to: &Path, named: &Copied) -> io::Result<()> {
    for shard in std::fs::read_dir(to.join(BLOBS).join("kept"))? {
        for file in std::fs::read_dir(shard?.path())? {
            let file = file?.path();
            let path = file.strip_prefix(to).unwrap_or(&file);
            if !named.contains_key(&path.display().to_string()) {
                std::fs::remove_file(&file)?;
            }
        }
    }
    Ok(())
}

fn sums(pass: &Pass, copied: &Copied) -> String {
    let mut sums = String::new();
    if let Some(digest) = &pass.database {
        add_line(&mut sums, digest, DATABASE);
    }
    for (path, (_, digest)) in copied {
        add_line(&mut sums, digest, path);
    }
    sums
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
    let mut known = HashMap::new();
    for line in sums.lines() {
        let Some((expected, path)) = line.split_once("  ") else {
            faults.push(format!("{SUMS} has a line that is none of ours"));
            continue;
        };
        match digest_of(&folder.join(path)).await {
            Ok((size_bytes, digest)) if hex(&digest) == expected => {
                if path != DATABASE {
                    contents.files += 1;
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
                faults.extend(fault_of(&blob, &known));
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

/// What is wrong with the copy of a blob, if anything is; `known` are the digests of what is as it was written.
fn fault_of(blob: &NamedBlob, known: &HashMap<&str, &str>) -> Option<String> {
    let found = known.get(path_of(blob).as_str());
    let id = blob.attachment;
    match (&blob.sha256, found) {
        (Some(sha256), Some(found)) if hex(sha256) == **found => None,
        (Some(_), _) => Some(format!("the bytes of attachment {id} are missing")),
        (None, Some(_)) => None,
        (None, None) => Some(format!("the preview of attachment {id} is missing")),
    }
}

/// All blobs that rows of a database name, page by page.
struct Pages<'a> {
    rows: Rows<'a>,
    after: (String, Uuid),
}

/// Which rows.
enum Rows<'a> {
    /// Those of the moment in which each page is read.
    Of(&'a Store),
    /// Those of one state.
    OfOne(Snapshot),
}

impl<'a> Pages<'a> {
    const fn new(store: &'a Store) -> Self {
        Self::from(Rows::Of(store))
    }

    const fn of(snapshot: Snapshot) -> Self {
        Self::from(Rows::OfOne(snapshot))
    }

    const fn from(rows: Rows<'a>) -> Self {
        Self {
            rows,
            after: (String::new(), Uuid::nil()),
        }
    }

    const fn snapshot(&self) -> Option<&Snapshot> {
        match &self.rows {
            Rows::Of(_) => None,
            Rows::OfOne(snapshot) => Some(snapshot),
        }
    }

    async fn next(&mut self) -> Result<Option<Vec<NamedBlob>>, StoreError> {
        let after = (self.after.0.as_str(), self.after.1);
        let page = match &mut self.rows {
            Rows::Of(store) => {
                let mut tx = store.read().await?;
                let page = store::backup::blobs(&mut tx, after, AT_ONCE).await?;
                tx.rollback().await?;
                page
            }
            Rows::OfOne(snapshot) => store::backup::blobs(snapshot.tx(), after, AT_ONCE).await?,
        };
        Ok(page.last().cloned().map(|last| {
            self.after = (last.site, last.attachment);
            page
        }))
    }
}

/// Copies the bytes of one blob, compares them with its row on the way, and answers their size and digest.
async fn copy_bytes(
    blobs: &Blobs,
    named: &NamedBlob,
    to: &Path,
) -> Result<(u64, Vec<u8>), BackupError> {
    let mut from = blobs.read(&named.blob).await.map_err(|error| match error {
        BlobError::NotFound => BackupError::Missing(named.attachment),
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
    let mut size_bytes = 0;
    while let Some(chunk) = from.next().await {
        let chunk = chunk?;
        size_bytes += chunk.len() as u64;
        digest.update(&chunk);
        file.write_all(&chunk).await?;
    }
    file.flush().await?;
    file.sync_all().await?;
    let digest = digest.finalize().to_vec();
    if named.sha256.as_ref().is_some_and(|sent| *sent != digest) {
        return Err(BackupError::OtherBytes(named.attachment));
    }
    Ok((size_bytes, digest))
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
