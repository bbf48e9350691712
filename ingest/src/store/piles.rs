//! How much waits for a destination, and how much was given up there, by site: whoever sees some sites counts those alone.

use jiff::Timestamp;

use super::{StoreError, Tx, instant, list_statements, tx::on};
use crate::outbox::lane::Lane;

list_statements! {
    PILES = "
        select site_id, 'ready', count(*), min(available_at) from jobs where state = 'ready' and lane = $1 group by site_id
        union all
        select site_id, 'dead', count(*), min(available_at) from jobs where state = 'dead' and lane = $1 group by site_id
    ";
}

/// What of a site is on its way to a destination, and what is not any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pile {
    /// The site's key.
    pub site: String,
    /// Was it given up?
    pub is_dead: bool,
    /// How much.
    pub count: i64,
    /// When the first of it may go.
    pub first_at: Option<Timestamp>,
}

/// The piles of a destination.
///
/// # Errors
/// When the database fails.
pub async fn of(tx: &mut Tx, destination: &str) -> Result<Vec<Pile>, StoreError> {
    let lane = Lane::to(destination);
    let rows: Vec<(String, String, i64, Option<i64>)> = on!(tx, |conn| sqlx::query_as(PILES)
        .bind(lane.as_str())
        .fetch_all(conn)
        .await)?;
    let pile = |(site, state, count, first): (String, String, i64, Option<i64>)| {
        let first_at = first.map(|at| instant("jobs", at)).transpose()?;
        Ok(Pile {
            site,
            is_dead: state == "dead",
            count,
            first_at,
        })
    };
    rows.into_iter().map(pile).collect()
}
