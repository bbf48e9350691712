//! One commit for several transactions of SQLite.
//!
//! SQLite has one writer, and with `synchronous=FULL` each of its commits waits for the disk. Transactions that want to write at the same
//! moment therefore share a commit: each is a savepoint in one transaction of the database, one after the other, and the commit comes when
//! everybody who was waiting for a turn has had it. [`Member::commit`] returns after that commit and not before, so that whatever it
//! answers for is on disk; when the commit fails, it failed for all of them. Nobody waits for others to come: a transaction that is alone is
//! committed at once.
//!
//! A member sees what the members before it wrote, although that is not on disk yet. So whoever only looked waits for the commit too: see
//! [`Member::rollback`].
//!
//! On a disk that fails or is full SQLite may undo the whole transaction by itself, and would from then on commit each statement on its own.
//! So a [`Gate`] stands before every commit of a group's connection and lets through the one of its end and no other.

use std::{
    io,
    ops::{Deref, DerefMut},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use sqlx::{Executor, Sqlite, SqliteConnection, SqlitePool, pool::PoolConnection};
use tokio::sync::{Mutex, OwnedMappedMutexGuard, OwnedMutexGuard, watch};

use super::StoreError;

/// Gives turns to write.
#[derive(Clone, Debug)]
pub struct Writer {
    pool: SqlitePool,
    /// How long to wait for a turn.
    patience: Duration,
    /// Whoever holds the lock has the turn, and joins the group that is open or opens one. The lock is fair: first come, first served.
    open: Arc<Mutex<Option<Group>>>,
}

/// An open transaction of the database with the members that it has so far.
#[derive(Debug)]
struct Group {
    connection: InTransaction,
    /// The savepoint of the last member is still open: it has its turn now, or went away without an end.
    is_unfinished: bool,
    outcome: watch::Sender<Outcome>,
}

/// A connection that may have a transaction open. Given up at whatever moment, it is closed, which undoes it: back in the pool, it would refuse
/// every transaction after this one.
#[derive(Debug)]
struct InTransaction {
    /// Nothing once the transaction has ended.
    connection: Option<PoolConnection<Sqlite>>,
    gate: Gate,
}

/// Says whether SQLite may commit now on the connection where it stands; shut at first.
#[derive(Clone, Debug, Default)]
struct Gate {
    is_open: Arc<AtomicBool>,
}

#[derive(Clone, Debug)]
enum Outcome {
    Pending,
    Committed,
    Failed(String),
}

/// A transaction that shares its commit. Dropped without an end, it is undone.
#[derive(Debug)]
pub struct Member {
    group: OwnedMappedMutexGuard<Option<Group>, Group>,
}

impl Writer {
    /// Writes over the one connection of `pool`.
    #[must_use]
    pub fn new(pool: SqlitePool, patience: Duration) -> Self {
        Self {
            pool,
            patience,
            open: Arc::default(),
        }
    }

    /// The connection, for what is no transaction.
    #[must_use]
    pub const fn pool(&self) -> &SqlitePool {
        &self.pool
    }

    /// Waits for a turn and begins.
    ///
    /// # Errors
    /// When no turn comes in time, or another process holds the lock.
    pub async fn begin(&self) -> Result<Member, StoreError> {
        let turn = tokio::time::timeout(self.patience, Arc::clone(&self.open).lock_owned());
        let mut open = turn.await.map_err(|_| sqlx::Error::PoolTimedOut)?;
        undo_the_unfinished(&mut open).await;
        if open.is_none() {
            *open = Some(self.new_group().await?);
        }
        let mut group =
            OwnedMutexGuard::try_map(open, Option::as_mut).map_err(|_| sqlx::Error::PoolClosed)?;
        // First of all: a request may be given up at each of our waits.
        group.is_unfinished = true;
        run(&mut group.connection, "savepoint member").await?;
        Ok(Member { group })
    }

    async fn new_group(&self) -> Result<Group, StoreError> {
        let mut connection = InTransaction::of(self.pool.acquire().await?).await?;
        run(&mut connection, "begin immediate").await?;
        let outcome = watch::Sender::new(Outcome::Pending);
        // A task of its own: a member whose request is given up must not keep the others waiting.
        tokio::spawn(close(Arc::clone(&self.open), outcome.subscribe()));
        Ok(Group {
            connection,
            is_unfinished: false,
            outcome,
        })
    }
}

/// Commits a group when everybody who was waiting when it was opened has had a turn: the queue is fair, and this stands in it as they do.
async fn close(open: Arc<Mutex<Option<Group>>>, outcome: watch::Receiver<Outcome>) {
    let mut open = open.lock_owned().await;
    undo_the_unfinished(&mut open).await;
    // A group that failed is not there any more; the one that is there has its own task.
    if !matches!(*outcome.borrow(), Outcome::Pending) || outcome.has_changed().is_err() {
        return;
    }
    let Some(mut group) = open.take() else { return };
    match group.connection.commit().await {
        Ok(()) => {
            group.connection.ended();
            group.outcome.send_replace(Outcome::Committed);
        }
        Err(error) => group.fail(&error),
    }
}

/// Undoes what a member that went away has begun. When SQLite has undone the whole by itself, as it does on a full disk, it failed for
/// everybody, and there is no group any more.
async fn undo_the_unfinished(open: &mut Option<Group>) {
    let Some(group) = open.as_mut().filter(|group| group.is_unfinished) else {
        return;
    };
    match run(&mut group.connection, UNDO).await {
        Ok(()) => group.is_unfinished = false,
        Err(error) => {
            if let Some(group) = open.take() {
                group.fail(&error);
            }
        }
    }
}

impl Group {
    /// It failed for everybody. The connection goes with the group, which undoes what is left.
    fn fail(self, error: &sqlx::Error) {
        self.outcome
            .send_replace(Outcome::Failed(error.to_string()));
    }
}

impl InTransaction {
    async fn of(mut connection: PoolConnection<Sqlite>) -> Result<Self, sqlx::Error> {
        let gate = Gate::default();
        // Takes the place of the gate of the group before.
        gate.stand_before(&mut connection).await?;
        Ok(Self {
            connection: Some(connection),
            gate,
        })
    }

    /// The end of the transaction. The gate stays open, for what is no transaction.
    async fn commit(&mut self) -> Result<(), sqlx::Error> {
        self.gate.is_open.store(true, Ordering::Release);
        run(self, "commit").await
    }

    /// The transaction has ended well: the connection goes back to the pool.
    fn ended(&mut self) {
        drop(self.connection.take());
    }
}

impl Gate {
    /// SQLite asks before each commit that would write something; a no makes an error and a rollback of it.
    async fn stand_before(&self, connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        let gate = self.clone();
        let mut handle = connection.lock_handle().await?;
        handle.set_commit_hook(move || gate.is_open.load(Ordering::Acquire));
        Ok(())
    }
}

impl Drop for InTransaction {
    fn drop(&mut self) {
        if let Some(connection) = &mut self.connection {
            connection.close_on_drop();
        }
    }
}

impl Deref for InTransaction {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        self.connection.as_deref().expect(IN_TRANSACTION)
    }
}

impl DerefMut for InTransaction {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        self.connection.as_deref_mut().expect(IN_TRANSACTION)
    }
}

/// [`InTransaction::ended`] is called by [`close`] alone, which lets go of the group at once.
const IN_TRANSACTION: &str = "a group that has ended is used by nobody";

const UNDO: &str = "rollback to member; release member";

async fn run(connection: &mut SqliteConnection, sql: &'static str) -> Result<(), sqlx::Error> {
    connection.execute(sqlx::raw_sql(sql)).await.map(drop)
}

impl Member {
    /// Makes it durable, together with the others of its group.
    ///
    /// # Errors
    /// When the database says no: then nothing of it happened.
    pub async fn commit(self) -> Result<(), StoreError> {
        self.end("release member").await
    }

    /// Undoes it. Waits for the commit of the group all the same: what was seen may be another member's, and is true only then.
    ///
    /// # Errors
    /// When the group could not be committed: then what was seen never happened.
    pub async fn rollback(self) -> Result<(), StoreError> {
        self.end(UNDO).await
    }

    /// In a task of its own: whoever waits may be given up, and of a savepoint that is perhaps released nobody could tell how to undo it, so
    /// that everybody in the group would have to start again.
    async fn end(self, sql: &'static str) -> Result<(), StoreError> {
        tokio::spawn(self.end_here(sql)).await.unwrap_or_else(|_| {
            let cause = io::Error::other("the service is ending");
            Err(StoreError::Unavailable(sqlx::Error::Io(cause)))
        })
    }

    async fn end_here(mut self, sql: &'static str) -> Result<(), StoreError> {
        run(&mut self, sql).await?;
        self.group.is_unfinished = false;
        let mut outcome = self.group.outcome.subscribe();
        // The turn is over.
        drop(self);
        let ended = outcome.wait_for(|outcome| !matches!(outcome, Outcome::Pending));
        let failed = |cause: &str| {
            let cause = io::Error::other(format!("the shared commit failed: {cause}"));
            StoreError::Unavailable(sqlx::Error::Io(cause))
        };
        match ended.await.as_deref() {
            Ok(Outcome::Committed) => Ok(()),
            Ok(Outcome::Failed(cause)) => Err(failed(cause)),
            Ok(Outcome::Pending) | Err(_) => Err(failed("it was given up")),
        }
    }
}

impl Deref for Member {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        &self.group.connection
    }
}

impl DerefMut for Member {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        &mut self.group.connection
    }
}

#[cfg(test)]
mod tests {
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
            let folder = std::env::temp_dir()
                .join(format!("cornerdesk-shared-{name}-{}", std::process::id()));
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
            assert!(given_up.await.unwrap_err().is_cancelled());
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
}
