//! Which account of a provider belongs to whom of staff, and sign-ins by one that were used.

use std::collections::HashSet;

use jiff::Timestamp;
use uuid::Uuid;

use super::{StoreError, Tx, instant, list_statements, sessions::TokenHash, tx::on};

list_statements! {
    FIND = "
        select staff_identities.staff_id
        from staff_identities
        join staff on staff.staff_id = staff_identities.staff_id
        where staff_identities.issuer = $1 and staff_identities.subject = $2 and staff.left_at is null
    ";
    SINCE = "
        select linked_at from staff_identities where staff_id = $1 and issuer = $2
    ";
    LINK = "
        insert into staff_identities (issuer, subject, staff_id, linked_at) values ($1, $2, $3, $4)
        on conflict do nothing
    ";
    UNLINK = "
        delete from staff_identities where staff_id = $1
    ";
    LINKED = "
        select staff_id from staff_identities where issuer = $1
    ";
    FORGET_SPENT = "
        delete from staff_provider_entries where expires_at <= $1
    ";
    SPEND = "
        insert into staff_provider_entries (token_hash, expires_at) values ($1, $2)
        on conflict do nothing
    ";
}

/// Who of staff an account of a provider belongs to, unless they have left.
///
/// # Errors
/// When the database fails.
pub async fn find(tx: &mut Tx, issuer: &str, subject: &str) -> Result<Option<Uuid>, StoreError> {
    Ok(on!(tx, |conn| sqlx::query_scalar(FIND)
        .bind(issuer)
        .bind(subject)
        .fetch_optional(conn)
        .await)?)
}

/// Since when somebody has an account of this provider.
///
/// # Errors
/// When the database fails.
pub async fn since(
    tx: &mut Tx,
    staff: Uuid,
    issuer: &str,
) -> Result<Option<Timestamp>, StoreError> {
    let at: Option<i64> = on!(tx, |conn| sqlx::query_scalar(SINCE)
        .bind(staff)
        .bind(issuer)
        .fetch_optional(conn)
        .await)?;
    at.map(|at| instant("staff_identities", at)).transpose()
}

/// From now on an account of a provider is somebody's; `false` when it is another's, or they have another one there.
///
/// # Errors
/// When the database fails.
pub async fn link(
    tx: &mut Tx,
    (issuer, subject): (&str, &str),
    staff: Uuid,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let rows = on!(tx, |conn| sqlx::query(LINK)
        .bind(issuer)
        .bind(subject)
        .bind(staff)
        .bind(now.as_microsecond())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// No account of a provider is theirs any more; `false` when they had none.
///
/// # Errors
/// When the database fails.
pub async fn unlink(tx: &mut Tx, staff: Uuid) -> Result<bool, StoreError> {
    let rows = on!(tx, |conn| sqlx::query(UNLINK)
        .bind(staff)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows > 0)
}

/// Everybody who has an account of this provider.
///
/// # Errors
/// When the database fails.
pub async fn linked(tx: &mut Tx, issuer: &str) -> Result<HashSet<Uuid>, StoreError> {
    let staff: Vec<Uuid> = on!(tx, |conn| sqlx::query_scalar(LINKED)
        .bind(issuer)
        .fetch_all(conn)
        .await)?;
    Ok(staff.into_iter().collect())
}

/// Uses a sign-in up, and forgets those that cannot come back any more; `false` when it was used before.
///
/// # Errors
/// When the database fails.
pub async fn spend(
    tx: &mut Tx,
    token_hash: TokenHash,
    expires_at: Timestamp,
    now: Timestamp,
) -> Result<bool, StoreError> {
    on!(tx, |conn| sqlx::query(FORGET_SPENT)
        .bind(now.as_microsecond())
        .execute(conn)
        .await
        .map(drop))?;
    let rows = on!(tx, |conn| sqlx::query(SPEND)
        .bind(token_hash.as_slice())
        .bind(expires_at.as_microsecond())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}
