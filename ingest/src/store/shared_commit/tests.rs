use std::path::PathBuf;

use sqlx::{
    ConnectOptions,
    sqlite::{SqliteConnectOptions, SqlitePoolOptions},
};
use tokio::task::{JoinHandle, yield_now};

use super::*;

/// A database with a table of numbers; its file goes with it.
struct Numbers {
    writer: Writer,
    folder: PathBuf,
}

impl Drop for Numbers {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Numbers {
    async fn new(name: &str) -> Self {
        let folder =
            std::env::temp_dir().join(format!("cornerdesk-shared-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let options = SqliteConnectOptions::new()
            .filename(folder.join("a.db"))
            .create_if_missing(true);
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .connect_with(options)
            .await
            .unwrap();
        sqlx::raw_sql("create table numbers (number integer)")
            .execute(&pool)
            .await
            .unwrap();
        Self {
            writer: Writer::new(pool, Duration::from_secs(5)),
            folder,
        }
    }

    /// The members of one group, each to be begun in its turn: whoever waits when a group is opened belongs to it.
    async fn group<const SIZE: usize>(&self) -> [JoinHandle<Member>; SIZE] {
        let before = self.writer.begin().await.unwrap();
        let members = [(); SIZE].map(|()| {
            let writer = self.writer.clone();
            tokio::spawn(async move { writer.begin().await.unwrap() })
        });
        // Each gets as far as the queue.
        for _ in 0..SIZE {
            yield_now().await;
        }
        before.rollback().await.unwrap();
        members
    }

    /// A connection of another process, as it were.
    async fn elsewhere(&self) -> SqliteConnection {
        let options = SqliteConnectOptions::new().filename(self.folder.join("a.db"));
        options.connect().await.unwrap()
    }

    async fn all(&self) -> Vec<i64> {
        let numbers = sqlx::query_scalar("select number from numbers order by number");
        numbers.fetch_all(self.writer.pool()).await.unwrap()
    }
}

async fn insert(member: &mut Member, number: i64) {
    let statement = sqlx::query("insert into numbers values ($1)").bind(number);
    statement.execute(&mut **member).await.unwrap();
}

#[tokio::test]
async fn one_that_is_undone_takes_nothing_of_the_others_with_it() {
    let numbers = Numbers::new("undone").await;
    let [first, second, third, fourth] = numbers.group().await;
    let mut member = first.await.unwrap();
    insert(&mut member, 1).await;
    let first = tokio::spawn(member.commit());
    let mut member = second.await.unwrap();
    insert(&mut member, 2).await;
    let second = tokio::spawn(member.rollback());
    let mut member = third.await.unwrap();
    insert(&mut member, 3).await;
    drop(member);
    let mut member = fourth.await.unwrap();
    insert(&mut member, 4).await;
    assert!(
        !first.is_finished() && !second.is_finished(),
        "the commit has not come"
    );
    member.commit().await.unwrap();
    first.await.unwrap().unwrap();
    second.await.unwrap().unwrap();
    assert_eq!(numbers.all().await, [1, 4]);
}

#[tokio::test]
async fn nobody_is_told_of_a_commit_that_did_not_come() {
    let numbers = Numbers::new("failed").await;
    let [first, second, third] = numbers.group().await;
    let mut member = first.await.unwrap();
    insert(&mut member, 1).await;
    let first = tokio::spawn(member.commit());
    let second = tokio::spawn(second.await.unwrap().rollback());
    let mut member = third.await.unwrap();
    // What SQLite does by itself when the disk is full.
    run(&mut member, "rollback").await.unwrap();
    assert!(member.commit().await.is_err());
    assert!(first.await.unwrap().is_err());
    assert!(second.await.unwrap().is_err(), "what it saw never happened");
    let mut member = numbers.writer.begin().await.unwrap();
    insert(&mut member, 2).await;
    member.commit().await.unwrap();
    assert_eq!(numbers.all().await, [2]);
}

/// Whoever takes an error of a statement lightly and goes on must not write half of what it meant to.
#[tokio::test]
async fn nothing_is_written_after_sqlite_has_undone_the_transaction_by_itself() {
    let numbers = Numbers::new("gate").await;
    let [first, second] = numbers.group().await;
    let mut member = first.await.unwrap();
    insert(&mut member, 1).await;
    let first = tokio::spawn(member.commit());
    let mut member = second.await.unwrap();
    run(&mut member, "rollback").await.unwrap();
    for sql in [
        "insert into numbers values (2)",
        "savepoint member; insert into numbers values (3); release member",
        "begin; insert into numbers values (4); commit",
    ] {
        assert!(run(&mut member, sql).await.is_err(), "{sql}");
    }
    assert!(member.commit().await.is_err());
    assert!(first.await.unwrap().is_err());
    assert_eq!(numbers.all().await, [] as [i64; 0]);
    // What is no transaction is free to write again.
    let mut member = numbers.writer.begin().await.unwrap();
    insert(&mut member, 5).await;
    member.commit().await.unwrap();
    let alone = sqlx::query("insert into numbers values (6)");
    alone.execute(numbers.writer.pool()).await.unwrap();
    assert_eq!(numbers.all().await, [5, 6]);
}

#[tokio::test]
async fn one_that_does_not_wait_for_the_end_is_committed_with_the_others() {
    let numbers = Numbers::new("away").await;
    let [first, second] = numbers.group().await;
    let mut member = first.await.unwrap();
    insert(&mut member, 1).await;
    let first = tokio::spawn(member.commit());
    let mut member = second.await.unwrap();
    first.abort();
    insert(&mut member, 2).await;
    member.commit().await.unwrap();
    assert_eq!(numbers.all().await, [1, 2]);
}

#[tokio::test]
async fn one_that_is_given_up_while_it_begins_does_no_harm_to_the_next() {
    let numbers = Numbers::new("begin").await;
    let mut elsewhere = numbers.elsewhere().await;
    for number in 0..100 {
        run(&mut elsewhere, "begin immediate").await.unwrap();
        let writer = numbers.writer.clone();
        let given_up = tokio::spawn(async move { writer.begin().await });
        // A little further each time, up to where SQLite waits for the other connection.
        for _ in 0..number * 10 {
            yield_now().await;
            std::thread::yield_now();
        }
        given_up.abort();
        // On a busy machine the wait for the other connection may end before it is given up.
        match given_up.await {
            Err(given_up) => assert!(given_up.is_cancelled()),
            Ok(begun) => assert!(begun.is_err(), "another connection writes"),
        }
        run(&mut elsewhere, "rollback").await.unwrap();
        let mut member = numbers.writer.begin().await.unwrap();
        insert(&mut member, number).await;
        member.commit().await.unwrap();
    }
    assert_eq!(numbers.all().await, (0..100).collect::<Vec<i64>>());
}

#[tokio::test]
async fn one_that_is_given_up_while_it_ends_does_no_harm_to_the_others() {
    for number in 0..50 {
        let numbers = Numbers::new("end").await;
        let [first, second] = numbers.group().await;
        let mut member = first.await.unwrap();
        insert(&mut member, 1).await;
        let first = tokio::spawn(member.commit());
        // A little further each time.
        for _ in 0..number {
            yield_now().await;
        }
        first.abort();
        let mut member = second.await.unwrap();
        insert(&mut member, 2).await;
        member.commit().await.unwrap();
    }
}

#[tokio::test]
async fn a_turn_that_does_not_come_in_time_is_an_error() {
    let mut numbers = Numbers::new("late").await;
    numbers.writer.patience = Duration::from_millis(10);
    let _member = numbers.writer.begin().await.unwrap();
    assert!(matches!(
        numbers.writer.begin().await,
        Err(StoreError::Unavailable(_))
    ));
}
