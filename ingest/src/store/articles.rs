//! Articles of the sites' own help, and what readers said of them.
//!
//! Full text is the one thing that the databases do in ways of their own: FTS5 on SQLite, `tsvector` on PostgreSQL. Both know the same
//! words, and `article_words` is made anew with the articles.

use std::collections::HashMap;

use uuid::Uuid;

use super::{StoreError, Tx, list_statements, tx::on};
use crate::articles::{Article, Verdict, query};

list_statements! {
    REMOVE = "
        delete from articles where site_id = $1
    ";
    REMOVE_PLANS = "
        delete from article_plans where site_id = $1
    ";
    INSERT_PLAN = "
        insert into article_plans (site_id, article_id, plan)
        values ($1, $2, $3)
        on conflict (site_id, article_id, plan) do nothing
    ";
    PLANS = "
        select article_id, plan from article_plans where site_id = $1 order by article_id, plan
    ";
    REMOVE_WORDS = "
        delete from article_words where site_id = $1
    ";
    INSERT = "
        insert into articles (site_id, article_id, url, locale, title, headings, body)
        values ($1, $2, $3, $4, $5, $6, $7)
    ";
    SITES = "
        select site_id from sites where exists (select 1 from articles where articles.site_id = sites.site_id)
    ";
    EXISTS = "
        select count(*) from articles
        where site_id = $1 and article_id = $2 and (
            not exists (select 1 from article_plans p where p.site_id = $1 and p.article_id = $2)
            or exists (select 1 from article_plans p where p.site_id = $1 and p.article_id = $2 and p.plan = $3)
        )
    ";
    VOTE = "
        insert into article_votes (site_id, article_id, verdict, votes)
        values ($1, $2, $3, 1)
        on conflict (site_id, article_id, verdict) do update
        set votes = article_votes.votes + 1
    ";
    ALL = "
        select article_id, url, locale, title, headings, body from articles where site_id = $1 order by article_id
    ";
    REPORT = "
        select articles.title, articles.url, article_votes.verdict, article_votes.votes
        from article_votes
        join articles on articles.site_id = article_votes.site_id and articles.article_id = article_votes.article_id
        where article_votes.site_id = $1
        order by articles.url, article_votes.verdict
    ";
}

const INDEX_SQLITE: &str = "
    insert into article_words (site_id, article_id, locale, title, headings, body)
    values ($1, $2, $3, $4, $5, $6)
";
/// `$3` is a configuration of full text.
const INDEX_POSTGRES: &str = "
    insert into article_words (site_id, article_id, words)
    values ($1, $2, setweight(to_tsvector($3::regconfig, $4), 'A') || setweight(to_tsvector($3::regconfig, $5), 'B')
        || setweight(to_tsvector($3::regconfig, $6), 'D'))
";
const SEARCH_SQLITE: &str = "
    select articles.article_id, articles.title, articles.url
    from (
        select article_id as found_id, bm25(article_words, 0, 0, 0, 10, 4, 1) as place
        from article_words
        where article_words match $1 and site_id = $2 and locale = $3 and (
            article_id not in (select p.article_id from article_plans p where p.site_id = $2)
            or article_id in (select p.article_id from article_plans p where p.site_id = $2 and p.plan = $4)
        )
        order by place, found_id
        limit 5
    )
    join articles on articles.site_id = $2 and articles.article_id = found_id
    order by place, found_id
";
const SEARCH_POSTGRES: &str = "
    select articles.article_id, articles.title, articles.url
    from article_words
    join articles using (site_id, article_id)
    where site_id = $2 and locale = $3 and words @@ to_tsquery($4::regconfig, $1) and (
        article_id not in (select p.article_id from article_plans p where p.site_id = $2)
        or article_id in (select p.article_id from article_plans p where p.site_id = $2 and p.plan = $5)
    )
    order by ts_rank(words, to_tsquery($4::regconfig, $1)) desc, articles.article_id
    limit 5
";

#[derive(sqlx::FromRow)]
struct Row {
    article_id: Uuid,
    url: String,
    locale: String,
    title: String,
    headings: String,
    body: String,
}

impl Row {
    fn article(self) -> Article {
        Article {
            id: self.article_id,
            url: self.url,
            locale: self.locale,
            title: self.title,
            headings: self.headings,
            body: self.body,
            plans: Vec::new(),
        }
    }
}

/// An article that fits.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Found {
    /// Its id.
    pub article_id: Uuid,
    /// Its title.
    pub title: String,
    /// Where it is read.
    pub url: String,
}

/// What readers said of an article.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Said {
    /// Its title.
    pub title: String,
    /// Where it is read.
    pub url: String,
    /// A [`Verdict`].
    pub verdict: String,
    /// How many said so.
    pub votes: i64,
}

/// Puts these articles, each of another address, in place of all that the site has. What readers said is kept.
///
/// # Errors
/// When the database fails, or two have one address.
pub async fn replace(tx: &mut Tx, site: &str, articles: &[Article]) -> Result<(), StoreError> {
    for statement in [REMOVE_WORDS, REMOVE_PLANS, REMOVE] {
        on!(tx, |conn| sqlx::query(statement)
            .bind(site)
            .execute(conn)
            .await
            .map(drop))?;
    }
    for article in articles {
        on!(tx, |conn| sqlx::query(INSERT)
            .bind(site)
            .bind(article.id)
            .bind(&article.url)
            .bind(&article.locale)
            .bind(&article.title)
            .bind(&article.headings)
            .bind(&article.body)
            .execute(conn)
            .await
            .map(drop))?;
        for plan in &article.plans {
            on!(tx, |conn| sqlx::query(INSERT_PLAN)
                .bind(site)
                .bind(article.id)
                .bind(plan)
                .execute(conn)
                .await
                .map(drop))?;
        }
        index(tx, site, article).await?;
    }
    Ok(())
}

/// Every article of a site.
///
/// # Errors
/// When the database fails.
pub async fn all(tx: &mut Tx, site: &str) -> Result<Vec<Article>, StoreError> {
    let rows: Vec<Row> = on!(tx, |conn| sqlx::query_as(ALL)
        .bind(site)
        .fetch_all(conn)
        .await)?;
    let plans: Vec<(Uuid, String)> = on!(tx, |conn| sqlx::query_as(PLANS)
        .bind(site)
        .fetch_all(conn)
        .await)?;
    let mut plans_of: HashMap<Uuid, Vec<String>> = HashMap::new();
    for (article, plan) in plans {
        plans_of.entry(article).or_default().push(plan);
    }
    let with_plans = |article: Article| Article {
        plans: plans_of.remove(&article.id).unwrap_or_default(),
        ..article
    };
    Ok(rows.into_iter().map(Row::article).map(with_plans).collect())
}

/// Makes the words of every article anew: what is derived is not carried over from one database to another.
///
/// # Errors
/// When the database fails.
pub async fn index_anew(tx: &mut Tx) -> Result<(), StoreError> {
    for site in sites(tx).await? {
        on!(tx, |conn| sqlx::query(REMOVE_WORDS)
            .bind(&site)
            .execute(conn)
            .await
            .map(drop))?;
        for article in all(tx, &site).await? {
            index(tx, &site, &article).await?;
        }
    }
    Ok(())
}

/// The words of an article. SQLite keeps the language beside them; PostgreSQL needs its configuration for them.
async fn index(tx: &mut Tx, site: &str, article: &Article) -> Result<(), StoreError> {
    let (statement, language) = match tx {
        Tx::Sqlite(_) => (INDEX_SQLITE, article.locale.as_str()),
        Tx::Postgres(_) => (INDEX_POSTGRES, query::configuration_of(&article.locale)),
    };
    on!(tx, |conn| sqlx::query(statement)
        .bind(site)
        .bind(article.id)
        .bind(language)
        .bind(query::in_pieces(&article.title))
        .bind(query::in_pieces(&article.headings))
        .bind(query::in_pieces(&article.body))
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

/// At most five articles that fit a text, the best first: those for everybody, and those for `plan`, the id of a plan of the site's policy.
///
/// # Errors
/// When the database fails.
pub async fn search(
    tx: &mut Tx,
    site: &str,
    locale: &str,
    text: &str,
    plan: Option<&str>,
) -> Result<Vec<Found>, StoreError> {
    let words = query::words(text);
    if words.is_empty() {
        return Ok(Vec::new());
    }
    let found = match tx {
        Tx::Sqlite(tx) => {
            sqlx::query_as(SEARCH_SQLITE)
                .bind(query::of_sqlite(&words))
                .bind(site)
                .bind(locale)
                .bind(plan)
                .fetch_all(&mut **tx)
                .await
        }
        Tx::Postgres(tx) => {
            sqlx::query_as(SEARCH_POSTGRES)
                .bind(query::of_postgres(&words))
                .bind(site)
                .bind(locale)
                .bind(query::configuration_of(locale))
                .bind(plan)
                .fetch_all(&mut **tx)
                .await
        }
    };
    Ok(found?)
}

/// The sites that have articles.
///
/// # Errors
/// When the database fails.
pub async fn sites(tx: &mut Tx) -> Result<Vec<String>, StoreError> {
    Ok(on!(tx, |conn| sqlx::query_scalar(SITES)
        .fetch_all(conn)
        .await)?)
}

/// Counts what a reader said; `false` when there is no such article for a reader of this plan.
///
/// # Errors
/// When the database fails.
pub async fn vote(
    tx: &mut Tx,
    site: &str,
    article: Uuid,
    verdict: Verdict,
    plan: Option<&str>,
) -> Result<bool, StoreError> {
    let there: i64 = on!(tx, |conn| sqlx::query_scalar(EXISTS)
        .bind(site)
        .bind(article)
        .bind(plan)
        .fetch_one(conn)
        .await)?;
    if there == 0 {
        return Ok(false);
    }
    on!(tx, |conn| sqlx::query(VOTE)
        .bind(site)
        .bind(article)
        .bind(verdict.as_str())
        .execute(conn)
        .await
        .map(drop))?;
    Ok(true)
}

/// What readers of a site's articles said.
///
/// # Errors
/// When the database fails.
pub async fn report(tx: &mut Tx, site: &str) -> Result<Vec<Said>, StoreError> {
    Ok(on!(tx, |conn| sqlx::query_as(REPORT)
        .bind(site)
        .fetch_all(conn)
        .await)?)
}
