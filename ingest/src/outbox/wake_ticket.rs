//! Puts a ticket back into the queue when its time has come. One that was put back before, or whose time was changed, is left as it is.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{Ended, JobError, acknowledge, tools::Tools};
use crate::{
    handling, snoozing,
    store::{self, jobs::Job},
    ticket::snooze::Waking,
};

/// The job's name.
pub const KIND: &str = "wake_ticket";

/// The job's payload.
#[must_use]
pub fn payload(ticket: Uuid) -> Value {
    json!({ "ticket_id": ticket })
}

/// Puts it back.
pub(super) async fn run(tools: &Tools, job: &Job) -> Result<Ended, JobError> {
    let id = acknowledge::ticket_of(&job.payload)
        .ok_or_else(|| JobError::Fail("the payload names no ticket".to_owned()))?;
    let mut tx = tools.store.write_for(&job.site).await?;
    let Some(ticket) = store::tickets::find(&mut tx, &job.site, id).await? else {
        tx.rollback().await?;
        return Ok(Ended::Unneeded);
    };
    let ticket = handling::locked(&mut tx, &ticket).await?;
    let now = tools.clock.now();
    let until = store::snoozes::of(&mut tx, &job.site, id).await?;
    if until.is_none_or(|until| until > now) {
        tx.rollback().await?;
        return Ok(Ended::Unneeded);
    }
    let due = store::snoozes::due_of(&mut tx, &job.site, id).await?;
    let because = match due {
        Some(due) if due <= now => Waking::Due,
        _ => Waking::Time,
    };
    snoozing::wake(&mut tx, &tools.policies, &ticket, because, None, now).await?;
    tx.commit().await?;
    tools.new_jobs.announce();
    Ok(Ended::Done)
}
