//! Mails somebody the link by which they choose a password for the desk.

use jiff::tz::TimeZone;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Ended, JobError, notify_staff, payload, tools::Tools};
use crate::{
    mail,
    staff::invitation,
    store::{self, jobs::Job},
};

/// The job's name.
pub const KIND: &str = "invite_staff";

/// The job's payload. The link follows from the id.
#[must_use]
pub fn payload(invitation: Uuid) -> Value {
    json!({ "invitation_id": invitation })
}

/// Writes and sends it. Every attempt has the same Message-ID.
pub(super) async fn run(tools: &Tools, job: &Job) -> Result<Ended, JobError> {
    let id = payload::id(&job.payload, "invitation_id")
        .ok_or_else(|| JobError::Fail("the payload names no invitation".to_owned()))?;
    let now = tools.clock.now();
    let mut tx = tools.store.read().await?;
    let staff = match store::invitations::find(&mut tx, id, now).await? {
        Some(staff) => store::staff::find(&mut tx, staff).await?,
        None => None,
    };
    tx.rollback().await?;
    // It was used, taken back, or is over.
    let Some(staff) = staff else {
        return Ok(Ended::Unneeded);
    };
    let origin = (tools.rules.public_origin())
        .ok_or_else(|| JobError::Retry("server.public_url is not set".to_owned()))?;
    let link = format!(
        "{origin}/desk/invitation/{}",
        invitation::token(&tools.sealing, id)
    );
    let to = staff
        .email
        .parse()
        .map_err(|_| JobError::Fail("the address is none".to_owned()))?;
    let zone = TimeZone::UTC;
    let frame = notify_staff::frame(tools, job, &zone, &to);
    let message = mail::invitation::render(&frame, &link);
    let message = message.map_err(|error| JobError::Fail(error.to_string()))?;
    notify_staff::send(tools, job, message).await
}
