//! Tags: words by which staff find tickets again.

use uuid::Uuid;

use super::{StoreError, Tx, list_statements, tx::on};

list_statements! {
    OF = "
        select tag from tags where site_id = $1 and ticket_id = $2 order by tag
    ";
    ADD = "
        insert into tags (site_id, ticket_id, tag)
        values ($1, $2, $3)
        on conflict do nothing
    ";
    REMOVE = "
        delete from tags where site_id = $1 and ticket_id = $2 and tag = $3
    ";
    KNOWN = "
        with recursive known (tag) as (
            select min(tag) from tags where site_id = $1
            union all
            select (select min(tags.tag) from tags where tags.site_id = $1 and tags.tag > known.tag) from known where known.tag is not null
        )
        select tag from known where tag is not null limit $2
    ";
}

/// The tags of a ticket, by name.
///
/// # Errors
/// When the database fails.
pub async fn of(tx: &mut Tx, site: &str, ticket: Uuid) -> Result<Vec<String>, StoreError> {
    Ok(on!(tx, |conn| sqlx::query_scalar(OF)
        .bind(site)
        .bind(ticket)
        .fetch_all(conn)
        .await)?)
}

/// Gives a ticket a tag; `false` when it has it already.
///
/// # Errors
/// When the database fails.
pub async fn add(tx: &mut Tx, site: &str, ticket: Uuid, tag: &str) -> Result<bool, StoreError> {
    run(tx, ADD, site, ticket, tag).await
}

/// Takes a tag away; `false` when the ticket does not have it.
///
/// # Errors
/// When the database fails.
pub async fn remove(tx: &mut Tx, site: &str, ticket: Uuid, tag: &str) -> Result<bool, StoreError> {
    run(tx, REMOVE, site, ticket, tag).await
}

async fn run(
    tx: &mut Tx,
    statement: &'static str,
    site: &str,
    ticket: Uuid,
    tag: &str,
) -> Result<bool, StoreError> {
    let rows = on!(tx, |conn| sqlx::query(statement)
        .bind(site)
        .bind(ticket)
        .bind(tag)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Tags that tickets of a site have, by name; the first `most`. Goes from one tag to the next in the index, so that it is of no account how many
/// tickets have them.
///
/// # Errors
/// When the database fails.
pub async fn known(tx: &mut Tx, site: &str, most: u32) -> Result<Vec<String>, StoreError> {
    let mut known: Vec<String> = on!(tx, |conn| sqlx::query_scalar(KNOWN)
        .bind(site)
        .bind(i64::from(most))
        .fetch_all(conn)
        .await)?;
    known.sort_unstable();
    Ok(known)
}
