//! Proofs of work that were used.

use jiff::Timestamp;

use super::{StoreError, Tx, list_statements, tx::on};
use crate::proof_of_work::Proof;

list_statements! {
    SPEND = "
        insert into spent_proofs (site_id, proof, expires_at)
        values ($1, $2, $3)
        on conflict (site_id, proof) do nothing
    ";
    SWEEP = "
        delete from spent_proofs
        where expires_at < $1
    ";
}

/// Uses a proof; `false` when it was used before.
///
/// # Errors
/// When the database fails.
pub async fn spend(tx: &mut Tx, site: &str, proof: &Proof) -> Result<bool, StoreError> {
    let rows = on!(tx, |conn| sqlx::query(SPEND)
        .bind(site)
        .bind(proof.digest.as_slice())
        .bind(proof.expires_at.as_microsecond())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Forgets the ones whose challenge cannot be answered any more.
///
/// # Errors
/// When the database fails.
pub async fn sweep(tx: &mut Tx, now: Timestamp) -> Result<u64, StoreError> {
    let rows = on!(tx, |conn| sqlx::query(SWEEP)
        .bind(now.as_microsecond())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows)
}
