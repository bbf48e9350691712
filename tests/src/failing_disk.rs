//! A disk that fails now and then (libfiu): system calls of one service, in the rates of [`POINTS`], from a moment on that a test chooses.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use crate::scratch;

const LIBRARIES: [&str; 2] = [
    "/usr/lib/fiu/fiu_run_preload.so",
    "/usr/lib/fiu/fiu_posix_preload.so",
];
/// What fails, and how often.
///
/// One synchronisation of ten, and one of ten writes of the bytes of files and of the log. SQLite writes by `pwrite`, and hundreds of
/// times for a commit that several submissions share: at one of ten, none would ever be whole; at one of 200, about half of them are.
const POINTS: [(&str, f32); 4] = [
    ("posix/io/sync/fsync", 0.1),
    ("posix/io/sync/fdatasync", 0.1),
    (WRITE_TO_A_FILE, 0.1),
    ("posix/io/rw/pwrite", 0.005),
];
/// Ours, of `failing_disk/files_only.c`.
const WRITE_TO_A_FILE: &str = "file/write";

/// What a failing call says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// EIO.
    InputOutput,
    /// ENOSPC.
    NoSpace,
}

impl Failure {
    const fn number(self) -> libc::c_int {
        match self {
            Self::InputOutput => libc::EIO,
            Self::NoSpace => libc::ENOSPC,
        }
    }
}

/// The way to tell one service which of its calls fail.
#[derive(Debug)]
pub struct FailingDisk {
    pipe: PathBuf,
}

impl FailingDisk {
    /// Nothing fails, for now.
    pub fn new(folder: &Path) -> Self {
        Self {
            pipe: folder.join("fiu"),
        }
    }

    /// From now on `command` can be told.
    ///
    /// # Panics
    ///
    /// When libfiu is not installed: these tests are not skipped.
    pub fn rule(&self, command: &mut Command) {
        for library in LIBRARIES {
            let is_there = Path::new(library).is_file();
            assert!(is_there, "{library} is missing; run tools/setup.sh test");
        }
        let preloaded = [&[files_only()], &LIBRARIES[..]].concat();
        command
            .env("LD_PRELOAD", preloaded.join(" "))
            .env("FIU_CTRL_FIFO", &self.pipe)
            .env("FIU_ENABLE", "");
    }

    /// From now on calls fail in the process `pid`.
    pub fn fail(&self, pid: u32, failure: Failure) {
        let number = failure.number();
        self.tell(pid, |point, rate| {
            format!("enable_random name={point},probability={rate},failinfo={number}")
        });
    }

    /// From now on no call fails.
    pub fn heal(&self, pid: u32) {
        self.tell(pid, |point, _| format!("disable name={point}"));
    }

    fn tell(&self, pid: u32, what: impl Fn(&str, f32) -> String) {
        let mut command = Command::new("fiu-ctrl");
        command.arg("-f").arg(&self.pipe);
        for (point, rate) in POINTS {
            command.arg("-c").arg(what(point, rate));
        }
        let told = command.arg(pid.to_string()).output();
        let told = told.expect("fiu-ctrl can be run");
        assert!(told.status.success(), "{told:?}");
    }
}

/// The library made of `files_only.c`, by the compiler that links Rust.
fn files_only() -> &'static str {
    static LIBRARY: OnceLock<String> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let folder = scratch::folder("files-only");
        let (source, library) = (folder.join("files_only.c"), folder.join("files_only.so"));
        let text = include_str!("failing_disk/files_only.c");
        std::fs::write(&source, text).expect("a file can be written");
        let mut compiler = Command::new("cc");
        compiler.args(["-shared", "-fPIC", "-O2", "-Wall", "-Werror", "-o"]);
        let made = compiler.args([&library, &source]).output();
        let made = made.expect("a C compiler is there, for Rust links by it");
        assert!(made.status.success(), "{made:?}");
        library.to_str().expect("UTF-8").to_owned()
    })
}
