//! Attachments: files of tickets.

use uuid::Uuid;

use super::{StoreError, Tx, expect_rows, list_statements, signed, tx::on, unsigned};
use crate::ticket::Attachment;

list_statements! {
    INSERT = "
        insert into attachments (site_id, attachment_id, ticket_id, position, name, content_type, size_bytes, sha256, blob)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    ";
    LIST = "
        select attachment_id, name, content_type, size_bytes, sha256, blob
        from attachments
        where site_id = $1 and ticket_id = $2
        order by position
    ";
    FIND = "
        select attachment_id, name, content_type, size_bytes, sha256, blob
        from attachments
        where site_id = $1 and ticket_id = $2 and attachment_id = $3
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
}

impl TryFrom<Row> for Attachment {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let sha256 = row.sha256.try_into().map_err(|_| StoreError::Corrupt {
            table: "attachments",
            fault: "a digest of another length",
        })?;
        let size_bytes = unsigned("attachments", row.size_bytes)?;
        Ok(Self {
            id: row.attachment_id,
            name: row.name,
            content_type: row.content_type,
            size_bytes,
            sha256,
            blob: row.blob,
        })
    }
}

/// Adds an attachment at `position` (0, 1, 2 …).
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
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    expect_rows(rows, 1)
}

/// The attachments of a ticket in their order.
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
