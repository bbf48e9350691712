//! The power is cut at random moments under load: what was acknowledged is on the disk.
//!
//! `kill -9` does not show this, because the kernel survives it and keeps what was never synchronised. The disk of the harness loses that
//! ([`cornerdesk_tests::disk`]); `docs/testing.md` says what these tests found when a synchronisation was taken away.

use std::{fs, io, path::Path};

use cornerdesk_tests::{
    Database, Service,
    disk::{Disk, FileSystem},
    service::Setup,
};

use crate::{found::Found, long_form, orders::Orders};

/// Room for the orders of a round, with their mails, and for everything else.
const BYTES_PER_ROUND: u64 = 2 << 20;
const BYTES_AT_FIRST: u64 = 32 << 20;
const ORDERS_PER_ROUND: usize = 40;

/// Shows that bytes are synchronised, and rows.
#[tokio::test]
async fn nothing_acknowledged_is_lost_or_doubled_by_a_power_cut() {
    cut_again_and_again(FileSystem::WithJournal).await;
}

/// Shows that folders are synchronised too: a journal would write down their entries with whatever is synchronised next.
#[tokio::test]
async fn a_file_system_without_a_journal_loses_nothing_either() {
    cut_again_and_again(FileSystem::WithoutJournal).await;
}

async fn cut_again_and_again(file_system: FileSystem) {
    let rounds = long_form::rounds(6, 50);
    let size_bytes = BYTES_AT_FIRST + BYTES_PER_ROUND * rounds as u64;
    let Some(disk) = Disk::new(file_system, size_bytes) else {
        return;
    };
    let mut service = Service::start_on(disk, Setup::new(Database::Sqlite)).await;
    let client = service.client();
    let orders = Orders::new(rounds * ORDERS_PER_ROUND);
    let seed = 11;
    orders
        .send_all_while(&client, rounds, seed, async |round| {
            service.cut_power();
            let loss = Found::on(&service).await.loss(orders.receipts());
            println!("after cut {}: {loss}", round + 1);
            assert!(
                loss.is_none(),
                "after cut {}: {loss}\n{}\n{}",
                round + 1,
                service.disk().repairs(),
                files_of(&service.data_folder()),
            );
            service.start_again().await;
        })
        .await;
    orders.assert_each_is_one_ticket(&service).await;
    let (fault, count) = (
        format!("R2 power cut, {file_system:?}"),
        orders.receipts().len(),
    );
    long_form::report(
        &fault,
        rounds,
        count,
        "0 lost, 0 doubled, 0 files lost or torn",
    );
}

/// Names and sizes, for whoever has to find out what the cut took.
fn files_of(data_folder: &Path) -> String {
    let entries = fs::read_dir(data_folder).expect("the data folder is there");
    let describe = |entry: io::Result<fs::DirEntry>| {
        let entry = entry?;
        let size_bytes = entry.metadata()?.len();
        Ok(format!("{} {size_bytes}", entry.path().display()))
    };
    let lines: io::Result<Vec<_>> = entries.map(describe).collect();
    lines.expect("entries can be read").join("\n")
}
