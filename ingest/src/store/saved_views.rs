//! Filters of lists that staff gave a name.

use jiff::Timestamp;
use uuid::Uuid;

use super::{StoreError, Tx, expect_rows, list_statements, tx::on};

list_statements! {
    INSERT = "
        insert into saved_views (view_id, staff_id, name, path, query, is_shared, created_at)
        values ($1, $2, $3, $4, $5, $6, $7)
    ";
    SEEN_BY = "
        select saved_views.view_id, saved_views.staff_id, saved_views.name, path, query, is_shared, staff.name as owner
        from saved_views
        join staff on staff.staff_id = saved_views.staff_id
        where saved_views.staff_id = $1 or is_shared = 1
        order by saved_views.created_at, saved_views.view_id
        limit 200
    ";
    COUNT_OF = "
        select count(*) from saved_views where staff_id = $1
    ";
    CHANGE = "
        update saved_views
        set name = $3, is_shared = $4
        where view_id = $1 and staff_id = $2
    ";
    DELETE = "
        delete from saved_views where view_id = $1 and staff_id = $2
    ";
}

/// A filter with a name.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct View {
    /// Its id.
    #[sqlx(rename = "view_id")]
    pub id: Uuid,
    /// Who made it. They alone change it.
    #[sqlx(rename = "staff_id")]
    pub staff: Uuid,
    /// As it is called.
    pub name: String,
    /// Path of the list.
    pub path: String,
    /// The filter, as it stands in an address.
    pub query: String,
    /// 1: colleagues see it, too.
    pub is_shared: i64,
    /// Name of who made it.
    pub owner: String,
}

/// Adds a view.
///
/// # Errors
/// When the database fails.
pub async fn insert(tx: &mut Tx, view: &View, now: Timestamp) -> Result<(), StoreError> {
    let rows = on!(tx, |conn| sqlx::query(INSERT)
        .bind(view.id)
        .bind(view.staff)
        .bind(&view.name)
        .bind(&view.path)
        .bind(&view.query)
        .bind(view.is_shared)
        .bind(now.as_microsecond())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    expect_rows(rows, 1)
}

/// The views of somebody and those that colleagues share, the oldest first.
///
/// # Errors
/// When the database fails.
pub async fn seen_by(tx: &mut Tx, staff: Uuid) -> Result<Vec<View>, StoreError> {
    Ok(on!(tx, |conn| sqlx::query_as(SEEN_BY)
        .bind(staff)
        .fetch_all(conn)
        .await)?)
}

/// How many somebody has made.
///
/// # Errors
/// When the database fails.
pub async fn count_of(tx: &mut Tx, staff: Uuid) -> Result<u64, StoreError> {
    let count: i64 = on!(tx, |conn| sqlx::query_scalar(COUNT_OF)
        .bind(staff)
        .fetch_one(conn)
        .await)?;
    super::unsigned("saved_views", count)
}

/// Gives a view of `staff` another name, and shares it or not; `false` when they have no such view.
///
/// # Errors
/// When the database fails.
pub async fn change(
    tx: &mut Tx,
    id: Uuid,
    staff: Uuid,
    name: &str,
    is_shared: bool,
) -> Result<bool, StoreError> {
    let rows = on!(tx, |conn| sqlx::query(CHANGE)
        .bind(id)
        .bind(staff)
        .bind(name)
        .bind(i64::from(is_shared))
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Takes a view of `staff` away; `false` when they have no such view.
///
/// # Errors
/// When the database fails.
pub async fn delete(tx: &mut Tx, id: Uuid, staff: Uuid) -> Result<bool, StoreError> {
    let rows = on!(tx, |conn| sqlx::query(DELETE)
        .bind(id)
        .bind(staff)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}
