//! Migrations only add (R17): programs of the release before run on while the newer ones start, and an older row is a whole row.
//!
//! What a migration may say is a list; everything else is a fault, unless it stands among the exceptions with its reason.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

/// File (in both folders), how the statement begins, and why it does no harm.
const EXCEPTIONS: [(&str, &str, &str); 13] = [
    (
        "0028_people.sql",
        "create trigger audit_is_not_changed",
        "on a table that its own file makes",
    ),
    (
        "0028_people.sql",
        "create trigger audit_is_not_shortened",
        "on a table that its own file makes",
    ),
    (
        "0028_people.sql",
        "end",
        "of the triggers above, cut off at the semicolon before it",
    ),
    (
        "0028_people.sql",
        "create function cornerdesk_only_added_to",
        "what the triggers above run on PostgreSQL",
    ),
    (
        "0016_articles.sql",
        "create virtual table article_words",
        "a new table; only its kind is another",
    ),
    (
        "0027_lists.sql",
        "create virtual table search_words",
        "a new table; only its kind is another",
    ),
    (
        "0027_lists.sql",
        "create policy only_found on search_pieces",
        "on a table that is new",
    ),
    (
        "0009_one_site_at_a_time.sql",
        "create function cornerdesk_lock_by_site",
        "before the first release: there is no older program that does not say whose rows it wants",
    ),
    (
        "0009_one_site_at_a_time.sql",
        "do $$",
        "calls the function above for the tables of that time",
    ),
    (
        "0011_site_storage.sql",
        "drop table installation_secrets",
        "no program ever read or wrote it: contract, one step after `secrets` took its place",
    ),
    (
        "0020_timers.sql",
        "alter table jobs drop constraint jobs_lane_check",
        "allows more; programs of before write and take jobs of their own two lanes only",
    ),
    (
        "0020_timers.sql",
        "drop table jobs",
        "on SQLite the only way to allow more: all rows are in the table of the same columns that takes its name in the same transaction",
    ),
    (
        "0020_timers.sql",
        "create unique index jobs_timer",
        "for the new lane only, into which no program of before writes",
    ),
];

/// Every migration of a database, by its name.
pub fn migrations(database: &str) -> BTreeMap<String, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../ingest/migrations")
        .join(database);
    let files = fs::read_dir(folder)
        .expect("a folder of migrations")
        .flatten();
    files
        .map(|file| {
            let text = fs::read_to_string(file.path()).expect("a migration");
            (file.file_name().to_string_lossy().into_owned(), text)
        })
        .collect()
}

/// Statements in small letters, without comments, with single blanks. A body in `$$` belongs to its statement.
fn statements(sql: &str) -> Vec<String> {
    let lines = sql
        .lines()
        .map(|line| line.split("--").next().unwrap_or(""));
    let text = lines.collect::<Vec<_>>().join(" ").to_lowercase();
    let mut found = vec![String::new()];
    for (number, part) in text.split("$$").enumerate() {
        if !number.is_multiple_of(2) {
            found
                .last_mut()
                .expect("one at least")
                .push_str(&format!("$${part}$$"));
            continue;
        }
        let mut pieces = part.split(';');
        found
            .last_mut()
            .expect("one at least")
            .push_str(pieces.next().unwrap_or(""));
        found.extend(pieces.map(str::to_owned));
    }
    let single = |statement: &String| statement.split_whitespace().collect::<Vec<_>>().join(" ");
    found
        .iter()
        .map(single)
        .filter(|statement| !statement.is_empty())
        .collect()
}

/// What is wrong with a statement, when the tables in `new` are made by its own file.
fn fault(statement: &str, new: &BTreeSet<&str>) -> Option<&'static str> {
    let words: Vec<&str> = statement
        .split(|c: char| c.is_whitespace() || "(,'".contains(c))
        .filter(|word| !word.is_empty())
        .collect();
    let has = |wanted: &[&str]| words.windows(wanted.len()).any(|some| some == wanted);
    match words.as_slice() {
        ["create", "table", ..]
        | ["create", "index", ..]
        | ["insert", "into", ..]
        | ["update", ..] => None,
        // An older program does not need an index to be right.
        ["drop", "index", ..] => None,
        ["create", "unique", "index", _, "on", table, ..] if new.contains(table) => None,
        ["create", "unique", "index", ..] => {
            Some("rows that the older program writes may break it")
        }
        ["select", "1"] => None,
        ["select", "cornerdesk_lock_by_site", table, ..]
            if new.contains(table.trim_end_matches(')')) =>
        {
            None
        }
        ["alter", "table", table, ..] if new.contains(table) => None,
        ["alter", "table", _, "add", "column", ..]
            if has(&["not", "null"]) && !has(&["default"]) =>
        {
            Some("the older program does not fill it")
        }
        ["alter", "table", _, "add", "column", ..] if has(&["references"]) || has(&["unique"]) => {
            Some("rows that the older program writes may break it")
        }
        ["alter", "table", _, "add", "column", ..] => None,
        ["alter", ..] => Some("the older program knows the table as it was"),
        ["drop", ..] | ["delete", ..] | ["truncate", ..] => Some("the older program may need it"),
        _ => Some("it is not known to add only"),
    }
}

fn faults_of(name: &str, sql: &str) -> Vec<String> {
    let statements = statements(sql);
    let made = statements
        .iter()
        .filter_map(|statement| statement.strip_prefix("create table "));
    let new: BTreeSet<&str> = made
        .filter_map(|rest| rest.split([' ', '(']).next())
        .collect();
    let is_excepted = |statement: &str| {
        EXCEPTIONS
            .iter()
            .any(|(file, begins, _)| *file == name && statement.starts_with(begins))
    };
    let faults = statements
        .iter()
        .filter(|statement| !is_excepted(statement));
    faults
        .filter_map(|statement| Some(format!("{name}: {}: {statement}", fault(statement, &new)?)))
        .collect()
}

#[test]
fn every_migration_only_adds() {
    let mut used = BTreeSet::new();
    for database in ["sqlite", "postgres"] {
        let migrations = migrations(database);
        assert!(!migrations.is_empty());
        for (name, sql) in &migrations {
            let faults = faults_of(name, sql);
            assert!(faults.is_empty(), "{database}: {faults:#?}");
            for (number, (file, begins, _)) in EXCEPTIONS.iter().enumerate() {
                if file == name
                    && statements(sql)
                        .iter()
                        .any(|statement| statement.starts_with(begins))
                {
                    used.insert(number);
                }
            }
        }
    }
    assert_eq!(used.len(), EXCEPTIONS.len(), "an exception is for nothing");
}

#[test]
fn what_takes_something_away_is_found() {
    for sql in [
        "drop table tickets",
        "alter table tickets drop column plan",
        "alter table tickets rename to requests",
        "ALTER TABLE tickets\n RENAME COLUMN plan TO tariff",
        "alter table tickets alter column plan set not null",
        "alter table tickets alter column plan type bigint",
        "alter table tickets add column tariff text not null",
        "alter table tickets add column tariff text references tariffs (tariff)",
        "alter table tickets add constraint short check (length(summary) < 10)",
        "create unique index one on tickets (email)",
        "delete from tickets",
        "create trigger t before insert on tickets begin select 1; end",
        "select cornerdesk_lock_by_site('tickets')",
        "do $$ begin alter table tickets drop column plan; end $$",
        "select 1; drop table tickets -- goes",
    ] {
        assert!(!faults_of("0099_new.sql", sql).is_empty(), "{sql}");
    }
    for sql in [
        "alter table tickets add column tariff text -- null: none\n;",
        "alter table tickets add column tariff text not null default 'none' check (tariff in ('none', 'one'))",
        "create table tariffs (tariff text not null); create unique index one on tariffs (tariff); select cornerdesk_lock_by_site('tariffs');",
        "update tickets set plan = 'none' where plan is null",
    ] {
        assert!(
            faults_of("0099_new.sql", sql).is_empty(),
            "{sql}: {:?}",
            faults_of("0099_new.sql", sql)
        );
    }
}
