//! Codes that belong to the sign-in of staff: the sealed secret, the codes for the worst, and sign-ins that wait for one.

use jiff::Timestamp;
use uuid::Uuid;

use super::{StoreError, Tx, expect_rows, list_statements, sessions::TokenHash, tx::on};

list_statements! {
    OFFER = "
        update staff set totp_secret = $2, totp_step = null where staff_id = $1 and totp_since is null
    ";
    FIND = "
        select totp_secret from staff where staff_id = $1 and totp_secret is not null
    ";
    USE_STEP = "
        update staff set totp_step = $2 where staff_id = $1 and totp_secret is not null and coalesce(totp_step, -1) < $2
    ";
    TURN_ON = "
        update staff set totp_since = $2 where staff_id = $1 and totp_secret is not null and totp_since is null
    ";
    TURN_OFF = "
        update staff set totp_secret = null, totp_since = null, totp_step = null where staff_id = $1 and totp_secret is not null
    ";
    FORGET_CODES = "
        delete from staff_codes where staff_id = $1
    ";
    ADD_CODE = "
        insert into staff_codes (staff_id, code_hash) values ($1, $2)
    ";
    USE_CODE = "
        delete from staff_codes where staff_id = $1 and code_hash = $2
    ";
    COUNT_CODES = "
        select count(*) from staff_codes where staff_id = $1
    ";
    FORGET_ENTRIES = "
        delete from staff_entries where expires_at <= $1
    ";
    BEGIN = "
        insert into staff_entries (token_hash, staff_id, expires_at) values ($1, $2, $3)
    ";
    WHOSE = "
        select staff_id from staff_entries where token_hash = $1 and expires_at > $2
    ";
    END = "
        delete from staff_entries where token_hash = $1
    ";
    RULE = "
        select value from desk_rules where rule = $1
    ";
    SET_RULE = "
        insert into desk_rules (rule, value) values ($1, $2)
        on conflict (rule) do update set value = $2
    ";
}

/// The rule by which everybody has to sign in with a code.
pub const CODES_RULE: &str = "codes";

/// Keeps a sealed secret that somebody is shown, until a code of it was right; `false` when they have one already.
///
/// # Errors
/// When the database fails.
pub async fn offer(tx: &mut Tx, staff: Uuid, sealed: &[u8]) -> Result<bool, StoreError> {
    let rows = on!(tx, |conn| sqlx::query(OFFER)
        .bind(staff)
        .bind(sealed)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// The sealed secret of somebody, offered or in use.
///
/// # Errors
/// When the database fails.
pub async fn find(tx: &mut Tx, staff: Uuid) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(on!(tx, |conn| sqlx::query_scalar(FIND)
        .bind(staff)
        .fetch_optional(conn)
        .await)?)
}

/// Uses the code of a step up, and those of all earlier ones; `false` when it was used before.
///
/// # Errors
/// When the database fails.
pub async fn use_step(tx: &mut Tx, staff: Uuid, step: i64) -> Result<bool, StoreError> {
    let rows = on!(tx, |conn| sqlx::query(USE_STEP)
        .bind(staff)
        .bind(step)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// A code was right: from now on one is asked for. `codes` are the digests of the ones for the worst.
///
/// # Errors
/// When the database fails, or nothing was offered.
pub async fn turn_on(
    tx: &mut Tx,
    staff: Uuid,
    codes: &[[u8; 32]],
    now: Timestamp,
) -> Result<(), StoreError> {
    let rows = on!(tx, |conn| sqlx::query(TURN_ON)
        .bind(staff)
        .bind(now.as_microsecond())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    expect_rows(rows, 1)?;
    forget_codes(tx, staff).await?;
    for code in codes {
        on!(tx, |conn| sqlx::query(ADD_CODE)
            .bind(staff)
            .bind(code.as_slice())
            .execute(conn)
            .await
            .map(drop))?;
    }
    Ok(())
}

/// No code is asked of somebody any more; `false` when none was.
///
/// # Errors
/// When the database fails.
pub async fn turn_off(tx: &mut Tx, staff: Uuid) -> Result<bool, StoreError> {
    forget_codes(tx, staff).await?;
    let rows = on!(tx, |conn| sqlx::query(TURN_OFF)
        .bind(staff)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

async fn forget_codes(tx: &mut Tx, staff: Uuid) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(FORGET_CODES)
        .bind(staff)
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

/// Uses one of the codes for the worst up; `false` when it is none of them.
///
/// # Errors
/// When the database fails.
pub async fn use_code(tx: &mut Tx, staff: Uuid, code: &[u8; 32]) -> Result<bool, StoreError> {
    let rows = on!(tx, |conn| sqlx::query(USE_CODE)
        .bind(staff)
        .bind(code.as_slice())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// How many of them are left.
///
/// # Errors
/// When the database fails.
pub async fn count_codes(tx: &mut Tx, staff: Uuid) -> Result<u64, StoreError> {
    let count: i64 = on!(tx, |conn| sqlx::query_scalar(COUNT_CODES)
        .bind(staff)
        .fetch_one(conn)
        .await)?;
    super::unsigned("staff_codes", count)
}

/// Begins a sign-in that waits for a code.
///
/// # Errors
/// When the database fails.
pub async fn begin(
    tx: &mut Tx,
    token_hash: TokenHash,
    staff: Uuid,
    expires_at: Timestamp,
    now: Timestamp,
) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(FORGET_ENTRIES)
        .bind(now.as_microsecond())
        .execute(conn)
        .await
        .map(drop))?;
    let rows = on!(tx, |conn| sqlx::query(BEGIN)
        .bind(token_hash.as_slice())
        .bind(staff)
        .bind(expires_at.as_microsecond())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    expect_rows(rows, 1)
}

/// Who waits for a code with this token.
///
/// # Errors
/// When the database fails.
pub async fn whose(
    tx: &mut Tx,
    token_hash: TokenHash,
    now: Timestamp,
) -> Result<Option<Uuid>, StoreError> {
    Ok(on!(tx, |conn| sqlx::query_scalar(WHOSE)
        .bind(token_hash.as_slice())
        .bind(now.as_microsecond())
        .fetch_optional(conn)
        .await)?)
}

/// Ends such a sign-in; `false` when somebody was faster.
///
/// # Errors
/// When the database fails.
pub async fn end(tx: &mut Tx, token_hash: TokenHash) -> Result<bool, StoreError> {
    let rows = on!(tx, |conn| sqlx::query(END)
        .bind(token_hash.as_slice())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// The value of a rule for everybody; 0 when nobody has set it.
///
/// # Errors
/// When the database fails.
pub async fn rule(tx: &mut Tx, rule: &str) -> Result<i32, StoreError> {
    let value: Option<i32> = on!(tx, |conn| sqlx::query_scalar(RULE)
        .bind(rule)
        .fetch_optional(conn)
        .await)?;
    Ok(value.unwrap_or_default())
}

/// Sets a rule for everybody.
///
/// # Errors
/// When the database fails.
pub async fn set_rule(tx: &mut Tx, rule: &str, value: i32) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(SET_RULE)
        .bind(rule)
        .bind(value)
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}
