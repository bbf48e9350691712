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
    HEARS_MENTIONS = "
        select hears_mentions from staff where staff_id = $1 and left_at is null
    ";
    SET_MENTIONS = "
        update staff set hears_mentions = $2 where staff_id = $1 and left_at is null
    ";
}

/// Do they hear that the requester of a ticket of theirs wrote? Who has left hears nothing.
///
/// # Errors
/// When the database fails.
pub async fn hears_answers(tx: &mut Tx, staff: Uuid) -> Result<bool, StoreError> {
    hears(tx, HEARS_ANSWERS, staff).await
}

/// Do they hear that a colleague names them in a note? Who has left hears nothing.
///
/// # Errors
/// When the database fails.
pub async fn hears_mentions(tx: &mut Tx, staff: Uuid) -> Result<bool, StoreError> {
    hears(tx, HEARS_MENTIONS, staff).await
}

async fn hears(tx: &mut Tx, statement: &'static str, staff: Uuid) -> Result<bool, StoreError> {
    let hears: Option<i32> = on!(tx, |conn| sqlx::query_scalar(statement)
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
    set(tx, SET_ANSWERS, staff, hears).await
}

/// The same for notes that name them.
///
/// # Errors
/// When the database fails or has nobody of this id.
pub async fn set_mentions(tx: &mut Tx, staff: Uuid, hears: bool) -> Result<(), StoreError> {
    set(tx, SET_MENTIONS, staff, hears).await
}

async fn set(
    tx: &mut Tx,
    statement: &'static str,
    staff: Uuid,
    hears: bool,
) -> Result<(), StoreError> {
    let rows = on!(tx, |conn| sqlx::query(statement)
        .bind(staff)
        .bind(i32::from(hears))
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    expect_rows(rows, 1)
}
