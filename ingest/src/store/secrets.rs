//! What the installation keeps secret, as `secrets` sealed it: the same for every process on the database, and in its backups.

use super::{StoreError, Tx, expect_rows, list_statements, tx::on};

list_statements! {
    PUT_IF_NONE = "
        insert into secrets (name, value)
        values ($1, $2)
        on conflict (name) do nothing
    ";
    PUT = "
        insert into secrets (name, value)
        values ($1, $2)
        on conflict (name) do update
        set value = excluded.value
    ";
    REPLACE = "
        update secrets
        set value = $3
        where name = $1 and value = $2
    ";
    GET = "
        select value from secrets where name = $1
    ";
}

/// Keeps a secret unless there is one of this name.
///
/// # Errors
/// When the database fails.
pub async fn put_if_none(tx: &mut Tx, name: &str, sealed: &[u8]) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(PUT_IF_NONE)
        .bind(name)
        .bind(sealed)
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

/// Keeps a secret, in the place of the one before.
///
/// # Errors
/// When the database fails.
pub async fn put(tx: &mut Tx, name: &str, sealed: &[u8]) -> Result<(), StoreError> {
    let rows = on!(tx, |conn| sqlx::query(PUT)
        .bind(name)
        .bind(sealed)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    expect_rows(rows, 1)
}

/// Keeps a secret in another form; `false`, and nothing was changed, when something else stands there by now.
///
/// # Errors
/// When the database fails.
pub async fn replace(
    tx: &mut Tx,
    name: &str,
    before: &[u8],
    sealed: &[u8],
) -> Result<bool, StoreError> {
    let rows = on!(tx, |conn| sqlx::query(REPLACE)
        .bind(name)
        .bind(before)
        .bind(sealed)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// The secret of this name, as it is kept.
///
/// # Errors
/// When the database fails.
pub async fn get(tx: &mut Tx, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(on!(tx, |conn| sqlx::query_scalar(GET)
        .bind(name)
        .fetch_optional(conn)
        .await)?)
}
