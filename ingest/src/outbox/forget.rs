//! Deletes what was counted and says nothing any more.

use jiff::{SignedDuration, Timestamp};

use super::tools::Tools;
use crate::{
    pressure,
    store::{self, StoreError},
};

/// No allowance is used for longer than this from now; a row that says so was written by a clock that was ahead.
const NEVER_US: i64 = 86_400_000_000;
/// So long an alarm is known whose ticket is over: the next ticket that it makes names that one.
const ALARM_KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);

/// Deletes what is over at `now`.
///
/// # Errors
/// When the database fails.
pub async fn what_is_over(tools: &Tools, now: Timestamp) -> Result<(), StoreError> {
    let now_us = now.as_microsecond();
    let mut tx = tools.store.write().await?;
    store::allowances::sweep(&mut tx, now_us, now_us.saturating_add(NEVER_US)).await?;
    store::spent_proofs::sweep(&mut tx, now).await?;
    store::alarms::forget(&mut tx, now.saturating_sub(ALARM_KEPT).unwrap_or(now)).await?;
    let log_kept = SignedDuration::from_hours(24 * i64::from(tools.log_days));
    store::deliveries::forget(&mut tx, now.saturating_sub(log_kept).unwrap_or(now)).await?;
    store::pressure::sweep(&mut tx, now.as_second() - 2 * pressure::CALM_S).await?;
    tx.commit().await
}
