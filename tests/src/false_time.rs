//! A clock for a service that tests set: the service is the real binary, and believes what `libfaketime` tells it about the time of day. What measures how
//! long something takes (monotonic clocks, and so every wait) is left alone.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Mutex,
    time::Duration,
};

/// The time of day of one service.
#[derive(Debug)]
pub struct FalseTime {
    file: PathBuf,
    /// How far it is ahead of the machine's, seconds.
    ahead: Mutex<i64>,
}

impl FalseTime {
    /// The machine's time, for now; kept in a file of `folder`.
    pub fn new(folder: &Path) -> Self {
        let time = Self {
            file: folder.join("false-time"),
            ahead: Mutex::new(0),
        };
        time.write(0);
        time
    }

    /// A time that is `instant` (RFC 3339) now and goes on from there; kept in a file of `folder`.
    #[expect(
        clippy::disallowed_methods,
        reason = "the false time is counted from the machine's"
    )]
    pub fn at(folder: &Path, instant: &str) -> Self {
        let instant: jiff::Timestamp = instant.parse().expect("an instant");
        let time = Self::new(folder);
        let ahead = instant.as_second() - jiff::Timestamp::now().as_second();
        *time.ahead.lock().expect("nobody panics while writing") = ahead;
        time.write(ahead);
        time
    }

    /// From now on `command` lives in this time.
    pub fn rule(&self, command: &mut Command) {
        command
            .env("LD_PRELOAD", library())
            .env("FAKETIME_TIMESTAMP_FILE", &self.file)
            .env("FAKETIME_NO_CACHE", "1")
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
            .env("FAKETIME_DONT_RESET", "1");
    }

    /// Puts the time forward.
    pub fn advance(&self, by: Duration) {
        let mut ahead = self.ahead.lock().expect("nobody panics while writing");
        *ahead += i64::try_from(by.as_secs()).expect("less than an age");
        self.write(*ahead);
    }

    /// Puts the time back.
    pub fn set_back(&self, by: Duration) {
        let mut ahead = self.ahead.lock().expect("nobody panics while writing");
        *ahead -= i64::try_from(by.as_secs()).expect("less than an age");
        self.write(*ahead);
    }

    /// The time.
    #[expect(
        clippy::disallowed_methods,
        reason = "the false time is counted from the machine's"
    )]
    pub fn now(&self) -> jiff::Timestamp {
        let ahead = *self.ahead.lock().expect("nobody panics while writing");
        jiff::Timestamp::now() + jiff::SignedDuration::from_secs(ahead)
    }

    /// How far the time is ahead of the machine's.
    pub fn ahead(&self) -> Duration {
        let ahead = *self.ahead.lock().expect("nobody panics while writing");
        Duration::from_secs(ahead.unsigned_abs())
    }

    /// In one step, so that no half-written file is read.
    fn write(&self, ahead: i64) {
        let new = self.file.with_extension("new");
        fs::write(&new, format!("{ahead:+}")).expect("the time can be written");
        fs::rename(&new, &self.file).expect("the time can be put in place");
    }
}

/// Where Debian puts the library.
fn library() -> PathBuf {
    let folders = fs::read_dir("/usr/lib").into_iter().flatten().flatten();
    folders
        .map(|folder| folder.path().join("faketime/libfaketimeMT.so.1"))
        .chain(["/usr/lib/faketime/libfaketimeMT.so.1".into()])
        .find(|file| file.is_file())
        .expect("libfaketime is not installed (Debian: apt-get install libfaketime); these tests are not skipped")
}
