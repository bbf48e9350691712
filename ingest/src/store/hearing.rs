//! Of what staff want to hear by mail.

use uuid::Uuid;

use super::{StoreError, Tx, expect_rows, list_statements, tx::on};

list_statements! {
    HEARS_ANSWERS = "
        select hears_answers from staff where staff_id = $1 and left_at is null
    ";
    SET_ANSWERS = "
        update staff set hears_answers = $2 where staff_id = $1 and left_at is null
    ";
}

/// Do they hear that the requester of a ticket of theirs wrote? Who has left hears nothing.
///
/// # Errors
/// When the database fails.
pub async fn hears_answers(tx: &mut Tx, staff: Uuid) -> Result<bool, StoreError> {
    let hears: Option<i32> = on!(tx, |conn| sqlx::query_scalar(HEARS_ANSWERS)
        .bind(staff)
        .fetch_optional(conn)
        .await)?;
    Ok(hears == Some(1))
}

/// From now on they do, or do not.
///
/// # Errors
/// When the database fails or has nobody of this id.
pub async fn set_answers(tx: &mut Tx, staff: Uuid, hears: bool) -> Result<(), StoreError> {
    let rows = on!(tx, |conn| sqlx::query(SET_ANSWERS)
        .bind(staff)
        .bind(i32::from(hears))
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    expect_rows(rows, 1)
}
