//! Tells one member of staff in one mail what was too much to be told in many.

use serde_json::{Value, json};

use super::{Ended, JobError, notify_staff, tools::Tools};
use crate::{
    hexadecimal::hex,
    mail::{
        notice::{self, Gathered},
        recipient::{Key, Recipient},
    },
    store::{self, jobs::Job},
};

/// The job's name.
pub const KIND: &str = "notify_digest";

/// The job's payload.
#[must_use]
pub fn payload(to: &Key) -> Value {
    json!({ "to": hex(to) })
}

/// Gathers, writes and sends. A second attempt is the same mail; what came meanwhile waits for the next.
pub(super) async fn run(tools: &Tools, job: &Job) -> Result<Ended, JobError> {
    let digest = job.payload.get("to").and_then(Value::as_str);
    let digest =
        digest.ok_or_else(|| JobError::Fail("the payload names no recipient".to_owned()))?;
    let site = notify_staff::site_of(tools, &job.site).await?;
    let Some(to) = notify_staff::address(tools, &site, digest) else {
        // Somebody took the address out of the configuration: it is not to be told any more, also not when it comes back.
        return drop_waiting(tools, job, digest).await;
    };
    let key = Recipient::exactly(to.as_ref()).key();
    let gathered = gather(tools, job, &key).await?;
    if gathered.is_empty() {
        return Ok(Ended::Done);
    }
    let desk = tools.rules.public_origin();
    let desk = desk.map(|origin| format!("{origin}/desk"));
    let frame = notify_staff::frame(tools, job, &site.time_zone, &to);
    let message = notice::render_gathered(&frame, &site.name, &gathered, desk.as_deref())
        .map_err(|error| JobError::Fail(error.to_string()))?;
    let ended = notify_staff::send(tools, job, message).await?;
    let mut tx = tools.store.write_for(&job.site).await?;
    store::notifications::forget(&mut tx, &job.site, &key, job.id).await?;
    tx.commit().await?;
    Ok(ended)
}

async fn drop_waiting(tools: &Tools, job: &Job, digest: &str) -> Result<Ended, JobError> {
    let key = notify_staff::key_of(digest)
        .ok_or_else(|| JobError::Fail("the payload names no recipient".to_owned()))?;
    let mut tx = tools.store.write_for(&job.site).await?;
    store::notifications::claim(&mut tx, &job.site, &key, job.id).await?;
    store::notifications::forget(&mut tx, &job.site, &key, job.id).await?;
    tx.commit().await?;
    Ok(Ended::Done)
}

async fn gather(tools: &Tools, job: &Job, to: &Key) -> Result<Vec<Gathered>, JobError> {
    let mut tx = tools.store.write_for(&job.site).await?;
    let claimed = store::notifications::claim(&mut tx, &job.site, to, job.id).await?;
    let mut gathered = Vec::new();
    for notice in claimed {
        let ticket = store::tickets::find(&mut tx, &job.site, notice.ticket).await?;
        gathered.extend(ticket.map(|ticket| Gathered {
            reference: ticket.reference.to_string(),
            key: notice.key,
            at: notice.alarm_at,
        }));
    }
    tx.commit().await?;
    Ok(gathered)
}
