//! Makes the small picture that the desk shows of a picture.

use bytes::Bytes;
use futures_util::stream;
use uuid::Uuid;

use super::{JobError, file_job, new_blob, tools::Tools};
use crate::{
    store::{self, jobs::Job},
    telemetry::chain,
    ticket::Attachment,
    upload::removal,
    workshop::{WorkshopError, process::Task},
};

/// The job's name.
pub const KIND: &str = "make_preview";

/// Draws and keeps it. A second run draws it again in place of the first. A file of which none can be made has none; that is no failure.
pub(super) async fn run(tools: &Tools, job: &Job) -> Result<(), JobError> {
    let Some(attachment) = file_job::attachment_of(tools, job).await? else {
        return Ok(());
    };
    let file = tools.blobs.read(&attachment.blob).await;
    let made = tools
        .workshop
        .make(
            Task::Preview,
            attachment.size_bytes,
            file.map_err(|error| new_blob::later(&error))?,
        )
        .await;
    match made {
        Ok(picture) => keep(tools, &job.site, &attachment, picture).await,
        Err(WorkshopError::File(reason)) => {
            write_down(tools, &job.site, attachment.id, reason).await
        }
        Err(error) => Err(JobError::Retry(chain(&error))),
    }
}

async fn keep(
    tools: &Tools,
    site: &str,
    attachment: &Attachment,
    picture: Bytes,
) -> Result<(), JobError> {
    let chunks = stream::iter([picture]);
    let stored = new_blob::write(tools, site, chunks).await?;
    let now = tools.clock.now();
    let mut tx = tools.store.write_for(site).await?;
    new_blob::claim(&mut tx, site, &stored.key).await?;
    let previous = attachment.care.preview_blob.clone();
    if let Some(previous) = &previous {
        store::loose_blobs::doom(&mut tx, site, previous, now).await?;
    }
    store::attachments::previewed(&mut tx, site, attachment.id, Ok(&stored.key)).await?;
    tx.commit().await?;
    let previous: Vec<String> = previous.into_iter().collect();
    removal::delete_doomed(&tools.store, &tools.blobs, site, &previous).await;
    Ok(())
}

async fn write_down(
    tools: &Tools,
    site: &str,
    attachment: Uuid,
    reason: &str,
) -> Result<(), JobError> {
    let mut tx = tools.store.write_for(site).await?;
    store::attachments::previewed(&mut tx, site, attachment, Err(reason)).await?;
    Ok(tx.commit().await?)
}
