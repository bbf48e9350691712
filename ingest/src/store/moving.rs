//! Carries every row of an SQLite file over to an empty PostgreSQL, table by table, and compares both sides.
//!
//! The tables and their columns are read from the target's own catalogue, so that a migration that adds one needs no line here.

use std::collections::BTreeSet;

use futures_util::TryStreamExt;
use serde_json::Value as Json;
use sha2::{Digest, Sha256};
use sqlx::{
    AssertSqlSafe, PgConnection, Postgres, QueryBuilder, Row, SqliteConnection, postgres::PgRow,
    sqlite::SqliteRow,
};
use uuid::Uuid;

use super::{Store, StoreError, Tx};

/// Tables of the target that are ours, each after the ones that its rows name.
const TABLES: &str = "
    select c.relname::text
    from pg_class c
    where c.relkind = 'r' and c.relnamespace = current_schema()::regnamespace and c.relname not in ('_sqlx_migrations', 'article_words', 'search_pieces', 'search_unfilled')
    order by c.relname
";
const PARENTS: &str = "
    select conrelid::regclass::text, confrelid::regclass::text
    from pg_constraint
    where contype = 'f' and connamespace = current_schema()::regnamespace and conrelid <> confrelid
";
const COLUMNS: &str = "
    select column_name::text, udt_name::text
    from information_schema.columns
    where table_schema = current_schema() and table_name = $1
    order by ordinal_position
";

/// Rows that travel in one statement. PostgreSQL takes 65,535 parameters, so up to 130 columns fit.
const BATCH: usize = 500;

/// A table that was carried over, and what both sides agree on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// Its name.
    pub table: String,
    /// How many rows.
    pub rows: u64,
    /// The digests of all rows, added without order.
    pub checksum: [u8; 32],
}

/// Rows could not be carried over; the target is as it was.
#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    /// Both have to be what they are.
    #[error("rows are moved from SQLite to PostgreSQL, and nowhere else")]
    WrongWay,
    /// There are rows already.
    #[error("the target is not empty: {0} has rows")]
    NotEmpty(String),
    /// A column is of a kind that is not known here.
    #[error("{table}.{column} has a type that cannot be carried over")]
    UnknownType {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
    /// What arrived is not what was sent.
    #[error("{0} differs on both sides after the move")]
    Differs(String),
    /// A table refers to itself in a circle.
    #[error("the tables name each other in a circle")]
    Circle,
    /// A database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for MoveError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// Carries everything over in one transaction: all of it is there in the end, or nothing. The source cannot be written meanwhile.
///
/// # Errors
/// [`MoveError`]; then the target is as empty as it was.
pub async fn everything(from: &Store, to: &Store) -> Result<Vec<Moved>, MoveError> {
    let (Tx::Sqlite(mut source), Tx::Postgres(mut target)) =
        (from.write().await?, to.write().await?)
    else {
        return Err(MoveError::WrongWay);
    };
    // A large table takes longer than a request may.
    for timeout in ["statement_timeout", "idle_in_transaction_session_timeout"] {
        let off = format!("set local {timeout} = 0");
        sqlx::query(AssertSqlSafe(off))
            .execute(&mut *target)
            .await?;
    }
    let tables = in_order(&mut target).await?;
    for table in &tables {
        refuse_rows(&mut target, table).await?;
    }
    let mut moved = Vec::new();
    for table in tables {
        let table = Table::of(&mut target, table).await?;
        let sent = table.send(&mut source, &mut target).await?;
        if sent != table.sum_of_target(&mut target).await? {
            return Err(MoveError::Differs(table.name));
        }
        moved.push(Moved {
            table: table.name,
            rows: sent.rows,
            checksum: sent.digests,
        });
    }
    Tx::Sqlite(source).rollback().await?;
    let mut target = Tx::Postgres(target);
    super::articles::index_anew(&mut target).await?;
    super::search::unfill(&mut target).await?;
    target.commit().await?;
    Ok(moved)
}

/// Tables, each after the ones that its rows name.
async fn in_order(target: &mut PgConnection) -> Result<Vec<String>, MoveError> {
    let tables: Vec<String> = sqlx::query_scalar(TABLES).fetch_all(&mut *target).await?;
    let parents: Vec<(String, String)> = sqlx::query_as(PARENTS).fetch_all(target).await?;
    let mut waiting: BTreeSet<String> = tables.into_iter().collect();
    let mut order = Vec::new();
    while !waiting.is_empty() {
        let is_free = |table: &&String| {
            parents
                .iter()
                .all(|(child, parent)| child != *table || !waiting.contains(parent))
        };
        let next = waiting.iter().find(is_free).cloned();
        let next = next.ok_or(MoveError::Circle)?;
        waiting.remove(&next);
        order.push(next);
    }
    Ok(order)
}

async fn refuse_rows(target: &mut PgConnection, table: &str) -> Result<(), MoveError> {
    // The name is from the catalogue.
    let sql = format!("select exists (select 1 from {table})");
    let has_rows: bool = sqlx::query_scalar(AssertSqlSafe(sql))
        .fetch_one(target)
        .await?;
    if has_rows {
        return Err(MoveError::NotEmpty(table.to_owned()));
    }
    Ok(())
}

/// What the rows of one side come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sum {
    rows: u64,
    digests: [u8; 32],
}

impl Sum {
    /// Without order, since the two databases sort texts differently. No row stands twice, for each table has a key.
    fn add(&mut self, row: &[Value]) {
        let mut digest = Sha256::new();
        for value in row {
            value.digest(&mut digest);
        }
        let digest: [u8; 32] = digest.finalize().into();
        for (sum, byte) in self.digests.iter_mut().zip(digest) {
            *sum ^= byte;
        }
        self.rows += 1;
    }
}

/// What a column holds, by the target's name for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Integer,
    SmallInteger,
    Bytes,
    Uuid,
    Json,
}

impl Kind {
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "text" => Self::Text,
            "int8" => Self::Integer,
            "int4" => Self::SmallInteger,
            "bytea" => Self::Bytes,
            "uuid" => Self::Uuid,
            "jsonb" => Self::Json,
            _ => return None,
        })
    }
}

/// A value on its way.
#[derive(Clone, Debug, PartialEq)]
enum Value {
    Text(Option<String>),
    Integer(Option<i64>),
    SmallInteger(Option<i32>),
    Bytes(Option<Vec<u8>>),
    Uuid(Option<Uuid>),
    Json(Option<Json>),
}

impl Value {
    fn from_sqlite(row: &SqliteRow, index: usize, kind: Kind) -> Result<Self, sqlx::Error> {
        Ok(match kind {
            Kind::Text => Self::Text(row.try_get_unchecked(index)?),
            Kind::Integer => Self::Integer(row.try_get_unchecked(index)?),
            Kind::SmallInteger => Self::SmallInteger(row.try_get_unchecked(index)?),
            Kind::Bytes => Self::Bytes(row.try_get_unchecked(index)?),
            Kind::Uuid => Self::Uuid(row.try_get_unchecked(index)?),
            Kind::Json => {
                let text: Option<String> = row.try_get_unchecked(index)?;
                let parsed = text.map(|text| serde_json::from_str(&text)).transpose();
                Self::Json(parsed.map_err(|error| sqlx::Error::Decode(error.into()))?)
            }
        })
    }

    fn from_postgres(row: &PgRow, index: usize, kind: Kind) -> Result<Self, sqlx::Error> {
        Ok(match kind {
            Kind::Text => Self::Text(row.try_get(index)?),
            Kind::Integer => Self::Integer(row.try_get(index)?),
            Kind::SmallInteger => Self::SmallInteger(row.try_get(index)?),
            Kind::Bytes => Self::Bytes(row.try_get(index)?),
            Kind::Uuid => Self::Uuid(row.try_get(index)?),
            Kind::Json => Self::Json(row.try_get(index)?),
        })
    }

    /// Each value with its kind and length before it, so that no two rows look alike.
    fn digest(&self, digest: &mut Sha256) {
        let (kind, bytes) = match self {
            Self::Text(text) => (1_u8, text.as_ref().map(|text| text.clone().into_bytes())),
            Self::Integer(number) => (2, number.map(|number| number.to_be_bytes().to_vec())),
            Self::SmallInteger(number) => (3, number.map(|number| number.to_be_bytes().to_vec())),
            Self::Bytes(bytes) => (4, bytes.clone()),
            Self::Uuid(id) => (5, id.map(|id| id.as_bytes().to_vec())),
            Self::Json(json) => (6, json.clone().map(in_one_order)),
        };
        digest.update([kind, u8::from(bytes.is_some())]);
        let bytes = bytes.unwrap_or_default();
        digest.update((bytes.len() as u64).to_be_bytes());
        digest.update(bytes);
    }
}

/// JSON with the members of its objects in one order: PostgreSQL keeps them in another one than they were sent in.
fn in_one_order(mut json: Json) -> Vec<u8> {
    json.sort_all_objects();
    json.to_string().into_bytes()
}

/// A table of the target.
struct Table {
    name: String,
    columns: Vec<(String, Kind)>,
}

impl Table {
    async fn of(target: &mut PgConnection, name: String) -> Result<Self, MoveError> {
        let described: Vec<(String, String)> = sqlx::query_as(COLUMNS)
            .bind(&name)
            .fetch_all(target)
            .await?;
        let mut columns = Vec::new();
        for (column, kind) in described {
            let kind = Kind::of(&kind).ok_or_else(|| MoveError::UnknownType {
                table: name.clone(),
                column: column.clone(),
            })?;
            columns.push((column, kind));
        }
        Ok(Self { name, columns })
    }

    /// The names of its columns, quoted: they are from the catalogue.
    fn column_list(&self) -> String {
        let names: Vec<_> = self
            .columns
            .iter()
            .map(|(name, _)| format!("\"{name}\""))
            .collect();
        names.join(", ")
    }

    fn select(&self) -> String {
        format!("select {} from {}", self.column_list(), self.name)
    }

    /// Reads the source as a stream and writes it batch by batch.
    async fn send(
        &self,
        source: &mut SqliteConnection,
        target: &mut PgConnection,
    ) -> Result<Sum, MoveError> {
        let mut sum = Sum::default();
        let mut batch = Vec::with_capacity(BATCH);
        let mut rows = sqlx::query(AssertSqlSafe(self.select())).fetch(source);
        while let Some(row) = rows.try_next().await? {
            let values = self.values(|index, kind| Value::from_sqlite(&row, index, kind))?;
            sum.add(&values);
            batch.push(values);
            if batch.len() == BATCH {
                self.write(target, std::mem::take(&mut batch)).await?;
            }
        }
        if !batch.is_empty() {
            self.write(target, batch).await?;
        }
        Ok(sum)
    }

    async fn write(
        &self,
        target: &mut PgConnection,
        batch: Vec<Vec<Value>>,
    ) -> Result<(), MoveError> {
        let into = format!("insert into {} ({}) ", self.name, self.column_list());
        let mut insert = QueryBuilder::<Postgres>::new(into);
        insert.push_values(batch, |mut row, values| {
            for value in values {
                match value {
                    Value::Text(text) => row.push_bind(text),
                    Value::Integer(number) => row.push_bind(number),
                    Value::SmallInteger(number) => row.push_bind(number),
                    Value::Bytes(bytes) => row.push_bind(bytes),
                    Value::Uuid(id) => row.push_bind(id),
                    Value::Json(json) => row.push_bind(json),
                };
            }
        });
        insert.build().execute(target).await?;
        Ok(())
    }

    async fn sum_of_target(&self, target: &mut PgConnection) -> Result<Sum, MoveError> {
        let mut sum = Sum::default();
        let mut rows = sqlx::query(AssertSqlSafe(self.select())).fetch(target);
        while let Some(row) = rows.try_next().await? {
            sum.add(&self.values(|index, kind| Value::from_postgres(&row, index, kind))?);
        }
        Ok(sum)
    }

    fn values(
        &self,
        read: impl Fn(usize, Kind) -> Result<Value, sqlx::Error>,
    ) -> Result<Vec<Value>, sqlx::Error> {
        let kinds = self.columns.iter().map(|(_, kind)| *kind).enumerate();
        kinds.map(|(index, kind)| read(index, kind)).collect()
    }
}
