//! The connection to either database, and transactions. The only file that knows there are two.

use std::{
    ops::{Deref, DerefMut},
    path::{Path, PathBuf},
    time::Duration,
};

use sqlx::{
    Sqlite, SqliteConnection,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{
    StoreError,
    postgres_tx::PostgresTx,
    scope::Scope,
    shared_commit::{Member, Writer},
};

/// The database.
#[derive(Clone, Debug)]
pub enum Store {
    /// One file, one writer, several readers (write-ahead log).
    Sqlite {
        /// SQLite has one writer. Waiting for it here is fair, and those who wait share a commit.
        writer: Writer,
        /// Connections that refuse to write.
        readers: sqlx::SqlitePool,
    },
    /// A server.
    Postgres(sqlx::PgPool),
}

/// An open transaction. Dropped without [`Tx::commit`], it is rolled back.
#[derive(Debug)]
pub enum Tx {
    /// On SQLite.
    Sqlite(SqliteTx),
    /// On PostgreSQL.
    Postgres(PostgresTx),
}

/// A transaction on SQLite.
#[derive(Debug)]
pub enum SqliteTx {
    /// Sees one state of the database.
    Reading(sqlx::Transaction<'static, Sqlite>),
    /// Has a turn to write.
    Writing(Member),
}

impl Deref for SqliteTx {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        match self {
            Self::Reading(tx) => tx,
            Self::Writing(member) => member,
        }
    }
}

impl DerefMut for SqliteTx {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        match self {
            Self::Reading(tx) => tx,
            Self::Writing(member) => member,
        }
    }
}

/// Runs one statement on the database behind `$tx`; the body is compiled once per backend with concrete types.
macro_rules! on {
    ($tx:expr, |$conn:ident| $statement:expr) => {
        match $tx {
            $crate::store::Tx::Sqlite(tx) => {
                let $conn = &mut **tx;
                $statement
            }
            $crate::store::Tx::Postgres(tx) => {
                let $conn = &mut **tx;
                $statement
            }
        }
    };
}
pub(super) use on;

/// Can this be read as the address of a database?
#[must_use]
pub fn is_address(url: &str) -> bool {
    if url.starts_with("sqlite:") {
        url.parse::<SqliteConnectOptions>().is_ok()
    } else {
        url.parse::<PgConnectOptions>().is_ok()
    }
}

/// How long a request waits for a connection or a lock before it is told to come back.
pub(super) const WAIT: Duration = Duration::from_secs(5);

impl Store {
    /// Opens the database that `url` names and brings its schema up to date.
    ///
    /// # Errors
    /// When it cannot be reached, is not durable, or a migration fails.
    pub async fn open(url: &str, max_connections: u32) -> Result<Self, StoreError> {
        if url.starts_with("sqlite:") {
            let options = url.parse::<SqliteConnectOptions>()?;
            // sqlx takes no lock for migrations on SQLite: of two processes that open a new file at the same moment, one
            // would fail.
            let _alone = lock_beside(options.get_filename().to_owned()).await?;
            let store = Self::open_sqlite(options, max_connections).await?;
            store.migrate().await?;
            return Ok(store);
        }
        let store = Self::open_postgres(url.parse::<PgConnectOptions>()?, max_connections).await?;
        store.migrate().await?;
        Ok(store)
    }

    /// The address of the database file `path`.
    #[must_use]
    pub fn sqlite_url(path: &Path) -> String {
        format!("sqlite://{}", path.display())
    }

    async fn open_sqlite(
        options: SqliteConnectOptions,
        max_connections: u32,
    ) -> Result<Self, StoreError> {
        let options = options
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            // What is deleted or replaced is overwritten in the same commit, or somebody who gets hold of the file reads what was erased.
            .pragma("secure_delete", "on")
            .busy_timeout(WAIT);
        let writer = SqlitePoolOptions::new()
            .test_before_acquire(false)
            .before_acquire(|connection, _| Box::pin(is_usable(connection)))
            .max_connections(1)
            .acquire_timeout(WAIT)
            .connect_with(options.clone())
            .await?;
        ensure_durable(&writer).await?;
        let readers = options.pragma("query_only", "on");
        let readers = SqlitePoolOptions::new()
            .test_before_acquire(false)
            .before_acquire(|connection, _| Box::pin(is_usable(connection)))
            .max_connections(max_connections)
            .acquire_timeout(WAIT)
            .connect_lazy_with(readers);
        Ok(Self::Sqlite {
            writer: Writer::new(writer, WAIT),
            readers,
        })
    }

    async fn open_postgres(
        options: PgConnectOptions,
        max_connections: u32,
    ) -> Result<Self, StoreError> {
        let options = options.application_name("cornerdesk").options([
            ("lock_timeout", "5s"),
            ("statement_timeout", "30s"),
            ("idle_in_transaction_session_timeout", "60s"),
            // No statement is long enough for it to pay, and where a plan is told what to avoid, its cost says that one is: a search took 40 ms more.
            ("jit", "off"),
        ]);
        Ok(Self::Postgres(
            PgPoolOptions::new()
                .test_before_acquire(false)
                .before_acquire(|connection, known| Box::pin(is_alive(connection, known.idle_for)))
                .max_connections(max_connections)
                .acquire_timeout(WAIT)
                .connect_with(options)
                .await?,
        ))
    }

    /// Brings the schema up to date.
    ///
    /// # Errors
    /// When a migration fails.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite { writer, .. } => {
                sqlx::migrate!("migrations/sqlite")
                    .run(writer.pool())
                    .await?;
            }
            Self::Postgres(pool) => {
                let mut connection = pool.acquire().await?;
                // A migration that moves rows must meet those of all sites, and may take longer than a request.
                for setting in ["set cornerdesk.site = '*'", "set statement_timeout = 0"] {
                    sqlx::query(setting).execute(&mut *connection).await?;
                }
                let migrations = sqlx::migrate!("migrations/postgres");
                migrations.run(&mut *connection).await?;
                for setting in ["reset cornerdesk.site", "reset statement_timeout"] {
                    sqlx::query(setting).execute(&mut *connection).await?;
                }
            }
        }
        Ok(())
    }

    /// A transaction that may write rows of all sites. [`Self::write_for`] where one site is meant.
    ///
    /// # Errors
    /// When no connection comes free in time.
    pub async fn write(&self) -> Result<Tx, StoreError> {
        self.begin_to_write(Scope::Installation).await
    }

    /// A transaction that may write rows of one site: on PostgreSQL, those of others are not there for it.
    ///
    /// # Errors
    /// When no connection comes free in time.
    pub async fn write_for(&self, site: &str) -> Result<Tx, StoreError> {
        self.begin_to_write(Scope::Site(site)).await
    }

    /// A transaction that only reads, rows of all sites, and sees one state of the database. [`Self::read_for`] where one site is meant.
    ///
    /// # Errors
    /// When no connection comes free in time.
    pub async fn read(&self) -> Result<Tx, StoreError> {
        self.begin_to_read(Scope::Installation).await
    }

    /// A transaction that only reads rows of one site: on PostgreSQL, those of others are not there for it.
    ///
    /// # Errors
    /// When no connection comes free in time.
    pub async fn read_for(&self, site: &str) -> Result<Tx, StoreError> {
        self.begin_to_read(Scope::Site(site)).await
    }

    async fn begin_to_write(&self, scope: Scope<'_>) -> Result<Tx, StoreError> {
        Ok(match self {
            Self::Sqlite { writer, .. } => Tx::Sqlite(SqliteTx::Writing(writer.begin().await?)),
            // On a server that only reads this fails here, and not at the first statement that writes.
            Self::Postgres(pool) => {
                let begin = scope.begin("begin read write");
                Tx::Postgres(PostgresTx::begin(pool, begin, WAIT).await?)
            }
        })
    }

    async fn begin_to_read(&self, scope: Scope<'_>) -> Result<Tx, StoreError> {
        Ok(match self {
            Self::Sqlite { readers, .. } => Tx::Sqlite(SqliteTx::Reading(readers.begin().await?)),
            Self::Postgres(pool) => {
                let begin = scope.begin("begin isolation level repeatable read read only");
                Tx::Postgres(PostgresTx::begin(pool, begin, WAIT).await?)
            }
        })
    }

    /// The name for logs.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Sqlite { .. } => "sqlite",
            Self::Postgres(_) => "postgresql",
        }
    }

    /// Waits for running transactions and closes the connections.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { writer, readers } => {
                readers.close().await;
                writer.pool().close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

impl Tx {
    /// Makes it durable.
    ///
    /// # Errors
    /// When the database says no; then nothing of it happened, or, if the connection broke, nobody knows.
    pub async fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(SqliteTx::Reading(tx)) => tx.commit().await?,
            Self::Sqlite(SqliteTx::Writing(member)) => member.commit().await?,
            Self::Postgres(tx) => tx.commit().await?,
        }
        Ok(())
    }

    /// Undoes it.
    ///
    /// # Errors
    /// When the connection is gone; then the database undoes it by itself.
    pub async fn rollback(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(SqliteTx::Reading(tx)) => tx.rollback().await?,
            Self::Sqlite(SqliteTx::Writing(member)) => member.rollback().await?,
            Self::Postgres(tx) => tx.rollback().await?,
        }
        Ok(())
    }

    /// Asks the database to prepare `sql` without running it.
    ///
    /// # Errors
    /// When the database does not know a name or a type in it.
    pub async fn prepare(&mut self, sql: &'static str) -> Result<(), StoreError> {
        use sqlx::{Executor, SqlSafeStr};
        on!(self, |conn| conn
            .prepare(sql.into_sql_str())
            .await
            .map(drop))?;
        Ok(())
    }

    /// One round trip, for the readiness check.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn ping(&mut self) -> Result<(), StoreError> {
        on!(self, |conn| sqlx::query("select 1")
            .execute(conn)
            .await
            .map(drop))?;
        Ok(())
    }
}

/// On a full disk SQLite rolls a transaction back by itself; sqlx then still believes in it, and the connection, which is the
/// only one that writes, would refuse every further transaction.
async fn is_usable(connection: &mut sqlx::SqliteConnection) -> Result<bool, sqlx::Error> {
    Ok(!sqlx::Connection::is_in_transaction(connection))
}

/// The pool has asked each connection when it came back, so one that rested for a moment is not asked again: it would cost every submission a
/// round trip. One that rested for longer may have lost its server meanwhile, or a firewall's patience.
async fn is_alive(
    connection: &mut sqlx::PgConnection,
    rested: Duration,
) -> Result<bool, sqlx::Error> {
    const MOMENT: Duration = Duration::from_secs(1);
    if rested > MOMENT {
        sqlx::Connection::ping(connection).await?;
    }
    Ok(true)
}

/// Waits until no other process holds the file `<database>.lock`, and holds it until the answer is dropped.
async fn lock_beside(database: PathBuf) -> Result<std::fs::File, StoreError> {
    let mut path = database.into_os_string();
    path.push(".lock");
    let lock = move || -> std::io::Result<std::fs::File> {
        let file = std::fs::File::create(path)?;
        file.lock()?;
        Ok(file)
    };
    let locked = tokio::task::spawn_blocking(lock)
        .await
        .unwrap_or_else(|error| Err(error.into()));
    locked.map_err(|error| StoreError::Unavailable(sqlx::Error::Io(error)))
}

/// Refuses a file on which an acknowledged ticket would not survive a power cut (with `synchronous=NORMAL`, 710 of 710
/// acknowledged rows were lost, and `integrity_check` still said ok).
async fn ensure_durable(pool: &sqlx::SqlitePool) -> Result<(), StoreError> {
    const FULL: i64 = 2;
    let synchronous: i64 = sqlx::query_scalar("pragma synchronous")
        .fetch_one(pool)
        .await?;
    let journal_mode: String = sqlx::query_scalar("pragma journal_mode")
        .fetch_one(pool)
        .await?;
    if synchronous < FULL {
        return Err(StoreError::NotDurable(format!(
            "synchronous is {synchronous}, it must be {FULL} (full)"
        )));
    }
    if journal_mode != "wal" {
        return Err(StoreError::NotDurable(format!(
            "journal_mode is {journal_mode}, it must be wal; does the file system of the data folder support it?"
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_that_is_not_synchronous_is_refused() {
        let folder =
            std::env::temp_dir().join(format!("cornerdesk-durable-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("a.db");
        for (synchronous, journal_mode, good) in [
            (SqliteSynchronous::Full, SqliteJournalMode::Wal, true),
            (SqliteSynchronous::Extra, SqliteJournalMode::Wal, true),
            (SqliteSynchronous::Normal, SqliteJournalMode::Wal, false),
            (SqliteSynchronous::Off, SqliteJournalMode::Wal, false),
            (SqliteSynchronous::Full, SqliteJournalMode::Delete, false),
        ] {
            let options = SqliteConnectOptions::new()
                .filename(&file)
                .create_if_missing(true)
                .synchronous(synchronous)
                .journal_mode(journal_mode);
            let pool = SqlitePoolOptions::new()
                .max_connections(1)
                .connect_with(options)
                .await
                .unwrap();
            let durable = ensure_durable(&pool).await;
            assert_eq!(
                durable.is_ok(),
                good,
                "{synchronous:?} {journal_mode:?} {durable:?}"
            );
            pool.close().await;
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
