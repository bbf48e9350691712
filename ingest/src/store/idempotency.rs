//! The first receipt for a key of the client.

use cornerdesk_shared::receipt::Receipt;
use jiff::Timestamp;
use sqlx::types::Json;
use uuid::Uuid;

use super::{StoreError, Tx, list_statements, tx::on};

list_statements! {
    CLAIM = "
        insert into idempotency_keys (site_id, key, fingerprint, receipt, created_at, ticket_id)
        values ($1, $2, $3, $4, $5, $6)
        on conflict (site_id, key) do nothing
    ";
    FIND = "
        select fingerprint, receipt
        from idempotency_keys
        where site_id = $1 and key = $2
    ";
}

/// SHA-256 of a submission and its files.
pub type Fingerprint = [u8; 32];

/// What is known of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Of the submission that came first.
    pub fingerprint: Vec<u8>,
    /// Its receipt.
    pub receipt: Receipt,
}

#[derive(sqlx::FromRow)]
struct Row {
    fingerprint: Vec<u8>,
    receipt: Option<Json<Receipt>>,
}

/// Takes the key for this transaction, with the receipt that everybody gets who comes with it again, and the ticket with which it goes one day;
/// `false` when it belongs to an earlier submission.
///
/// PostgreSQL waits here for another transaction that holds the key, and SQLite's only writer has come and gone: whoever gets `false`
/// finds a receipt by [`find`].
///
/// # Errors
/// [`StoreError::Locked`] when the other transaction does not end in time.
pub async fn claim(
    tx: &mut Tx,
    site: &str,
    key: &str,
    fingerprint: Fingerprint,
    (receipt, ticket): (&Receipt, Uuid),
    now: Timestamp,
) -> Result<bool, StoreError> {
    let rows = on!(tx, |conn| sqlx::query(CLAIM)
        .bind(site)
        .bind(key)
        .bind(fingerprint.as_slice())
        .bind(Json(receipt))
        .bind(now.as_microsecond())
        .bind(ticket)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// What is known of a key.
///
/// # Errors
/// When the database fails.
pub async fn find(tx: &mut Tx, site: &str, key: &str) -> Result<Option<Known>, StoreError> {
    let row: Option<Row> = on!(tx, |conn| sqlx::query_as(FIND)
        .bind(site)
        .bind(key)
        .fetch_optional(conn)
        .await)?;
    let known = |row: Row| {
        let receipt = row.receipt.ok_or(StoreError::Corrupt {
            table: "idempotency_keys",
            fault: "a committed key without a receipt",
        })?;
        Ok(Known {
            fingerprint: row.fingerprint,
            receipt: receipt.0,
        })
    };
    row.map(known).transpose()
}
