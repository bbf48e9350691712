//! The long form of the tests: the same faults, more often. `make soak` asks for it.

use std::fmt::Display;

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

fn is_wanted() -> bool {
    std::env::var_os("CORNERDESK_SOAK").is_some()
}
