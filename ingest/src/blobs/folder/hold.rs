//! One writer of a blob at a time, among all processes of this machine.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io,
    os::unix::fs::MetadataExt,
    path::Path,
};

/// A blob that nobody else may write now, until this is dropped.
#[derive(Debug)]
pub struct Held {
    _file: File,
}

/// How often the file may turn out to be another one than was opened before somebody else is said to be at work on it.
const MOST_TRIES: usize = 5;

/// Takes the lock (`flock`) on the blob at `kept`, or else on the one at `incoming`, which is made when there is none; nothing when
/// somebody else has it.
///
/// A lock belongs to the file and not to its name, so that it stays with the bytes when they are moved from `incoming` to `kept`: whoever
/// comes between that move and the row that tells of it meets the lock at `kept`.
///
/// # Errors
/// When the file system fails.
pub fn take(incoming: &Path, kept: &Path) -> io::Result<Option<Held>> {
    for _ in 0..MOST_TRIES {
        let (path, file) = match open(kept, false) {
            Ok(file) => (kept, file),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                (incoming, open(incoming, true)?)
            }
            Err(error) => return Err(error),
        };
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        let is_still_there = is_at(&file, path)?;
        if is_still_there && path == incoming && kept.try_exists()? {
            // The bytes were moved between our two looks, and this is a new file that nobody wants. Only who holds it removes it.
            fs::remove_file(incoming)?;
        } else if is_still_there {
            return Ok(Some(Held { _file: file }));
        }
        // What we hold was moved or removed meanwhile; look again.
    }
    Ok(None)
}

fn open(path: &Path, make: bool) -> io::Result<File> {
    OpenOptions::new()
        .create(make)
        .truncate(false)
        .write(true)
        .open(path)
}

/// Is `file` the one that is found at `path` now?
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    let ours = file.metadata()?;
    match fs::metadata(path) {
        Ok(found) => Ok((found.dev(), found.ino()) == (ours.dev(), ours.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}
