//! What staff have begun to write about a ticket and not sent.

use jiff::Timestamp;
use uuid::Uuid;

use super::{StoreError, Tx, expect_rows, instant, list_statements, tx::on};
use crate::message::Kind;

list_statements! {
    FIND = "
        select message_id, kind, body, saved_at
        from reply_drafts
        where site_id = $1 and ticket_id = $2 and staff_id = $3
    ";
    PUT = "
        insert into reply_drafts (site_id, ticket_id, staff_id, message_id, kind, body, saved_at)
        values ($1, $2, $3, $4, $5, $6, $7)
        on conflict (site_id, ticket_id, staff_id) do update
        set message_id = $4, kind = $5, body = $6, saved_at = $7
    ";
    DELETE = "
        delete from reply_drafts where site_id = $1 and ticket_id = $2 and staff_id = $3
    ";
}

/// A text that somebody is writing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Of the message that it becomes.
    pub message: Uuid,
    /// To whom it is.
    pub kind: Kind,
    /// As typed so far.
    pub body: String,
    /// When it was saved.
    pub saved_at: Timestamp,
}

#[derive(sqlx::FromRow)]
struct Row {
    message_id: Uuid,
    kind: String,
    body: String,
    saved_at: i64,
}

/// What somebody has begun to write about a ticket.
///
/// # Errors
/// When the database fails.
pub async fn find(
    tx: &mut Tx,
    site: &str,
    ticket: Uuid,
    staff: Uuid,
) -> Result<Option<Draft>, StoreError> {
    let row: Option<Row> = on!(tx, |conn| sqlx::query_as(FIND)
        .bind(site)
        .bind(ticket)
        .bind(staff)
        .fetch_optional(conn)
        .await)?;
    row.map(|row| {
        Ok(Draft {
            message: row.message_id,
            kind: Kind::from_name(&row.kind).ok_or(StoreError::Corrupt {
                table: "reply_drafts",
                fault: "an unknown kind",
            })?,
            body: row.body,
            saved_at: instant("reply_drafts", row.saved_at)?,
        })
    })
    .transpose()
}

/// Keeps a text in the place of the one before.
///
/// # Errors
/// When the database fails.
pub async fn put(
    tx: &mut Tx,
    site: &str,
    ticket: Uuid,
    staff: Uuid,
    draft: &Draft,
) -> Result<(), StoreError> {
    let rows = on!(tx, |conn| sqlx::query(PUT)
        .bind(site)
        .bind(ticket)
        .bind(staff)
        .bind(draft.message)
        .bind(draft.kind.as_str())
        .bind(&draft.body)
        .bind(draft.saved_at.as_microsecond())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    expect_rows(rows, 1)
}

/// Forgets it, if it is there.
///
/// # Errors
/// When the database fails.
pub async fn delete(tx: &mut Tx, site: &str, ticket: Uuid, staff: Uuid) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(DELETE)
        .bind(site)
        .bind(ticket)
        .bind(staff)
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}
