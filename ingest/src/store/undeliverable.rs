//! Addresses that a mail server said it cannot deliver to.

use jiff::Timestamp;

use super::{StoreError, Tx, expect_rows, instant, list_statements, tx::on};
use crate::mail::recipient::Key;

list_statements! {
    MARK = "
        insert into undeliverable_addresses (address, until)
        values ($1, $2)
        on conflict (address) do update
        set until = excluded.until
    ";
    UNTIL = "
        select until from undeliverable_addresses where address = $1 and until > $2
    ";
    LIFT = "
        delete from undeliverable_addresses where address = $1
    ";
    FORGET = "
        delete from undeliverable_addresses where until <= $1
    ";
}

/// Writes down that no mail goes to an address until then.
///
/// # Errors
/// When the database fails.
pub async fn mark(tx: &mut Tx, address: &Key, until: Timestamp) -> Result<(), StoreError> {
    let rows = on!(tx, |conn| sqlx::query(MARK)
        .bind(address.as_slice())
        .bind(until.as_microsecond())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    expect_rows(rows, 1)
}

/// Until when no mail goes to an address; `None` when it may get mail now.
///
/// # Errors
/// When the database fails.
pub async fn until(
    tx: &mut Tx,
    address: &Key,
    now: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    let until: Option<i64> = on!(tx, |conn| sqlx::query_scalar(UNTIL)
        .bind(address.as_slice())
        .bind(now.as_microsecond())
        .fetch_optional(conn)
        .await)?;
    until
        .map(|at| instant("undeliverable_addresses", at))
        .transpose()
}

/// Lets an address get mail again.
///
/// # Errors
/// When the database fails.
pub async fn lift(tx: &mut Tx, address: &Key) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(LIFT)
        .bind(address.as_slice())
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

/// Forgets addresses that may get mail again; answers how many there were.
///
/// # Errors
/// When the database fails.
pub async fn forget(tx: &mut Tx, now: Timestamp) -> Result<u64, StoreError> {
    Ok(on!(tx, |conn| sqlx::query(FORGET)
        .bind(now.as_microsecond())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?)
}
