//! Answers that staff of a site use again and again.

use jiff::Timestamp;
use uuid::Uuid;

use super::{StoreError, Tx, list_statements, tx::on};

list_statements! {
    LIST = "
        select canned_id, title, body from canned_answers where site_id = $1 order by title, canned_id
    ";
    FIND = "
        select canned_id, title, body from canned_answers where site_id = $1 and canned_id = $2
    ";
    PUT = "
        insert into canned_answers (site_id, canned_id, title, body, changed_by, changed_at)
        values ($1, $2, $3, $4, $5, $6)
        on conflict (site_id, canned_id) do update
        set title = $3, body = $4, changed_by = $5, changed_at = $6
    ";
    DELETE = "
        delete from canned_answers where site_id = $1 and canned_id = $2
    ";
    COUNT = "
        select count(*) from canned_answers where site_id = $1
    ";
}

/// An answer with placeholders.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Canned {
    /// Its id.
    #[sqlx(rename = "canned_id")]
    pub id: Uuid,
    /// By what staff find it.
    pub title: String,
    /// Its text.
    pub body: String,
}

/// All of a site, by title.
///
/// # Errors
/// When the database fails.
pub async fn list(tx: &mut Tx, site: &str) -> Result<Vec<Canned>, StoreError> {
    Ok(on!(tx, |conn| sqlx::query_as(LIST)
        .bind(site)
        .fetch_all(conn)
        .await)?)
}

/// One of a site.
///
/// # Errors
/// When the database fails.
pub async fn find(tx: &mut Tx, site: &str, id: Uuid) -> Result<Option<Canned>, StoreError> {
    Ok(on!(tx, |conn| sqlx::query_as(FIND)
        .bind(site)
        .bind(id)
        .fetch_optional(conn)
        .await)?)
}

/// Keeps one, new or changed.
///
/// # Errors
/// When the database fails.
pub async fn put(
    tx: &mut Tx,
    site: &str,
    canned: &Canned,
    by: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let rows = on!(tx, |conn| sqlx::query(PUT)
        .bind(site)
        .bind(canned.id)
        .bind(&canned.title)
        .bind(&canned.body)
        .bind(by)
        .bind(now.as_microsecond())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    super::expect_rows(rows, 1)
}

/// Takes one away; `false` when it is not there.
///
/// # Errors
/// When the database fails.
pub async fn delete(tx: &mut Tx, site: &str, id: Uuid) -> Result<bool, StoreError> {
    let rows = on!(tx, |conn| sqlx::query(DELETE)
        .bind(site)
        .bind(id)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// How many a site has.
///
/// # Errors
/// When the database fails.
pub async fn count(tx: &mut Tx, site: &str) -> Result<u64, StoreError> {
    let count: i64 = on!(tx, |conn| sqlx::query_scalar(COUNT)
        .bind(site)
        .fetch_one(conn)
        .await)?;
    super::unsigned("canned_answers", count)
}
