//! A question that Jira did not answer is asked again at once, a few times. Pure.
//!
//! What changes nothing may be asked as often as one likes, and a look at a request is several questions: where each tenth answer gets lost, every third look would
//! fail, and wait for its next turn, which may be minutes away.

use std::time::Duration;

use crate::destination::{Fault, Verdict};

/// How long to wait before the second and the third time.
const PAUSES: [Duration; 2] = [Duration::from_millis(300), Duration::from_millis(1_200)];
/// Whoever takes so long to fail is away, or nearly.
const QUICK: Duration = Duration::from_secs(2);

/// How long to wait before a question is asked again that was asked so often, and whose last failure took so long; nothing where that is for later.
#[must_use]
pub fn pause(fault: &Fault, times: usize, took: Duration) -> Option<Duration> {
    let is_passing = matches!(fault.seen.status, None | Some(500 | 502 | 503 | 504));
    // Who says when to come again is not asked sooner.
    let may = fault.verdict == Verdict::Later && fault.after.is_none();
    let pause = PAUSES.get(times.checked_sub(1)?)?;
    (is_passing && may && took < QUICK).then_some(*pause)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::destination::Seen;

    const AT_ONCE: Duration = Duration::from_millis(5);

    #[test]
    fn what_got_lost_is_asked_twice_more_and_then_later() {
        let lost = Fault::later("lost");
        let pauses = [1, 2, 3].map(|times| pause(&lost, times, AT_ONCE));
        assert_eq!(pauses, [Some(PAUSES[0]), Some(PAUSES[1]), None]);
        assert_eq!(pause(&lost, 1, QUICK), None, "it is away");
    }

    #[test]
    fn who_refuses_or_says_when_to_come_again_is_left_alone() {
        let answered = |status| Fault::later("x").seen(Seen::new(status, None));
        assert!(pause(&answered(503), 1, AT_ONCE).is_some());
        let later = answered(503).after(Some(Duration::from_secs(1)));
        for fault in [
            later,
            answered(429),
            answered(408),
            Fault::never("x"),
            Fault::disabled("x"),
            Fault::unclear("x"),
        ] {
            assert_eq!(pause(&fault, 1, AT_ONCE), None, "{fault:?}");
        }
    }
}
