//! Keys of the blob store under which bytes may lie that no other row names.

use jiff::Timestamp;

use super::{StoreError, Tx, expect_rows, list_statements, tx::on};

list_statements! {
    BEGIN = "
        insert into loose_blobs (site_id, blob, state, since)
        values ($1, $2, 'writing', $3)
    ";
    CLAIM = "
        delete from loose_blobs
        where site_id = $1 and blob = $2 and state = 'writing'
    ";
    DOOM = "
        insert into loose_blobs (site_id, blob, state, since)
        values ($1, $2, 'doomed', $3)
        on conflict (site_id, blob) do update
        set state = 'doomed'
    ";
    DOOM_ABANDONED = "
        update loose_blobs
        set state = 'doomed'
        where state = 'writing' and since <= $1
    ";
    IS_BEING_WRITTEN = "
        select count(*)
        from loose_blobs
        where blob = $1 and state = 'writing'
    ";
    DOOMED = "
        select site_id, blob
        from loose_blobs
        where state = 'doomed'
        order by since
        limit $1
    ";
    REMOVE = "
        delete from loose_blobs
        where site_id = $1 and blob = $2 and state = 'doomed'
    ";
}

/// Bytes will be written under this new key.
///
/// # Errors
/// When the database fails.
pub async fn begin(tx: &mut Tx, site: &str, blob: &str, now: Timestamp) -> Result<(), StoreError> {
    let rows = on!(tx, |conn| sqlx::query(BEGIN)
        .bind(site)
        .bind(blob)
        .bind(now.as_microsecond())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    expect_rows(rows, 1)
}

/// Another row names the key from now on; `false` when the sweep was there before, and takes the bytes away.
///
/// # Errors
/// When the database fails.
pub async fn claim(tx: &mut Tx, site: &str, blob: &str) -> Result<bool, StoreError> {
    let rows = on!(tx, |conn| sqlx::query(CLAIM)
        .bind(site)
        .bind(blob)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// The bytes under this key are to be deleted.
///
/// # Errors
/// When the database fails.
pub async fn doom(tx: &mut Tx, site: &str, blob: &str, now: Timestamp) -> Result<(), StoreError> {
    let rows = on!(tx, |conn| sqlx::query(DOOM)
        .bind(site)
        .bind(blob)
        .bind(now.as_microsecond())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    expect_rows(rows, 1)
}

/// What was begun at `since` or before, at all sites, is to be deleted: nobody writes for so long. Answers how many there were.
///
/// # Errors
/// When the database fails.
pub async fn doom_abandoned(tx: &mut Tx, since: Timestamp) -> Result<u64, StoreError> {
    Ok(on!(tx, |conn| sqlx::query(DOOM_ABANDONED)
        .bind(since.as_microsecond())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?)
}

/// May somebody be writing under this key now, at whichever site?
///
/// # Errors
/// When the database fails.
pub async fn is_being_written(tx: &mut Tx, blob: &str) -> Result<bool, StoreError> {
    let count: i64 = on!(tx, |conn| sqlx::query_scalar(IS_BEING_WRITTEN)
        .bind(blob)
        .fetch_one(conn)
        .await)?;
    Ok(count > 0)
}

/// Sites and keys of what is to be deleted, the oldest first.
///
/// # Errors
/// When the database fails.
pub async fn doomed(tx: &mut Tx, most: u32) -> Result<Vec<(String, String)>, StoreError> {
    Ok(on!(tx, |conn| sqlx::query_as(DOOMED)
        .bind(i64::from(most))
        .fetch_all(conn)
        .await)?)
}

/// The bytes are gone. Another process may have said so before.
///
/// # Errors
/// When the database fails.
pub async fn remove(tx: &mut Tx, site: &str, blob: &str) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(REMOVE)
        .bind(site)
        .bind(blob)
        .execute(conn)
        .await
        .map(|_| ()))?;
    Ok(())
}
