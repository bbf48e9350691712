//! Attachments: files of tickets.

use jiff::Timestamp;
use uuid::Uuid;

use super::{StoreError, Tx, expect_rows, list_statements, signed, tx::on, unsigned};
use crate::{
    care::{Care, Examination, Kind, Metadata, Scan},
    ticket::Attachment,
};

list_statements! {
    INSERT = "
        insert into attachments (site_id, attachment_id, ticket_id, position, name, content_type, size_bytes, sha256, blob, examination, message_id)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
    ";
    LIST = "
        select attachment_id, name, content_type, size_bytes, sha256, blob, examination, kind, declared_type, metadata, sent_sha256,
            scan, scan_detail, released_at, preview_blob, preview_fault, message_id
        from attachments
        where site_id = $1 and attachment_id in (
            select attachment_id from attachments where site_id = $1 and ticket_id = $2
            union all
            select attachment_id from attachment_shares where site_id = $1 and ticket_id = $2
        )
        order by position
    ";
    FIND = "
        select attachment_id, name, content_type, size_bytes, sha256, blob, examination, kind, declared_type, metadata, sent_sha256,
            scan, scan_detail, released_at, preview_blob, preview_fault, message_id
        from attachments
        where site_id = $1 and attachment_id = $3 and (ticket_id = $2 or attachment_id in (select attachment_id from attachment_shares where site_id = $1 and ticket_id = $2))
    ";
    GET = "
        select attachment_id, name, content_type, size_bytes, sha256, blob, examination, kind, declared_type, metadata, sent_sha256,
            scan, scan_detail, released_at, preview_blob, preview_fault, message_id
        from attachments
        where site_id = $1 and attachment_id = $2
    ";
    NEXT_POSITION = "
        select coalesce(max(position) + 1, 0) as position from attachments where site_id = $1 and ticket_id = $2
    ";
    TICKET_OF = "
        select ticket_id from attachments where site_id = $1 and attachment_id = $2
    ";
    EXAMINED = "
        update attachments
        set examination = 'done', content_type = $3, kind = $4, declared_type = $5, metadata = $6, size_bytes = $7, sha256 = $8, blob = $9,
            sent_sha256 = $10, scan = $11
        where site_id = $1 and attachment_id = $2 and examination = 'pending'
    ";
    SCANNED = "
        update attachments
        set scan = $3, scan_detail = $4
        where site_id = $1 and attachment_id = $2 and scan = 'pending'
    ";
    RELEASE = "
        update attachments
        set released_at = $3
        where site_id = $1 and attachment_id = $2 and scan = 'infected' and released_at is null
    ";
    PREVIEWED = "
        update attachments
        set preview_blob = $3, preview_fault = $4
        where site_id = $1 and attachment_id = $2 and coalesce(preview_blob, '') = coalesce($5, '')
    ";
}

#[derive(sqlx::FromRow)]
struct Row {
    attachment_id: Uuid,
    name: String,
    content_type: String,
    size_bytes: i64,
    sha256: Vec<u8>,
    blob: String,
    examination: String,
    kind: String,
    declared_type: Option<String>,
    metadata: String,
    sent_sha256: Option<Vec<u8>>,
    scan: String,
    scan_detail: Option<String>,
    released_at: Option<i64>,
    preview_blob: Option<String>,
    preview_fault: Option<String>,
    message_id: Option<Uuid>,
}

impl TryFrom<Row> for Attachment {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let corrupt = |fault| StoreError::Corrupt {
            table: "attachments",
            fault,
        };
        let digest = |bytes: Vec<u8>| {
            let digest: Result<[u8; 32], _> = bytes.try_into();
            digest.map_err(|_| corrupt("a digest of another length"))
        };
        let unknown = || corrupt("a state that is none");
        Ok(Self {
            id: row.attachment_id,
            name: row.name,
            content_type: row.content_type,
            size_bytes: unsigned("attachments", row.size_bytes)?,
            sha256: digest(row.sha256)?,
            blob: row.blob,
            message: row.message_id,
            care: Care {
                examination: Examination::from_name(&row.examination).ok_or_else(unknown)?,
                kind: Kind::from_name(&row.kind).ok_or_else(unknown)?,
                declared_type: row.declared_type,
                metadata: Metadata::from_name(&row.metadata).ok_or_else(unknown)?,
                sent_sha256: row.sent_sha256.map(digest).transpose()?,
                scan: Scan::from_name(&row.scan).ok_or_else(unknown)?,
                scan_detail: row.scan_detail,
                is_released: row.released_at.is_some(),
                preview_blob: row.preview_blob,
                preview_fault: row.preview_fault,
            },
        })
    }
}

/// Adds an attachment at `position` (0, 1, 2 …) that has just arrived: of its care, only whether it is to be examined is kept.
///
/// # Errors
/// When the database fails.
pub async fn insert(
    tx: &mut Tx,
    site: &str,
    ticket: Uuid,
    position: i32,
    attachment: &Attachment,
) -> Result<(), StoreError> {
    let rows = on!(tx, |conn| sqlx::query(INSERT)
        .bind(site)
        .bind(attachment.id)
        .bind(ticket)
        .bind(position)
        .bind(&attachment.name)
        .bind(&attachment.content_type)
        .bind(signed(attachment.size_bytes))
        .bind(attachment.sha256.as_slice())
        .bind(&attachment.blob)
        .bind(attachment.care.examination.as_str())
        .bind(attachment.message)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    expect_rows(rows, 1)
}

/// The position of the next file of a ticket.
///
/// # Errors
/// When the database fails.
pub async fn next_position(tx: &mut Tx, site: &str, ticket: Uuid) -> Result<i32, StoreError> {
    Ok(on!(tx, |conn| sqlx::query_scalar(NEXT_POSITION)
        .bind(site)
        .bind(ticket)
        .fetch_one(conn)
        .await)?)
}

/// The attachments of a ticket in their order, with those that it shares with the ticket that it was split off.
///
/// # Errors
/// When the database fails.
pub async fn list(tx: &mut Tx, site: &str, ticket: Uuid) -> Result<Vec<Attachment>, StoreError> {
    let rows: Vec<Row> = on!(tx, |conn| sqlx::query_as(LIST)
        .bind(site)
        .bind(ticket)
        .fetch_all(conn)
        .await)?;
    rows.into_iter().map(Attachment::try_from).collect()
}

/// One attachment of a ticket.
///
/// # Errors
/// When the database fails.
pub async fn find(
    tx: &mut Tx,
    site: &str,
    ticket: Uuid,
    id: Uuid,
) -> Result<Option<Attachment>, StoreError> {
    let row: Option<Row> = on!(tx, |conn| sqlx::query_as(FIND)
        .bind(site)
        .bind(ticket)
        .bind(id)
        .fetch_optional(conn)
        .await)?;
    row.map(Attachment::try_from).transpose()
}

/// One attachment of a site, for the jobs.
///
/// # Errors
/// When the database fails.
pub async fn get(tx: &mut Tx, site: &str, id: Uuid) -> Result<Option<Attachment>, StoreError> {
    let row: Option<Row> = on!(tx, |conn| sqlx::query_as(GET)
        .bind(site)
        .bind(id)
        .fetch_optional(conn)
        .await)?;
    row.map(Attachment::try_from).transpose()
}

/// Writes down what an examination found; `false` when the file is not waiting for one.
///
/// # Errors
/// When the database fails.
pub async fn examined(tx: &mut Tx, site: &str, found: &Attachment) -> Result<bool, StoreError> {
    let care = &found.care;
    let rows = on!(tx, |conn| sqlx::query(EXAMINED)
        .bind(site)
        .bind(found.id)
        .bind(&found.content_type)
        .bind(care.kind.as_str())
        .bind(&care.declared_type)
        .bind(care.metadata.as_str())
        .bind(signed(found.size_bytes))
        .bind(found.sha256.as_slice())
        .bind(&found.blob)
        .bind(care.sent_sha256.map(Vec::from))
        .bind(care.scan.as_str())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Writes down what the scanner says, with the name of what it found or the reason why it said nothing. Answers the ticket, or nothing
/// when the file does not wait for a scan.
///
/// # Errors
/// When the database fails.
pub async fn scanned(
    tx: &mut Tx,
    site: &str,
    id: Uuid,
    scan: Scan,
    detail: Option<&str>,
) -> Result<Option<Uuid>, StoreError> {
    let rows = on!(tx, |conn| sqlx::query(SCANNED)
        .bind(site)
        .bind(id)
        .bind(scan.as_str())
        .bind(detail)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    if rows == 0 {
        return Ok(None);
    }
    let ticket = on!(tx, |conn| sqlx::query_scalar(TICKET_OF)
        .bind(site)
        .bind(id)
        .fetch_optional(conn)
        .await)?;
    Ok(ticket)
}

/// Opens an infected file for download; `false` when it is not infected or is open already.
///
/// # Errors
/// When the database fails.
pub async fn release(
    tx: &mut Tx,
    site: &str,
    id: Uuid,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let rows = on!(tx, |conn| sqlx::query(RELEASE)
        .bind(site)
        .bind(id)
        .bind(now.as_microsecond())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Writes down where the preview is, or why there is none, in the place of `previous`; `false` when another one is there by now, or the
/// attachment is gone, and then nothing changed.
///
/// # Errors
/// When the database fails.
pub async fn previewed(
    tx: &mut Tx,
    site: &str,
    id: Uuid,
    previous: Option<&str>,
    preview: Result<&str, &str>,
) -> Result<bool, StoreError> {
    let rows = on!(tx, |conn| sqlx::query(PREVIEWED)
        .bind(site)
        .bind(id)
        .bind(preview.ok())
        .bind(preview.err())
        .bind(previous)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}
