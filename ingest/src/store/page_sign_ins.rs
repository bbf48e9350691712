//! Who proved on the page of a request that they read its mailbox.

use jiff::Timestamp;
use uuid::Uuid;

use super::{StoreError, Tx, expect_rows, list_statements, tx::on, unsigned};

list_statements! {
    INSERT = "
        insert into page_sign_ins (site_id, sign_in_id, ticket_id, asked_at, expires_at, attempts_left)
        values ($1, $2, $3, $4, $5, $6)
    ";
    COUNT = "
        select count(*) from page_sign_ins where site_id = $1 and ticket_id = $2 and asked_at > $3
    ";
    SPEND = "
        update page_sign_ins
        set attempts_left = attempts_left - 1
        where site_id = $1 and sign_in_id = $2 and ticket_id = $3 and expires_at > $4 and attempts_left > 0 and session_hash is null
    ";
    OPEN = "
        update page_sign_ins
        set session_hash = $4, expires_at = $5
        where site_id = $1 and sign_in_id = $2 and ticket_id = $3 and session_hash is null
    ";
    IS_OPEN = "
        select count(*) from page_sign_ins where site_id = $1 and ticket_id = $2 and session_hash = $3 and expires_at > $4
    ";
    FORGET = "
        delete from page_sign_ins where expires_at <= $1
    ";
}

/// SHA-256 of a session's token.
pub type SessionHash = [u8; 32];

/// Adds one whose code can be typed until `expires_at`, `attempts` times.
///
/// # Errors
/// When the database fails.
pub async fn insert(
    tx: &mut Tx,
    site: &str,
    id: Uuid,
    ticket: Uuid,
    (asked_at, expires_at): (Timestamp, Timestamp),
    attempts: i32,
) -> Result<(), StoreError> {
    let rows = on!(tx, |conn| sqlx::query(INSERT)
        .bind(site)
        .bind(id)
        .bind(ticket)
        .bind(asked_at.as_microsecond())
        .bind(expires_at.as_microsecond())
        .bind(attempts)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    expect_rows(rows, 1)
}

/// How many were asked for since `since`, as far as they are not forgotten.
///
/// # Errors
/// When the database fails.
pub async fn count_since(
    tx: &mut Tx,
    site: &str,
    ticket: Uuid,
    since: Timestamp,
) -> Result<u64, StoreError> {
    let count: i64 = on!(tx, |conn| sqlx::query_scalar(COUNT)
        .bind(site)
        .bind(ticket)
        .bind(since.as_microsecond())
        .fetch_one(conn)
        .await)?;
    unsigned("page_sign_ins", count)
}

/// Takes one of the attempts; `false` when there is none left, or the code is too old or was used.
///
/// # Errors
/// When the database fails.
pub async fn spend_attempt(
    tx: &mut Tx,
    site: &str,
    id: Uuid,
    ticket: Uuid,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let rows = on!(tx, |conn| sqlx::query(SPEND)
        .bind(site)
        .bind(id)
        .bind(ticket)
        .bind(now.as_microsecond())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// The code was right: begins the session, once.
///
/// # Errors
/// When the database fails, or a session was begun with it before.
pub async fn open_session(
    tx: &mut Tx,
    site: &str,
    id: Uuid,
    ticket: Uuid,
    session: &SessionHash,
    expires_at: Timestamp,
) -> Result<(), StoreError> {
    let rows = on!(tx, |conn| sqlx::query(OPEN)
        .bind(site)
        .bind(id)
        .bind(ticket)
        .bind(session.as_slice())
        .bind(expires_at.as_microsecond())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    expect_rows(rows, 1)
}

/// Is this a session for this ticket?
///
/// # Errors
/// When the database fails.
pub async fn is_open(
    tx: &mut Tx,
    site: &str,
    ticket: Uuid,
    session: &SessionHash,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let count: i64 = on!(tx, |conn| sqlx::query_scalar(IS_OPEN)
        .bind(site)
        .bind(ticket)
        .bind(session.as_slice())
        .bind(now.as_microsecond())
        .fetch_one(conn)
        .await)?;
    Ok(count > 0)
}

/// Forgets codes and sessions that are over by `before`. Those of the last hour stay, since they are counted.
///
/// # Errors
/// When the database fails.
pub async fn forget(tx: &mut Tx, before: Timestamp) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(FORGET)
        .bind(before.as_microsecond())
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}
