//! Tells a colleague by mail that a note names them, unless they have looked by themselves.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{Ended, JobError, notify_staff, payload, tools::Tools};
use crate::{
    mail::hint::Hint,
    store::{self, jobs::Job},
};

/// The job's name.
pub const KIND: &str = "tell_mentioned";

/// The job's payload.
#[must_use]
pub fn payload(ticket: Uuid, message: Uuid, staff: Uuid) -> Value {
    json!({ "ticket_id": ticket, "message_id": message, "staff_id": staff })
}

/// Writes and sends it. Every attempt has the same Message-ID. Who has left, sees the site no more, wants no such mails, or has opened the ticket gets none.
pub(super) async fn run(tools: &Tools, job: &Job) -> Result<Ended, JobError> {
    let id = |name| payload::id(&job.payload, name);
    let (Some(ticket), Some(message), Some(staff)) =
        (id("ticket_id"), id("message_id"), id("staff_id"))
    else {
        return Err(JobError::Fail("the payload names nobody".to_owned()));
    };
    let mut tx = tools.store.read_for(&job.site).await?;
    let ticket = store::tickets::find(&mut tx, &job.site, ticket).await?;
    let ticket = ticket.ok_or_else(|| JobError::Fail("the ticket is gone".to_owned()))?;
    let is_unseen = store::mentions::is_unseen(&mut tx, &job.site, message, staff).await?;
    let hears = store::hearing::hears_mentions(&mut tx, staff).await?;
    let staff = store::staff::find(&mut tx, staff).await?;
    tx.rollback().await?;
    let is_told =
        |staff: &store::staff::Staff| is_unseen && hears && staff.visible.contains(&job.site);
    let Some(staff) = staff.filter(is_told) else {
        return Ok(Ended::Unneeded);
    };
    notify_staff::hint(tools, job, &staff, &ticket, Hint::Mentioned(message)).await
}
