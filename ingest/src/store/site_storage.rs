//! How many bytes the files of a site take up: its attachments as they are kept, and its uploads as far as they have come.
//!
//! One number a site, so that a quota costs one statement however many files there are. Whoever changes what it counts changes it in the
//! same transaction, and last of all, because others wait for it until that transaction has ended. An upload that becomes an attachment
//! keeps its bytes, so a submission does not touch it.

use std::collections::HashMap;

use super::{StoreError, Tx, expect_rows, list_statements, signed, tx::on};

list_statements! {
    USED = "
        select used_bytes
        from site_storage
        where site_id = $1
    ";
    TAKE = "
        insert into site_storage (site_id, used_bytes)
        values ($1, $2)
        on conflict (site_id) do update
        set used_bytes = site_storage.used_bytes + $2
        where site_storage.used_bytes + $2 <= $3
    ";
    CHANGE = "
        insert into site_storage (site_id, used_bytes)
        values ($1, $2)
        on conflict (site_id) do update
        set used_bytes = site_storage.used_bytes + $2
    ";
    LIST = "
        select site_id, used_bytes
        from site_storage
    ";
    ASTRAY = "
        select sites.site_id
        from sites
        left join site_storage on site_storage.site_id = sites.site_id
        left join (select site_id, sum(size_bytes) as bytes from attachments group by site_id) kept on kept.site_id = sites.site_id
        left join (select site_id, sum(offset_bytes) as bytes from uploads group by site_id) coming on coming.site_id = sites.site_id
        where coalesce(site_storage.used_bytes, 0) <> coalesce(kept.bytes, 0) + coalesce(coming.bytes, 0)
        order by sites.site_id
    ";
    COUNT_AGAIN = "
        update site_storage
        set used_bytes = coalesce((select sum(size_bytes) from attachments where site_id = $1), 0)
            + coalesce((select sum(offset_bytes) from uploads where site_id = $1), 0)
        where site_id = $1
    ";
}

/// Whether `bytes` more would be no more than `most_bytes` at this moment. Nothing is promised: others take room meanwhile.
///
/// # Errors
/// When the database fails.
pub async fn has_room(
    tx: &mut Tx,
    site: &str,
    bytes: u64,
    most_bytes: u64,
) -> Result<bool, StoreError> {
    let used: Option<i64> = on!(tx, |conn| sqlx::query_scalar(USED)
        .bind(site)
        .fetch_optional(conn)
        .await)?;
    let used_bytes = used.map_or(0, |bytes| u64::try_from(bytes).unwrap_or(0));
    Ok(used_bytes.saturating_add(bytes) <= most_bytes)
}

/// Counts `bytes` more when no more than `most_bytes` are then used; `false` when it would be more, and then nothing was changed.
///
/// # Errors
/// When the database fails.
pub async fn take(
    tx: &mut Tx,
    site: &str,
    bytes: u64,
    most_bytes: u64,
) -> Result<bool, StoreError> {
    // Nobody waits for the row on account of nothing, nor is refused when the quota was made smaller than what is there.
    if bytes == 0 {
        return Ok(true);
    }
    // The first row of a site is written without being compared.
    if bytes > most_bytes {
        return Ok(false);
    }
    let rows = on!(tx, |conn| sqlx::query(TAKE)
        .bind(site)
        .bind(signed(bytes))
        .bind(signed(most_bytes))
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// A file that was counted with `before_bytes` is kept with `after_bytes`: none of either when it came or went.
///
/// # Errors
/// When the database fails.
pub async fn change(
    tx: &mut Tx,
    site: &str,
    before_bytes: u64,
    after_bytes: u64,
) -> Result<(), StoreError> {
    if before_bytes == after_bytes {
        return Ok(());
    }
    let rows = on!(tx, |conn| sqlx::query(CHANGE)
        .bind(site)
        .bind(signed(after_bytes).saturating_sub(signed(before_bytes)))
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    expect_rows(rows, 1)
}

/// The bytes that the files of each site take up, by its key. A site that never had a file is not in it.
///
/// # Errors
/// When the database fails.
pub async fn used(tx: &mut Tx) -> Result<HashMap<String, u64>, StoreError> {
    let rows: Vec<(String, i64)> = on!(tx, |conn| sqlx::query_as(LIST).fetch_all(conn).await)?;
    // Below nothing only until it is counted again.
    let used = |(site, bytes): (String, i64)| (site, u64::try_from(bytes).unwrap_or(0));
    Ok(rows.into_iter().map(used).collect())
}

/// Sites whose number is not what their files take up. It reads every row of a file, and nobody waits for it.
///
/// # Errors
/// When the database fails.
pub async fn astray(tx: &mut Tx) -> Result<Vec<String>, StoreError> {
    Ok(on!(tx, |conn| sqlx::query_scalar(ASTRAY)
        .fetch_all(conn)
        .await)?)
}

/// Counts the files of a site again. Whoever brings or takes away a file of it waits meanwhile; a submission does not.
///
/// # Errors
/// When the database fails.
pub async fn count_again(tx: &mut Tx, site: &str) -> Result<(), StoreError> {
    // Held first: PostgreSQL then counts what was committed up to now, and nobody else commits a change of it.
    let held = on!(tx, |conn| sqlx::query(CHANGE)
        .bind(site)
        .bind(0_i64)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    expect_rows(held, 1)?;
    let rows = on!(tx, |conn| sqlx::query(COUNT_AGAIN)
        .bind(site)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    expect_rows(rows, 1)
}
