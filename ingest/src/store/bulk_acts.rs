//! What somebody of staff did last to many tickets.

use jiff::Timestamp;
use uuid::Uuid;

use super::{StoreError, Tx, expect_rows, instant, list_statements, tx::on};

list_statements! {
    PUT = "
        insert into bulk_acts (staff_id, act_id, at, done)
        values ($1, $2, $3, $4)
        on conflict (staff_id) do update
        set act_id = excluded.act_id, at = excluded.at, done = excluded.done
    ";
    OF = "
        select act_id, at, done from bulk_acts where staff_id = $1
    ";
    LOCK = "
        update bulk_acts set at = at where staff_id = $1 and act_id = $2
    ";
}

/// An act on many tickets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    /// Its id.
    pub id: Uuid,
    /// When.
    pub at: Timestamp,
    /// What came of it, as JSON.
    pub done: String,
}

/// Puts an act in the place of the one before.
///
/// # Errors
/// When the database fails.
pub async fn put(tx: &mut Tx, staff: Uuid, act: &Act) -> Result<(), StoreError> {
    let rows = on!(tx, |conn| sqlx::query(PUT)
        .bind(staff)
        .bind(act.id)
        .bind(act.at.as_microsecond())
        .bind(&act.done)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    expect_rows(rows, 1)
}

/// What somebody did last.
///
/// # Errors
/// When the database fails.
pub async fn of(tx: &mut Tx, staff: Uuid) -> Result<Option<Act>, StoreError> {
    let row: Option<(Uuid, i64, String)> = on!(tx, |conn| sqlx::query_as(OF)
        .bind(staff)
        .fetch_optional(conn)
        .await)?;
    let act = |(id, at, done)| {
        let at = instant("bulk_acts", at)?;
        Ok(Act { id, at, done })
    };
    row.map(act).transpose()
}

/// Makes others who take the same act back wait until this transaction ends; `false` when there is another act by now.
///
/// # Errors
/// When the database fails.
pub async fn lock(tx: &mut Tx, staff: Uuid, id: Uuid) -> Result<bool, StoreError> {
    let rows = on!(tx, |conn| sqlx::query(LOCK)
        .bind(staff)
        .bind(id)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}
