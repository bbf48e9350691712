//! A copy of the database file, and what of it names bytes in the blob store.

use std::path::Path;

use sqlx::{
    Connection, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};
use uuid::Uuid;

use super::{
    Store, StoreError, Tx, list_statements,
    shared_commit::Writer,
    tx::{WAIT, on},
};

list_statements! {
    BLOBS = "
        select site_id, attachment_id, blob, sha256, preview_blob
        from attachments
        where (site_id, attachment_id) > ($1, $2)
        order by site_id, attachment_id
        limit $3
    ";
}

/// What is not carried into a copy: uploads on their way, whose bytes and pieces come and go, notes on bytes that no other row names, which
/// are not in the copy either, and sessions and invitations, which somebody may have ended or used since.
/// What the files take up is then what the attachments do.
const LEAVE_OUT: [&str; 7] = [
    "delete from uploads",
    "update site_storage set used_bytes = coalesce((select sum(size_bytes) from attachments where attachments.site_id = site_storage.site_id), 0)",
    "delete from loose_blobs",
    "delete from staff_sessions",
    "delete from staff_entries",
    "delete from staff_provider_entries",
    "delete from staff_invitations",
];

/// Bytes that a row names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedBlob {
    /// The site's key.
    pub site: String,
    /// The attachment.
    pub attachment: Uuid,
    /// Key in the blob store.
    pub blob: String,
    /// SHA-256 of the bytes, where a row says it: of a preview none does.
    pub sha256: Option<Vec<u8>>,
}

#[derive(sqlx::FromRow)]
struct Row {
    site_id: String,
    attachment_id: Uuid,
    blob: String,
    sha256: Vec<u8>,
    preview_blob: Option<String>,
}

impl Row {
    /// Every key that the row names.
    fn named(self) -> impl Iterator<Item = NamedBlob> {
        let (site, attachment) = (self.site_id, self.attachment_id);
        let kept = [
            (Some(self.blob), Some(self.sha256)),
            (self.preview_blob, None),
        ];
        kept.into_iter().filter_map(move |(blob, sha256)| {
            Some(NamedBlob {
                site: site.clone(),
                attachment,
                blob: blob?,
                sha256,
            })
        })
    }
}

/// What the next rows after `after` (site and attachment) name, at most `most` rows.
///
/// # Errors
/// When the database fails.
pub async fn blobs(
    tx: &mut Tx,
    after: (&str, Uuid),
    most: u32,
) -> Result<Vec<NamedBlob>, StoreError> {
    let rows: Vec<Row> = on!(tx, |conn| sqlx::query_as(BLOBS)
        .bind(after.0)
        .bind(after.1)
        .bind(i64::from(most))
        .fetch_all(conn)
        .await)?;
    Ok(rows.into_iter().flat_map(Row::named).collect())
}

/// Writes one state of the database to a new file while others go on; `false` on PostgreSQL, which has tools of its own.
///
/// # Errors
/// When the file is there already or cannot be written.
pub async fn copy_file(store: &Store, to: &Path) -> Result<bool, StoreError> {
    let Store::Sqlite { writer, .. } = store else {
        return Ok(false);
    };
    // A reader for SQLite: it takes no lock that a writer waits for.
    let mut connection = writer.pool().acquire().await?;
    sqlx::query("vacuum into $1")
        .bind(to.to_string_lossy().into_owned())
        .execute(&mut *connection)
        .await?;
    Ok(true)
}

/// One state of the database of a server, there for other programs too, as long as it is held.
#[derive(Debug)]
pub struct Snapshot {
    tx: Tx,
    name: String,
}

impl Snapshot {
    /// Takes the present one.
    ///
    /// # Errors
    /// When the database fails, or [has none](Store::has_snapshots).
    pub async fn take(store: &Store) -> Result<Self, StoreError> {
        let mut tx = store.read().await?;
        let Tx::Postgres(connection) = &mut tx else {
            return Err(StoreError::Database(sqlx::Error::Configuration(
                "this database gives no name to its states".into(),
            )));
        };
        // It waits while files are copied and while the other program runs.
        sqlx::query("set local idle_in_transaction_session_timeout = 0")
            .execute(&mut **connection)
            .await?;
        let name = sqlx::query_scalar("select pg_export_snapshot()")
            .fetch_one(&mut **connection)
            .await?;
        Ok(Self { tx, name })
    }

    /// What other programs call it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// To read it.
    pub const fn tx(&mut self) -> &mut Tx {
        &mut self.tx
    }
}

impl Store {
    /// Can a [`Snapshot`] be taken? PostgreSQL has them.
    #[must_use]
    pub const fn has_snapshots(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }
}

/// Takes out of a copy what is not carried into one.
///
/// # Errors
/// When the file cannot be written.
pub async fn leave_out(copy: &Path) -> Result<(), StoreError> {
    let options = SqliteConnectOptions::new()
        .filename(copy)
        .journal_mode(SqliteJournalMode::Delete)
        .synchronous(SqliteSynchronous::Full);
    let mut connection = SqliteConnection::connect_with(&options).await?;
    for statement in LEAVE_OUT {
        sqlx::query(statement).execute(&mut connection).await?;
    }
    connection.close().await?;
    Ok(())
}

/// Opens a copy without changing a byte of it.
///
/// # Errors
/// When it is not a database of ours.
pub async fn open_copy(copy: &Path) -> Result<Store, StoreError> {
    let options = SqliteConnectOptions::new()
        .filename(copy)
        .read_only(true)
        .immutable(true);
    let pool = sqlx::SqlitePool::connect_with(options).await?;
    Ok(Store::Sqlite {
        writer: Writer::new(pool.clone(), WAIT),
        readers: pool,
    })
}

/// What SQLite finds wrong with its file; nothing when it is in order.
///
/// # Errors
/// When the file cannot be read.
pub async fn faults_of_file(copy: &Store) -> Result<Vec<String>, StoreError> {
    let Store::Sqlite { readers, .. } = copy else {
        return Ok(Vec::new());
    };
    let mut faults: Vec<String> = sqlx::query_scalar("pragma integrity_check")
        .fetch_all(readers)
        .await?;
    faults.retain(|fault| fault != "ok");
    let orphans = sqlx::query("pragma foreign_key_check")
        .fetch_all(readers)
        .await?;
    if !orphans.is_empty() {
        faults.push(format!(
            "{} rows name a row that is not there",
            orphans.len()
        ));
    }
    Ok(faults)
}
