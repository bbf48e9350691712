//! What requester and staff say to each other.

use jiff::Timestamp;
use uuid::Uuid;

use super::{StoreError, Tx, instant, list_statements, tx::on};
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
