//! When to try again. Pure: the time and the jitter are arguments.

use jiff::{SignedDuration, Timestamp};

use super::{Ended, JobError, places};
use crate::{
    config,
    destination::{Fault, Verdict},
    store::jobs::{Outcome, UNANSWERED},
};

/// How patient the outbox is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// Wait before the second attempt, milliseconds.
    pub base_ms: u64,
    /// Longest wait, milliseconds.
    pub cap_ms: u64,
    /// How long a job is tried, counted from when it was made. Mail servers keep trying for four to five days (RFC 5321 §4.5.4.1).
    pub give_up_after: SignedDuration,
}

impl Patience {
    /// As the configuration says.
    #[must_use]
    pub fn of(outbox: &config::Outbox) -> Self {
        Self {
            base_ms: outbox.backoff_base_ms,
            cap_ms: outbox.backoff_cap_ms,
            give_up_after: SignedDuration::from_hours(i64::from(outbox.give_up_after_hours)),
        }
    }
}

/// So many copies of one mail may reach somebody whose server takes mails and never says so. RFC 1047 and RFC 5321 §4.5.3.2.6 warn of such copies
/// and leave their number open: with the waits of the defaults (5 s, then an hour twice) a server has more than two hours to come to its senses.
const UNANSWERED_MOST: u32 = 4;

/// The wait after attempt number `attempt` (1, 2, 3 …): the base, doubled for each further attempt, up to the cap, ± 20 %.
/// `fraction` is an even random number in 0..1.
#[must_use]
pub fn wait_ms(patience: &Patience, attempt: u32, fraction: f64) -> u64 {
    const JITTER: f64 = 0.2;
    let doubled = patience
        .base_ms
        .saturating_mul(
            1_u64
                .checked_shl(attempt.saturating_sub(1))
                .unwrap_or(u64::MAX),
        )
        .min(patience.cap_ms);
    let factor = 1.0 + JITTER * (2.0 * fraction.clamp(0.0, 1.0) - 1.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "milliseconds up to an hour or a day"
    )]
    let jittered = (doubled as f64 * factor) as u64;
    jittered
}

/// What becomes of a job whose attempt ended so.
#[must_use]
pub fn outcome(
    result: Result<Ended, JobError>,
    patience: &Patience,
    attempt: u32,
    created_at: Timestamp,
    now: Timestamp,
    fraction: f64,
) -> Outcome {
    match result {
        Ok(Ended::Done) => Outcome::Done,
        Ok(Ended::Unneeded) => Outcome::Unneeded,
        Ok(Ended::Withheld(reason)) => Outcome::Withheld { reason },
        Ok(Ended::Until(at)) => Outcome::Later { at },
        Err(JobError::Fail(reason)) => Outcome::Dead { reason },
        Err(JobError::Elsewhere(fault)) => elsewhere(&fault, patience, attempt, now, fraction),
        Err(JobError::Further(fault)) => elsewhere(&fault, patience, 1, now, fraction),
        Err(JobError::Retry(reason)) => {
            let wait_ms = wait_ms(patience, attempt, fraction);
            match next(patience, created_at, now, wait_ms) {
                Some(at) => Outcome::Again { at, reason },
                None => Outcome::Dead { reason },
            }
        }
        Err(JobError::Unanswered { times }) if times >= UNANSWERED_MOST => Outcome::Dead {
            reason: format!(
                "the mail server got the mail {times} times and never answered; it was probably delivered, so it is not sent again"
            ),
        },
        Err(JobError::Unanswered { times }) => {
            // Once is mostly a server that was just restarted. Then only after the longest wait: each attempt may be one more copy.
            let attempt = if times == 1 { attempt } else { u32::MAX };
            let wait_ms = wait_ms(patience, attempt, fraction);
            match next(patience, created_at, now, wait_ms) {
                Some(at) => Outcome::Unanswered { at },
                None => Outcome::Dead {
                    reason: UNANSWERED.to_owned(),
                },
            }
        }
    }
}

/// The waits at a destination, in units of the first one, after the first attempt, the second …: with the default of 5 s those that Standard Webhooks
/// 1.0.0 names, 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h and 24 h. After the last attempt, about three days later, it is a dead letter.
const WAITS_ELSEWHERE: [u64; 9] = [1, 60, 360, 1_440, 3_600, 7_200, 10_080, 14_400, 17_280];
/// None of them is longer than so many of the longest waits of other jobs: a day, with the default of an hour.
const LONGEST_WAITS: u64 = 24;
/// Whoever asks for less than this is given this: nobody is asked without a pause.
const LEAST_WAIT: SignedDuration = SignedDuration::from_millis(100);

/// The wait before the next attempt at a destination, ± 20 %; nothing after the last one.
#[must_use]
pub fn wait_elsewhere_ms(patience: &Patience, attempt: u32, fraction: f64) -> Option<u64> {
    let position = usize::try_from(attempt.saturating_sub(1)).ok()?;
    let units = WAITS_ELSEWHERE.get(position)?;
    let wait = patience.base_ms.saturating_mul(*units);
    let once = Patience {
        base_ms: wait,
        cap_ms: patience.cap_ms.saturating_mul(LONGEST_WAITS),
        ..*patience
    };
    Some(wait_ms(&once, 1, fraction))
}

/// What becomes of a job that a destination did not do. As long as it is to be left alone, it is.
fn elsewhere(
    fault: &Fault,
    patience: &Patience,
    attempt: u32,
    now: Timestamp,
    fraction: f64,
) -> Outcome {
    let reason = fault.reason.clone();
    if let (true, Some(after)) = (fault.is_too_early(), fault.after) {
        let after = SignedDuration::try_from(after).unwrap_or(SignedDuration::MAX);
        let wait = places::longer(after.max(LEAST_WAIT), fraction);
        let at = now.saturating_add(wait).unwrap_or(Timestamp::MAX);
        return Outcome::TooEarly { at, reason };
    }
    let wait = match fault.verdict {
        Verdict::Never => None,
        // It waits until somebody lets the destination go on.
        Verdict::Disabled => Some(patience.base_ms),
        Verdict::Later | Verdict::Unclear => wait_elsewhere_ms(patience, attempt, fraction),
    };
    let Some(wait_ms) = wait else {
        return Outcome::Dead { reason };
    };
    let wait = SignedDuration::from_millis(i64::try_from(wait_ms).unwrap_or(i64::MAX));
    let asked = fault
        .after
        .and_then(|after| SignedDuration::try_from(after).ok());
    let asked = asked.map(|after| places::longer(after, fraction));
    let wait = asked.map_or(wait, |asked| asked.max(wait));
    let at = now.saturating_add(wait).unwrap_or(Timestamp::MAX);
    Outcome::Again { at, reason }
}

/// When the next attempt is; nothing when patience would be at an end by then.
fn next(
    patience: &Patience,
    created_at: Timestamp,
    now: Timestamp,
    wait_ms: u64,
) -> Option<Timestamp> {
    let wait = SignedDuration::from_millis(i64::try_from(wait_ms).unwrap_or(i64::MAX));
    let at = now.saturating_add(wait).unwrap_or(Timestamp::MAX);
    let deadline = created_at
        .saturating_add(patience.give_up_after)
        .unwrap_or(Timestamp::MAX);
    (at <= deadline).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::destination::Seen;

    const PATIENCE: Patience = Patience {
        base_ms: 5_000,
        cap_ms: 3_600_000,
        give_up_after: SignedDuration::from_hours(120),
    };

    #[test]
    fn the_wait_doubles_up_to_the_cap() {
        let waits: Vec<u64> = (1..=4)
            .map(|attempt| wait_ms(&PATIENCE, attempt, 0.5))
            .collect();
        assert_eq!(waits, [5_000, 10_000, 20_000, 40_000]);
        for attempt in [11, 64, 65, u32::MAX] {
            assert_eq!(wait_ms(&PATIENCE, attempt, 0.5), 3_600_000, "{attempt}");
        }
    }

    #[test]
    fn jitter_is_a_fifth_to_either_side() {
        assert_eq!(wait_ms(&PATIENCE, 1, 0.0), 4_000);
        assert_eq!(wait_ms(&PATIENCE, 1, 1.0), 6_000);
    }

    #[test]
    fn a_job_is_given_up_after_five_days_and_not_before() {
        let created_at = Timestamp::UNIX_EPOCH;
        let after = |hours| {
            outcome(
                Err(JobError::Retry("x".into())),
                &PATIENCE,
                9,
                created_at,
                created_at + SignedDuration::from_hours(hours),
                0.5,
            )
        };
        assert!(matches!(after(118), Outcome::Again { .. }));
        assert!(matches!(after(120), Outcome::Dead { .. }));
    }

    #[test]
    fn a_mail_that_may_have_arrived_is_sent_four_times_and_ever_more_slowly() {
        let now = Timestamp::UNIX_EPOCH;
        let after = |times| {
            let error = JobError::Unanswered { times };
            outcome(Err(error), &PATIENCE, times, now, now, 0.5)
        };
        let waits = [1, 2, 3].map(|times| match after(times) {
            Outcome::Unanswered { at } => at.duration_since(now).as_secs(),
            other => panic!("{other:?}"),
        });
        assert_eq!(waits, [5, 3_600, 3_600]);
        let Outcome::Dead { reason } = after(4) else {
            panic!("not given up");
        };
        assert!(reason.contains("4 times") && reason.contains("probably delivered"));
    }

    #[test]
    fn a_destination_is_tried_ten_times_in_three_days() {
        let waits: Vec<u64> = (1..=20)
            .map_while(|attempt| wait_elsewhere_ms(&PATIENCE, attempt, 0.5))
            .map(|ms| ms / 1_000)
            .collect();
        assert_eq!(
            waits,
            [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400]
        );
    }

    #[test]
    fn a_destination_that_says_when_to_come_again_is_not_asked_sooner() {
        let now = Timestamp::UNIX_EPOCH;
        let after = |fault: Fault, attempt| {
            let error = JobError::Elsewhere(fault);
            outcome(Err(error), &PATIENCE, attempt, now, now, 0.0)
        };
        let minute = Some(std::time::Duration::from_secs(60));
        let failing = |fault: Fault| fault.seen(Seen::new(503, None));
        let Outcome::Again { at, .. } = after(failing(Fault::later("503").after(minute)), 1) else {
            panic!("given up");
        };
        assert_eq!(at.as_second(), 60);
        assert!(matches!(
            after(Fault::unclear("x"), 10),
            Outcome::Dead { .. }
        ));
        assert!(matches!(after(Fault::never("x"), 1), Outcome::Dead { .. }));
        assert!(matches!(
            after(Fault::disabled("x"), 10),
            Outcome::Again { .. }
        ));
    }

    #[test]
    fn who_comes_too_early_comes_when_it_was_said_however_often() {
        let now = Timestamp::UNIX_EPOCH;
        for (attempt, seconds) in [(1, 1), (4, 1), (10, 60)] {
            let after = Some(std::time::Duration::from_secs(seconds));
            let limited = Fault::later("429").after(after).seen(Seen::new(429, None));
            let error = JobError::Elsewhere(limited);
            let Outcome::TooEarly { at, .. } =
                outcome(Err(error), &PATIENCE, attempt, now, now, 1.0)
            else {
                panic!("it counts");
            };
            let waited = at.duration_since(now).as_secs_f64();
            let asked = f64::from(u32::try_from(seconds).unwrap());
            assert!(waited >= asked && waited <= asked * 1.2, "{waited}");
        }
    }

    #[test]
    fn patience_begins_anew_when_some_of_it_was_done() {
        let now = Timestamp::UNIX_EPOCH;
        let error = JobError::Further(Fault::later("503"));
        let Outcome::Again { at, .. } = outcome(Err(error), &PATIENCE, 10, now, now, 0.5) else {
            panic!("given up");
        };
        assert_eq!(at.as_second(), 5);
    }

    #[test]
    fn what_cannot_work_is_not_tried_again() {
        let now = Timestamp::UNIX_EPOCH;
        assert_eq!(
            outcome(Err(JobError::Fail("x".into())), &PATIENCE, 1, now, now, 0.5),
            Outcome::Dead { reason: "x".into() }
        );
        assert_eq!(
            outcome(Ok(Ended::Done), &PATIENCE, 1, now, now, 0.5),
            Outcome::Done
        );
    }
}
