//! What requesters think of the help that they got.

use jiff::Timestamp;
use uuid::Uuid;

use super::{StoreError, Tx, expect_rows, instant, list_statements, tx::on};
use crate::rating::Rating;

list_statements! {
    PUT = "
        insert into ratings (site_id, ticket_id, is_good, comment, rated_at, changed_at)
        values ($1, $2, $3, $4, $5, $6)
        on conflict (site_id, ticket_id) do update
        set is_good = excluded.is_good, comment = excluded.comment, changed_at = excluded.changed_at
    ";
    FIND = "
        select is_good, comment, rated_at, changed_at
        from ratings
        where site_id = $1 and ticket_id = $2
    ";
}

#[derive(sqlx::FromRow)]
struct Row {
    is_good: i32,
    comment: Option<String>,
    rated_at: i64,
    changed_at: i64,
}

impl TryFrom<Row> for Rating {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            is_good: row.is_good != 0,
            comment: row.comment,
            rated_at: instant("ratings", row.rated_at)?,
            changed_at: instant("ratings", row.changed_at)?,
        })
    }
}

/// Keeps the rating of a ticket, in place of the one before; when it was given first stays.
///
/// # Errors
/// When the database fails.
pub async fn put(tx: &mut Tx, site: &str, ticket: Uuid, rating: &Rating) -> Result<(), StoreError> {
    let rows = on!(tx, |conn| sqlx::query(PUT)
        .bind(site)
        .bind(ticket)
        .bind(i32::from(rating.is_good))
        .bind(&rating.comment)
        .bind(Timestamp::as_microsecond(rating.rated_at))
        .bind(Timestamp::as_microsecond(rating.changed_at))
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    expect_rows(rows, 1)
}

/// The rating of a ticket.
///
/// # Errors
/// When the database fails.
pub async fn find(tx: &mut Tx, site: &str, ticket: Uuid) -> Result<Option<Rating>, StoreError> {
    let row: Option<Row> = on!(tx, |conn| sqlx::query_as(FIND)
        .bind(site)
        .bind(ticket)
        .fetch_optional(conn)
        .await)?;
    row.map(Rating::try_from).transpose()
}
