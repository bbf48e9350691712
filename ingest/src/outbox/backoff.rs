//! When to try again. Pure: the time and the jitter are arguments.

use jiff::{SignedDuration, Timestamp};

use super::{Ended, JobError};
use crate::store::jobs::Outcome;

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
        Ok(Ended::Withheld(reason)) => Outcome::Withheld { reason },
        Err(JobError::Fail(reason)) => Outcome::Dead { reason },
        Err(JobError::Retry(reason)) => {
            let wait = SignedDuration::from_millis(
                i64::try_from(wait_ms(patience, attempt, fraction)).unwrap_or(i64::MAX),
            );
            let at = now.saturating_add(wait).unwrap_or(Timestamp::MAX);
            let deadline = created_at
                .saturating_add(patience.give_up_after)
                .unwrap_or(Timestamp::MAX);
            if at <= deadline {
                Outcome::Again { at, reason }
            } else {
                Outcome::Dead { reason }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
