//! What staff decided about suggestions, and what is learned from it.

use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

use super::{StoreError, Tx, list_statements, tx::on, unsigned};
use crate::classification::{
    decision::{Decision, Facet, Tallied},
    learned::Learned,
};

list_statements! {
    DECIDE = "
        insert into classification_decisions (site_id, ticket_id, facet, suggested, percent, chosen, decided_at)
        values ($1, $2, $3, $4, $5, $6, $7)
        on conflict (site_id, ticket_id, facet) do update
        set chosen = excluded.chosen
    ";
    DECIDED = "
        select suggested, percent, chosen
        from classification_decisions
        where site_id = $1 and ticket_id = $2 and facet = $3
    ";
    REPORT = "
        select facet, suggested, chosen, count(*) as tickets
        from classification_decisions
        where site_id = $1 and decided_at >= $2
        group by facet, suggested, chosen
        order by facet, suggested, chosen
    ";
    PUBLISHED = "
        select title, headings
        from articles
        where site_id = $1
        order by article_id
        limit $2
    ";
}

// Lists of words are the one thing here that the databases take in ways of their own.
const COUNT_SQLITE: &str = "
    insert into classification_counts (site_id, facet, word, class, decisions)
    select $1, $2, value, $4, $5 from json_each($3) where true
    on conflict (site_id, facet, word, class) do update
    set decisions = case when classification_counts.decisions + $5 < 0 then 0 else classification_counts.decisions + $5 end
";
const COUNT_POSTGRES: &str = "
    insert into classification_counts (site_id, facet, word, class, decisions)
    select $1, $2, value, $4, $5 from jsonb_array_elements_text($3::jsonb) as value
    on conflict (site_id, facet, word, class) do update
    set decisions = case when classification_counts.decisions + $5 < 0 then 0 else classification_counts.decisions + $5 end
";
const LEARNED_SQLITE: &str = "
    select word, class, decisions
    from classification_counts
    where site_id = $1 and facet = $2 and decisions > 0 and word in (select value from json_each($3))
";
const LEARNED_POSTGRES: &str = "
    select word, class, decisions
    from classification_counts
    where site_id = $1 and facet = $2 and decisions > 0 and word in (select jsonb_array_elements_text($3::jsonb))
";

/// Under this word stand all decisions.
const ALL: &str = "";

/// Writes down what staff chose; what was suggested stays as it was at the first decision.
///
/// # Errors
/// When the database fails.
pub async fn decide(
    tx: &mut Tx,
    site: &str,
    ticket: Uuid,
    facet: Facet,
    decision: &Decision,
    at: Timestamp,
) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(DECIDE)
        .bind(site)
        .bind(ticket)
        .bind(facet.as_str())
        .bind(&decision.suggested)
        .bind(decision.percent.map(i32::from))
        .bind(decision.chosen.as_deref().unwrap_or_default())
        .bind(at.as_microsecond())
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct DecisionRow {
    suggested: Option<String>,
    percent: Option<i32>,
    chosen: String,
}

/// What was decided about a ticket before.
///
/// # Errors
/// When the database fails.
pub async fn decided(
    tx: &mut Tx,
    site: &str,
    ticket: Uuid,
    facet: Facet,
) -> Result<Option<Decision>, StoreError> {
    let row: Option<DecisionRow> = on!(tx, |conn| sqlx::query_as(DECIDED)
        .bind(site)
        .bind(ticket)
        .bind(facet.as_str())
        .fetch_optional(conn)
        .await)?;
    Ok(row.map(|row| Decision {
        suggested: row.suggested,
        percent: row.percent.and_then(|percent| u8::try_from(percent).ok()),
        chosen: Some(row.chosen).filter(|chosen| !chosen.is_empty()),
    }))
}

/// Counts a decision for each of these words, or takes it back.
///
/// # Errors
/// When the database fails.
pub async fn count(
    tx: &mut Tx,
    site: &str,
    facet: Facet,
    words: &[String],
    class: Option<&str>,
    is_taken_back: bool,
) -> Result<(), StoreError> {
    // In one order for everybody: two decisions must not wait for each other.
    let mut words: Vec<&str> = words.iter().map(String::as_str).collect();
    words.push(ALL);
    words.sort_unstable();
    words.dedup();
    let words = json!(words).to_string();
    let change = if is_taken_back { -1_i64 } else { 1 };
    let statement = match tx {
        Tx::Sqlite(_) => COUNT_SQLITE,
        Tx::Postgres(_) => COUNT_POSTGRES,
    };
    on!(tx, |conn| sqlx::query(statement)
        .bind(site)
        .bind(facet.as_str())
        .bind(&words)
        .bind(class.unwrap_or_default())
        .bind(change)
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

/// What was decided at a site where these words were in the text.
///
/// # Errors
/// When the database fails.
pub async fn learned<'a>(
    tx: &mut Tx,
    site: &str,
    facet: Facet,
    words: impl Iterator<Item = &'a String>,
) -> Result<Learned, StoreError> {
    let mut asked: Vec<&str> = words.map(String::as_str).collect();
    asked.push(ALL);
    let asked = json!(asked).to_string();
    let statement = match tx {
        Tx::Sqlite(_) => LEARNED_SQLITE,
        Tx::Postgres(_) => LEARNED_POSTGRES,
    };
    let rows: Vec<(String, String, i64)> = on!(tx, |conn| sqlx::query_as(statement)
        .bind(site)
        .bind(facet.as_str())
        .bind(&asked)
        .fetch_all(conn)
        .await)?;
    let mut learned = Learned::default();
    for (word, class, decisions) in rows {
        let decisions = unsigned("classification_counts", decisions)?;
        if word == ALL {
            learned.decisions.insert(class, decisions);
        } else {
            let of_word = learned.features.entry(word).or_default();
            of_word.insert(class, decisions);
        }
    }
    Ok(learned)
}

/// How often what was suggested and what was chosen since an instant.
///
/// # Errors
/// When the database fails.
pub async fn report(tx: &mut Tx, site: &str, since: Timestamp) -> Result<Vec<Tallied>, StoreError> {
    let rows: Vec<(String, Option<String>, String, i64)> = on!(tx, |conn| sqlx::query_as(REPORT)
        .bind(site)
        .bind(since.as_microsecond())
        .fetch_all(conn)
        .await)?;
    rows.into_iter()
        .map(|(facet, suggested, chosen, tickets)| {
            Ok(Tallied {
                facet: Facet::from_name(&facet).ok_or(StoreError::Corrupt {
                    table: "classification_decisions",
                    fault: "an unknown facet",
                })?,
                suggested,
                chosen: Some(chosen).filter(|chosen| !chosen.is_empty()),
                tickets: unsigned("classification_decisions", tickets)?,
            })
        })
        .collect()
}

/// Titles and headings of the product's own help, at most `most` articles: words that are published.
///
/// # Errors
/// When the database fails.
pub async fn published(tx: &mut Tx, site: &str, most: u32) -> Result<Vec<String>, StoreError> {
    let rows: Vec<(String, String)> = on!(tx, |conn| sqlx::query_as(PUBLISHED)
        .bind(site)
        .bind(i64::from(most))
        .fetch_all(conn)
        .await)?;
    Ok(rows.into_iter().flat_map(<[String; 2]>::from).collect())
}
