//! A database with a site and very many tickets, made by the database itself.

use cornerdesk_ingest::store::{self, Store, sites::Source};
use cornerdesk_shared::reference::Reference;
use cornerdesk_tests::{Database, postgres::as_superuser, service::SITE};
use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

/// When the first ticket came, in microseconds.
pub const BEGINNING: i64 = 1_700_000_000_000_000;
/// Rows that one statement makes.
const AT_ONCE: usize = 50_000;

/// What makes the rows of a ticket, in the words of each database.
pub struct Statements {
    /// `$1`: a list of pairs of number and reference in JSON; `$2`: the site; `$3`: [`BEGINNING`].
    pub sqlite: [&'static str; 2],
    /// `$1` and `$2`: a list of numbers and one of references; `$3`: the site; `$4`: [`BEGINNING`].
    pub postgres: [&'static str; 2],
}

/// A new database with a site, and its address.
pub async fn open(database: Database) -> (String, Store) {
    let url = database.new_url();
    let store = Store::open(&url, 4).await.expect("a new database");
    let mut tx = store.write().await.expect("a transaction");
    store::sites::put(&mut tx, &crate::site(), Source::File, Timestamp::UNIX_EPOCH)
        .await
        .expect("a site");
    tx.commit().await.expect("a commit");
    (url, store)
}

/// Makes the rows of the tickets with these numbers, and brings the database's statistics up to date.
pub async fn fill(url: &str, numbers: impl Iterator<Item = i64>, statements: &Statements) {
    let numbers: Vec<i64> = numbers.collect();
    if url.starts_with("sqlite:") {
        let pool = sqlx::SqlitePool::connect(url).await.expect("it is there");
        for chunk in numbers.chunks(AT_ONCE) {
            let rows: Vec<_> = chunk
                .iter()
                .map(|number| (number, reference(*number)))
                .collect();
            let rows = json!(rows).to_string();
            for statement in statements.sqlite {
                let query = sqlx::query(statement)
                    .bind(&rows)
                    .bind(SITE)
                    .bind(BEGINNING);
                query.execute(&pool).await.expect("rows");
            }
        }
        sqlx::query("analyze")
            .execute(&pool)
            .await
            .expect("statistics");
        pool.close().await;
    } else {
        let pool = sqlx::PgPool::connect(&as_superuser(url))
            .await
            .expect("it is there");
        for chunk in numbers.chunks(AT_ONCE) {
            let references: Vec<String> = chunk.iter().copied().map(reference).collect();
            for statement in statements.postgres {
                let query = sqlx::query(statement).bind(chunk).bind(&references);
                let query = query.bind(SITE).bind(BEGINNING);
                query.execute(&pool).await.expect("rows");
            }
        }
        sqlx::query("vacuum analyze")
            .execute(&pool)
            .await
            .expect("statistics");
        pool.close().await;
    }
}

fn reference(number: i64) -> String {
    Reference::from_number(u64::try_from(number).unwrap_or_default()).to_string()
}

/// The id of the ticket with this number.
pub fn id(number: i64) -> Uuid {
    Uuid::from_u128(u128::try_from(number).unwrap_or_default())
}
