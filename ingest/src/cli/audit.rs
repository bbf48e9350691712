//! `cornerdesk audit list|verify`.

use clap::Subcommand;
use serde_json::{Value, json};

use super::Records;
use crate::{audit::Chain, hexadecimal::hex, store};

/// Rows that are read at a time.
const BATCH: u32 = 1000;

/// What to do with the log of what staff did.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Follow the log from its first row: was any changed, taken out or put in? Prints the last digest; whoever keeps it elsewhere can tell later
    /// that everything up to there is as it was.
    Verify,
    /// The latest rows, one JSON object a line, the newest first.
    List {
        /// How many at the most.
        #[arg(long, default_value_t = 50)]
        most: u32,
    },
}

/// Runs the command.
///
/// # Errors
/// When the log does not hold, or the database fails.
pub async fn run(records: &Records, command: &Command) -> anyhow::Result<()> {
    match command {
        Command::Verify => verify(records).await,
        Command::List { most } => list(records, *most).await,
    }
}

async fn list(records: &Records, most: u32) -> anyhow::Result<()> {
    let mut tx = records.store.read().await?;
    let rows = store::audit::before(&mut tx, i64::MAX, most).await?;
    tx.rollback().await?;
    for row in rows {
        let detail: Value = serde_json::from_str(&row.detail)?;
        let (at, hash) = (row.at.to_string(), hex(&row.hash));
        let line = json!({ "seq": row.seq, "at": at, "staff": row.actor, "act": row.act, "detail": detail, "hash": hash });
        println!("{line}");
    }
    Ok(())
}

async fn verify(records: &Records) -> anyhow::Result<()> {
    let mut tx = records.store.read().await?;
    let noted = store::audit::end(&mut tx).await?;
    let mut chain = Chain::default();
    loop {
        let rows = store::audit::after(&mut tx, chain.seq, BATCH).await?;
        if rows.is_empty() {
            break;
        }
        for row in &rows {
            chain.follow(row)?;
        }
    }
    tx.rollback().await?;
    chain.ends_with(noted)?;
    println!(
        "{} rows, none changed; the last digest is {}",
        chain.seq,
        hex(&chain.hash)
    );
    Ok(())
}
