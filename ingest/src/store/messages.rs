//! What requester and staff say to each other.

use jiff::Timestamp;
use uuid::Uuid;

use super::{StoreError, Tx, expect_rows, instant, list_statements, tx::on};
use crate::message::{Kind, Message, Via};

list_statements! {
    INSERT = "
        insert into messages (site_id, message_id, ticket_id, kind, via, author, body, mail_id, at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        on conflict do nothing
    ";
    FIND = "
        select message_id, ticket_id, kind, via, author, body, mail_id, at
        from messages
        where site_id = $1 and message_id = $2
    ";
    LIST = "
        select message_id, ticket_id, kind, via, author, body, mail_id, at
        from messages
        where site_id = $1 and ticket_id = $2
        order by at, message_id
    ";
    HAS_MAIL = "
        select count(*) from messages
        where site_id = $1 and mail_id = $2
    ";
    COUNT_BY_MAIL = "
        select count(*) from messages
        where site_id = $1 and ticket_id = $2 and via = 'mail' and at > $3
    ";
    PUT_QUOTED = "
        update messages set quoted = $3
        where site_id = $1 and message_id = $2
    ";
    QUOTED = "
        select message_id, quoted from messages
        where site_id = $1 and ticket_id = $2 and quoted is not null
    ";
}

#[derive(sqlx::FromRow)]
struct Row {
    message_id: Uuid,
    ticket_id: Uuid,
    kind: String,
    via: String,
    author: Option<String>,
    body: String,
    mail_id: Option<String>,
    at: i64,
}

impl TryFrom<Row> for Message {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let corrupt = |fault| StoreError::Corrupt {
            table: "messages",
            fault,
        };
        Ok(Self {
            id: row.message_id,
            ticket: row.ticket_id,
            kind: Kind::from_name(&row.kind).ok_or_else(|| corrupt("an unknown kind"))?,
            via: Via::from_name(&row.via).ok_or_else(|| corrupt("an unknown way"))?,
            author: row.author,
            body: row.body,
            mail_id: row.mail_id,
            at: instant("messages", row.at)?,
        })
    }
}

/// Adds a message; `false` when it is there already, by its id or by the mail that it came by.
///
/// # Errors
/// When the database fails.
pub async fn insert(tx: &mut Tx, site: &str, message: &Message) -> Result<bool, StoreError> {
    let rows = on!(tx, |conn| sqlx::query(INSERT)
        .bind(site)
        .bind(message.id)
        .bind(message.ticket)
        .bind(message.kind.as_str())
        .bind(message.via.as_str())
        .bind(&message.author)
        .bind(&message.body)
        .bind(&message.mail_id)
        .bind(Timestamp::as_microsecond(message.at))
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    if rows == 1 {
        super::search::add_message(tx, site, message).await?;
    }
    Ok(rows == 1)
}

/// A message by its id.
///
/// # Errors
/// When the database fails.
pub async fn find(tx: &mut Tx, site: &str, id: Uuid) -> Result<Option<Message>, StoreError> {
    let row: Option<Row> = on!(tx, |conn| sqlx::query_as(FIND)
        .bind(site)
        .bind(id)
        .fetch_optional(conn)
        .await)?;
    row.map(Message::try_from).transpose()
}

/// All messages of a ticket, oldest first. Notes are among them: see [`Kind::is_public`].
///
/// # Errors
/// When the database fails.
pub async fn list(tx: &mut Tx, site: &str, ticket: Uuid) -> Result<Vec<Message>, StoreError> {
    let rows: Vec<Row> = on!(tx, |conn| sqlx::query_as(LIST)
        .bind(site)
        .bind(ticket)
        .fetch_all(conn)
        .await)?;
    rows.into_iter().map(Message::try_from).collect()
}

/// Did a message of the site come by the mail with this Message-ID?
///
/// # Errors
/// When the database fails.
pub async fn has_mail(tx: &mut Tx, site: &str, mail_id: &str) -> Result<bool, StoreError> {
    let count: i64 = on!(tx, |conn| sqlx::query_scalar(HAS_MAIL)
        .bind(site)
        .bind(mail_id)
        .fetch_one(conn)
        .await)?;
    Ok(count > 0)
}

/// How many messages came onto a ticket by mail since then.
///
/// # Errors
/// When the database fails.
pub async fn count_by_mail(
    tx: &mut Tx,
    site: &str,
    ticket: Uuid,
    since: Timestamp,
) -> Result<i64, StoreError> {
    Ok(on!(tx, |conn| sqlx::query_scalar(COUNT_BY_MAIL)
        .bind(site)
        .bind(ticket)
        .bind(Timestamp::as_microsecond(since))
        .fetch_one(conn)
        .await)?)
}

/// Keeps what was cut from the mail that a message came by: earlier mails, and a signature.
///
/// # Errors
/// When the database fails or has no such message.
pub async fn put_quoted(tx: &mut Tx, site: &str, id: Uuid, text: &str) -> Result<(), StoreError> {
    let rows = on!(tx, |conn| sqlx::query(PUT_QUOTED)
        .bind(site)
        .bind(id)
        .bind(text)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    expect_rows(rows, 1)
}

/// What was cut from the mails that messages of a ticket came by: which message, and what.
///
/// # Errors
/// When the database fails.
pub async fn quoted(
    tx: &mut Tx,
    site: &str,
    ticket: Uuid,
) -> Result<Vec<(Uuid, String)>, StoreError> {
    Ok(on!(tx, |conn| sqlx::query_as(QUOTED)
        .bind(site)
        .bind(ticket)
        .fetch_all(conn)
        .await)?)
}
