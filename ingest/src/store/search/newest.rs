//! The newest pieces, looked at one by one on PostgreSQL.

use std::cmp::Reverse;

use super::{
    EVERY_PIECE, Found, Page,
    reckoning::{NEWEST, further},
    set,
};
use crate::{search::Question, staff::VisibleSites, store::StoreError};

/// The newest pieces, one by one. `@@` stands in the policy of the table.
const NEWEST_POSTGRES: &str = "
    select number, site_id, ticket_id, piece_id
    from search_pieces
    where number < $1 and number >= $2
        and ($4 = 1 or site_id in (select staff_sites.site_id from staff_sites where staff_sites.staff_id = $5))
    order by number desc
    limit $3
";
/// The same of one site.
const NEWEST_OF_SITE_POSTGRES: &str = "
    select number, site_id, ticket_id, piece_id
    from search_pieces
    where site_id = $4 and number < $1 and number >= $2
    order by number desc
    limit $3
";
/// Where so many of the newest pieces of a site end. What is asked for has to be [`EVERY_PIECE`].
const END_OF_SITE_POSTGRES: &str = "
    select number from search_pieces where site_id = $1 and number < $2 order by number desc limit 1 offset $3
";
/// With more sites than these, the newest of all are looked at.
const WALKS_MOST: usize = 8;

/// The newest pieces one by one: what has the words, and below which number nothing was looked at; nothing when all was.
pub(super) async fn newest(
    tx: &mut sqlx::PgConnection,
    visible: &VisibleSites,
    question: &Question,
    page: Page,
) -> Result<(Vec<Found>, Option<i64>), StoreError> {
    let mut found: Vec<Found> = Vec::new();
    let (mut from, mut count, mut walked) = (page.below, NEWEST, 0);
    loop {
        let walks = Walk::all(tx, visible, from, count).await?;
        set(tx, &[("cornerdesk.search", &question.of_postgres())]).await?;
        let mut looked = Vec::new();
        for walk in &walks {
            looked.extend(walk.look(tx, visible, page.most).await?);
        }
        looked.sort_by_key(|found| Reverse(found.number));
        // Below the end of one of the walks something may be missing.
        let end = walks.iter().filter_map(|walk| walk.end).max();
        looked.retain(|found| end.is_none_or(|end| found.number >= end));
        found.extend(looked);
        walked += count;
        let more = further(
            i64::try_from(found.len()).unwrap_or(page.most),
            walked,
            page.most,
        );
        match (end, more) {
            (Some(end), Some(more)) => (from, count) = (end, more),
            _ => return Ok((found, end)),
        }
    }
}

/// Newest pieces that are looked at one by one on PostgreSQL: all of them; or those of a site, where somebody sees a few sites and the
/// pieces of others would only be in the way.
struct Walk<'a> {
    site: Option<&'a str>,
    above: i64,
    /// The last number that is looked at; nothing when that is the last of all.
    end: Option<i64>,
}

impl<'a> Walk<'a> {
    async fn all(
        tx: &mut sqlx::PgConnection,
        visible: &'a VisibleSites,
        below: i64,
        count: i64,
    ) -> Result<Vec<Self>, StoreError> {
        let sites = match visible {
            VisibleSites::Of { sites, .. } if sites.len() <= WALKS_MOST => sites,
            VisibleSites::Of { .. } | VisibleSites::All => {
                let end = below.saturating_sub(count);
                return Ok(vec![Self {
                    site: None,
                    above: below,
                    end: (end > 0).then_some(end),
                }]);
            }
        };
        set(&mut *tx, &[("cornerdesk.search", EVERY_PIECE)]).await?;
        let share = (count / i64::try_from(sites.len().max(1)).unwrap_or(count)).max(1);
        let mut walks = Vec::with_capacity(sites.len());
        for site in sites {
            let end = sqlx::query_scalar(END_OF_SITE_POSTGRES)
                .bind(site)
                .bind(below)
                .bind(share - 1)
                .fetch_optional(&mut *tx)
                .await?;
            walks.push(Self {
                site: Some(site),
                above: below,
                end,
            });
        }
        Ok(walks)
    }

    async fn look(
        &self,
        tx: &mut sqlx::PgConnection,
        visible: &VisibleSites,
        most: i64,
    ) -> Result<Vec<Found>, StoreError> {
        let end = self.end.unwrap_or(i64::MIN);
        let asked = match self.site {
            Some(site) => sqlx::query_as(NEWEST_OF_SITE_POSTGRES)
                .bind(self.above)
                .bind(end)
                .bind(most)
                .bind(site),
            None => sqlx::query_as(NEWEST_POSTGRES)
                .bind(self.above)
                .bind(end)
                .bind(most)
                .bind(visible.all_flag())
                .bind(visible.staff()),
        };
        Ok(asked.fetch_all(tx).await?)
    }
}
