//! Our own PostgreSQL.

use std::process::Command;

use cornerdesk_tests::postgres::{Durability, Postgres};

fn query(url: &str, sql: &str) -> String {
    let output = Command::new("psql")
        .args(["--no-align", "--tuples-only", "--command", sql, url])
        .output()
        .expect("psql is installed");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

#[test]
fn each_test_gets_an_empty_database_of_its_own() {
    let server = Postgres::shared(Durability::None);
    let (first, second) = (server.create_database(), server.create_database());
    query(&first, "create table seen (id integer)");
    let tables = "select count(*) from pg_tables where schemaname = 'public'";
    assert_eq!(query(&first, tables), "1");
    assert_eq!(query(&second, tables), "0");
}

#[test]
fn a_durable_server_writes_as_in_production() {
    let database = Postgres::shared(Durability::Full).create_database();
    assert_eq!(query(&database, "show fsync"), "on");
    assert_eq!(query(&database, "show synchronous_commit"), "on");
}
