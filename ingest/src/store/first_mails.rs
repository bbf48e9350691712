//! By which mails requests came.

use cornerdesk_shared::reference::Reference;
use uuid::Uuid;

use super::{StoreError, Tx, list_statements, tx::on};
use crate::mail::incoming::first::FirstMail;

list_statements! {
    INSERT = "
        insert into first_mails (site_id, ticket_id, digest, mail_id, sender_name, reply_to, left_out)
        values ($1, $2, $3, $4, $5, $6, $7)
        on conflict do nothing
    ";
    FIND = "
        select digest, mail_id, sender_name, reply_to, left_out
        from first_mails
        where site_id = $1 and ticket_id = $2
    ";
    TICKET_OF = "
        select tickets.reference
        from first_mails
        join tickets on tickets.site_id = first_mails.site_id and tickets.ticket_id = first_mails.ticket_id
        where first_mails.site_id = $1 and first_mails.digest = $2
    ";
    /// Of several requests that came by mails with the same Message-ID, the latest that is not over, else the latest.
    FOLLOWED = "
        select found.ticket_id
        from (
            select first_mails.ticket_id
            from first_mails
            where first_mails.site_id = $1 and first_mails.mail_id = $2
            union
            select messages.ticket_id
            from messages
            where messages.site_id = $1 and messages.mail_id = $2
        ) as found
        join tickets on tickets.site_id = $1 and tickets.ticket_id = found.ticket_id
        order by case when tickets.status in ('solved', 'closed') then 1 else 0 end, tickets.received_at desc
        limit 1
    ";
}

#[derive(sqlx::FromRow)]
struct Row {
    digest: Vec<u8>,
    mail_id: Option<String>,
    sender_name: Option<String>,
    reply_to: Option<String>,
    left_out: Option<String>,
}

/// Writes down by which mail a ticket came; `false`, and nothing was changed, when the mail made one before.
///
/// # Errors
/// When the database fails.
pub async fn insert(
    tx: &mut Tx,
    site: &str,
    ticket: Uuid,
    mail: &FirstMail,
) -> Result<bool, StoreError> {
    let rows = on!(tx, |conn| sqlx::query(INSERT)
        .bind(site)
        .bind(ticket)
        .bind(mail.digest.as_slice())
        .bind(&mail.mail_id)
        .bind(&mail.sender_name)
        .bind(&mail.reply_to)
        .bind(&mail.left_out)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// By which mail a ticket came; nothing where it came in another way.
///
/// # Errors
/// When the database fails.
pub async fn find(tx: &mut Tx, site: &str, ticket: Uuid) -> Result<Option<FirstMail>, StoreError> {
    let row: Option<Row> = on!(tx, |conn| sqlx::query_as(FIND)
        .bind(site)
        .bind(ticket)
        .fetch_optional(conn)
        .await)?;
    let corrupt = |_| StoreError::Corrupt {
        table: "first_mails",
        fault: "a digest of another length",
    };
    let mail = |row: Row| {
        Ok(FirstMail {
            digest: row.digest.try_into().map_err(corrupt)?,
            mail_id: row.mail_id,
            sender_name: row.sender_name,
            reply_to: row.reply_to,
            left_out: row.left_out,
        })
    };
    row.map(mail).transpose()
}

/// The ticket that a mail made at a site.
///
/// # Errors
/// When the database fails.
pub async fn ticket_of(
    tx: &mut Tx,
    site: &str,
    digest: &[u8; 32],
) -> Result<Option<Reference>, StoreError> {
    let found: Option<String> = on!(tx, |conn| sqlx::query_scalar(TICKET_OF)
        .bind(site)
        .bind(digest.as_slice())
        .fetch_optional(conn)
        .await)?;
    found.as_deref().map(reference).transpose()
}

/// The ticket of a site to which the mail with this Message-ID belongs: the one that it made, or on which it is a message.
///
/// # Errors
/// When the database fails.
pub async fn followed(tx: &mut Tx, site: &str, mail_id: &str) -> Result<Option<Uuid>, StoreError> {
    Ok(on!(tx, |conn| sqlx::query_scalar(FOLLOWED)
        .bind(site)
        .bind(mail_id)
        .fetch_optional(conn)
        .await)?)
}

fn reference(text: &str) -> Result<Reference, StoreError> {
    Reference::parse(text).map_err(|_| StoreError::Corrupt {
        table: "tickets",
        fault: "a reference with a wrong check symbol",
    })
}
