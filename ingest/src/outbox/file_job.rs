//! What the jobs about a file have in common: the file that each is about, and how it is ordered.

use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

use super::{JobError, payload, tools::Tools};
use crate::{
    ids,
    store::{self, StoreError, Tx, jobs::Job},
    ticket::Attachment,
};

/// Orders a job of this kind about an attachment, in the transaction that makes it necessary.
///
/// # Errors
/// When the database fails.
pub async fn order(
    tx: &mut Tx,
    kind: &str,
    site: &str,
    attachment: Uuid,
    now: Timestamp,
) -> Result<(), StoreError> {
    let payload = json!({ "attachment_id": attachment });
    store::jobs::insert(tx, site, ids::new_id(), kind, &payload, now, now).await
}

/// The attachment that a job is about; nothing when it is gone.
///
/// # Errors
/// [`JobError::Fail`] when the job names none, [`JobError::Retry`] when the database fails.
pub(super) async fn attachment_of(
    tools: &Tools,
    job: &Job,
) -> Result<Option<Attachment>, JobError> {
    let id = named_by(job)?;
    let mut tx = tools.store.read_for(&job.site).await?;
    let found = store::attachments::get(&mut tx, &job.site, id).await?;
    tx.rollback().await?;
    Ok(found)
}

fn named_by(job: &Job) -> Result<Uuid, JobError> {
    payload::id(&job.payload, "attachment_id")
        .ok_or_else(|| JobError::Fail("the payload names no attachment".to_owned()))
}
