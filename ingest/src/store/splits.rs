//! Splittings of tickets, and attachments that belong to parts.

use jiff::Timestamp;
use sqlx::types::Json;
use uuid::Uuid;

use super::{StoreError, Tx, expect_rows, list_statements, tx::on};

list_statements! {
    BEGIN = "
        insert into splits (site_id, ticket_id, fingerprint, into_list, at)
        values ($1, $2, $3, '[]', $4)
        on conflict (site_id, ticket_id, fingerprint) do nothing
    ";
    FINISH = "
        update splits
        set into_list = $4
        where site_id = $1 and ticket_id = $2 and fingerprint = $3
    ";
    FIND = "
        select into_list
        from splits
        where site_id = $1 and ticket_id = $2 and fingerprint = $3
    ";
    SHARE = "
        insert into attachment_shares (site_id, ticket_id, attachment_id, position)
        values ($1, $2, $3, $4)
    ";
}

/// Takes a splitting; `false` when the same was made before. On PostgreSQL this waits for another transaction that makes it.
///
/// # Errors
/// When the database fails.
pub async fn begin(
    tx: &mut Tx,
    site: &str,
    ticket: Uuid,
    fingerprint: &[u8; 32],
    now: Timestamp,
) -> Result<bool, StoreError> {
    let rows = on!(tx, |conn| sqlx::query(BEGIN)
        .bind(site)
        .bind(ticket)
        .bind(fingerprint.as_slice())
        .bind(now.as_microsecond())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Writes down the references of the parts.
///
/// # Errors
/// When the database fails.
pub async fn finish(
    tx: &mut Tx,
    site: &str,
    ticket: Uuid,
    fingerprint: &[u8; 32],
    references: &[String],
) -> Result<(), StoreError> {
    let rows = on!(tx, |conn| sqlx::query(FINISH)
        .bind(site)
        .bind(ticket)
        .bind(fingerprint.as_slice())
        .bind(Json(references))
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    expect_rows(rows, 1)
}

/// The references of the parts of a splitting that was made.
///
/// # Errors
/// When the database fails.
pub async fn find(
    tx: &mut Tx,
    site: &str,
    ticket: Uuid,
    fingerprint: &[u8; 32],
) -> Result<Option<Vec<String>>, StoreError> {
    let found: Option<Json<Vec<String>>> = on!(tx, |conn| sqlx::query_scalar(FIND)
        .bind(site)
        .bind(ticket)
        .bind(fingerprint.as_slice())
        .fetch_optional(conn)
        .await)?;
    Ok(found.map(|list| list.0))
}

/// An attachment of another ticket belongs to this one, too, at `position` (0, 1, 2 …).
///
/// # Errors
/// When the database fails.
pub async fn share(
    tx: &mut Tx,
    site: &str,
    ticket: Uuid,
    attachment: Uuid,
    position: i32,
) -> Result<(), StoreError> {
    let rows = on!(tx, |conn| sqlx::query(SHARE)
        .bind(site)
        .bind(ticket)
        .bind(attachment)
        .bind(position)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    expect_rows(rows, 1)
}
