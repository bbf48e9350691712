//! The ordered facts of a ticket.

use jiff::Timestamp;
use sqlx::types::Json;
use uuid::Uuid;

use super::{StoreError, Tx, expect_rows, instant, list_statements, tx::on};
use crate::ticket::{Entry, Fact};

list_statements! {
    START = "
        insert into timeline (site_id, ticket_id, seq, at, kind, data)
        values ($1, $2, 1, $3, $4, $5)
    ";
    APPEND = "
        insert into timeline (site_id, ticket_id, seq, at, kind, data)
        select $1, $2, coalesce(max(seq), 0) + 1, $3, $4, $5
        from timeline
        where site_id = $1 and ticket_id = $2
        on conflict (site_id, ticket_id, seq) do nothing
    ";
    RENEW = "
        update timeline
        set data = $5
        where site_id = $1 and ticket_id = $2 and seq = $3 and kind = $4
    ";
    SINCE = "
        select seq, at, data
        from timeline
        where site_id = $1 and ticket_id = $2 and seq > $3
        order by seq
    ";
    LIST = "
        select seq, at, data
        from timeline
        where site_id = $1 and ticket_id = $2
        order by seq
    ";
}

#[derive(sqlx::FromRow)]
struct Row {
    seq: i32,
    at: i64,
    data: Json<Fact>,
}

impl TryFrom<Row> for Entry {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            seq: row.seq,
            at: instant("timeline", row.at)?,
            fact: row.data.0,
        })
    }
}

/// Writes the first fact of a ticket that this transaction has made: nobody else knows it yet, so nobody has to look for the end.
///
/// # Errors
/// When the database fails, or there is a first fact already.
pub async fn start(
    tx: &mut Tx,
    site: &str,
    ticket: Uuid,
    at: Timestamp,
    fact: &Fact,
) -> Result<(), StoreError> {
    let rows = put(tx, START, site, ticket, at, fact).await?;
    expect_rows(rows, 1)?;
    hand_on(tx, site, ticket, at, fact).await
}

/// Adds a fact at the end. Of two writers of one ticket at the same moment the second waits for the first one's end and then looks again what the
/// end of the timeline is.
///
/// # Errors
/// When the database fails.
pub async fn append(
    tx: &mut Tx,
    site: &str,
    ticket: Uuid,
    at: Timestamp,
    fact: &Fact,
) -> Result<(), StoreError> {
    for _ in 0..MOST_WRITERS {
        if put(tx, APPEND, site, ticket, at, fact).await? == 1 {
            return hand_on(tx, site, ticket, at, fact).await;
        }
    }
    Err(StoreError::Locked)
}

/// Lets a fact that counts go on counting; see [`Fact::is_counted`]. All others stay as they were written.
///
/// # Errors
/// When the database fails, or no fact of this kind has this number.
pub async fn renew(
    tx: &mut Tx,
    site: &str,
    ticket: Uuid,
    seq: i32,
    fact: &Fact,
) -> Result<(), StoreError> {
    if !fact.is_counted() {
        return Err(StoreError::RowCount {
            expected: 1,
            actual: 0,
        });
    }
    let rows = on!(tx, |conn| sqlx::query(RENEW)
        .bind(site)
        .bind(ticket)
        .bind(seq)
        .bind(fact.kind())
        .bind(Json(fact))
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    expect_rows(rows, 1)
}

/// What happened to a ticket is handed on to the destinations. This is the only place that orders it, so that no fact is forgotten.
async fn hand_on(
    tx: &mut Tx,
    site: &str,
    ticket: Uuid,
    at: Timestamp,
    fact: &Fact,
) -> Result<(), StoreError> {
    if fact.concerns_destinations() {
        super::jobs::order_routing(tx, site, ticket, at).await?;
    }
    Ok(())
}

/// Runs a statement that inserts a fact; answers how many rows it made.
async fn put(
    tx: &mut Tx,
    statement: &'static str,
    site: &str,
    ticket: Uuid,
    at: Timestamp,
    fact: &Fact,
) -> Result<u64, StoreError> {
    let rows = on!(tx, |conn| sqlx::query(statement)
        .bind(site)
        .bind(ticket)
        .bind(at.as_microsecond())
        .bind(fact.kind())
        .bind(Json(fact))
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows)
}

/// So many writers of one ticket at the same moment there never are.
const MOST_WRITERS: usize = 100;

/// Every fact, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn list(tx: &mut Tx, site: &str, ticket: Uuid) -> Result<Vec<Entry>, StoreError> {
    let rows: Vec<Row> = on!(tx, |conn| sqlx::query_as(LIST)
        .bind(site)
        .bind(ticket)
        .fetch_all(conn)
        .await)?;
    rows.into_iter().map(Entry::try_from).collect()
}

/// Every fact after the one with this number, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn since(
    tx: &mut Tx,
    site: &str,
    ticket: Uuid,
    seq: i32,
) -> Result<Vec<Entry>, StoreError> {
    let rows: Vec<Row> = on!(tx, |conn| sqlx::query_as(SINCE)
        .bind(site)
        .bind(ticket)
        .bind(seq)
        .fetch_all(conn)
        .await)?;
    rows.into_iter().map(Entry::try_from).collect()
}
