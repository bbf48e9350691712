//! What came in at the sites, in slices of time, added up over all processes.

use super::{StoreError, Tx, list_statements, tx::on};
use crate::pressure::{Counts, Slice};

list_statements! {
    ADD = "
        insert into pressure (site_id, slice, submitted, held, refused)
        values ($1, $2, $3, $4, $5)
        on conflict (site_id, slice) do update
        set submitted = pressure.submitted + $3, held = pressure.held + $4, refused = pressure.refused + $5
    ";
    SINCE = "
        select site_id, slice, submitted, held, refused
        from pressure
        where slice >= $1
        order by site_id, slice
    ";
    SWEEP = "
        delete from pressure
        where slice < $1
    ";
}

/// Adds what a process has seen of a site in a slice.
///
/// # Errors
/// When the database fails.
pub async fn add(tx: &mut Tx, site: &str, slice_s: i64, counts: Counts) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(ADD)
        .bind(site)
        .bind(slice_s)
        .bind(counts.submitted)
        .bind(counts.held)
        .bind(counts.refused)
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

/// Every slice from a second on, by site and time.
///
/// # Errors
/// When the database fails.
pub async fn since(tx: &mut Tx, second: i64) -> Result<Vec<(String, Slice)>, StoreError> {
    let rows: Vec<(String, i64, i64, i64, i64)> = on!(tx, |conn| sqlx::query_as(SINCE)
        .bind(second)
        .fetch_all(conn)
        .await)?;
    let slice = |(site, at_s, submitted, held, refused)| {
        let counts = Counts {
            submitted,
            held,
            refused,
        };
        (site, Slice { at_s, counts })
    };
    Ok(rows.into_iter().map(slice).collect())
}

/// Forgets what was before a second.
///
/// # Errors
/// When the database fails.
pub async fn sweep(tx: &mut Tx, second: i64) -> Result<u64, StoreError> {
    let rows = on!(tx, |conn| sqlx::query(SWEEP)
        .bind(second)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows)
}
