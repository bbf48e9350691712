//! Staff and their sessions.

use jiff::Timestamp;
use uuid::Uuid;

use super::{StoreError, Tx, expect_rows, list_statements, tx::on};

list_statements! {
    INSERT = "
        insert into staff (staff_id, email, name, password_hash, created_at)
        values ($1, $2, $3, $4, $5)
        on conflict (email) do nothing
    ";
    SET_PASSWORD = "
        update staff set password_hash = $2 where email = $1
    ";
    FIND_BY_EMAIL = "
        select staff_id, email, name, password_hash from staff where email = $1
    ";
    OPEN_SESSION = "
        insert into staff_sessions (token_hash, staff_id, created_at, expires_at)
        values ($1, $2, $3, $4)
    ";
    FIND_BY_SESSION = "
        select staff.staff_id, staff.email, staff.name, staff.password_hash
        from staff_sessions
        join staff on staff.staff_id = staff_sessions.staff_id
        where staff_sessions.token_hash = $1 and staff_sessions.expires_at > $2
    ";
    CLOSE_SESSION = "
        delete from staff_sessions where token_hash = $1
    ";
    CLOSE_SESSIONS_OF = "
        delete from staff_sessions where staff_id = (select staff_id from staff where email = $1)
    ";
    DELETE = "
        delete from staff where email = $1
    ";
    FORGET_EXPIRED_SESSIONS = "
        delete from staff_sessions where expires_at <= $1
    ";
}

/// One of the people who answer.
#[derive(Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Staff {
    /// Internal id.
    #[sqlx(rename = "staff_id")]
    pub id: Uuid,
    /// Small letters.
    pub email: String,
    /// As colleagues know them.
    pub name: String,
    /// PHC string.
    pub password_hash: String,
}

/// Adds a person; `false` when somebody has the address already.
///
/// # Errors
/// When the database fails.
pub async fn insert(tx: &mut Tx, staff: &Staff, now: Timestamp) -> Result<bool, StoreError> {
    let rows = on!(tx, |conn| sqlx::query(INSERT)
        .bind(staff.id)
        .bind(&staff.email)
        .bind(&staff.name)
        .bind(&staff.password_hash)
        .bind(now.as_microsecond())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Sets a new password and ends the person's sessions; `false` when nobody has the address.
///
/// # Errors
/// When the database fails.
pub async fn set_password(
    tx: &mut Tx,
    email: &str,
    password_hash: &str,
) -> Result<bool, StoreError> {
    let rows = on!(tx, |conn| sqlx::query(SET_PASSWORD)
        .bind(email)
        .bind(password_hash)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    on!(tx, |conn| sqlx::query(CLOSE_SESSIONS_OF)
        .bind(email)
        .execute(conn)
        .await
        .map(drop))?;
    Ok(rows == 1)
}

/// Takes a person's account away, with their sessions; `false` when nobody has the address.
///
/// # Errors
/// When the database fails.
pub async fn delete(tx: &mut Tx, email: &str) -> Result<bool, StoreError> {
    let rows = on!(tx, |conn| sqlx::query(DELETE)
        .bind(email)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// A person by address (small letters).
///
/// # Errors
/// When the database fails.
pub async fn find_by_email(tx: &mut Tx, email: &str) -> Result<Option<Staff>, StoreError> {
    Ok(on!(tx, |conn| sqlx::query_as(FIND_BY_EMAIL)
        .bind(email)
        .fetch_optional(conn)
        .await)?)
}

/// Opens a session.
///
/// # Errors
/// When the database fails.
pub async fn open_session(
    tx: &mut Tx,
    token_hash: [u8; 32],
    staff: Uuid,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(FORGET_EXPIRED_SESSIONS)
        .bind(now.as_microsecond())
        .execute(conn)
        .await
        .map(drop))?;
    let rows = on!(tx, |conn| sqlx::query(OPEN_SESSION)
        .bind(token_hash.as_slice())
        .bind(staff)
        .bind(now.as_microsecond())
        .bind(expires_at.as_microsecond())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    expect_rows(rows, 1)
}

/// Whose session it is, unless it has ended.
///
/// # Errors
/// When the database fails.
pub async fn find_by_session(
    tx: &mut Tx,
    token_hash: [u8; 32],
    now: Timestamp,
) -> Result<Option<Staff>, StoreError> {
    Ok(on!(tx, |conn| sqlx::query_as(FIND_BY_SESSION)
        .bind(token_hash.as_slice())
        .bind(now.as_microsecond())
        .fetch_optional(conn)
        .await)?)
}

/// Ends a session, if it is there.
///
/// # Errors
/// When the database fails.
pub async fn close_session(tx: &mut Tx, token_hash: [u8; 32]) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(CLOSE_SESSION)
        .bind(token_hash.as_slice())
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}
