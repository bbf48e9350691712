//! Makes the small picture that the desk shows of a picture.

use bytes::Bytes;
use futures_util::stream;

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
            write_down(tools, &job.site, &attachment, Err(reason)).await?;
            Ok(())
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
    if !write_down(tools, site, attachment, Ok(&stored.key)).await? {
        new_blob::let_go(tools, site, &stored.key).await;
    }
    Ok(())
}

/// Names what was made in the place of what was there; `false` when another run, which thought that this one was dead, has done so meanwhile.
async fn write_down(
    tools: &Tools,
    site: &str,
    attachment: &Attachment,
    preview: Result<&str, &str>,
) -> Result<bool, JobError> {
    let previous = attachment.care.preview_blob.as_deref();
    let mut tx = tools.store.write_for(site).await?;
    if !store::attachments::previewed(&mut tx, site, attachment.id, previous, preview).await? {
        tx.rollback().await?;
        return Ok(false);
    }
    if let Ok(key) = preview {
        new_blob::claim(&mut tx, site, key).await?;
    }
    if let Some(previous) = previous {
        store::loose_blobs::doom(&mut tx, site, previous, tools.clock.now()).await?;
    }
    tx.commit().await?;
    let previous: Vec<String> = previous.into_iter().map(str::to_owned).collect();
    removal::delete_doomed(&tools.store, &tools.blobs, site, &previous).await;
    Ok(true)
}
