//! Tells that access has run out, when it has. That it may not be used any more does not wait for this.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{JobError, acknowledge, payload, tools::Tools};
use crate::{
    access::Access,
    store::{self, jobs::Job},
};

/// The job's name.
pub const KIND: &str = "expire_access";

/// The job's payload.
#[must_use]
pub fn payload(ticket: Uuid, grant: Uuid) -> Value {
    json!({ "ticket_id": ticket, "grant_id": grant })
}

/// The grant that a payload names.
#[must_use]
pub fn grant_of(payload: &Value) -> Option<Uuid> {
    payload::id(payload, "grant_id")
}

/// Writes it down and orders the webhook.
pub(super) async fn run(tools: &Tools, job: &Job) -> Result<(), JobError> {
    let named = acknowledge::ticket_of(&job.payload).zip(grant_of(&job.payload));
    let (ticket, grant) =
        named.ok_or_else(|| JobError::Fail("the payload names no grant".to_owned()))?;
    let mut tx = tools.store.read_for(&job.site).await?;
    let ticket = store::tickets::find(&mut tx, &job.site, ticket).await?;
    tx.rollback().await?;
    let ticket = ticket.ok_or_else(|| JobError::Fail("the ticket is gone".to_owned()))?;
    let access = Access::at(&tools.store, &tools.products, tools.clock.now());
    if access.expire(&ticket, grant).await? {
        tools.new_jobs.announce();
    }
    Ok(())
}
