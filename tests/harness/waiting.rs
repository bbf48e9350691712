//! Waiting.

use std::time::Duration;

use cornerdesk_tests::awaiting::pause_after;

#[test]
fn who_waits_looks_more_rarely_where_a_look_takes_long() {
    for (look_ms, pause_ms) in [(0, 20), (5, 20), (10, 40), (50, 200), (5_000, 250)] {
        let pause = pause_after(Duration::from_millis(look_ms));
        assert_eq!(
            pause,
            Duration::from_millis(pause_ms),
            "after a look of {look_ms} ms"
        );
    }
}
