//! The files that a submission names: whether they are there, and that nobody else gets them.

use cornerdesk_shared::{
    submission::Submission,
    validation::{Code, Field, Violation},
};
use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    files::{self, NoUpload},
    site::Site,
    store::{self, StoreError, Tx, uploads::Upload},
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
    match files::take(tx, &site.key, &uploads).await {
        Ok(()) => {}
        Err(NoUpload::Store(error)) => return Err(error),
        Err(_) => return Ok(Err(Violation::new(Field::UploadIds, Code::Unknown))),
    }
    Ok(Ok(uploads))
}
