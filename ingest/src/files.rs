//! Uploads that become attachments: of a submission, or of a message about a ticket that is there.

use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    care::Care,
    ids,
    outbox::{examine_attachment, file_job},
    store::{self, StoreError, Tx, uploads::Upload},
    ticket::{Attachment, Ticket},
};

/// Most files of one message.
pub const MOST_OF_A_MESSAGE: usize = 10;

/// An upload that cannot become an attachment.
#[derive(Debug, thiserror::Error)]
pub enum NoUpload {
    /// There is none with this id, or it belongs to something by now.
    #[error("a file is gone; choose it again")]
    Unknown,
    /// It has not arrived as a whole.
    #[error("a file has not arrived yet; wait for it, or choose it again")]
    Incomplete,
    /// More than [`MOST_OF_A_MESSAGE`].
    #[error("too many files: at most 10 with one message")]
    TooMany,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Takes uploads out of their table; their blobs stay. Of two that name the same upload, one gets it.
///
/// # Errors
/// When one is already taken, or the database fails.
pub(crate) async fn take(tx: &mut Tx, site: &str, uploads: &[Upload]) -> Result<(), NoUpload> {
    // In one order for everybody: two that name the same uploads must not wait for each other.
    let mut in_order: Vec<&Upload> = uploads.iter().collect();
    in_order.sort_by_key(|upload| upload.id);
    for upload in in_order {
        if !store::uploads::delete(tx, site, upload.id).await? {
            return Err(NoUpload::Unknown);
        }
    }
    Ok(())
}

/// Gives a ticket files, the first at `position`, each to be examined; answers how many. `message` is what they came with, if not the submission.
///
/// # Errors
/// When the database fails.
pub(crate) async fn attach(
    tx: &mut Tx,
    ticket: &Ticket,
    message: Option<Uuid>,
    position: i32,
    uploads: Vec<Upload>,
    now: Timestamp,
) -> Result<u32, StoreError> {
    let site = &ticket.site;
    let files = uploads
        .into_iter()
        .filter_map(|upload| attachment(upload, message));
    let mut count = 0;
    for (position, attachment) in (position..).zip(files) {
        store::attachments::insert(tx, site, ticket.id, position, &attachment).await?;
        file_job::order(tx, examine_attachment::KIND, site, attachment.id, now).await?;
        count += 1;
    }
    Ok(count)
}

/// Gives a message its files.
///
/// # Errors
/// [`NoUpload`].
pub(crate) async fn attach_to_message(
    tx: &mut Tx,
    ticket: &Ticket,
    message: Uuid,
    ids: &[Uuid],
    now: Timestamp,
) -> Result<(), NoUpload> {
    if ids.len() > MOST_OF_A_MESSAGE {
        return Err(NoUpload::TooMany);
    }
    let mut uploads: Vec<Upload> = Vec::with_capacity(ids.len());
    for id in ids {
        let upload = store::uploads::find(tx, &ticket.site, *id, now).await?;
        let upload = upload.filter(|upload| uploads.iter().all(|one| one.id != upload.id));
        let upload = upload.ok_or(NoUpload::Unknown)?;
        if upload.sha256.is_none() {
            return Err(NoUpload::Incomplete);
        }
        uploads.push(upload);
    }
    if uploads.is_empty() {
        return Ok(());
    }
    take(tx, &ticket.site, &uploads).await?;
    let position = store::attachments::next_position(tx, &ticket.site, ticket.id).await?;
    attach(tx, ticket, Some(message), position, uploads, now).await?;
    Ok(())
}

/// What a complete upload becomes.
fn attachment(upload: Upload, message: Option<Uuid>) -> Option<Attachment> {
    let Upload {
        name,
        content_type,
        length_bytes: size_bytes,
        sha256,
        blob,
        ..
    } = upload;
    sha256.map(|sha256| Attachment {
        id: ids::new_id(),
        name,
        content_type,
        size_bytes,
        sha256,
        blob,
        message,
        care: Care::ARRIVED,
    })
}
