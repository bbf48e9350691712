//! SQLite grows into PostgreSQL: every row arrives, and the service goes on where it was.

use std::{collections::HashMap, time::Duration};

use cornerdesk_tests::{
    Database, Service, eventually,
    postgres::{Durability, Postgres},
    service::Setup,
    smtp::{Answer, SmtpSink},
};

use crate::{long_form, orders::Orders};

const MAILS: Duration = Duration::from_secs(120);

#[tokio::test]
async fn a_service_moved_to_postgresql_has_every_row_and_delivers_each_mail_once() {
    let sink = SmtpSink::start().await;
    // The mails wait for the move.
    sink.answer_with(Answer::NotNow);
    let before = Setup::durable(Database::Sqlite).mail_to(&sink);
    let mut service = Service::start_with(before).await;
    service.add_staff();
    let count = long_form::rounds(600, 10_000);
    let orders = Orders::new(count);
    orders.send_all(&service.client()).await;
    let waiting = service.jobs("ready").len();
    assert!(
        waiting > count / 2,
        "only {waiting} jobs are left to be moved"
    );
    assert!(service.terminate().await.success());
    let file = service.data_folder().join("cornerdesk.db");

    let url = Postgres::shared(Durability::Full).create_database();
    service.configure(
        &Setup::durable(Database::Sqlite)
            .database_url(&url)
            .mail_to(&sink),
    );
    let command = ["move", "--from", file.to_str().expect("UTF-8")];
    let told = service.command(&command);
    assert!(told.contains("both sides have the same rows"), "{told}");
    assert_eq!(rows_of(&told, "tickets"), count);
    assert!(
        rows_of(&told, "timeline") >= count && rows_of(&told, "staff") == 1,
        "{told}"
    );
    let again = service.try_command(&command, "");
    let complaint = String::from_utf8_lossy(&again.stderr);
    assert!(
        !again.status.success() && complaint.contains("not empty"),
        "{complaint}"
    );

    let delivered_before = sink.count();
    sink.answer_with(Answer::Accept);
    service.start_again().await;
    orders.assert_each_is_one_ticket(&service).await;
    eventually(MAILS, "a mail for each requester", async || {
        (sink.count() >= count).then_some(())
    })
    .await;
    let mut mails: HashMap<String, usize> = HashMap::new();
    for message in sink.received() {
        *mails.entry(message.recipients[0].clone()).or_default() += 1;
    }
    assert_eq!((delivered_before, mails.len()), (0, count));
    assert!(
        mails.values().all(|mails| *mails == 1),
        "a mail was delivered twice"
    );
    let remark = format!("{waiting} jobs due were moved; 0 lost, each mail once");
    long_form::report("SQLite to PostgreSQL", 1, count, remark);
}

fn rows_of(told: &str, table: &str) -> usize {
    let line = told
        .lines()
        .find(|line| line.starts_with(&format!("{table} ")));
    let rows = line.and_then(|line| line.split_whitespace().nth(1));
    rows.and_then(|rows| rows.parse().ok())
        .unwrap_or_else(|| panic!("{table}: {told}"))
}
