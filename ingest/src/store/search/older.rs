//! What is below the newest pieces, by the index of words of PostgreSQL.

use super::{
    EVERY_PIECE, Found, Page,
    reckoning::{Lists, sample},
    set,
};
use crate::{search::Question, staff::VisibleSites, store::StoreError};

/// All below, by the index of words: another statement, because the server keeps the plan of a statement, whatever is set when it is asked again.
/// `+ 0` keeps it from the index of numbers, which has them all.
const OLDER_POSTGRES: &str = "
    select number, site_id, ticket_id, piece_id
    from search_pieces
    where number + 0 < $1 and words @@ cast($5 as text)::tsquery
        and ($3 = 1 or site_id in (select staff_sites.site_id from staff_sites where staff_sites.staff_id = $4))
    order by number desc
    limit $2
";
/// In how many of these pieces each word is, and how many of them there are. What is asked for has to be [`EVERY_PIECE`].
const COMMON_POSTGRES: &str = "
    with sampled as (select words from search_pieces where number = any($2))
    select (select count(*) from sampled where sampled.words @@ asked.word::tsquery), (select count(*) from sampled)
    from unnest($1::text[]) with ordinality as asked(word, place)
    order by asked.place
";

/// Which lists are read on PostgreSQL for a question: how common its words are, a sample of all pieces up to the `last` says.
pub(super) async fn lists(
    tx: &mut sqlx::PgConnection,
    question: &Question,
    last: i64,
) -> Result<Lists, StoreError> {
    let words = question.each_of_postgres();
    set(&mut *tx, &[("cornerdesk.search", EVERY_PIECE)]).await?;
    let counts: Vec<(i64, i64)> = sqlx::query_as(COMMON_POSTGRES)
        .bind(&words)
        .bind(sample(last))
        .fetch_all(tx)
        .await?;
    // Half a piece more: a word that is in none of the sample is in some of all.
    let share = |(count, sampled): (i64, i64)| (2 * count + 1) * 500_000 / sampled.max(1);
    let words = words.into_iter().zip(counts.into_iter().map(share));
    Ok(Lists::cheapest(words.collect(), last))
}

/// What has the words below the newest pieces.
pub(super) async fn older(
    tx: &mut sqlx::PgConnection,
    visible: &VisibleSites,
    question: &Question,
    lists: &Lists,
    page: Page,
) -> Result<Vec<Found>, StoreError> {
    // Only the index of words is left, and room to hold what it says.
    let plan = [
        ("enable_bitmapscan", "on"),
        ("enable_indexscan", "off"),
        ("enable_seqscan", "off"),
        ("work_mem", "32MB"),
        ("cornerdesk.search", &lists.asked),
    ];
    set(tx, &plan).await?;
    let found = sqlx::query_as(OLDER_POSTGRES)
        .bind(page.below)
        .bind(page.most)
        .bind(visible.all_flag())
        .bind(visible.staff())
        .bind(question.of_postgres());
    Ok(found.fetch_all(tx).await?)
}
