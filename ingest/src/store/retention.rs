//! Tickets that are over and about which nothing has happened for long.
//!
//! A ticket whose files belong to a part of it, too, waits until that part is gone: the parts go first.

use jiff::Timestamp;
use uuid::Uuid;

use super::{StoreError, Tx, list_statements, tx::on};

/// `$1` the site, `$2` the instant. That files were erased is nothing that happened about the request.
macro_rules! due {
    () => {
        "tickets.site_id = $1 and tickets.held is null and tickets.received_at <= $2 and tickets.status in ('solved', 'closed')
            and (
                select timeline.at from timeline
                where timeline.site_id = tickets.site_id and timeline.ticket_id = tickets.ticket_id and timeline.kind <> 'files_erased'
                order by timeline.seq desc
                limit 1
            ) <= $2
            and not exists (
                select 1 from attachments
                join attachment_shares on attachment_shares.site_id = attachments.site_id and attachment_shares.attachment_id = attachments.attachment_id
                where attachments.site_id = tickets.site_id and attachments.ticket_id = tickets.ticket_id
            )"
    };
}

list_statements! {
    DUE = concat!("select tickets.ticket_id from tickets where ", due!(), "
        order by tickets.received_at, tickets.ticket_id
        limit $3
    ");
    DUE_WITH_FILES = concat!("select tickets.ticket_id from tickets where ", due!(), "
            and exists (select 1 from attachments where attachments.site_id = tickets.site_id and attachments.ticket_id = tickets.ticket_id)
        order by tickets.received_at, tickets.ticket_id
        limit $3
    ");
    IS_DUE = concat!("select count(*) from tickets where ", due!(), " and tickets.ticket_id = $3");
}

/// The tickets of a site that are over and about which nothing has happened since `before`, the oldest first; those with files only, if that is
/// asked.
///
/// # Errors
/// When the database fails.
pub async fn due(
    tx: &mut Tx,
    site: &str,
    before: Timestamp,
    with_files: bool,
    most: u32,
) -> Result<Vec<Uuid>, StoreError> {
    let statement = if with_files { DUE_WITH_FILES } else { DUE };
    Ok(on!(tx, |conn| sqlx::query_scalar(statement)
        .bind(site)
        .bind(before.as_microsecond())
        .bind(i64::from(most))
        .fetch_all(conn)
        .await)?)
}

/// Is a ticket one of them? Asked after it is held, so that the answer stays true.
///
/// # Errors
/// When the database fails.
pub async fn is_due(
    tx: &mut Tx,
    site: &str,
    ticket: Uuid,
    before: Timestamp,
) -> Result<bool, StoreError> {
    let count: i64 = on!(tx, |conn| sqlx::query_scalar(IS_DUE)
        .bind(site)
        .bind(before.as_microsecond())
        .bind(ticket)
        .fetch_one(conn)
        .await)?;
    Ok(count == 1)
}
