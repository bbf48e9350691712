//! The one place where tests wait.

use std::{
    thread,
    time::{Duration, Instant},
};

const PAUSE: Duration = Duration::from_millis(20);
/// The longest pause, after looks that take long.
const LONGEST_PAUSE: Duration = Duration::from_millis(250);
/// How many times as long as a look took the pause after it is: what is waited for needs the machine more than those who wait. Asked every 20 ms, a
/// browser that reads its page aloud does little else.
const PAUSES_FOR_A_LOOK: u32 = 4;

/// The pause after a look that took this long.
#[must_use]
pub fn pause_after(look: Duration) -> Duration {
    (look * PAUSES_FOR_A_LOOK).clamp(PAUSE, LONGEST_PAUSE)
}

/// Asks `probe` until it has an answer, and panics with `what` when `deadline` passes without one.
pub async fn eventually<T>(
    deadline: Duration,
    what: &str,
    mut probe: impl AsyncFnMut() -> Option<T>,
) -> T {
    let started = Instant::now();
    loop {
        let asked = Instant::now();
        if let Some(answer) = probe().await {
            return answer;
        }
        let pause = pause_after(asked.elapsed());
        assert!(
            started.elapsed() < deadline,
            "waited {deadline:?} in vain for {what}"
        );
        tokio::time::sleep(pause).await;
    }
}

/// [`eventually`] for set-up that runs once per process, outside any runtime.
#[expect(
    clippy::disallowed_methods,
    reason = "the one pause for all waiting without a runtime"
)]
pub fn eventually_blocking<T>(
    deadline: Duration,
    what: &str,
    mut probe: impl FnMut() -> Option<T>,
) -> T {
    let started = Instant::now();
    loop {
        if let Some(answer) = probe() {
            return answer;
        }
        assert!(
            started.elapsed() < deadline,
            "waited {deadline:?} in vain for {what}"
        );
        thread::sleep(PAUSE);
    }
}
