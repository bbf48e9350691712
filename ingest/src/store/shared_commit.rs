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
mod tests;
