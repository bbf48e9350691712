//! What somebody has used of an allowance: one number a subject, changed by one statement.

use super::{StoreError, Tx, list_statements, tx::on};

list_statements! {
    TAKE = "
        insert into allowances (site_id, subject, used_until)
        values ($1, $2, $3)
        on conflict (site_id, subject) do update
        set used_until = case
            when allowances.used_until > $4 then allowances.used_until + $5
            else $3
        end
        where allowances.used_until + $5 <= $6
    ";
    USED_UNTIL = "
        select used_until
        from allowances
        where site_id = $1 and subject = $2
    ";
    GIVE_BACK = "
        update allowances
        set used_until = used_until - $3
        where site_id = $1 and subject = $2
    ";
    SWEEP = "
        delete from allowances
        where used_until < $1 or used_until > $2
    ";
}

/// Whom an allowance is for: a digest, so that no address is kept.
pub type Subject = [u8; 32];

/// Takes `cost_us` when no more than `filled_in_us` is then used up; `false` when it would be more, and then nothing was changed.
///
/// Whoever takes from the same subject waits until this transaction has ended; others do not.
///
/// # Errors
/// When the database fails.
pub async fn take(
    tx: &mut Tx,
    site: &str,
    subject: &Subject,
    now_us: i64,
    cost_us: i64,
    filled_in_us: i64,
) -> Result<bool, StoreError> {
    let rows = on!(tx, |conn| sqlx::query(TAKE)
        .bind(site)
        .bind(subject.as_slice())
        .bind(now_us.saturating_add(cost_us))
        .bind(now_us)
        .bind(cost_us)
        .bind(now_us.saturating_add(filled_in_us))
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// The instant at which all of it is there again; `None` when all of it is there.
///
/// # Errors
/// When the database fails.
pub async fn used_until(
    tx: &mut Tx,
    site: &str,
    subject: &Subject,
) -> Result<Option<i64>, StoreError> {
    let used_until = on!(tx, |conn| sqlx::query_scalar(USED_UNTIL)
        .bind(site)
        .bind(subject.as_slice())
        .fetch_optional(conn)
        .await)?;
    Ok(used_until)
}

/// Gives back what was taken and not used.
///
/// # Errors
/// When the database fails.
pub async fn give_back(
    tx: &mut Tx,
    site: &str,
    subject: &Subject,
    cost_us: i64,
) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(GIVE_BACK)
        .bind(site)
        .bind(subject.as_slice())
        .bind(cost_us)
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

/// Forgets whoever has all of it again, and what a clock that was ahead has written: beyond `never_us`. Answers how many that were.
///
/// # Errors
/// When the database fails.
pub async fn sweep(tx: &mut Tx, now_us: i64, never_us: i64) -> Result<u64, StoreError> {
    let rows = on!(tx, |conn| sqlx::query(SWEEP)
        .bind(now_us)
        .bind(never_us)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows)
}
