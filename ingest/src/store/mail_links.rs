//! Links in mails: what knowing one allows, for one ticket and one mailbox.

use jiff::Timestamp;
use uuid::Uuid;

use super::{StoreError, Tx, expect_rows, instant, list_statements, tx::on};
use crate::mail::{
    link::{Link, Purpose},
    recipient::Key,
};

list_statements! {
    INSERT = "
        insert into mail_links (site_id, token_hash, ticket_id, recipient, purpose, expires_at)
        values ($1, $2, $3, $4, $5, $6)
    ";
    FIND = "
        select ticket_id, recipient, expires_at, used_at
        from mail_links
        where site_id = $1 and token_hash = $2 and purpose = $3
    ";
    USE = "
        update mail_links
        set used_at = $4
        where site_id = $1 and ticket_id = $2 and purpose = $3 and used_at is null
    ";
    FORGET = "
        delete from mail_links where expires_at <= $1
    ";
}

/// SHA-256 of a token.
pub type TokenHash = [u8; 32];

#[derive(sqlx::FromRow)]
struct Row {
    ticket_id: Uuid,
    recipient: Vec<u8>,
    expires_at: i64,
    used_at: Option<i64>,
}

/// Adds a link that can be used until `expires_at`.
///
/// # Errors
/// When the database fails.
pub async fn insert(
    tx: &mut Tx,
    site: &str,
    token: &TokenHash,
    ticket: Uuid,
    recipient: &Key,
    purpose: Purpose,
    expires_at: Timestamp,
) -> Result<(), StoreError> {
    let rows = on!(tx, |conn| sqlx::query(INSERT)
        .bind(site)
        .bind(token.as_slice())
        .bind(ticket)
        .bind(recipient.as_slice())
        .bind(purpose.as_str())
        .bind(expires_at.as_microsecond())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    expect_rows(rows, 1)
}

/// The link with this token.
///
/// # Errors
/// When the database fails.
pub async fn find(
    tx: &mut Tx,
    site: &str,
    token: &TokenHash,
    purpose: Purpose,
) -> Result<Option<Link>, StoreError> {
    let row: Option<Row> = on!(tx, |conn| sqlx::query_as(FIND)
        .bind(site)
        .bind(token.as_slice())
        .bind(purpose.as_str())
        .fetch_optional(conn)
        .await)?;
    row.map(|row| {
        Ok(Link {
            ticket: row.ticket_id,
            recipient: row.recipient.try_into().map_err(|_| StoreError::Corrupt {
                table: "mail_links",
                fault: "a recipient that is no digest",
            })?,
            expires_at: instant("mail_links", row.expires_at)?,
            used_at: row
                .used_at
                .map(|at| instant("mail_links", at))
                .transpose()?,
        })
    })
    .transpose()
}

/// Uses up every link of a ticket for this purpose: a mail that was sent twice has two. Answers how many there were; of two who use them at
/// the same moment, one gets 0.
///
/// # Errors
/// When the database fails.
pub async fn use_up(
    tx: &mut Tx,
    site: &str,
    ticket: Uuid,
    purpose: Purpose,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let rows = on!(tx, |conn| sqlx::query(USE)
        .bind(site)
        .bind(ticket)
        .bind(purpose.as_str())
        .bind(now.as_microsecond())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows)
}

/// Forgets links that cannot be used any more.
///
/// # Errors
/// When the database fails.
pub async fn forget(tx: &mut Tx, now: Timestamp) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(FORGET)
        .bind(now.as_microsecond())
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}
