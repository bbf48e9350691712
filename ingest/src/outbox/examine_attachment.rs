//! Looks at a file that came with a ticket, before staff can have it: says what it is by its content, takes out of a picture what tells
//! where and with what it was made, and orders what else has to be done with it.

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use tokio::sync::mpsc;

use super::{JobError, file_job, make_preview, new_blob, scan_attachment, tools::Tools};
use crate::{
    blobs::Reading,
    care::{Examination, Kind, Metadata, Scan},
    file_type::{self, FileType},
    store::{self, jobs::Job},
    telemetry::chain,
    ticket::Attachment,
    upload::removal,
    workshop::{WorkshopError, process::Task},
};

/// The job's name.
pub const KIND: &str = "examine_attachment";

/// Examines. A second run finds that it is done.
pub(super) async fn run(tools: &Tools, job: &Job) -> Result<(), JobError> {
    match file_job::attachment_of(tools, job).await? {
        Some(sent) if sent.care.examination == Examination::Pending => {
            let kept = examine(tools, &job.site, sent.clone()).await?;
            write_down(tools, &job.site, &sent, &kept).await
        }
        _ => Ok(()),
    }
}

/// What the file is and what is kept of it.
async fn examine(
    tools: &Tools,
    site: &str,
    mut attachment: Attachment,
) -> Result<Attachment, JobError> {
    let found = file_type::by_content(&head(tools, &attachment).await?);
    let metadata = match found {
        found if file_type::may_tell_where(found.content_type, found.kind) => Metadata::Kept,
        found if is_to_be_cleaned(tools, found) => clean(tools, site, &mut attachment).await?,
        FileType {
            kind: Kind::Image, ..
        } => Metadata::Kept,
        _ => Metadata::Clean,
    };
    let declared = std::mem::replace(&mut attachment.content_type, found.content_type.to_owned());
    let care = &mut attachment.care;
    care.examination = Examination::Done;
    care.kind = found.kind;
    care.declared_type = Some(declared)
        .filter(|declared| declared != found.content_type && declared != file_type::OPAQUE);
    care.metadata = metadata;
    if !tools.clamav.address.is_empty() {
        care.scan = Scan::Pending;
    }
    Ok(attachment)
}

fn is_to_be_cleaned(tools: &Tools, found: FileType) -> bool {
    tools.attachments.remove_metadata && file_type::can_be_cleaned(found.content_type)
}

async fn head(tools: &Tools, attachment: &Attachment) -> Result<Vec<u8>, JobError> {
    let mut head = Vec::with_capacity(file_type::HEAD_BYTES);
    let mut file = read(tools, attachment).await?;
    while head.len() < file_type::HEAD_BYTES
        && let Some(chunk) = file.next().await
    {
        head.extend_from_slice(&chunk.map_err(|error| new_blob::later(&error))?);
    }
    head.truncate(file_type::HEAD_BYTES);
    Ok(head)
}

async fn read(tools: &Tools, attachment: &Attachment) -> Result<Reading, JobError> {
    let file = tools.blobs.read(&attachment.blob).await;
    file.map_err(|error| new_blob::later(&error))
}

/// Puts the cleaned picture in the place of the one that was sent. A picture that cannot be read stays as it is.
async fn clean(
    tools: &Tools,
    site: &str,
    attachment: &mut Attachment,
) -> Result<Metadata, JobError> {
    let (made, chunks) = mpsc::channel::<Bytes>(4);
    let chunks = stream::unfold(chunks, |mut chunks| async {
        chunks.recv().await.map(|chunk| (chunk, chunks))
    });
    let file = read(tools, attachment).await?;
    let (worked, stored) = tokio::join!(
        tools
            .workshop
            .run(Task::Strip, attachment.size_bytes, file, made),
        new_blob::write(tools, site, chunks.boxed()),
    );
    let stored = stored?;
    match worked {
        Ok(()) if stored.size_bytes > 0 => {
            attachment.care.sent_sha256 = Some(attachment.sha256);
            attachment.blob = stored.key;
            attachment.sha256 = stored.sha256;
            attachment.size_bytes = stored.size_bytes;
            Ok(Metadata::Removed)
        }
        // Nothing was there to take out.
        Ok(()) => {
            new_blob::let_go(tools, site, &stored.key).await;
            Ok(Metadata::Clean)
        }
        Err(WorkshopError::File(reason)) => {
            tracing::info!(attachment.id = %attachment.id, reason, "the metadata of a picture could not be taken out");
            new_blob::let_go(tools, site, &stored.key).await;
            Ok(Metadata::Kept)
        }
        Err(error) => {
            new_blob::let_go(tools, site, &stored.key).await;
            Err(JobError::Retry(chain(&error)))
        }
    }
}

/// One transaction names what is kept, gives up what was sent, and orders what has to be done next.
async fn write_down(
    tools: &Tools,
    site: &str,
    sent: &Attachment,
    kept: &Attachment,
) -> Result<(), JobError> {
    let now = tools.clock.now();
    let is_replaced = sent.blob != kept.blob;
    let mut tx = tools.store.write_for(site).await?;
    if !store::attachments::examined(&mut tx, site, kept).await? {
        tx.rollback().await?;
        if is_replaced {
            new_blob::let_go(tools, site, &kept.blob).await;
        }
        return Ok(());
    }
    if is_replaced {
        new_blob::claim(&mut tx, site, &kept.blob).await?;
        store::loose_blobs::doom(&mut tx, site, &sent.blob, now).await?;
    }
    if tools.attachments.previews && file_type::can_be_drawn(&kept.content_type) {
        file_job::order(&mut tx, make_preview::KIND, site, kept.id, now).await?;
    }
    if kept.care.scan == Scan::Pending {
        file_job::order(&mut tx, scan_attachment::KIND, site, kept.id, now).await?;
    }
    store::site_storage::change(&mut tx, site, sent.size_bytes, kept.size_bytes).await?;
    tx.commit().await?;
    tools.new_jobs.announce();
    if is_replaced {
        let gone = std::slice::from_ref(&sent.blob);
        removal::delete_doomed(&tools.store, &tools.blobs, site, gone).await;
    }
    Ok(())
}
