//! What the database can do: the rows of one submission, committed by nobody but us, with the statements that make them and no others.

use std::{path::PathBuf, sync::Arc, time::Duration};

use cornerdesk_ingest::store::{self, Store, sites::Source};
use cornerdesk_shared::reference::Reference;
use cornerdesk_tests::{Database, client::new_key, postgres::as_superuser, scratch, service::SITE};
use jiff::Timestamp;
use serde_json::{Value, json};
use sqlx::{
    postgres::PgPoolOptions,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
    types::Json,
};
use tokio::io::AsyncWriteExt;
use uuid::Uuid;

use crate::load::Work;

const KEY: &str = "insert into idempotency_keys (site_id, key, fingerprint, receipt, created_at) values ($1, $2, $3, $4, $5)";
const TICKET: &str = "insert into tickets (site_id, ticket_id, reference, summary, description, email, locale, category, plan, context, status, received_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
const TIMELINE: &str = "insert into timeline (site_id, ticket_id, seq, at, kind, data) values ($1, $2, 1, $3, 'received', $4)";
const JOB: &str = "insert into jobs (site_id, job_id, kind, payload, state, attempts, available_at, created_at) values ($1, $2, 'acknowledge', $3, 'ready', 0, $4, $4)";
const ATTACHMENT: &str = "insert into attachments (site_id, attachment_id, ticket_id, position, name, content_type, size_bytes, sha256, blob)
    values ($1, $2, $3, 0, $4, 'text/plain', $5, $6, $7)";

/// A database with the service's own tables, and connections to it as the service has them.
#[derive(Clone)]
pub enum Raw {
    /// One connection that writes, as in the service: SQLite has one writer.
    Sqlite(sqlx::SqlitePool),
    /// As many connections as the service has by default.
    Postgres(sqlx::PgPool),
}

impl Raw {
    /// A new database.
    pub async fn open(database: Database, url: &str) -> Self {
        let store = Store::open(url, 1).await.expect("a new database");
        let mut tx = store.write().await.expect("a transaction");
        store::sites::put(&mut tx, &crate::site(), Source::File, Timestamp::UNIX_EPOCH)
            .await
            .expect("a site");
        tx.commit().await.expect("a commit");
        store.close().await;
        match database {
            Database::Sqlite => {
                let options: SqliteConnectOptions = url.parse().expect("a URL");
                let options = options
                    .journal_mode(SqliteJournalMode::Wal)
                    .synchronous(SqliteSynchronous::Full)
                    .foreign_keys(true);
                let pool = SqlitePoolOptions::new()
                    .test_before_acquire(false)
                    .max_connections(1)
                    .acquire_timeout(PATIENCE);
                Self::Sqlite(pool.connect_with(options).await.expect("a connection"))
            }
            Database::Postgres => {
                let pool = PgPoolOptions::new()
                    .test_before_acquire(false)
                    .max_connections(8)
                    .acquire_timeout(PATIENCE);
                // Whom the policies of the tables do not stop: nothing of ours is in the raw rate.
                let url = as_superuser(url);
                Self::Postgres(pool.connect(&url).await.expect("a connection"))
            }
        }
    }
}

const PATIENCE: Duration = Duration::from_secs(30);

/// A file of each submission: written, synchronised and moved to its place, as the service does, or its row alone.
#[derive(Clone)]
pub struct File {
    folder: Option<PathBuf>,
    bytes: Arc<Vec<u8>>,
}

impl File {
    /// A file with these bytes; with `on_disk`, they are written too.
    pub fn new(bytes: Vec<u8>, on_disk: bool) -> Self {
        let folder = on_disk.then(|| scratch::folder("raw-files"));
        Self {
            folder,
            bytes: Arc::new(bytes),
        }
    }

    /// Gives the room back: many files of 5 MB are gigabytes.
    pub fn remove(&self) {
        if let Some(folder) = &self.folder {
            std::fs::remove_dir_all(folder).expect("a folder of ours");
        }
    }

    async fn write(&self, name: &str) -> std::io::Result<()> {
        let Some(folder) = &self.folder else {
            return Ok(());
        };
        let (from, to) = (folder.join(format!("{name}.part")), folder.join(name));
        let mut file = tokio::fs::File::create(&from).await?;
        file.write_all(&self.bytes).await?;
        file.flush().await?;
        file.sync_all().await?;
        tokio::fs::rename(&from, &to).await?;
        tokio::fs::File::open(folder).await?.sync_all().await
    }
}

/// Commits the rows of one submission after the other.
pub struct Committer {
    /// Where.
    pub raw: Raw,
    /// The texts.
    pub submission: Value,
    /// With a file.
    pub file: Option<File>,
}

macro_rules! commit_rows {
    ($tx:expr, $rows:expr, $file:expr) => {{
        let (mut tx, rows) = ($tx, $rows);
        sqlx::query(KEY).bind(SITE).bind(&rows.key).bind(&rows.fingerprint[..]).bind(Json(&rows.receipt)).bind(rows.now)
            .execute(&mut *tx).await?;
        sqlx::query(TICKET).bind(SITE).bind(rows.ticket).bind(&rows.reference).bind(&rows.summary).bind(&rows.description).bind(&rows.email)
            .bind("en").bind(None::<String>).bind(None::<String>).bind(Json(json!({}))).bind("new").bind(rows.now)
            .execute(&mut *tx).await?;
        if let Some(file) = $file {
            sqlx::query(ATTACHMENT).bind(SITE).bind(rows.job).bind(rows.ticket).bind("notes.txt").bind(i64::try_from(file.bytes.len()).unwrap_or(0))
                .bind(&rows.fingerprint[..]).bind(rows.job.simple().to_string())
                .execute(&mut *tx).await?;
        }
        sqlx::query(TIMELINE).bind(SITE).bind(rows.ticket).bind(rows.now).bind(Json(json!({ "kind": "received", "attachments": 0 })))
            .execute(&mut *tx).await?;
        sqlx::query(JOB).bind(SITE).bind(rows.job).bind(Json(json!({ "ticket_id": rows.ticket }))).bind(rows.now)
            .execute(&mut *tx).await?;
        tx.commit().await
    }};
}

impl Committer {
    async fn commit(&self) -> Result<(), sqlx::Error> {
        let rows = Rows::of(&self.submission);
        if let Some(file) = &self.file {
            file.write(&rows.key).await?;
        }
        match &self.raw {
            Raw::Sqlite(pool) => {
                commit_rows!(pool.begin_with("begin immediate").await?, rows, &self.file)
            }
            Raw::Postgres(pool) => commit_rows!(pool.begin().await?, rows, &self.file),
        }
    }
}

impl Work for Committer {
    async fn once(&mut self) -> bool {
        self.commit().await.is_ok()
    }
}

/// What differs from one submission to the next.
struct Rows {
    key: String,
    ticket: Uuid,
    job: Uuid,
    reference: String,
    fingerprint: [u8; 32],
    receipt: Value,
    summary: String,
    description: String,
    email: String,
    now: i64,
}

impl Rows {
    #[expect(
        clippy::disallowed_methods,
        reason = "the service's clock and ids are not ours"
    )]
    fn of(submission: &Value) -> Self {
        let text = |member: &str| submission[member].as_str().unwrap_or_default().to_owned();
        let ticket = Uuid::now_v7();
        let random = Uuid::new_v4().as_u128();
        let reference =
            Reference::from_number(u64::try_from(random & 0xff_ffff_ffff).unwrap_or(0)).to_string();
        let now = Timestamp::now().as_microsecond();
        Self {
            key: new_key(),
            ticket,
            job: Uuid::now_v7(),
            receipt: json!({ "reference": reference, "received_at": now.to_string() }),
            reference,
            fingerprint: [7; 32],
            summary: text("summary"),
            description: text("description"),
            email: text("email"),
            now,
        }
    }
}
