//! Folders for one test run, under `target/tmp` or in memory, swept by the next run once their owner is dead.

use std::{
    ffi::{CStr, OsStr},
    fs,
    mem::MaybeUninit,
    os::unix::{ffi::OsStrExt, fs::PermissionsExt},
    path::{Path, PathBuf},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

use crate::process;

/// The folder of the build profile that this test binary belongs to, such as `target/debug`.
pub fn profile_folder() -> PathBuf {
    let executable = std::env::current_exe().expect("a test binary knows where it is");
    executable
        .ancestors()
        .find(|folder| folder.ends_with("deps"))
        .and_then(Path::parent)
        .expect("test binaries are in <target>/<profile>/deps")
        .to_owned()
}

/// The target folder.
pub fn target_folder() -> PathBuf {
    profile_folder()
        .parent()
        .expect("a profile folder is in the target folder")
        .to_owned()
}

/// Makes a new, empty folder whose name starts with `name`.
pub fn folder(name: &str) -> PathBuf {
    static RUN: OnceLock<PathBuf> = OnceLock::new();
    let run = RUN.get_or_init(|| folder_of_this_process(&target_folder().join("tmp")));
    numbered_folder(run, name)
}

/// Like [`folder`], but a user other than ours can reach it, and its path is short when `short` is asked for.
///
/// A checkout below a private home folder cannot be reached by others; the system's temporary folder can.
pub fn folder_reachable_by_others(name: &str, short: bool) -> PathBuf {
    static RUN: OnceLock<PathBuf> = OnceLock::new();
    let ours = folder(name);
    if !short && ours.ancestors().skip(1).all(is_open_to_others) {
        return ours;
    }
    let run = RUN.get_or_init(|| folder_of_this_process(&std::env::temp_dir()));
    numbered_folder(run, name)
}

/// Where files are kept in memory.
const MEMORY: &CStr = c"/dev/shm";
/// What has to be free there: two browsers with what they share and store; containers often have 64 MiB.
const MEMORY_LEAST_BYTES: u64 = 2 << 30;

/// Whether there is room for files in memory.
pub fn has_memory() -> bool {
    static HAS: OnceLock<bool> = OnceLock::new();
    *HAS.get_or_init(|| free_bytes(MEMORY) >= MEMORY_LEAST_BYTES)
}

/// What is free on the file system of a folder; 0 when there is no such folder.
#[expect(unsafe_code, reason = "statvfs has no safe form in std")]
fn free_bytes(folder: &CStr) -> u64 {
    let mut found = MaybeUninit::<libc::statvfs>::uninit();
    // SAFETY: the path ends with a zero, and what is written to is as large as what is written; it is read only where that was done.
    unsafe {
        if libc::statvfs(folder.as_ptr(), found.as_mut_ptr()) != 0 {
            return 0;
        }
        let found = found.assume_init();
        found.f_bavail.saturating_mul(found.f_frsize)
    }
}

/// Like [`folder`], for what need not outlive the test and is synchronised often: in memory where there is room.
pub fn folder_in_memory(name: &str) -> PathBuf {
    static RUN: OnceLock<PathBuf> = OnceLock::new();
    if !has_memory() {
        return folder(name);
    }
    let run =
        RUN.get_or_init(|| folder_of_this_process(Path::new(OsStr::from_bytes(MEMORY.to_bytes()))));
    numbered_folder(run, name)
}

fn is_open_to_others(folder: &Path) -> bool {
    fs::metadata(folder).is_ok_and(|found| found.permissions().mode() & 0o001 != 0)
}

fn numbered_folder(run: &Path, name: &str) -> PathBuf {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let folder = run.join(format!("{name}-{number}"));
    fs::create_dir_all(&folder)
        .unwrap_or_else(|error| panic!("cannot make {}: {error}", folder.display()));
    folder
}

const PREFIX: &str = "cdt-";

/// Makes this process's folder in `root` and removes those of processes that are no more.
fn folder_of_this_process(root: &Path) -> PathBuf {
    sweep(root);
    let pid = std::process::id();
    let started_at = process::started_at_ticks(pid).expect("we are running");
    let run = root.join(format!("{PREFIX}{pid}-{started_at}"));
    fs::create_dir_all(&run)
        .unwrap_or_else(|error| panic!("cannot make {}: {error}", run.display()));
    run
}

fn sweep(root: &Path) {
    let Ok(entries) = fs::read_dir(root) else {
        return; // nothing was ever made there
    };
    for entry in entries.flatten() {
        if entry.file_name().to_str().is_some_and(owner_is_dead) {
            // Another test process may sweep at the same moment; whoever comes second finds nothing.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn owner_is_dead(folder_name: &str) -> bool {
    let Some((pid, started_at)) = folder_name
        .strip_prefix(PREFIX)
        .and_then(|owner| owner.split_once('-'))
    else {
        return false; // not ours
    };
    match (pid.parse(), started_at.parse()) {
        (Ok(pid), Ok(started_at)) => process::started_at_ticks(pid) != Some(started_at),
        _ => false,
    }
}
