//! Invitations of staff: by each somebody may choose a password, once.

use jiff::Timestamp;
use uuid::Uuid;

use super::{StoreError, Tx, expect_rows, list_statements, tx::on};

list_statements! {
    FORGET = "
        delete from staff_invitations where expires_at <= $1 or staff_id = $2
    ";
    ADD = "
        insert into staff_invitations (invitation_id, staff_id, expires_at) values ($1, $2, $3)
    ";
    FIND = "
        select staff_id from staff_invitations where invitation_id = $1 and expires_at > $2
    ";
    USE = "
        delete from staff_invitations where invitation_id = $1 and expires_at > $2
    ";
    WAITING = "
        select staff_id from staff_invitations where expires_at > $1
    ";
}

/// Adds an invitation; earlier ones of the same person are good for nothing any more.
///
/// # Errors
/// When the database fails.
pub async fn add(
    tx: &mut Tx,
    id: Uuid,
    staff: Uuid,
    expires_at: Timestamp,
    now: Timestamp,
) -> Result<(), StoreError> {
    forget(tx, staff, now).await?;
    let rows = on!(tx, |conn| sqlx::query(ADD)
        .bind(id)
        .bind(staff)
        .bind(expires_at.as_microsecond())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    expect_rows(rows, 1)
}

/// Takes back what somebody was invited by.
///
/// # Errors
/// When the database fails.
pub async fn forget(tx: &mut Tx, staff: Uuid, now: Timestamp) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(FORGET)
        .bind(now.as_microsecond())
        .bind(staff)
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

/// Whom an invitation is for, while it is good.
///
/// # Errors
/// When the database fails.
pub async fn find(tx: &mut Tx, id: Uuid, now: Timestamp) -> Result<Option<Uuid>, StoreError> {
    Ok(on!(tx, |conn| sqlx::query_scalar(FIND)
        .bind(id)
        .bind(now.as_microsecond())
        .fetch_optional(conn)
        .await)?)
}

/// Uses an invitation up; `false` when somebody was faster, or it is good no more.
///
/// # Errors
/// When the database fails.
pub async fn use_up(tx: &mut Tx, id: Uuid, now: Timestamp) -> Result<bool, StoreError> {
    let rows = on!(tx, |conn| sqlx::query(USE)
        .bind(id)
        .bind(now.as_microsecond())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Who has an invitation that is good.
///
/// # Errors
/// When the database fails.
pub async fn waiting(tx: &mut Tx, now: Timestamp) -> Result<Vec<Uuid>, StoreError> {
    Ok(on!(tx, |conn| sqlx::query_scalar(WAITING)
        .bind(now.as_microsecond())
        .fetch_all(conn)
        .await)?)
}
