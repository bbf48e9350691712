//! The power is cut at random moments under load: what was acknowledged is on the disk.
//!
//! `kill -9` does not show this, because the kernel survives it and keeps what was never synchronised. The disk of the harness loses that
//! ([`cornerdesk_tests::disk`]); `docs/testing.md` says what these tests found when a synchronisation was taken away.

use std::{
    collections::{HashMap, HashSet},
    fs,
    path::Path,
};

use cornerdesk_tests::{Database, Service, disk::Disk, scratch, service::Setup};
use sqlx::{Row, SqlitePool};

use crate::{
    long_form,
    orders::{Order, Orders, Travels},
};

const DISK_BYTES: u64 = 192 << 20;
const ORDERS_PER_ROUND: usize = 40;

#[tokio::test]
async fn nothing_acknowledged_is_lost_or_doubled_by_a_power_cut() {
    let Some(disk) = Disk::new(DISK_BYTES) else {
        return;
    };
    let mut service = Service::start_on(disk, Setup::new(Database::Sqlite)).await;
    let client = service.client();
    let rounds = long_form::rounds(6, 50);
    let orders = Orders::new(rounds * ORDERS_PER_ROUND);
    let seed = 11;
    orders
        .send_all_while(&client, rounds, seed, async |round| {
            service.cut_power();
            let found = Found::on(&service).await;
            let loss = found.loss(orders.receipts());
            println!("after cut {}: {loss}", round + 1);
            assert!(loss.is_none(), "after cut {}: {loss}", round + 1);
            service.start_again().await;
        })
        .await;
    orders.assert_each_is_one_ticket(&service).await;
    let remark = "0 lost, 0 doubled, 0 files lost or torn";
    long_form::report(
        "R2 power cut, Sqlite",
        rounds,
        orders.receipts().len(),
        remark,
    );
}

/// What is on a disk when the power is back, before the service has run.
struct Found {
    /// Reference and summary of each ticket.
    tickets: HashMap<String, String>,
    /// Summary of the ticket and digest of each attachment that a row names.
    attachments: HashSet<(String, String)>,
    /// Digests of the files that are there.
    files: HashSet<String>,
}

impl Found {
    async fn on(service: &Service) -> Self {
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

    fn loss(&self, acknowledged: Vec<(&Order, String)>) -> Loss {
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

#[derive(Default)]
struct Loss {
    acknowledged: usize,
    tickets: usize,
    acknowledged_files: usize,
    files: usize,
    torn: usize,
}

impl Loss {
    fn is_none(&self) -> bool {
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
    let rows = sqlx::query(sql).fetch_all(database).await;
    rows.expect("the tables are there")
        .iter()
        .map(|row| (row.get(0), row.get(1)))
        .collect()
}
