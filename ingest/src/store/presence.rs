//! Who of staff has the page of a ticket open, and who is writing there.

use jiff::Timestamp;
use uuid::Uuid;

use super::{StoreError, Tx, expect_rows, list_statements, tx::on};

list_statements! {
    SEEN = "
        insert into ticket_presence (site_id, ticket_id, staff_id, is_writing, seen_at)
        values ($1, $2, $3, $4, $5)
        on conflict (site_id, ticket_id, staff_id) do update
        set is_writing = $4, seen_at = $5
    ";
    GONE = "
        delete from ticket_presence where site_id = $1 and ticket_id = $2 and staff_id = $3
    ";
    FORGET = "
        delete from ticket_presence where seen_at < $1
    ";
    OTHERS = "
        select staff.name, ticket_presence.is_writing
        from ticket_presence
        join staff on staff.staff_id = ticket_presence.staff_id
        where ticket_presence.site_id = $1 and ticket_presence.ticket_id = $2 and ticket_presence.staff_id <> $3 and ticket_presence.seen_at > $4
        order by staff.name
    ";
}

/// A colleague at the same ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Colleague {
    /// As colleagues know them.
    pub name: String,
    /// There is something in their box.
    pub is_writing: bool,
}

/// Notes that somebody is there.
///
/// # Errors
/// When the database fails.
pub async fn seen(
    tx: &mut Tx,
    site: &str,
    ticket: Uuid,
    staff: Uuid,
    is_writing: bool,
    now: Timestamp,
) -> Result<(), StoreError> {
    let rows = on!(tx, |conn| sqlx::query(SEEN)
        .bind(site)
        .bind(ticket)
        .bind(staff)
        .bind(i64::from(is_writing))
        .bind(now.as_microsecond())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    expect_rows(rows, 1)
}

/// Notes that somebody has left.
///
/// # Errors
/// When the database fails.
pub async fn gone(tx: &mut Tx, site: &str, ticket: Uuid, staff: Uuid) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(GONE)
        .bind(site)
        .bind(ticket)
        .bind(staff)
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

/// Forgets who was seen last before `before`.
///
/// # Errors
/// When the database fails.
pub async fn forget(tx: &mut Tx, before: Timestamp) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(FORGET)
        .bind(before.as_microsecond())
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

/// Everybody but `staff` who was seen at a ticket after `since`, by name.
///
/// # Errors
/// When the database fails.
pub async fn others(
    tx: &mut Tx,
    site: &str,
    ticket: Uuid,
    staff: Uuid,
    since: Timestamp,
) -> Result<Vec<Colleague>, StoreError> {
    let rows: Vec<(String, i64)> = on!(tx, |conn| sqlx::query_as(OTHERS)
        .bind(site)
        .bind(ticket)
        .bind(staff)
        .bind(since.as_microsecond())
        .fetch_all(conn)
        .await)?;
    let colleague = |(name, is_writing): (String, i64)| Colleague {
        name,
        is_writing: is_writing != 0,
    };
    Ok(rows.into_iter().map(colleague).collect())
}
