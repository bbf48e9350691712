//! Colleagues whom notes name, and whether they have looked.

use jiff::Timestamp;
use uuid::Uuid;

use super::{StoreError, Tx, instant, list_statements, tx::on, unsigned};
use crate::staff::VisibleSites;

/// So many that are not seen are counted, and one more.
pub const MOST_COUNTED: u64 = 99;

list_statements! {
    ADD = "
        insert into mentions (site_id, message_id, staff_id, ticket_id, handle, at)
        values ($1, $2, $3, $4, $5, $6)
        on conflict do nothing
    ";
    OF_TICKET = "
        select mentions.message_id, mentions.staff_id, staff.name, staff.email, mentions.handle
        from mentions
        join staff on staff.staff_id = mentions.staff_id
        where mentions.site_id = $1 and mentions.ticket_id = $2
        order by staff.name, mentions.staff_id
    ";
    UNSEEN_OF_TICKET = "
        select message_id from mentions
        where site_id = $1 and ticket_id = $2 and staff_id = $3 and seen_at is null
        order by at, message_id
    ";
    SEE = "
        update mentions set seen_at = $4
        where site_id = $1 and message_id = $2 and staff_id = $3 and seen_at is null
    ";
    IS_UNSEEN = "
        select count(*) from mentions
        where site_id = $1 and message_id = $2 and staff_id = $3 and seen_at is null
    ";
    COUNT_UNSEEN = "
        select count(*) from (
            select 1 from mentions
            where mentions.staff_id = $1 and mentions.seen_at is null
                and ($2 = 1 or mentions.site_id in (select staff_sites.site_id from staff_sites where staff_sites.staff_id = $3))
            limit 100
        ) as counted
    ";
    LATEST = "
        select mentions.site_id, mentions.ticket_id, mentions.message_id, mentions.at, mentions.seen_at
        from mentions
        where (mentions.at, mentions.message_id) < ($1, $2)
            and ($4 = 1 or mentions.site_id in (select staff_sites.site_id from staff_sites where staff_sites.staff_id = $5))
            and mentions.staff_id = $6
        order by mentions.at desc, mentions.message_id desc
        limit $3
    ";
}

/// Somebody who is named in a note of a ticket.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Named {
    /// The note.
    #[sqlx(rename = "message_id")]
    pub message: Uuid,
    /// Who.
    #[sqlx(rename = "staff_id")]
    pub staff: Uuid,
    /// As colleagues know them now.
    pub name: String,
    /// The address with which they sign in, in small letters.
    pub email: String,
    /// What stands in the text behind the sign, in small letters.
    pub handle: String,
}

/// A note in which somebody is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mention {
    /// Whose ticket it is.
    pub site: String,
    /// The ticket.
    pub ticket: Uuid,
    /// The note.
    pub message: Uuid,
    /// When it was written.
    pub at: Timestamp,
    /// Have they opened the ticket since?
    pub is_seen: bool,
}

#[derive(sqlx::FromRow)]
struct Row {
    site_id: String,
    ticket_id: Uuid,
    message_id: Uuid,
    at: i64,
    seen_at: Option<i64>,
}

/// Where a page of [`latest`] ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// When the last note of the page was written.
    pub at: Timestamp,
    /// The note.
    pub message: Uuid,
}

impl Cursor {
    /// Above everything.
    pub const TOP: Self = Self {
        at: Timestamp::MAX,
        message: Uuid::max(),
    };
}

/// Writes down that a note names somebody; once, however often it is said.
///
/// # Errors
/// When the database fails, or has no such note or person.
pub async fn add(
    tx: &mut Tx,
    site: &str,
    (ticket, message): (Uuid, Uuid),
    staff: Uuid,
    handle: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(ADD)
        .bind(site)
        .bind(message)
        .bind(staff)
        .bind(ticket)
        .bind(handle)
        .bind(now.as_microsecond())
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

/// Who is named in the notes of a ticket, by name.
///
/// # Errors
/// When the database fails.
pub async fn of_ticket(tx: &mut Tx, site: &str, ticket: Uuid) -> Result<Vec<Named>, StoreError> {
    Ok(on!(tx, |conn| sqlx::query_as(OF_TICKET)
        .bind(site)
        .bind(ticket)
        .fetch_all(conn)
        .await)?)
}

/// The notes of a ticket that name somebody who has not opened it since, the oldest first.
///
/// # Errors
/// When the database fails.
pub async fn unseen_of_ticket(
    tx: &mut Tx,
    site: &str,
    ticket: Uuid,
    staff: Uuid,
) -> Result<Vec<Uuid>, StoreError> {
    Ok(on!(tx, |conn| sqlx::query_scalar(UNSEEN_OF_TICKET)
        .bind(site)
        .bind(ticket)
        .bind(staff)
        .fetch_all(conn)
        .await)?)
}

/// Writes down that somebody has a note before them.
///
/// # Errors
/// When the database fails.
pub async fn see(
    tx: &mut Tx,
    site: &str,
    message: Uuid,
    staff: Uuid,
    now: Timestamp,
) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(SEE)
        .bind(site)
        .bind(message)
        .bind(staff)
        .bind(now.as_microsecond())
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

/// Does a note name somebody who has not opened the ticket since?
///
/// # Errors
/// When the database fails.
pub async fn is_unseen(
    tx: &mut Tx,
    site: &str,
    message: Uuid,
    staff: Uuid,
) -> Result<bool, StoreError> {
    let count: i64 = on!(tx, |conn| sqlx::query_scalar(IS_UNSEEN)
        .bind(site)
        .bind(message)
        .bind(staff)
        .fetch_one(conn)
        .await)?;
    Ok(count > 0)
}

/// How many notes of sites that somebody sees name them and are not seen, up to [`MOST_COUNTED`] and one more.
///
/// # Errors
/// When the database fails.
pub async fn count_unseen(
    tx: &mut Tx,
    visible: &VisibleSites,
    staff: Uuid,
) -> Result<u64, StoreError> {
    let count: i64 = on!(tx, |conn| sqlx::query_scalar(COUNT_UNSEEN)
        .bind(staff)
        .bind(visible.all_flag())
        .bind(visible.staff())
        .fetch_one(conn)
        .await)?;
    unsigned("mentions", count)
}

/// The notes of sites that somebody sees that name them, the newest first.
///
/// # Errors
/// When the database fails.
pub async fn latest(
    tx: &mut Tx,
    visible: &VisibleSites,
    staff: Uuid,
    below: Cursor,
    most: u32,
) -> Result<Vec<Mention>, StoreError> {
    let rows: Vec<Row> = on!(tx, |conn| sqlx::query_as(LATEST)
        .bind(below.at.as_microsecond())
        .bind(below.message)
        .bind(i64::from(most))
        .bind(visible.all_flag())
        .bind(visible.staff())
        .bind(staff)
        .fetch_all(conn)
        .await)?;
    let mention = |row: Row| {
        Ok(Mention {
            site: row.site_id,
            ticket: row.ticket_id,
            message: row.message_id,
            at: instant("mentions", row.at)?,
            is_seen: row.seen_at.is_some(),
        })
    };
    rows.into_iter().map(mention).collect()
}
