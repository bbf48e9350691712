//! `cornerdesk backup`.

use std::path::PathBuf;

use clap::Subcommand;

use super::Records;
use crate::{
    backup::{self, Contents, dump::Dump},
    blobs::Blobs,
};

/// Copies of everything.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Copy the database and the attachments into a new folder while the service runs; PostgreSQL's database by the program after `--`.
    Make {
        /// The folder; it must not exist, or be empty.
        #[arg(value_name = "DIR")]
        to: PathBuf,
        /// With PostgreSQL: the program that copies the database, in the state that the attachments are copied of; such as
        /// `pg_dump --snapshot={snapshot} --format custom --file FILE DATABASE`.
        #[arg(last = true, value_name = "PROGRAM")]
        dump: Vec<String>,
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
pub async fn make(
    records: &Records,
    blobs: &Blobs,
    to: &std::path::Path,
    dump: Vec<String>,
) -> anyhow::Result<()> {
    let dump = Dump::of(dump)?;
    let contents = backup::make(&records.store, blobs, to, dump.as_ref()).await?;
    records.store.close().await;
    println!("{} in {}", describe(contents), to.display());
    if !contents.database && dump.is_none() {
        println!(
            "without the database, which is PostgreSQL's: give the pg_dump that copies it after `--` (docs/operations.md)"
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
