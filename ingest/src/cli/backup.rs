//! `cornerdesk backup`.

use std::path::PathBuf;

use clap::Subcommand;

use super::Records;
use crate::{
    backup::{self, Contents},
    blobs::Blobs,
};

/// Copies of everything.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Copy the database and the attachments into a new folder while the service runs (the database itself on SQLite only).
    Make {
        /// The folder; it must not exist, or be empty.
        #[arg(value_name = "DIR")]
        to: PathBuf,
    },
    /// Look whether a copy is whole; needs neither configuration nor service.
    Verify {
        /// The folder of the copy.
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
}

/// Makes a backup.
///
/// # Errors
/// When it could not be made whole.
pub async fn make(records: &Records, blobs: &Blobs, to: &std::path::Path) -> anyhow::Result<()> {
    let contents = backup::make(&records.store, blobs, to).await?;
    records.store.close().await;
    println!("{} in {}", describe(contents), to.display());
    if !contents.database {
        println!(
            "the database is PostgreSQL's: copy it with pg_dump before the attachments (docs/operations.md)"
        );
    }
    Ok(())
}

/// Verifies a backup.
///
/// # Errors
/// When it is not whole.
pub async fn verify(folder: &std::path::Path) -> anyhow::Result<()> {
    let contents = backup::verify(folder).await?;
    println!("whole: {}", describe(contents));
    Ok(())
}

fn describe(contents: Contents) -> String {
    let Contents {
        database,
        files,
        bytes,
    } = contents;
    let database = if database { "the database and " } else { "" };
    format!("{database}{files} files ({bytes} bytes)")
}
