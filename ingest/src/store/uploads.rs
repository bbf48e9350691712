//! Uploads: attachments on their way.

use jiff::Timestamp;
use sqlx::types::Json;
use uuid::Uuid;

use super::{StoreError, Tx, expect_rows, instant, list_statements, signed, tx::on, unsigned};
use crate::blobs::Piece;

list_statements! {
    INSERT = "
        insert into uploads (site_id, upload_id, name, content_type, length_bytes, offset_bytes, sha256, blob, expires_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    ";
    FIND = "
        select site_id, upload_id, name, content_type, length_bytes, offset_bytes, sha256, blob, pieces, expires_at
        from uploads
        where site_id = $1 and upload_id = $2 and expires_at > $3
    ";
    MOVE_ON = "
        update uploads
        set offset_bytes = $4, length_bytes = $5, sha256 = $6, blob = $7, pieces = $8
        where site_id = $1 and upload_id = $2 and offset_bytes = $3 and sha256 is null
    ";
    DELETE = "
        delete from uploads
        where site_id = $1 and upload_id = $2
    ";
    TAKE = "
        delete from uploads
        where site_id = $1 and upload_id = $2
        returning site_id, upload_id, name, content_type, length_bytes, offset_bytes, sha256, blob, pieces, expires_at
    ";
    EXPIRED = "
        select site_id, upload_id, name, content_type, length_bytes, offset_bytes, sha256, blob, pieces, expires_at
        from uploads
        where expires_at <= $1
        order by expires_at
        limit $2
    ";
}

/// An upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// The site's key.
    pub site: String,
    /// Part of the upload's address: whoever knows it may go on with the upload, so it is random.
    pub id: Uuid,
    /// Display name.
    pub name: String,
    /// As the sender declared it.
    pub content_type: String,
    /// How long it will be, in bytes.
    pub length_bytes: u64,
    /// How much of it is on disk, in bytes.
    pub offset_bytes: u64,
    /// SHA-256 of the bytes; there when all of them are.
    pub sha256: Option<[u8; 32]>,
    /// Key in the blob store. In a bucket there is nothing under it before the upload is complete.
    pub blob: String,
    /// Where its bytes lie in a bucket while it is not complete, in their order.
    pub pieces: Vec<Piece>,
    /// When it is deleted unless it became an attachment.
    pub expires_at: Timestamp,
}

#[derive(sqlx::FromRow)]
struct Row {
    site_id: String,
    upload_id: Uuid,
    name: String,
    content_type: String,
    length_bytes: i64,
    offset_bytes: i64,
    sha256: Option<Vec<u8>>,
    blob: String,
    pieces: Json<Vec<Piece>>,
    expires_at: i64,
}

impl TryFrom<Row> for Upload {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let digest = |bytes: Vec<u8>| {
            bytes.try_into().map_err(|_| StoreError::Corrupt {
                table: "uploads",
                fault: "a digest of another length",
            })
        };
        Ok(Self {
            site: row.site_id,
            id: row.upload_id,
            name: row.name,
            content_type: row.content_type,
            length_bytes: unsigned("uploads", row.length_bytes)?,
            offset_bytes: unsigned("uploads", row.offset_bytes)?,
            sha256: row.sha256.map(digest).transpose()?,
            blob: row.blob,
            pieces: row.pieces.0,
            expires_at: instant("uploads", row.expires_at)?,
        })
    }
}

/// Adds an upload.
///
/// # Errors
/// When the database fails.
pub async fn insert(tx: &mut Tx, upload: &Upload) -> Result<(), StoreError> {
    let rows = on!(tx, |conn| sqlx::query(INSERT)
        .bind(&upload.site)
        .bind(upload.id)
        .bind(&upload.name)
        .bind(&upload.content_type)
        .bind(signed(upload.length_bytes))
        .bind(signed(upload.offset_bytes))
        .bind(upload.sha256.map(Vec::from))
        .bind(&upload.blob)
        .bind(upload.expires_at.as_microsecond())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    expect_rows(rows, 1)
}

/// An upload that has not expired.
///
/// # Errors
/// When the database fails.
pub async fn find(
    tx: &mut Tx,
    site: &str,
    id: Uuid,
    now: Timestamp,
) -> Result<Option<Upload>, StoreError> {
    let row: Option<Row> = on!(tx, |conn| sqlx::query_as(FIND)
        .bind(site)
        .bind(id)
        .bind(now.as_microsecond())
        .fetch_optional(conn)
        .await)?;
    row.map(Upload::try_from).transpose()
}

/// Moves an upload on from offset `from` to where `upload` stands, with its length, its digest and where its bytes lie; `false` when it
/// does not stand at `from`, or is complete. Of several that move it on from one offset, one does.
///
/// # Errors
/// When the database fails.
pub async fn move_on(tx: &mut Tx, from: u64, upload: &Upload) -> Result<bool, StoreError> {
    let rows = on!(tx, |conn| sqlx::query(MOVE_ON)
        .bind(&upload.site)
        .bind(upload.id)
        .bind(signed(from))
        .bind(signed(upload.offset_bytes))
        .bind(signed(upload.length_bytes))
        .bind(upload.sha256.map(Vec::from))
        .bind(&upload.blob)
        .bind(Json(&upload.pieces))
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Takes an upload away: it became an attachment, which names its bytes now. `false` when it was already gone.
///
/// # Errors
/// When the database fails.
pub async fn delete(tx: &mut Tx, site: &str, id: Uuid) -> Result<bool, StoreError> {
    let rows = on!(tx, |conn| sqlx::query(DELETE)
        .bind(site)
        .bind(id)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Takes an upload away and answers what it was at that moment, so that its bytes can be found; nothing when it was already gone.
///
/// # Errors
/// When the database fails.
pub async fn take(tx: &mut Tx, site: &str, id: Uuid) -> Result<Option<Upload>, StoreError> {
    let row: Option<Row> = on!(tx, |conn| sqlx::query_as(TAKE)
        .bind(site)
        .bind(id)
        .fetch_optional(conn)
        .await)?;
    row.map(Upload::try_from).transpose()
}

/// Uploads of all sites that have expired, the oldest first.
///
/// # Errors
/// When the database fails.
pub async fn expired(tx: &mut Tx, now: Timestamp, most: u32) -> Result<Vec<Upload>, StoreError> {
    let rows: Vec<Row> = on!(tx, |conn| sqlx::query_as(EXPIRED)
        .bind(now.as_microsecond())
        .bind(i64::from(most))
        .fetch_all(conn)
        .await)?;
    rows.into_iter().map(Upload::try_from).collect()
}
