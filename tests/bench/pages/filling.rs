//! Rows into tables, as fast as each database takes them: COPY on PostgreSQL, lists in JSON on SQLite.

use std::fmt::Write;

use cornerdesk_tests::postgres::as_superuser;
use serde_json::{Value, json};
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, PgConnection, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteSynchronous},
};
use uuid::Uuid;

/// The tables that are filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    Tickets,
    Timeline,
    Messages,
    Tags,
    Attachments,
    Jobs,
    Clocks,
    Pieces,
    /// On SQLite alone.
    Words,
    Staff,
    StaffSites,
    Learned,
}

const TABLES: [(Table, &str, &str); 12] = [
    (
        Table::Tickets,
        "tickets",
        "site_id, ticket_id, reference, summary, description, email, locale, category, plan, context, status, held, received_at, channel, priority,
            policy_version, queue_at, awaits, assignee, snoozed_until",
    ),
    (Table::Timeline, "timeline", "site_id, ticket_id, seq, at, kind, data"),
    (
        Table::Messages,
        "messages",
        "site_id, message_id, ticket_id, kind, via, author, body, at",
    ),
    (Table::Tags, "tags", "site_id, ticket_id, tag"),
    (
        Table::Attachments,
        "attachments",
        "site_id, attachment_id, ticket_id, position, name, content_type, size_bytes, sha256, blob",
    ),
    (
        Table::Jobs,
        "jobs",
        "site_id, job_id, ticket_id, kind, payload, state, attempts, available_at, created_at, lane",
    ),
    (
        Table::Clocks,
        "clocks",
        "site_id, ticket_id, metric, due_at, status, budget_s, last_seq",
    ),
    (Table::Pieces, "search_pieces", "site_id, ticket_id, piece_id, words"),
    (Table::Words, "search_words", "rowid, words"),
    (
        Table::Staff,
        "staff",
        "staff_id, email, name, password_hash, created_at, all_sites",
    ),
    (Table::StaffSites, "staff_sites", "staff_id, site_id"),
    (
        Table::Learned,
        "classification_counts",
        "site_id, facet, word, class, decisions",
    ),
];

/// A value.
#[derive(Clone, Debug)]
pub enum Cell {
    Null,
    Int(i64),
    Text(String),
    Id(Uuid),
    /// 32 bytes that begin so.
    Digest(Uuid),
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<Option<&str>> for Cell {
    fn from(text: Option<&str>) -> Self {
        text.map_or(Self::Null, Self::from)
    }
}

impl From<i64> for Cell {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<Uuid> for Cell {
    fn from(id: Uuid) -> Self {
        Self::Id(id)
    }
}

/// Rows as the database takes them, for some tickets.
#[derive(Debug)]
pub struct Rows {
    is_sqlite: bool,
    /// By [`Table`]: lines of COPY, or elements of a list in JSON; and which columns are ids.
    texts: [String; TABLES.len()],
    ids: [Vec<bool>; TABLES.len()],
}

impl Rows {
    /// None yet.
    pub fn new(is_sqlite: bool) -> Self {
        Self {
            is_sqlite,
            texts: Default::default(),
            ids: Default::default(),
        }
    }

    /// Adds one.
    pub fn put<const COLUMNS: usize>(&mut self, table: Table, row: [Cell; COLUMNS]) {
        let ids = &mut self.ids[table as usize];
        ids.resize(COLUMNS, false);
        for (is_id, cell) in ids.iter_mut().zip(&row) {
            *is_id |= matches!(cell, Cell::Id(_) | Cell::Digest(_));
        }
        let text = &mut self.texts[table as usize];
        if self.is_sqlite {
            let values = row.map(|cell| match cell {
                Cell::Null => Value::Null,
                Cell::Int(number) => json!(number),
                Cell::Text(text) => Value::String(text),
                Cell::Id(id) => Value::String(id.simple().to_string()),
                Cell::Digest(id) => Value::String(format!("{0}{0}", id.simple())),
            });
            text.push(if text.is_empty() { '[' } else { ',' });
            text.push_str(&json!(values.as_slice()).to_string());
            return;
        }
        for (column, cell) in row.iter().enumerate() {
            if column > 0 {
                text.push('\t');
            }
            match cell {
                Cell::Null => text.push_str("\\N"),
                Cell::Int(number) => write!(text, "{number}").expect("a text"),
                // No text of ours has a tab or the end of a line.
                Cell::Text(value) => text.push_str(&value.replace('\\', "\\\\")),
                Cell::Digest(id) => {
                    write!(text, "\\\\x{0}{0}", id.simple()).expect("a text");
                }
                Cell::Id(id) => write!(text, "{id}").expect("a text"),
            }
        }
        text.push('\n');
    }

    /// Adds a piece with its words, as each database keeps them.
    pub fn put_piece(&mut self, number: i64, [site, ticket, piece]: [Cell; 3], words: &str) {
        if self.is_sqlite {
            self.put(Table::Pieces, [site, ticket, piece, number.into()]);
            self.put(Table::Words, [number.into(), words.into()]);
        } else {
            self.put(Table::Pieces, [site, ticket, piece, words.into()]);
        }
    }

    fn is_empty(&self) -> bool {
        self.texts.iter().all(String::is_empty)
    }
}

/// A connection that checks nothing.
pub enum Filling {
    Sqlite(SqliteConnection),
    Postgres(PgConnection, Vec<String>),
}

impl Filling {
    /// Begins: the indexes of PostgreSQL that no constraint needs are made anew at the end.
    pub async fn begin(url: &str) -> Self {
        if url.starts_with("sqlite:") {
            let options: SqliteConnectOptions = url.parse().expect("an address");
            let options = options
                .foreign_keys(false)
                .synchronous(SqliteSynchronous::Off);
            return Self::Sqlite(options.connect().await.expect("it is there"));
        }
        let mut connection = PgConnection::connect(&as_superuser(url))
            .await
            .expect("it is there");
        run(&mut connection, "set session_replication_role = replica").await;
        let names: Vec<String> = TABLES
            .iter()
            .map(|(_, name, _)| (*name).to_owned())
            .collect();
        let indexes: Vec<(String, String)> = sqlx::query_as(
            "select indexname::text, indexdef from pg_indexes
            where tablename = any($1) and not exists (select 1 from pg_constraint where conname = indexname) and indexdef not like 'CREATE UNIQUE%'",
        )
        .bind(&names)
        .fetch_all(&mut connection)
        .await
        .expect("indexes");
        for (name, _) in &indexes {
            run(&mut connection, &format!("drop index {name}")).await;
        }
        Self::Postgres(
            connection,
            indexes.into_iter().map(|(_, made)| made).collect(),
        )
    }

    /// Writes rows.
    pub async fn put(&mut self, rows: Rows) {
        if rows.is_empty() {
            return;
        }
        let Rows { texts, ids, .. } = rows;
        let parts = TABLES.into_iter().zip(texts).zip(ids);
        match self {
            Self::Sqlite(connection) => {
                let mut tx = connection.begin().await.expect("a transaction");
                for (((table, name, columns), text), ids) in parts {
                    if text.is_empty() {
                        continue;
                    }
                    let columns = if table == Table::Pieces {
                        "site_id, ticket_id, piece_id, number"
                    } else {
                        columns
                    };
                    let values = ids.iter().enumerate().map(|(column, is_id)| match is_id {
                        true => format!("unhex(value ->> {column})"),
                        false => format!("value ->> {column}"),
                    });
                    let values = values.collect::<Vec<_>>().join(", ");
                    let sql = format!(
                        "insert into {name} ({columns}) select {values} from json_each($1)"
                    );
                    let query = sqlx::query(AssertSqlSafe(sql)).bind(text + "]");
                    query.execute(&mut *tx).await.expect(name);
                }
                tx.commit().await.expect("a commit");
            }
            Self::Postgres(connection, _) => {
                for (((_, name, columns), text), _) in parts {
                    if text.is_empty() {
                        continue;
                    }
                    let sql = format!("copy {name} ({columns}) from stdin");
                    let mut copy = connection.copy_in_raw(&sql).await.expect(name);
                    copy.send(text.into_bytes()).await.expect(name);
                    copy.finish().await.expect(name);
                }
            }
        }
    }

    /// Ends: what was dropped is there again, and PostgreSQL knows what it has.
    pub async fn end(self) {
        match self {
            // As the service has it: it never gathers statistics of SQLite, whose planner would then skip through indexes that begin with the site.
            Self::Sqlite(connection) => connection.close().await.expect("an end"),
            Self::Postgres(mut connection, indexes) => {
                run(&mut connection, "set maintenance_work_mem = '1GB'").await;
                for made in &indexes {
                    run(&mut connection, made).await;
                }
                run(&mut connection, "vacuum analyze").await;
                // So that no checkpoint writes all this while something is measured.
                run(&mut connection, "checkpoint").await;
                connection.close().await.expect("an end");
            }
        }
    }
}

async fn run(connection: &mut PgConnection, sql: &str) {
    let done = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
        .execute(connection)
        .await;
    done.unwrap_or_else(|error| panic!("{sql}: {error}"));
}
