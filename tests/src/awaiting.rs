//! The one place where tests wait.

use std::{
    thread,
    time::{Duration, Instant},
};

const PAUSE: Duration = Duration::from_millis(20);

/// Asks `probe` until it has an answer, and panics with `what` when `deadline` passes without one.
pub async fn eventually<T>(
    deadline: Duration,
    what: &str,
    mut probe: impl AsyncFnMut() -> Option<T>,
) -> T {
    let started = Instant::now();
    loop {
        if let Some(answer) = probe().await {
            return answer;
        }
        assert!(
            started.elapsed() < deadline,
            "waited {deadline:?} in vain for {what}"
        );
        tokio::time::sleep(PAUSE).await;
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
