//! Every table of the newest schema is carried over to PostgreSQL, with all its columns. What there is is read from both catalogues, so that
//! a migration that adds a table is tested without a line here, or fails here.

use std::collections::{BTreeMap, BTreeSet};

use cornerdesk_ingest::store::{Store, moving};
use cornerdesk_tests::Database;
use sqlx::{AssertSqlSafe, PgPool, SqlitePool};

/// Tables that stay behind, by name: what has been migrated is the target's own business.
const LEFT_OUT: [&str; 14] = [
    "_sqlx_migrations",
    // Made anew from the articles.
    "article_words",
    "article_words_config",
    "article_words_content",
    "article_words_data",
    "article_words_docsize",
    "article_words_idx",
    // Made anew from tickets and messages.
    "search_pieces",
    "search_unfilled",
    "search_words",
    "search_words_config",
    "search_words_data",
    "search_words_docsize",
    "search_words_idx",
];

/// What columns hold that do not take anything of their type.
const PARTICULAR: &[(&str, &str)] = &[
    ("clocks.status", "'running'"),
    ("article_votes.verdict", "'helped'"),
    ("classification_decisions.facet", "'category'"),
    ("classification_counts.facet", "'priority'"),
    ("audit_head.one", "1"),
    ("staff.role", "'agent'"),
    ("messages.kind", "'reply'"),
    ("messages.via", "'desk'"),
    ("sites.source", "'file'"),
    ("sites.acknowledge", "'ack'"),
    ("sites.allowed_origins", "'[\"self\"]'"),
    ("tickets.status", "'new'"),
    ("tickets.held", "'suspected'"),
    ("attachments.examination", "'done'"),
    ("attachments.kind", "'image'"),
    ("attachments.metadata", "'removed'"),
    ("attachments.scan", "'infected'"),
    ("uploads.pieces", "'[{\"key\": \"k\"}]'"),
    ("jobs.state", "'ready'"),
    ("jobs.lane", "'files'"),
    ("messages.kind", "'answer'"),
    ("messages.via", "'page'"),
    ("ratings.is_good", "1"),
    ("loose_blobs.state", "'doomed'"),
    ("mail_links.purpose", "'confirm'"),
    ("pressure.slice", "10"),
    ("messages.kind", "'note'"),
    ("messages.via", "'desk'"),
    ("reply_drafts.kind", "'note'"),
];

const COLUMNS_OF_SQLITE: &str = "
    select m.name, c.name
    from sqlite_master m, pragma_table_info(m.name) c
    where m.type = 'table' and m.name not like 'sqlite_%'
";
const COLUMNS_OF_POSTGRES: &str = "
    select table_name::text, column_name::text, udt_name::text
    from information_schema.columns
    join information_schema.tables using (table_schema, table_name)
    where table_schema = 'public' and table_type = 'BASE TABLE'
";

/// Columns of each table with the target's type.
type Tables = BTreeMap<String, BTreeMap<String, String>>;

async fn tables_of_postgres(pool: &PgPool) -> Tables {
    let rows: Vec<(String, String, String)> = sqlx::query_as(COLUMNS_OF_POSTGRES)
        .fetch_all(pool)
        .await
        .expect("a catalogue");
    let mut tables = Tables::new();
    for (table, column, kind) in rows {
        if !LEFT_OUT.contains(&table.as_str()) {
            tables.entry(table).or_default().insert(column, kind);
        }
    }
    tables
}

async fn columns_of_sqlite(pool: &SqlitePool) -> BTreeSet<(String, String)> {
    let rows: Vec<(String, String)> = sqlx::query_as(COLUMNS_OF_SQLITE)
        .fetch_all(pool)
        .await
        .expect("a catalogue");
    let is_moved = |(table, _): &(String, String)| !LEFT_OUT.contains(&table.as_str());
    rows.into_iter().filter(is_moved).collect()
}

/// A value for a column, in SQL. All ids are the same one, so that rows fit together.
fn value(table: &str, column: &str, kind: &str) -> String {
    let name = format!("{table}.{column}");
    let particular = PARTICULAR.iter().find(|(known, _)| *known == name);
    if let Some((_, value)) = particular {
        return (*value).to_owned();
    }
    match kind {
        "uuid" => format!("x'{}'", "0a".repeat(16)),
        "bytea" => format!("x'{}'", "0b".repeat(32)),
        "jsonb" => "'{\"b\": 1, \"a\": [\"ä\"]}'".to_owned(),
        "text" if column == "site_id" => "'acme'".to_owned(),
        "text" => "'a “text” ä漢😀'".to_owned(),
        "int8" => "1795000000123457".to_owned(),
        "int4" => "7".to_owned(),
        other => panic!("{name} is of a type that this test does not know: {other}"),
    }
}

/// One row in every table, with something in every column.
async fn fill(pool: &SqlitePool, tables: &Tables) {
    let mut connection = pool.acquire().await.expect("a connection");
    sqlx::query("pragma foreign_keys = off")
        .execute(&mut *connection)
        .await
        .expect("a setting");
    for (table, columns) in tables {
        let values: Vec<_> = columns
            .iter()
            .map(|(column, kind)| value(table, column, kind))
            .collect();
        let names: Vec<_> = columns.keys().map(|name| format!("\"{name}\"")).collect();
        let (names, values) = (names.join(", "), values.join(", "));
        let insert = format!("insert into {table} ({names}) values ({values})");
        let done = sqlx::query(AssertSqlSafe(insert))
            .execute(&mut *connection)
            .await;
        done.unwrap_or_else(|error| panic!("{table} cannot be filled by this test: {error}"));
    }
}

#[tokio::test]
async fn every_table_of_the_newest_schema_is_moved_with_every_column() {
    let (from, to) = (Database::Sqlite.new_url(), Database::Postgres.new_url());
    let target = Store::open(&to, 2).await.expect("a new database");
    Store::open(&from, 2)
        .await
        .expect("a new file")
        .close()
        .await;
    let raw = SqlitePool::connect(&from).await.expect("the file is there");
    let pool = PgPool::connect(&to).await.expect("the database is there");
    let tables = tables_of_postgres(&pool).await;
    let columns: BTreeSet<_> = tables
        .iter()
        .flat_map(|(table, columns)| columns.keys().map(|column| (table.clone(), column.clone())))
        .collect();
    assert_eq!(
        columns_of_sqlite(&raw).await,
        columns,
        "a column is in one schema only: it would not be moved"
    );
    fill(&raw, &tables).await;
    raw.close().await;

    let source = Store::open(&from, 2).await.expect("the file");
    let moved = moving::everything(&source, &target).await.expect("a move");
    let moved: BTreeMap<_, _> = moved.iter().map(|m| (m.table.as_str(), m.rows)).collect();
    let expected: BTreeMap<_, _> = tables.keys().map(|table| (table.as_str(), 1)).collect();
    assert_eq!(moved, expected);
    for name in [
        "recipients",
        "sent_mails",
        "mail_links",
        "secrets",
        "site_storage",
    ]
    .into_iter()
    .chain(["allowances", "pressure", "spent_proofs"])
    .chain([
        "undeliverable_addresses",
        "loose_blobs",
        "uploads",
        "staff_sessions",
    ]) {
        assert!(
            moved.contains_key(name),
            "{name} is not among what was moved"
        );
    }
}
