//! The files of a submission: uploads that become attachments.

use cornerdesk_shared::{
    submission::Submission,
    validation::{Code, Field, Violation},
};
use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    care::Care,
    ids,
    outbox::{examine_attachment, file_job},
    site::Site,
    store::{self, StoreError, Tx, uploads::Upload},
    ticket::{Attachment, Ticket},
};

/// What is wrong with the uploads that a submission names; nothing is changed.
///
/// # Errors
/// When the database fails.
pub(super) async fn fault(
    tx: &mut Tx,
    site: &Site,
    submission: &Submission,
    now: Timestamp,
) -> Result<Option<Violation>, StoreError> {
    let uploads = find_uploads(tx, site, &named(submission, &[]), now).await?;
    Ok(upload_violation(&uploads))
}

/// The ids of all uploads of a submission: the ones that it names and the ones that came with it.
fn named(submission: &Submission, files: &[Upload]) -> Vec<String> {
    submission
        .upload_ids
        .iter()
        .cloned()
        .chain(files.iter().map(|file| file.id.to_string()))
        .collect()
}

/// The uploads with these ids, in this order; `None` for one that is not there or stands twice.
async fn find_uploads(
    tx: &mut Tx,
    site: &Site,
    ids: &[String],
    now: Timestamp,
) -> Result<Vec<Option<Upload>>, StoreError> {
    let mut uploads: Vec<Option<Upload>> = Vec::with_capacity(ids.len());
    for id in ids {
        let stands_before = |id: Uuid| uploads.iter().flatten().any(|upload| upload.id == id);
        let upload = match Uuid::try_parse(id) {
            Ok(id) if !stands_before(id) => store::uploads::find(tx, &site.key, id, now).await?,
            _ => None,
        };
        uploads.push(upload);
    }
    Ok(uploads)
}

/// One violation at most: an upload that is not there is worse than one that is not complete.
fn upload_violation(uploads: &[Option<Upload>]) -> Option<Violation> {
    if uploads.iter().any(Option::is_none) {
        Some(Violation::new(Field::UploadIds, Code::Unknown))
    } else if uploads
        .iter()
        .flatten()
        .any(|upload| upload.sha256.is_none())
    {
        Some(Violation::new(Field::UploadIds, Code::Incomplete))
    } else {
        None
    }
}

/// Takes the uploads out of their table; their blobs stay. Of two submissions that name the same upload, one gets it.
///
/// # Errors
/// When the database fails.
pub(super) async fn claim(
    tx: &mut Tx,
    site: &Site,
    submission: &Submission,
    files: &[Upload],
    now: Timestamp,
) -> Result<Result<Vec<Upload>, Violation>, StoreError> {
    let uploads = find_uploads(tx, site, &named(submission, files), now).await?;
    if let Some(violation) = upload_violation(&uploads) {
        return Ok(Err(violation));
    }
    let uploads: Vec<Upload> = uploads.into_iter().flatten().collect();
    // In one order for everybody: two submissions that name the same uploads must not wait for each other.
    let mut in_order: Vec<&Upload> = uploads.iter().collect();
    in_order.sort_by_key(|upload| upload.id);
    for upload in in_order {
        if !store::uploads::delete(tx, &site.key, upload.id).await? {
            return Ok(Err(Violation::new(Field::UploadIds, Code::Unknown)));
        }
    }
    Ok(Ok(uploads))
}

/// Gives a ticket its files, each to be examined; answers how many.
///
/// # Errors
/// When the database fails.
pub(super) async fn attach(
    tx: &mut Tx,
    ticket: &Ticket,
    uploads: Vec<Upload>,
) -> Result<u32, StoreError> {
    let (site, now) = (&ticket.site, ticket.received_at);
    let mut count = 0;
    for (position, attachment) in (0..).zip(uploads.into_iter().filter_map(attachment)) {
        store::attachments::insert(tx, site, ticket.id, position, &attachment).await?;
        file_job::order(tx, examine_attachment::KIND, site, attachment.id, now).await?;
        count += 1;
    }
    Ok(count)
}

/// What a complete upload becomes.
fn attachment(upload: Upload) -> Option<Attachment> {
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
        care: Care::ARRIVED,
    })
}
