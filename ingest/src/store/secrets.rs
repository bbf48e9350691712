//! What the installation keeps secret: made once, the same for every process on the database, and in its backups.

use super::{StoreError, Tx, list_statements, tx::on};

list_statements! {
    PUT = "
        insert into secrets (name, value)
        values ($1, $2)
        on conflict (name) do nothing
    ";
    GET = "
        select value from secrets where name = $1
    ";
}

/// The name of the secret with which the installation signs.
pub const SIGNING: &str = "signing";

/// The secret of this name, or `fresh`, which is kept from now on.
///
/// # Errors
/// When the database fails.
pub async fn get_or_put(tx: &mut Tx, name: &str, fresh: &[u8; 32]) -> Result<[u8; 32], StoreError> {
    on!(tx, |conn| sqlx::query(PUT)
        .bind(name)
        .bind(fresh.as_slice())
        .execute(conn)
        .await
        .map(drop))?;
    get(tx, name).await?.ok_or(StoreError::RowCount {
        expected: 1,
        actual: 0,
    })
}

/// The secret of this name.
///
/// # Errors
/// When the database fails.
pub async fn get(tx: &mut Tx, name: &str) -> Result<Option<[u8; 32]>, StoreError> {
    let value: Option<Vec<u8>> = on!(tx, |conn| sqlx::query_scalar(GET)
        .bind(name)
        .fetch_optional(conn)
        .await)?;
    value
        .map(|value| {
            value.try_into().map_err(|_| StoreError::Corrupt {
                table: "secrets",
                fault: "a secret of another length",
            })
        })
        .transpose()
}
