//! Full text of tickets and messages: FTS5 on SQLite, `tsvector` on PostgreSQL, both with the words of [`crate::search`].
//!
//! A piece is a submission or a message. Its words are written with it, in one transaction; with those of a message stand the words of the
//! ticket's head, so that a name and a word that was written later are found together.

mod newest;
mod older;
mod pieces;
mod reckoning;

use uuid::Uuid;

pub(in crate::store) use self::pieces::STATEMENTS;
pub use self::pieces::{add_message, add_ticket, fill, unfill};
use self::{
    newest::newest,
    older::{lists, older},
    reckoning::DEAR,
};
use super::{StoreError, Tx};
use crate::{search::Question, staff::VisibleSites};

/// What every piece fits, for the policy of the table: it has no word without letters.
const EVERY_PIECE: &str = "!'-'";
const FIND_SQLITE: &str = "
    select search_pieces.number, search_pieces.site_id, search_pieces.ticket_id, search_pieces.piece_id
    from search_words
    join search_pieces on search_pieces.number = search_words.rowid
    where search_words match $1 and search_words.rowid < $2
        and ($4 = 1 or search_pieces.site_id in (select staff_sites.site_id from staff_sites where staff_sites.staff_id = $5))
    order by search_words.rowid desc
    limit $3
";
/// As the transaction found them, and the number of the newest piece.
const PLANNING_POSTGRES: &str = "
    select current_setting('random_page_cost'), current_setting('max_parallel_workers_per_gather'), last_value from search_pieces_number_seq
";
const SET_POSTGRES: &str = "
    select set_config(asked.name, asked.value, true) from unnest($1::text[], $2::text[]) as asked (name, value)
";

/// A piece that has the words.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Found {
    /// The newest has the highest.
    pub number: i64,
    /// Of which site.
    #[sqlx(rename = "site_id")]
    pub site: String,
    /// Of which ticket.
    #[sqlx(rename = "ticket_id")]
    pub ticket: Uuid,
    /// Which message, or the ticket itself.
    #[sqlx(rename = "piece_id")]
    pub piece: Uuid,
}

/// Above every piece.
pub const TOP: i64 = i64::MAX;

/// How far down a search goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Not below the newest pieces, where every word of the question is in very many: lists of half of all pieces each take long to read.
    Newest,
    /// To the oldest piece.
    Everything,
}

/// What a search has found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// The newest first.
    pub found: Vec<Found>,
    /// Pieces below this one were not looked at, and may have the words too.
    pub unsearched_below: Option<i64>,
}

/// Which pieces are asked for.
#[derive(Clone, Copy)]
struct Page {
    /// Those with a lower number.
    below: i64,
    /// At most so many.
    most: i64,
}

/// The newest pieces of the visible sites below `below` that have all words of a question, at most `most`. SQLite always looks at everything.
///
/// # Errors
/// When the database fails.
pub async fn find(
    tx: &mut Tx,
    visible: &VisibleSites,
    question: &Question,
    below: i64,
    most: u32,
    depth: Depth,
) -> Result<Search, StoreError> {
    let most = i64::from(most);
    let tx = match tx {
        Tx::Sqlite(tx) => {
            let found = sqlx::query_as(FIND_SQLITE)
                .bind(question.of_sqlite())
                .bind(below)
                .bind(most)
                .bind(visible.all_flag())
                .bind(visible.staff())
                .fetch_all(&mut **tx)
                .await?;
            return Ok(Search {
                found,
                unsearched_below: None,
            });
        }
        Tx::Postgres(tx) => tx,
    };
    let (page_cost, workers, last): (String, String, i64) = sqlx::query_as(PLANNING_POSTGRES)
        .fetch_one(&mut **tx)
        .await?;
    // Of two indexes in the same order the one by site is walked: that its pieces lie apart counts for nothing.
    let plan = [
        ("enable_bitmapscan", "off"),
        ("enable_seqscan", "off"),
        ("random_page_cost", "0.1"),
        ("max_parallel_workers_per_gather", "0"),
    ];
    set(tx, &plan).await?;
    let below = below.min(last.saturating_add(1));
    let (mut found, end) = newest(tx, visible, question, Page { below, most }).await?;
    let rest = most - i64::try_from(found.len()).unwrap_or(most);
    let mut unsearched_below = None;
    if let Some(end) = end
        && rest > 0
    {
        let lists = lists(tx, question, last).await?;
        if lists.cost > DEAR && depth == Depth::Newest {
            unsearched_below = Some(end);
        } else {
            let page = Page {
                below: end,
                most: rest,
            };
            found.extend(older(tx, visible, question, &lists, page).await?);
        }
    }
    let as_ever = [
        ("enable_bitmapscan", "on"),
        ("enable_indexscan", "on"),
        ("enable_seqscan", "on"),
        ("random_page_cost", &page_cost),
        ("max_parallel_workers_per_gather", &workers),
    ];
    set(tx, &as_ever).await?;
    found.truncate(usize::try_from(most).unwrap_or(usize::MAX));
    Ok(Search {
        found,
        unsearched_below,
    })
}

/// Settings until the transaction ends.
async fn set(tx: &mut sqlx::PgConnection, settings: &[(&str, &str)]) -> Result<(), StoreError> {
    let (names, values): (Vec<&str>, Vec<&str>) = settings.iter().copied().unzip();
    sqlx::query(SET_POSTGRES)
        .bind(names)
        .bind(values)
        .execute(tx)
        .await?;
    Ok(())
}
