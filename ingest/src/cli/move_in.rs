//! `cornerdesk move`: from SQLite to PostgreSQL.

use std::path::PathBuf;

use anyhow::{Context, ensure};
use clap::Args;

use super::Records;
use crate::store::{Store, moving};

/// Carry every row of an SQLite file over to the PostgreSQL that the configuration names, which must be empty.
#[derive(Debug, Args)]
pub struct Move {
    /// The file, such as data/cornerdesk.db; stop the service that uses it first.
    #[arg(long, value_name = "FILE")]
    pub from: PathBuf,
}

/// Moves, compares both sides, and prints what they agree on.
///
/// # Errors
/// When anything differs or fails; then the target is as empty as it was.
pub async fn run(records: &Records, arguments: &Move) -> anyhow::Result<()> {
    let file = &arguments.from;
    ensure!(file.is_file(), "{} is not there", file.display());
    let source = Store::open(&Store::sqlite_url(file), 1)
        .await
        .with_context(|| format!("{} cannot be opened", file.display()))?;
    let moved = moving::everything(&source, &records.store).await?;
    for table in &moved {
        let checksum: String = table.checksum[..8]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        println!("{:<26} {:>9} rows  {checksum}", table.table, table.rows);
    }
    println!("moved; both sides have the same rows. The attachments stay where they are.");
    source.close().await;
    records.store.close().await;
    Ok(())
}
