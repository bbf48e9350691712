//! What a fault left behind on a disk, compared with what was acknowledged.

use std::{
    collections::{HashMap, HashSet},
    fs,
    path::Path,
};

use cornerdesk_tests::{Service, scratch};
use sqlx::{Row, SqlitePool};

use crate::orders::{Order, Travels};

/// What is on the disk of a service that does not run.
pub struct Found {
    /// Reference and summary of each ticket.
    tickets: HashMap<String, String>,
    /// Summary of the ticket and digest of each attachment that a row names.
    attachments: HashSet<(String, String)>,
    /// Digests of the files that are there.
    files: HashSet<String>,
}

impl Found {
    /// Looks at the data folder; the database must be in order.
    pub async fn on(service: &Service) -> Self {
        let database = open_copy(&service.data_folder()).await;
        let verdict: String = sqlx::query_scalar("pragma integrity_check")
            .fetch_one(&database)
            .await
            .expect("the database can be checked");
        assert_eq!(verdict, "ok");
        let tickets = pairs(&database, "select reference, summary from tickets").await;
        let attachments = pairs(
            &database,
            "select tickets.summary, lower(hex(sha256)) from attachments join tickets using (site_id, ticket_id)",
        )
        .await;
        let mut once = HashSet::new();
        for (_, summary) in &tickets {
            assert!(once.insert(summary), "{summary} is there twice");
        }
        Self {
            tickets: tickets.into_iter().collect(),
            attachments: attachments.into_iter().collect(),
            files: service.file_digests(),
        }
    }

    /// What is missing of what was acknowledged.
    pub fn loss(&self, acknowledged: Vec<(&Order, String)>) -> Loss {
        let mut loss = Loss::default();
        for (order, reference) in acknowledged {
            loss.acknowledged += 1;
            if self.tickets.get(&reference) != Some(&order.summary()) {
                loss.tickets += 1;
            }
            if order.travels != Travels::Not {
                loss.acknowledged_files += 1;
                let digest = order.file.sha256();
                let is_there = self.files.contains(&digest)
                    && self.attachments.contains(&(order.summary(), digest));
                loss.files += usize::from(!is_there);
            }
        }
        // Also what nobody was told about must be whole: its receipt may still be asked for.
        loss.torn = self
            .attachments
            .iter()
            .filter(|(_, digest)| !self.files.contains(digest))
            .count();
        loss
    }
}

/// What should be there and is not.
#[derive(Default)]
pub struct Loss {
    acknowledged: usize,
    tickets: usize,
    acknowledged_files: usize,
    files: usize,
    torn: usize,
}

impl Loss {
    /// Nothing is missing.
    pub fn is_none(&self) -> bool {
        self.tickets + self.files + self.torn == 0
    }
}

impl std::fmt::Display for Loss {
    fn fmt(&self, text: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            acknowledged,
            tickets,
            acknowledged_files,
            files,
            torn,
        } = self;
        write!(
            text,
            "{acknowledged} tickets acknowledged, {tickets} lost; {acknowledged_files} files acknowledged, {files} lost or torn; \
             {torn} rows name a file that is lost or torn"
        )
    }
}

/// Opens a copy, so that the service meets the disk as the cut left it.
async fn open_copy(data_folder: &Path) -> SqlitePool {
    let copy = scratch::folder("found");
    for name in ["cornerdesk.db", "cornerdesk.db-wal"] {
        let original = data_folder.join(name);
        if original.exists() {
            fs::copy(&original, copy.join(name)).expect("a file can be copied");
        }
    }
    let url = format!("sqlite://{}", copy.join("cornerdesk.db").display());
    SqlitePool::connect(&url)
        .await
        .expect("the database is there")
}

async fn pairs(database: &SqlitePool, sql: &'static str) -> Vec<(String, String)> {
    let tables: u32 = sqlx::query_scalar("select count(*) from sqlite_schema")
        .fetch_one(database)
        .await
        .expect("the database can be read");
    if tables == 0 {
        return Vec::new(); // even the tables are lost
    }
    let rows = sqlx::query(sql).fetch_all(database).await;
    rows.expect("the statement fits the tables")
        .iter()
        .map(|row| (row.get(0), row.get(1)))
        .collect()
}
