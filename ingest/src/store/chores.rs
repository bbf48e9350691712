//! What the installation has still to do for itself, and the one chore that there is: to leave nothing in the file of what was erased.

use jiff::Timestamp;

use super::{Store, StoreError, Tx, instant, list_statements, tx::on};

list_statements! {
    ASK = "
        insert into chores (chore, asked_at)
        values ($1, $2)
        on conflict (chore) do update set asked_at = excluded.asked_at
    ";
    ASKED = "
        select asked_at from chores where chore = $1
    ";
    DONE = "
        delete from chores where chore = $1 and asked_at <= $2
    ";
}

/// The file of SQLite is to be written anew, since something was erased.
const SCRUB: &str = "scrub";

/// Joins the pieces of the full text: only then words go of which no row is left.
const JOIN_WORDS: &str = "insert into search_words (search_words) values ('optimize')";
/// Writes every page anew. What is deleted is overwritten at once (`secure_delete`), but older versions did not do so, and nothing promises that a
/// page that was split keeps no copy of a row.
const WRITE_ANEW: &str = "vacuum";
/// Writes all pages to the file and cuts the log off, in which the older ones stand. Answers 1 first when a reader was in the way.
const CUT_LOG: &str = "pragma wal_checkpoint(truncate)";

/// Asks for the file to be written anew, in the transaction that erases. PostgreSQL does that by itself (`VACUUM`).
///
/// # Errors
/// When the database fails.
pub async fn ask_to_scrub(tx: &mut Tx, now: Timestamp) -> Result<(), StoreError> {
    if let Tx::Sqlite(tx) = tx {
        sqlx::query(ASK)
            .bind(SCRUB)
            .bind(now.as_microsecond())
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

/// Since when the file is to be written anew; nothing when it need not be.
///
/// # Errors
/// When the database fails.
pub async fn scrub_asked_at(tx: &mut Tx) -> Result<Option<Timestamp>, StoreError> {
    let asked: Option<i64> = on!(tx, |conn| sqlx::query_scalar(ASKED)
        .bind(SCRUB)
        .fetch_optional(conn)
        .await)?;
    asked.map(|at| instant("chores", at)).transpose()
}

/// Writes the file anew when that was asked for, so that nothing is left in it of what was erased; `false` when it was not. Who writes meanwhile
/// waits, and is told to come back when it takes longer than that wait. It needs as much room as the database has, for as long.
///
/// # Errors
/// When the database fails, or somebody reads for so long that its log cannot be cut off. Then it stays asked for.
pub async fn scrub(store: &Store) -> Result<bool, StoreError> {
    let mut tx = store.read().await?;
    let asked_at = scrub_asked_at(&mut tx).await?;
    tx.rollback().await?;
    let Some(asked_at) = asked_at else {
        return Ok(false);
    };
    if let Store::Sqlite { writer, .. } = store {
        // The only connection that writes, outside of any transaction.
        let mut connection = writer.pool().acquire().await?;
        for statement in [JOIN_WORDS, WRITE_ANEW] {
            sqlx::query(statement).execute(&mut *connection).await?;
        }
        let (in_the_way, _, _): (i64, i64, i64) =
            sqlx::query_as(CUT_LOG).fetch_one(&mut *connection).await?;
        if in_the_way != 0 {
            return Err(StoreError::Locked);
        }
    }
    let mut tx = store.write().await?;
    on!(&mut tx, |conn| sqlx::query(DONE)
        .bind(SCRUB)
        .bind(asked_at.as_microsecond())
        .execute(conn)
        .await
        .map(drop))?;
    tx.commit().await?;
    Ok(true)
}
