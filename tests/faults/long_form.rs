//! The long form of the tests: the same faults, more often. `make soak` asks for it.

use std::{fmt::Display, time::Duration};

/// `short`, or `long` when `CORNERDESK_SOAK` is set.
pub fn rounds(short: usize, long: usize) -> usize {
    if is_wanted() { long } else { short }
}

/// In the long form: a line for the table of `make soak`.
pub fn report(fault: &str, rounds: usize, acknowledged: usize, remark: impl Display) {
    if is_wanted() {
        println!("soak\t{fault}\t{rounds}\t{acknowledged}\t{remark}");
    }
}

/// Judges a time in the long form alone, which runs by itself: beside other tests it says more of them than of us.
pub fn assert_within(most: Duration, took: Duration, what: &str) {
    assert!(!is_wanted() || took <= most, "{what} after {took:?}");
}

fn is_wanted() -> bool {
    std::env::var_os("CORNERDESK_SOAK").is_some()
}
