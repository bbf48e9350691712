//! The log of what staff did. It is only added to; the database refuses everything else.

use jiff::Timestamp;
use uuid::Uuid;

use super::{StoreError, Tx, expect_rows, instant, list_statements, tx::on};
use crate::audit::{Act, BEGINNING, By, Chain, Hash, Row};

list_statements! {
    /// Whoever adds a row holds this one until their transaction ends.
    NEXT = "
        insert into audit_head (one, seq, hash)
        values (1, 0, $1)
        on conflict (one) do update set seq = audit_head.seq
        returning seq, hash
    ";
    NOTE_END = "
        update audit_head set seq = $1, hash = $2 where one = 1
    ";
    APPEND = "
        insert into audit (seq, at, actor, act, detail, previous, hash)
        values ($1, $2, $3, $4, $5, $6, $7)
    ";
    END = "
        select seq, hash from audit_head where one = 1
    ";
    AFTER = "
        select seq, at, actor, act, detail, previous, hash from audit where seq > $1 order by seq limit $2
    ";
    BEFORE = "
        select seq, at, actor, act, detail, previous, hash from audit where seq < $1 order by seq desc limit $2
    ";
}

#[derive(sqlx::FromRow)]
struct AuditRow {
    seq: i64,
    at: i64,
    actor: Option<Uuid>,
    act: String,
    detail: String,
    previous: Vec<u8>,
    hash: Vec<u8>,
}

impl TryFrom<AuditRow> for Row {
    type Error = StoreError;

    fn try_from(row: AuditRow) -> Result<Self, StoreError> {
        Ok(Self {
            seq: row.seq,
            at: instant("audit", row.at)?,
            actor: row.actor,
            act: row.act,
            detail: row.detail,
            previous: digest(row.previous)?,
            hash: digest(row.hash)?,
        })
    }
}

fn digest(octets: Vec<u8>) -> Result<Hash, StoreError> {
    octets.try_into().map_err(|_| StoreError::Corrupt {
        table: "audit",
        fault: "a digest of another length",
    })
}

/// Writes down what somebody does, in the transaction that does it: both happen or neither. It is the last statement of its transaction,
/// because all others that write to the log wait for its end.
///
/// # Errors
/// When the database fails.
pub async fn append(tx: &mut Tx, by: By, act: &Act, now: Timestamp) -> Result<(), StoreError> {
    let (seq, previous): (i64, Vec<u8>) = on!(tx, |conn| sqlx::query_as(NEXT)
        .bind(BEGINNING.as_slice())
        .fetch_one(conn)
        .await)?;
    let row = Row::after(seq, digest(previous)?, by, act, now);
    let rows = on!(tx, |conn| sqlx::query(APPEND)
        .bind(row.seq)
        .bind(row.at.as_microsecond())
        .bind(row.actor)
        .bind(&row.act)
        .bind(&row.detail)
        .bind(row.previous.as_slice())
        .bind(row.hash.as_slice())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    expect_rows(rows, 1)?;
    let rows = on!(tx, |conn| sqlx::query(NOTE_END)
        .bind(row.seq)
        .bind(row.hash.as_slice())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    expect_rows(rows, 1)
}

/// The end that was noted; the beginning when nothing was written yet.
///
/// # Errors
/// When the database fails.
pub async fn end(tx: &mut Tx) -> Result<Chain, StoreError> {
    let end: Option<(i64, Vec<u8>)> =
        on!(tx, |conn| sqlx::query_as(END).fetch_optional(conn).await)?;
    match end {
        Some((seq, hash)) => Ok(Chain {
            seq,
            hash: digest(hash)?,
        }),
        None => Ok(Chain::default()),
    }
}

/// The rows after a number, the oldest first: to follow the log.
///
/// # Errors
/// When the database fails.
pub async fn after(tx: &mut Tx, seq: i64, most: u32) -> Result<Vec<Row>, StoreError> {
    let rows: Vec<AuditRow> = on!(tx, |conn| sqlx::query_as(AFTER)
        .bind(seq)
        .bind(i64::from(most))
        .fetch_all(conn)
        .await)?;
    rows.into_iter().map(Row::try_from).collect()
}

/// The rows before a number, the newest first: to read it.
///
/// # Errors
/// When the database fails.
pub async fn before(tx: &mut Tx, seq: i64, most: u32) -> Result<Vec<Row>, StoreError> {
    let rows: Vec<AuditRow> = on!(tx, |conn| sqlx::query_as(BEFORE)
        .bind(seq)
        .bind(i64::from(most))
        .fetch_all(conn)
        .await)?;
    rows.into_iter().map(Row::try_from).collect()
}
