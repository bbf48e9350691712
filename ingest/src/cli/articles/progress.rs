//! How far something is that takes longer than a moment, for whoever sits in front of it.

use std::{
    fmt,
    io::IsTerminal,
    time::{Duration, Instant},
};

/// What is done sooner needs no words.
const SILENCE: Duration = Duration::from_secs(1);
/// On a terminal one line changes; in a log each is a line of its own, so there are fewer.
const BETWEEN_ON_TERMINAL: Duration = Duration::from_millis(200);
const BETWEEN_IN_LOG: Duration = Duration::from_secs(10);

/// Counts what is done, and says so on standard error.
#[derive(Debug)]
pub struct Progress {
    what: &'static str,
    all: usize,
    done: usize,
    next_at: Instant,
    is_terminal: bool,
    has_spoken: bool,
}

impl Progress {
    /// Begins; there are `all` to read of `what`, such as pages.
    pub fn of(all: usize, what: &'static str) -> Self {
        Self {
            what,
            all,
            done: 0,
            next_at: Instant::now() + SILENCE,
            is_terminal: std::io::stderr().is_terminal(),
            has_spoken: false,
        }
    }

    /// One more is done.
    pub fn step(&mut self) {
        self.done += 1;
        let now = Instant::now();
        if now < self.next_at {
            return;
        }
        let (begin, end, between) = if self.is_terminal {
            ("\r", "", BETWEEN_ON_TERMINAL)
        } else {
            ("", "\n", BETWEEN_IN_LOG)
        };
        eprint!("{begin}{self}{end}");
        self.next_at = now + between;
        self.has_spoken = true;
    }
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} {} read", self.done, self.all, self.what)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.has_spoken && self.is_terminal {
            eprintln!("\r{self}");
        }
    }
}
