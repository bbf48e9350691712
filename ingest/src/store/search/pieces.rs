//! The words of the pieces: written with a ticket or a message, and once more where they are to be others.

use uuid::Uuid;

use super::{EVERY_PIECE, set};
use crate::{
    message::Message,
    search,
    store::{self, StoreError, Tx, list_statements, tx::on},
    ticket::Ticket,
};

list_statements! {
    HEAD = "
        select reference, summary, email, requester_name from tickets where site_id = $1 and ticket_id = $2
    ";
    UNFILLED = "
        select site_id, ticket_id, piece_id from search_unfilled order by ticket_id, piece_id limit $1
    ";
    FILLED = "
        delete from search_unfilled where site_id = $1 and ticket_id = $2 and piece_id = $3
    ";
    UNFILL_TICKETS = "
        insert into search_unfilled (site_id, ticket_id, piece_id) select site_id, ticket_id, ticket_id from tickets where true on conflict do nothing
    ";
    UNFILL_MESSAGES = "
        insert into search_unfilled (site_id, ticket_id, piece_id) select site_id, ticket_id, message_id from messages where true on conflict do nothing
    ";
}

const ADD_SQLITE: &str = "
    insert into search_pieces (site_id, ticket_id, piece_id) values ($1, $2, $3)
";
const NUMBER_SQLITE: &str = "
    select number from search_pieces where site_id = $1 and ticket_id = $2 and piece_id = $3
";
const FORGET_WORDS_SQLITE: &str = "
    delete from search_words where rowid = $1
";
const WORDS_SQLITE: &str = "
    insert into search_words (rowid, words) values ($1, $2)
";
const ADD_POSTGRES: &str = "
    insert into search_pieces (site_id, ticket_id, piece_id, words) values ($1, $2, $3, array_to_tsvector($4))
";
const RENEW_POSTGRES: &str = "
    update search_pieces set words = array_to_tsvector($4) where site_id = $1 and ticket_id = $2 and piece_id = $3
";

/// Which piece.
#[derive(Clone, Copy)]
struct Piece<'a> {
    site: &'a str,
    ticket: Uuid,
    id: Uuid,
}

/// Makes a new ticket one that is found.
///
/// # Errors
/// When the database fails.
pub async fn add_ticket(tx: &mut Tx, ticket: &Ticket) -> Result<(), StoreError> {
    add(tx, piece_of(ticket), words_of(ticket)).await
}

/// Makes a new message one that is found.
///
/// # Errors
/// When the database fails.
pub async fn add_message(tx: &mut Tx, site: &str, message: &Message) -> Result<(), StoreError> {
    let words = words_said(tx, site, message).await?;
    add(tx, piece_said(site, message), words).await
}

const fn piece_of(ticket: &Ticket) -> Piece<'_> {
    Piece {
        site: ticket.site.as_str(),
        ticket: ticket.id,
        id: ticket.id,
    }
}

const fn piece_said<'a>(site: &'a str, message: &Message) -> Piece<'a> {
    Piece {
        site,
        ticket: message.ticket,
        id: message.id,
    }
}

fn words_of(ticket: &Ticket) -> Vec<String> {
    let name = ticket
        .requester
        .as_ref()
        .and_then(|requester| requester.name.as_deref());
    let reference = ticket.reference.to_string();
    search::words([
        reference.as_str(),
        ticket.summary.as_str(),
        ticket.email.as_str(),
        name.unwrap_or_default(),
        ticket.description.as_str(),
    ])
}

async fn words_said(tx: &mut Tx, site: &str, message: &Message) -> Result<Vec<String>, StoreError> {
    let head: Option<(String, String, String, Option<String>)> =
        on!(tx, |conn| sqlx::query_as(HEAD)
            .bind(site)
            .bind(message.ticket)
            .fetch_optional(conn)
            .await)?;
    let (reference, summary, email, name) = head.unwrap_or_default();
    let name = name.unwrap_or_default();
    let texts = [reference.as_str(), &summary, &email, &name, &message.body];
    Ok(search::words(texts))
}

async fn add(tx: &mut Tx, piece: Piece<'_>, words: Vec<String>) -> Result<(), StoreError> {
    match tx {
        Tx::Sqlite(tx) => {
            let added = sqlx::query(ADD_SQLITE)
                .bind(piece.site)
                .bind(piece.ticket)
                .bind(piece.id)
                .execute(&mut **tx)
                .await?;
            sqlx::query(WORDS_SQLITE)
                .bind(added.last_insert_rowid())
                .bind(words.join(" "))
                .execute(&mut **tx)
                .await?;
        }
        Tx::Postgres(tx) => {
            sqlx::query(ADD_POSTGRES)
                .bind(piece.site)
                .bind(piece.ticket)
                .bind(piece.id)
                .bind(words)
                .execute(&mut **tx)
                .await?;
        }
    }
    Ok(())
}

/// Gives a piece these words instead of those that it has, and leaves it its number; one that has none gets both.
async fn renew(tx: &mut Tx, piece: Piece<'_>, words: Vec<String>) -> Result<(), StoreError> {
    let is_known = match tx {
        Tx::Sqlite(tx) => {
            let number: Option<i64> = sqlx::query_scalar(NUMBER_SQLITE)
                .bind(piece.site)
                .bind(piece.ticket)
                .bind(piece.id)
                .fetch_optional(&mut **tx)
                .await?;
            if let Some(number) = number {
                sqlx::query(FORGET_WORDS_SQLITE)
                    .bind(number)
                    .execute(&mut **tx)
                    .await?;
                sqlx::query(WORDS_SQLITE)
                    .bind(number)
                    .bind(words.join(" "))
                    .execute(&mut **tx)
                    .await?;
            }
            number.is_some()
        }
        Tx::Postgres(tx) => {
            set(tx, &[("cornerdesk.search", EVERY_PIECE)]).await?;
            let renewed = sqlx::query(RENEW_POSTGRES)
                .bind(piece.site)
                .bind(piece.ticket)
                .bind(piece.id)
                .bind(&words)
                .execute(&mut **tx)
                .await?;
            renewed.rows_affected() == 1
        }
    };
    if is_known {
        return Ok(());
    }
    add(tx, piece, words).await
}

/// Takes some pieces that wait for their words and writes these. How many there were.
///
/// # Errors
/// When the database fails.
pub async fn fill(tx: &mut Tx, most: u32) -> Result<usize, StoreError> {
    let waiting: Vec<(String, Uuid, Uuid)> = on!(tx, |conn| sqlx::query_as(UNFILLED)
        .bind(i64::from(most))
        .fetch_all(conn)
        .await)?;
    for (site, ticket, piece) in &waiting {
        let taken = on!(tx, |conn| sqlx::query(FILLED)
            .bind(site)
            .bind(ticket)
            .bind(piece)
            .execute(conn)
            .await
            .map(|done| done.rows_affected()))?;
        // Another process has taken it.
        if taken == 0 {
            continue;
        }
        if ticket == piece {
            if let Some(ticket) = store::tickets::find(tx, site, *ticket).await? {
                renew(tx, piece_of(&ticket), words_of(&ticket)).await?;
            }
        } else if let Some(message) = store::messages::find(tx, site, *piece).await? {
            let words = words_said(tx, site, &message).await?;
            renew(tx, piece_said(site, &message), words).await?;
        }
    }
    Ok(waiting.len())
}

/// Lets every piece wait for its words: what is derived is not carried over from one database to another.
///
/// # Errors
/// When the database fails.
pub async fn unfill(tx: &mut Tx) -> Result<(), StoreError> {
    for statement in [UNFILL_TICKETS, UNFILL_MESSAGES] {
        on!(tx, |conn| sqlx::query(statement)
            .execute(conn)
            .await
            .map(drop))?;
    }
    Ok(())
}
