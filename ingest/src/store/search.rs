//! Full text of tickets and messages: FTS5 on SQLite, `tsvector` on PostgreSQL, both with the words of [`crate::search`].
//!
//! A piece is a submission or a message. Its words are written with it, in one transaction; with those of a message stand the words of the
//! ticket's head, so that a name and a word that was written later are found together.

use std::cmp::Reverse;

use uuid::Uuid;

use super::{StoreError, Tx, list_statements, tx::on};
use crate::{
    message::Message,
    search::{self, Question},
    staff::VisibleSites,
    ticket::Ticket,
};

list_statements! {
    HEAD = "
        select reference, summary, email, requester_name from tickets where site_id = $1 and ticket_id = $2
    ";
    UNFILLED = "
        select site_id, ticket_id, piece_id from search_unfilled order by ticket_id, piece_id limit $1
    ";
    FILLED = "
        delete from search_unfilled where site_id = $1 and ticket_id = $2 and piece_id = $3
    ";
    UNFILL_TICKETS = "
        insert into search_unfilled (site_id, ticket_id, piece_id) select site_id, ticket_id, ticket_id from tickets where true on conflict do nothing
    ";
    UNFILL_MESSAGES = "
        insert into search_unfilled (site_id, ticket_id, piece_id) select site_id, ticket_id, message_id from messages where true on conflict do nothing
    ";
}

const ADD_SQLITE: &str = "
    insert into search_pieces (site_id, ticket_id, piece_id) values ($1, $2, $3)
";
const NUMBER_SQLITE: &str = "
    select number from search_pieces where site_id = $1 and ticket_id = $2 and piece_id = $3
";
const FORGET_WORDS_SQLITE: &str = "
    delete from search_words where rowid = $1
";
const WORDS_SQLITE: &str = "
    insert into search_words (rowid, words) values ($1, $2)
";
const ADD_POSTGRES: &str = "
    insert into search_pieces (site_id, ticket_id, piece_id, words) values ($1, $2, $3, array_to_tsvector($4))
";
const RENEW_POSTGRES: &str = "
    update search_pieces set words = array_to_tsvector($4) where site_id = $1 and ticket_id = $2 and piece_id = $3
";
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
/// All below, by the index of words: another statement, because the server keeps the plan of a statement, whatever is set when it is asked again.
/// `+ 0` keeps it from the index of numbers, which has them all.
const OLDER_POSTGRES: &str = "
    select number, site_id, ticket_id, piece_id
    from search_pieces
    where number + 0 < $1 and $2 < $1 and words @@ cast($6 as text)::tsquery
        and ($4 = 1 or site_id in (select staff_sites.site_id from staff_sites where staff_sites.staff_id = $5))
    order by number desc
    limit $3
";
/// In how many of these pieces each word is, and how many of them there are. What is asked for has to be [`EVERY_PIECE`].
const COMMON_POSTGRES: &str = "
    with sampled as (select words from search_pieces where number = any($2))
    select (select count(*) from sampled where sampled.words @@ asked.word::tsquery), (select count(*) from sampled)
    from unnest($1::text[]) with ordinality as asked(word, place)
    order by asked.place
";
const PLANNING_POSTGRES: &str = "
    select current_setting('random_page_cost'), current_setting('max_parallel_workers_per_gather')
";
const SET_POSTGRES: &str = "
    select set_config(asked.name, asked.value, true) from unnest($1::text[], $2::text[]) as asked (name, value)
";
const LAST_POSTGRES: &str = "select last_value from search_pieces_number_seq";
/// So many of the newest pieces are looked at one by one. A word that is in many of all is in many of these; one that is not leaves few
/// enough for the index.
const NEWEST: i64 = 3_000;
/// So many are looked at one by one, where those that were say that this is enough for a page.
const WALKED_MOST: i64 = 15_000;
/// Of about so many pieces is counted how common a word is.
const SAMPLED: i64 = 256;
/// What an entry of the list of a word costs, and a piece that is read because the lists say so; in halves of a microsecond, measured with a million tickets.
const ENTRY_COSTS: i64 = 1;
const PIECE_COSTS: i64 = 10;
/// What costs more, in the same halves, is searched when somebody asks for it.
const DEAR: i64 = 60_000;
/// With more sites than these, the newest of all are looked at.
const WALKS_MOST: usize = 8;

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

/// Which piece.
#[derive(Clone, Copy)]
struct Piece<'a> {
    site: &'a str,
    ticket: Uuid,
    id: Uuid,
}

/// Makes a new ticket one that is found.
///
/// # Errors
/// When the database fails.
pub async fn add_ticket(tx: &mut Tx, ticket: &Ticket) -> Result<(), StoreError> {
    add(tx, piece_of(ticket), words_of(ticket)).await
}

/// Makes a new message one that is found.
///
/// # Errors
/// When the database fails.
pub async fn add_message(tx: &mut Tx, site: &str, message: &Message) -> Result<(), StoreError> {
    let words = words_said(tx, site, message).await?;
    add(tx, piece_said(site, message), words).await
}

const fn piece_of(ticket: &Ticket) -> Piece<'_> {
    Piece {
        site: ticket.site.as_str(),
        ticket: ticket.id,
        id: ticket.id,
    }
}

const fn piece_said<'a>(site: &'a str, message: &Message) -> Piece<'a> {
    Piece {
        site,
        ticket: message.ticket,
        id: message.id,
    }
}

fn words_of(ticket: &Ticket) -> Vec<String> {
    let name = ticket
        .requester
        .as_ref()
        .and_then(|requester| requester.name.as_deref());
    let reference = ticket.reference.to_string();
    search::words([
        reference.as_str(),
        ticket.summary.as_str(),
        ticket.email.as_str(),
        name.unwrap_or_default(),
        ticket.description.as_str(),
    ])
}

async fn words_said(tx: &mut Tx, site: &str, message: &Message) -> Result<Vec<String>, StoreError> {
    let head: Option<(String, String, String, Option<String>)> =
        on!(tx, |conn| sqlx::query_as(HEAD)
            .bind(site)
            .bind(message.ticket)
            .fetch_optional(conn)
            .await)?;
    let (reference, summary, email, name) = head.unwrap_or_default();
    let name = name.unwrap_or_default();
    let texts = [reference.as_str(), &summary, &email, &name, &message.body];
    Ok(search::words(texts))
}

async fn add(tx: &mut Tx, piece: Piece<'_>, words: Vec<String>) -> Result<(), StoreError> {
    match tx {
        Tx::Sqlite(tx) => {
            let added = sqlx::query(ADD_SQLITE)
                .bind(piece.site)
                .bind(piece.ticket)
                .bind(piece.id)
                .execute(&mut **tx)
                .await?;
            sqlx::query(WORDS_SQLITE)
                .bind(added.last_insert_rowid())
                .bind(words.join(" "))
                .execute(&mut **tx)
                .await?;
        }
        Tx::Postgres(tx) => {
            sqlx::query(ADD_POSTGRES)
                .bind(piece.site)
                .bind(piece.ticket)
                .bind(piece.id)
                .bind(words)
                .execute(&mut **tx)
                .await?;
        }
    }
    Ok(())
}

/// Gives a piece these words instead of those that it has, and leaves it its number; one that has none gets both.
async fn renew(tx: &mut Tx, piece: Piece<'_>, words: Vec<String>) -> Result<(), StoreError> {
    let is_known = match tx {
        Tx::Sqlite(tx) => {
            let number: Option<i64> = sqlx::query_scalar(NUMBER_SQLITE)
                .bind(piece.site)
                .bind(piece.ticket)
                .bind(piece.id)
                .fetch_optional(&mut **tx)
                .await?;
            if let Some(number) = number {
                sqlx::query(FORGET_WORDS_SQLITE)
                    .bind(number)
                    .execute(&mut **tx)
                    .await?;
                sqlx::query(WORDS_SQLITE)
                    .bind(number)
                    .bind(words.join(" "))
                    .execute(&mut **tx)
                    .await?;
            }
            number.is_some()
        }
        Tx::Postgres(tx) => {
            set(tx, &[("cornerdesk.search", EVERY_PIECE)]).await?;
            let renewed = sqlx::query(RENEW_POSTGRES)
                .bind(piece.site)
                .bind(piece.ticket)
                .bind(piece.id)
                .bind(&words)
                .execute(&mut **tx)
                .await?;
            renewed.rows_affected() == 1
        }
    };
    if is_known {
        return Ok(());
    }
    add(tx, piece, words).await
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
    let (page_cost, workers): (String, String) = sqlx::query_as(PLANNING_POSTGRES)
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
    let (mut found, end) = newest(tx, visible, question, (below, most)).await?;
    let rest = most - i64::try_from(found.len()).unwrap_or(most);
    let mut unsearched_below = None;
    if let Some(end) = end
        && rest > 0
    {
        let lists = lists(tx, question).await?;
        if lists.cost > DEAR && depth == Depth::Newest {
            unsearched_below = Some(end);
        } else {
            found.extend(older(tx, visible, question, &lists, (end, rest)).await?);
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

/// The newest pieces one by one: what has the words, and below which number nothing was looked at; nothing when all was.
async fn newest(
    tx: &mut sqlx::PgConnection,
    visible: &VisibleSites,
    question: &Question,
    (below, most): (i64, i64),
) -> Result<(Vec<Found>, Option<i64>), StoreError> {
    let mut found: Vec<Found> = Vec::new();
    let (mut from, mut count, mut walked) = (below, NEWEST, 0);
    loop {
        let walks = Walk::all(tx, visible, from, count).await?;
        set(tx, &[("cornerdesk.search", &question.of_postgres())]).await?;
        let mut looked = Vec::new();
        for walk in &walks {
            looked.extend(walk.look(tx, visible, most).await?);
        }
        looked.sort_by_key(|found| Reverse(found.number));
        // Below the end of one of the walks something may be missing.
        let end = walks.iter().filter_map(|walk| walk.end).max();
        looked.retain(|found| end.is_none_or(|end| found.number >= end));
        found.extend(looked);
        walked += count;
        let more = further(i64::try_from(found.len()).unwrap_or(most), walked, most);
        match (end, more) {
            (Some(end), Some(more)) => (from, count) = (end, more),
            _ => return Ok((found, end)),
        }
    }
}

/// What has the words below the newest pieces.
async fn older(
    tx: &mut sqlx::PgConnection,
    visible: &VisibleSites,
    question: &Question,
    lists: &Lists,
    (below, most): (i64, i64),
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
        .bind(below)
        .bind(i64::MIN)
        .bind(most)
        .bind(visible.all_flag())
        .bind(visible.staff())
        .bind(question.of_postgres());
    Ok(found.fetch_all(tx).await?)
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
                let last: i64 = sqlx::query_scalar(LAST_POSTGRES).fetch_one(tx).await?;
                let above = below.min(last.saturating_add(1));
                let end = above.saturating_sub(count);
                return Ok(vec![Self {
                    site: None,
                    above,
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
        let Some(site) = self.site else {
            return part(tx, NEWEST_POSTGRES, visible, (self.above, end), most).await;
        };
        Ok(sqlx::query_as(NEWEST_OF_SITE_POSTGRES)
            .bind(self.above)
            .bind(end)
            .bind(most)
            .bind(site)
            .fetch_all(tx)
            .await?)
    }
}

/// Which lists of the index of words are read for a question, and what that costs.
#[derive(Debug, PartialEq, Eq)]
struct Lists {
    /// The words, as a `tsquery`.
    asked: String,
    /// In halves of a microsecond.
    cost: i64,
}

impl Lists {
    /// The cheapest choice: the rarest words, as many of them as leave out more pieces than their lists have entries to read. `words` come with their
    /// share of all pieces, in millionths.
    fn cheapest(mut words: Vec<(String, i64)>, pieces: i64) -> Self {
        words.sort_by_key(|(_, share)| *share);
        let (mut asked, mut entries, mut left) = (Vec::new(), 0, pieces);
        let mut cheapest: Option<Self> = None;
        for (word, share) in words {
            asked.push(word);
            entries += pieces.saturating_mul(share) / 1_000_000;
            left = left.saturating_mul(share) / 1_000_000;
            let cost = entries * ENTRY_COSTS + left * PIECE_COSTS;
            if cheapest.as_ref().is_none_or(|known| cost < known.cost) {
                let asked = asked.join(" & ");
                cheapest = Some(Self { asked, cost });
            }
        }
        cheapest.unwrap_or(Self {
            asked: String::new(),
            cost: 0,
        })
    }
}

/// Which lists are read on PostgreSQL for a question: how common its words are, a sample says.
async fn lists(tx: &mut sqlx::PgConnection, question: &Question) -> Result<Lists, StoreError> {
    let words = question.each_of_postgres();
    set(&mut *tx, &[("cornerdesk.search", EVERY_PIECE)]).await?;
    let last: i64 = sqlx::query_scalar(LAST_POSTGRES)
        .fetch_one(&mut *tx)
        .await?;
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

/// Pieces from all times, up to the last: a thread of the last hour is not taken for everything. The same ones for long, so that they stay in memory.
fn sample(last: i64) -> Vec<i64> {
    let apart = u64::try_from(last / SAMPLED).unwrap_or_default();
    let apart = i64::try_from(apart.max(1).next_power_of_two()).unwrap_or(i64::MAX);
    // Not every number is even.
    let number = |place| place * apart - place % apart;
    (1..=last / apart).map(number).collect()
}

/// How many pieces below those that were looked at should be looked at one by one, too: as many as have the rest of a page if they are like those
/// above; nothing where that is too many, or the page is full. A list of thousands of pieces takes longer to read than the few thousand newest of it.
fn further(found: i64, walked: i64, most: i64) -> Option<i64> {
    if found == 0 || found >= most {
        return None;
    }
    // A quarter more: it is no law.
    let more = walked * (most - found) / found * 5 / 4 + 1;
    (walked + more <= WALKED_MOST).then_some(more)
}

async fn part(
    tx: &mut sqlx::PgConnection,
    statement: &'static str,
    visible: &VisibleSites,
    (below, floor): (i64, i64),
    most: i64,
) -> Result<Vec<Found>, StoreError> {
    Ok(sqlx::query_as(statement)
        .bind(below)
        .bind(floor)
        .bind(most)
        .bind(visible.all_flag())
        .bind(visible.staff())
        .fetch_all(tx)
        .await?)
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

/// Takes some pieces that wait for their words and writes these. How many there were.
///
/// # Errors
/// When the database fails.
pub async fn fill(tx: &mut Tx, most: u32) -> Result<usize, StoreError> {
    let waiting: Vec<(String, Uuid, Uuid)> = on!(tx, |conn| sqlx::query_as(UNFILLED)
        .bind(i64::from(most))
        .fetch_all(conn)
        .await)?;
    for (site, ticket, piece) in &waiting {
        let taken = on!(tx, |conn| sqlx::query(FILLED)
            .bind(site)
            .bind(ticket)
            .bind(piece)
            .execute(conn)
            .await
            .map(|done| done.rows_affected()))?;
        // Another process has taken it.
        if taken == 0 {
            continue;
        }
        if ticket == piece {
            if let Some(ticket) = super::tickets::find(tx, site, *ticket).await? {
                renew(tx, piece_of(&ticket), words_of(&ticket)).await?;
            }
        } else if let Some(message) = super::messages::find(tx, site, *piece).await? {
            let words = words_said(tx, site, &message).await?;
            renew(tx, piece_said(site, &message), words).await?;
        }
    }
    Ok(waiting.len())
}

/// Lets every piece wait for its words: what is derived is not carried over from one database to another.
///
/// # Errors
/// When the database fails.
pub async fn unfill(tx: &mut Tx) -> Result<(), StoreError> {
    for statement in [UNFILL_TICKETS, UNFILL_MESSAGES] {
        on!(tx, |conn| sqlx::query(statement)
            .execute(conn)
            .await
            .map(drop))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_of_all_times_and_stays_the_same_for_long() {
        assert!(sample(0).is_empty());
        assert_eq!(sample(3), [1, 2, 3]);
        for last in [256, 1_000, 21_000, 1_000_000, 7_654_321] {
            let sample = sample(last);
            let count = i64::try_from(sample.len()).unwrap();
            assert!(
                (SAMPLED / 2..=2 * SAMPLED).contains(&count),
                "{last}: {count}"
            );
            assert!(sample[0] <= last / 100 && sample[sample.len() - 1] >= last - last / 50);
        }
        assert_eq!(
            sample(1_000_000),
            sample(1_004_000)[..sample(1_000_000).len()]
        );
    }

    fn cheapest(shares: &[(&str, i64)], pieces: i64) -> (String, bool) {
        let words = shares
            .iter()
            .map(|(word, share)| ((*word).to_owned(), *share));
        let lists = Lists::cheapest(words.collect(), pieces);
        (lists.asked, lists.cost > DEAR)
    }

    #[test]
    fn the_lists_are_read_that_leave_out_more_than_they_cost() {
        let (pieces, half) = (1_700_000, 500_000);
        let asked = |words: &[(&str, i64)]| cheapest(words, pieces);
        assert_eq!(asked(&[("a", 100), ("the", half)]), ("a".to_owned(), false));
        assert_eq!(
            asked(&[("b", 9_000), ("a", 5_000)]),
            ("a & b".to_owned(), false)
        );
        assert!(asked(&[("the", half), ("der", half)]).1, "too many");
        assert!(asked(&[("a", 50_000), ("b", 50_000)]).1);
        assert!(asked(&[("a", 50_000)]).1);
        assert!(!asked(&[("a", 1_000)]).1);
        assert!(!cheapest(&[("the", half), ("der", half)], 10_000).1);
    }

    #[test]
    fn pieces_are_looked_at_further_down_where_that_fills_the_page() {
        assert_eq!(further(60, 5_000, 60), None, "it is full");
        assert_eq!(further(0, 5_000, 60), None, "nobody knows where it is");
        assert_eq!(further(40, 5_000, 60), Some(3_126));
        assert_eq!(further(30, 5_000, 60), Some(6_251));
        assert_eq!(further(20, 5_000, 60), None, "a page is too far down");
        assert_eq!(further(55, 14_000, 60), None);
    }
}
