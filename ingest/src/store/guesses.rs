//! How often somebody guessed of late: one number a subject, as in [`super::allowances`], but of no site.

use super::{StoreError, Tx, list_statements, tx::on};

list_statements! {
    TAKE = "
        insert into staff_guesses (subject, used_until)
        values ($1, $2)
        on conflict (subject) do update
        set used_until = case
            when staff_guesses.used_until > $3 then staff_guesses.used_until + $4
            else $2
        end
        where staff_guesses.used_until + $4 <= $5
    ";
    USED_UNTIL = "
        select used_until from staff_guesses where subject = $1
    ";
    GIVE_BACK = "
        update staff_guesses set used_until = used_until - $2 where subject = $1
    ";
    FORGET = "
        delete from staff_guesses where used_until < $1
    ";
}

/// Who guesses, or at what: a digest.
pub type Subject = [u8; 32];

/// Takes `cost_us` when no more than `filled_in_us` is then used up; `false` when it would be more, and then nothing was changed.
///
/// # Errors
/// When the database fails.
pub async fn take(
    tx: &mut Tx,
    subject: &Subject,
    now_us: i64,
    cost_us: i64,
    filled_in_us: i64,
) -> Result<bool, StoreError> {
    let rows = on!(tx, |conn| sqlx::query(TAKE)
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

/// The instant at which nothing is used up any more.
///
/// # Errors
/// When the database fails.
pub async fn used_until(tx: &mut Tx, subject: &Subject) -> Result<Option<i64>, StoreError> {
    Ok(on!(tx, |conn| sqlx::query_scalar(USED_UNTIL)
        .bind(subject.as_slice())
        .fetch_optional(conn)
        .await)?)
}

/// Gives back what was taken for a guess that was none.
///
/// # Errors
/// When the database fails.
pub async fn give_back(tx: &mut Tx, subject: &Subject, cost_us: i64) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(GIVE_BACK)
        .bind(subject.as_slice())
        .bind(cost_us)
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

/// Forgets whoever has all of it again.
///
/// # Errors
/// When the database fails.
pub async fn forget(tx: &mut Tx, now_us: i64) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(FORGET)
        .bind(now_us)
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}
