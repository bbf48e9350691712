//! Compares what the files of each site take up with the number that stands for it, and mends the number.
//!
//! They are the same as long as every process knows the number. One of a release that does not, beside newer ones while they are exchanged,
//! brings and takes files without it.

use crate::store::{self, Store, StoreError};

/// Compares, and counts again where they differ; answers these sites.
///
/// # Errors
/// When the database fails.
pub async fn compare(store: &Store) -> Result<Vec<String>, StoreError> {
    let mut tx = store.read().await?;
    let astray = store::site_storage::astray(&mut tx).await?;
    tx.rollback().await?;
    for site in &astray {
        let mut tx = store.write_for(site).await?;
        store::site_storage::count_again(&mut tx, site).await?;
        tx.commit().await?;
    }
    Ok(astray)
}
