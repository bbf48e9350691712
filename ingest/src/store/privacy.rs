//! What is kept of a person, found by the address that they wrote from; and taking it away.
//!
//! Most tables name the ticket and go with it, since their rows are deleted when it is. Here is what would stay behind.

use uuid::Uuid;

use super::{StoreError, Tx, expect_rows, list_statements, tx::on, unsigned};
use crate::{
    hexadecimal::hex,
    privacy::{Held, Whose},
};

list_statements! {
    /// `lower` twice: SQLite knows small letters of ASCII only, and Rust those of all scripts.
    TICKETS = "
        select site_id, ticket_id
        from tickets
        where lower(email) in (lower($1), lower($2)) and ($3 = '' or site_id = $3)
            and ($4 = 1 or tickets.site_id in (select staff_sites.site_id from staff_sites where staff_sites.staff_id = $5))
        order by site_id, ticket_id
        limit $6
    ";
    HELD = "
        select site_id, cast(count(*) as bigint),
            cast(coalesce(sum((select count(*) from messages where messages.site_id = tickets.site_id and messages.ticket_id = tickets.ticket_id)), 0) as bigint),
            cast(coalesce(sum((select count(*) from attachments where attachments.site_id = tickets.site_id and attachments.ticket_id = tickets.ticket_id)), 0) as bigint)
        from tickets
        where lower(email) in (lower($1), lower($2)) and ($3 = '' or site_id = $3)
            and ($4 = 1 or tickets.site_id in (select staff_sites.site_id from staff_sites where staff_sites.staff_id = $5))
        group by site_id
        order by site_id
    ";
    COUNT_MESSAGES = "
        select count(*) from messages where site_id = $1 and ticket_id = $2
    ";
    TAKE_FILES = "
        delete from attachments where site_id = $1 and ticket_id = $2 returning blob, preview_blob, size_bytes
    ";
    TAKE_JOBS = "
        delete from jobs where site_id = $1 and ticket_id = $2
    ";
    TAKE_KEYS = "
        delete from idempotency_keys where site_id = $1 and ticket_id = $2
    ";
    /// The list of an act names its tickets by their ids; it cannot be taken back any more.
    TAKE_BULK_ACTS = "
        delete from bulk_acts where done like '%' || $1 || '%'
    ";
    TAKE_TICKET = "
        delete from tickets where site_id = $1 and ticket_id = $2
    ";
    FORGET_MAILS = "
        delete from sent_mails
        where recipient = $1 and ($2 = '' or site_id = $2)
            and ($3 = 1 or sent_mails.site_id in (select staff_sites.site_id from staff_sites where staff_sites.staff_id = $4))
    ";
    FORGET_SEARCHES = "
        delete from jobs
        where kind = 'find_request' and cast(payload as text) like '%' || $1 || '%' and ($2 = '' or site_id = $2)
            and ($3 = 1 or jobs.site_id in (select staff_sites.site_id from staff_sites where staff_sites.staff_id = $4))
    ";
    /// An objection stays, or there would be mail again.
    FORGET_RECIPIENT = "
        delete from recipients
        where recipient = $1 and objected_until is null
            and not exists (select 1 from sent_mails where sent_mails.recipient = recipients.recipient)
    ";
    FORGET_UNDELIVERABLE = "
        delete from undeliverable_addresses
        where address = $1 and not exists (select 1 from tickets where lower(email) in (lower($2), lower($3)))
    ";
}

/// SQLite's only writer has the ticket for itself. On PostgreSQL no row may come that names it, and `update` would not keep one off.
const HOLD_POSTGRES: &str = "
    select 1 from tickets where site_id = $1 and ticket_id = $2 for update
";
/// No foreign key reaches the words of SQLite's full text.
const TAKE_WORDS_SQLITE: &str = "
    delete from search_words where rowid in (select number from search_pieces where site_id = $1 and ticket_id = $2)
";

/// Sites and ids of somebody's tickets.
///
/// # Errors
/// When the database fails.
pub async fn tickets(
    tx: &mut Tx,
    whose: &Whose,
    most: u32,
) -> Result<Vec<(String, Uuid)>, StoreError> {
    Ok(on!(tx, |conn| sqlx::query_as(TICKETS)
        .bind(whose.address())
        .bind(whose.address().to_lowercase())
        .bind(whose.site())
        .bind(whose.visible().all_flag())
        .bind(whose.visible().staff())
        .bind(i64::from(most))
        .fetch_all(conn)
        .await)?)
}

/// How much there is of somebody, by site.
///
/// # Errors
/// When the database fails.
pub async fn held(tx: &mut Tx, whose: &Whose) -> Result<Vec<(String, Held)>, StoreError> {
    let rows: Vec<(String, i64, i64, i64)> = on!(tx, |conn| sqlx::query_as(HELD)
        .bind(whose.address())
        .bind(whose.address().to_lowercase())
        .bind(whose.site())
        .bind(whose.visible().all_flag())
        .bind(whose.visible().staff())
        .fetch_all(conn)
        .await)?;
    let held = |(site, tickets, messages, files)| {
        let held = Held {
            tickets: unsigned("tickets", tickets)?,
            messages: unsigned("messages", messages)?,
            files: unsigned("attachments", files)?,
        };
        Ok((site, held))
    };
    rows.into_iter().map(held).collect()
}

/// What went with a ticket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// How many messages.
    pub messages: u64,
    /// How many files.
    pub files: u64,
    /// Their bytes, as they were counted for the site.
    pub size_bytes: u64,
    /// Keys of bytes that no row names any more; the caller dooms them in the same transaction.
    pub blobs: Vec<String>,
}

/// Keeps everybody else from a ticket until the transaction ends.
///
/// # Errors
/// When the database fails.
pub async fn hold(tx: &mut Tx, site: &str, ticket: Uuid) -> Result<(), StoreError> {
    if let Tx::Postgres(tx) = tx {
        let held = sqlx::query(HOLD_POSTGRES).bind(site).bind(ticket);
        held.execute(&mut **tx).await?;
    }
    Ok(())
}

/// Takes a ticket away with everything that names it; nothing when it is gone already.
///
/// # Errors
/// When the database fails.
pub async fn take(tx: &mut Tx, site: &str, ticket: Uuid) -> Result<Option<Taken>, StoreError> {
    hold(tx, site, ticket).await?;
    let messages: i64 = on!(tx, |conn| sqlx::query_scalar(COUNT_MESSAGES)
        .bind(site)
        .bind(ticket)
        .fetch_one(conn)
        .await)?;
    let mut taken = take_files(tx, site, ticket).await?;
    taken.messages = unsigned("messages", messages)?;
    if let Tx::Sqlite(tx) = tx {
        sqlx::query(TAKE_WORDS_SQLITE)
            .bind(site)
            .bind(ticket)
            .execute(&mut **tx)
            .await?;
    }
    for statement in [TAKE_JOBS, TAKE_KEYS] {
        on!(tx, |conn| sqlx::query(statement)
            .bind(site)
            .bind(ticket)
            .execute(conn)
            .await
            .map(drop))?;
    }
    on!(tx, |conn| sqlx::query(TAKE_BULK_ACTS)
        .bind(ticket.to_string())
        .execute(conn)
        .await
        .map(drop))?;
    let rows = on!(tx, |conn| sqlx::query(TAKE_TICKET)
        .bind(site)
        .bind(ticket)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    if rows == 0 {
        return Ok(None);
    }
    expect_rows(rows, 1)?;
    Ok(Some(taken))
}

/// Takes the files of a ticket away, as they are at this moment: a job may have changed their keys since they were listed.
///
/// # Errors
/// When the database fails.
pub async fn take_files(tx: &mut Tx, site: &str, ticket: Uuid) -> Result<Taken, StoreError> {
    let files: Vec<(String, Option<String>, i64)> = on!(tx, |conn| sqlx::query_as(TAKE_FILES)
        .bind(site)
        .bind(ticket)
        .fetch_all(conn)
        .await)?;
    let mut taken = Taken::default();
    for (blob, preview, size_bytes) in files {
        taken.files += 1;
        taken.size_bytes += unsigned("attachments", size_bytes)?;
        taken.blobs.push(blob);
        taken.blobs.extend(preview);
    }
    Ok(taken)
}

/// Takes away what is known of a mailbox beside its tickets. That it wants no mail stays, as a digest.
///
/// # Errors
/// When the database fails.
pub async fn forget(tx: &mut Tx, whose: &Whose) -> Result<(), StoreError> {
    let mailbox = whose.mailbox();
    on!(tx, |conn| sqlx::query(FORGET_MAILS)
        .bind(mailbox.as_slice())
        .bind(whose.site())
        .bind(whose.visible().all_flag())
        .bind(whose.visible().staff())
        .execute(conn)
        .await
        .map(drop))?;
    on!(tx, |conn| sqlx::query(FORGET_SEARCHES)
        .bind(hex(&mailbox))
        .bind(whose.site())
        .bind(whose.visible().all_flag())
        .bind(whose.visible().staff())
        .execute(conn)
        .await
        .map(drop))?;
    on!(tx, |conn| sqlx::query(FORGET_RECIPIENT)
        .bind(mailbox.as_slice())
        .execute(conn)
        .await
        .map(drop))?;
    on!(tx, |conn| sqlx::query(FORGET_UNDELIVERABLE)
        .bind(whose.exactly().as_slice())
        .bind(whose.address())
        .bind(whose.address().to_lowercase())
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}
