//! A transaction on PostgreSQL: one message begins it and tells the server whose rows it may meet.
//!
//! `sqlx` has transactions of its own; they begin after the pool has handed out the connection, without a limit of time, and a request that is
//! given up while they begin puts the connection back with the transaction open. Here neither happens: a server that does not answer is a
//! server that is not there, and what was not ended is undone before anybody else gets the connection.

use std::{
    io,
    ops::{Deref, DerefMut},
    time::Duration,
};

use sqlx::{AssertSqlSafe, Executor, PgConnection, PgPool, Postgres, pool::PoolConnection};
use tokio::{runtime::Handle, time::timeout};

use super::StoreError;

/// An open transaction. Dropped without an end, it is undone.
#[derive(Debug)]
pub struct PostgresTx {
    /// Nothing once the transaction has ended.
    connection: Option<PoolConnection<Postgres>>,
}

/// [`PostgresTx::ended`] is called by those alone who take the transaction itself.
const OPEN: &str = "a transaction that has ended is used by nobody";
/// Until a transaction that was given up is undone. A connection that takes longer is closed, and then the server undoes it.
const UNDONE: Duration = Duration::from_secs(5);

impl PostgresTx {
    /// Takes a connection of `pool` and runs the statements of `begin`, which begin the transaction.
    ///
    /// # Errors
    /// When no connection comes free in time, or the server does not answer for `patience`.
    pub async fn begin(
        pool: &PgPool,
        begin: String,
        patience: Duration,
    ) -> Result<Self, StoreError> {
        let mut tx = Self {
            connection: Some(pool.acquire().await?),
        };
        let begun = timeout(patience, tx.run(begin)).await;
        let Ok(begun) = begun else {
            if let Some(connection) = tx.connection.take() {
                cut(connection);
            }
            let silent = io::Error::new(io::ErrorKind::TimedOut, "the server does not answer");
            return Err(sqlx::Error::Io(silent).into());
        };
        begun?;
        Ok(tx)
    }

    /// Makes it durable.
    ///
    /// # Errors
    /// When the database says no; then nothing of it happened, or, if the connection broke, nobody knows.
    pub async fn commit(mut self) -> Result<(), StoreError> {
        self.run("commit".to_owned()).await?;
        self.ended();
        Ok(())
    }

    /// Undoes it.
    ///
    /// # Errors
    /// When the connection is gone; then the database undoes it by itself.
    pub async fn rollback(mut self) -> Result<(), StoreError> {
        self.run("rollback".to_owned()).await?;
        self.ended();
        Ok(())
    }

    async fn run(&mut self, sql: String) -> Result<(), sqlx::Error> {
        run(self, sql).await
    }

    /// The connection goes back to the pool.
    fn ended(&mut self) {
        drop(self.connection.take());
    }
}

async fn run(connection: &mut PgConnection, sql: String) -> Result<(), sqlx::Error> {
    let statements = sqlx::raw_sql(AssertSqlSafe(sql));
    connection.execute(statements).await.map(drop)
}

/// Closes the connection without a word: who does not answer would not hear it, and the pool has room for another at once.
fn cut(connection: PoolConnection<Postgres>) {
    drop(connection.detach());
}

impl Drop for PostgresTx {
    fn drop(&mut self) {
        let Some(mut connection) = self.connection.take() else {
            return;
        };
        let Ok(runtime) = Handle::try_current() else {
            return cut(connection);
        };
        runtime.spawn(async move {
            let undone = timeout(UNDONE, run(&mut connection, "rollback".to_owned())).await;
            if !matches!(undone, Ok(Ok(()))) {
                cut(connection);
            }
        });
    }
}

impl Deref for PostgresTx {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        self.connection.as_deref().expect(OPEN)
    }
}

impl DerefMut for PostgresTx {
    fn deref_mut(&mut self) -> &mut PgConnection {
        self.connection.as_deref_mut().expect(OPEN)
    }
}
