//! Who of staff has a ticket.

use uuid::Uuid;

use super::{StoreError, Tx, expect_rows, list_statements, tx::on};

list_statements! {
    OF = "
        select staff.staff_id, staff.name
        from tickets
        join staff on staff.staff_id = tickets.assignee
        where tickets.site_id = $1 and tickets.ticket_id = $2 and staff.left_at is null
    ";
    ASSIGN = "
        update tickets
        set assignee = $3
        where site_id = $1 and ticket_id = $2
    ";
}

/// Somebody who can have a ticket.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Person {
    /// Internal id.
    #[sqlx(rename = "staff_id")]
    pub id: Uuid,
    /// As colleagues know them.
    pub name: String,
}

/// Who has a ticket; nobody where nobody was named, or who was named has left.
///
/// # Errors
/// When the database fails.
pub async fn of(tx: &mut Tx, site: &str, ticket: Uuid) -> Result<Option<Person>, StoreError> {
    Ok(on!(tx, |conn| sqlx::query_as(OF)
        .bind(site)
        .bind(ticket)
        .fetch_optional(conn)
        .await)?)
}

/// Gives a ticket to somebody, or to nobody.
///
/// # Errors
/// When the database fails or has no such ticket.
pub async fn assign(
    tx: &mut Tx,
    site: &str,
    ticket: Uuid,
    to: Option<Uuid>,
) -> Result<(), StoreError> {
    let rows = on!(tx, |conn| sqlx::query(ASSIGN)
        .bind(site)
        .bind(ticket)
        .bind(to)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    expect_rows(rows, 1)
}
