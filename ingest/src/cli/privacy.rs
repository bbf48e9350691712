//! `cornerdesk privacy show|export|erase|scrub`.

use std::{
    fs::OpenOptions,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use clap::Subcommand;

use super::Records;
use crate::{
    audit::By,
    blobs::Blobs,
    privacy::{Held, Whose, erasing::Eraser, packing::Packer},
    staff::VisibleSites,
    store,
};

/// What to do with the data of a person.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Say how much there is of somebody, by site.
    Show {
        /// The address that they wrote from.
        address: String,
        /// Key of a site; without it, all of them.
        #[arg(long, value_name = "KEY")]
        site: Option<String>,
    },
    /// Write all that is kept of somebody into one file (ZIP), for them.
    Export {
        /// The address that they wrote from.
        address: String,
        /// The file to make.
        file: PathBuf,
        /// Key of a site; without it, all of them.
        #[arg(long, value_name = "KEY")]
        site: Option<String>,
        /// Leave out what staff wrote for each other.
        #[arg(long)]
        without_notes: bool,
    },
    /// Erase somebody's tickets with all that belongs to them: messages, notes, files. It cannot be undone.
    Erase {
        /// The address that they wrote from.
        address: String,
        /// Key of a site; without it, all of them.
        #[arg(long, value_name = "KEY")]
        site: Option<String>,
        /// Only say how much would be erased.
        #[arg(long)]
        dry_run: bool,
    },
    /// Write the file of an SQLite database anew when something was erased since, so that nothing of that is left in it. The service does it by itself
    /// within six hours.
    Scrub,
}

/// Runs the command.
///
/// # Errors
/// When the text is no address, there is no such site, or the database or the blob store fails.
pub async fn run(
    records: &Records,
    blobs: impl FnOnce() -> anyhow::Result<Blobs>,
    command: Command,
) -> anyhow::Result<()> {
    match command {
        Command::Show { address, site } => show(records, &whose(records, &address, site).await?)
            .await
            .map(drop),
        Command::Export {
            address,
            file,
            site,
            without_notes,
        } => {
            let packer = Packer {
                store: records.store.clone(),
                blobs: blobs()?,
                clock: records.clock.clone(),
                whose: whose(records, &address, site).await?,
                has_notes: !without_notes,
            };
            export(packer, &file).await
        }
        Command::Erase {
            address,
            site,
            dry_run,
        } => {
            let whose = whose(records, &address, site).await?;
            if dry_run {
                show(records, &whose).await?;
                println!("nothing was erased: this was a dry run");
                return Ok(());
            }
            erase(records, blobs()?, &whose).await
        }
        Command::Scrub => scrub(records).await,
    }
}

async fn whose(records: &Records, address: &str, site: Option<String>) -> anyhow::Result<Whose> {
    if let Some(site) = &site {
        let mut tx = records.store.read().await?;
        // Also one that was taken out of the configuration: its tickets are still there.
        let is_there = store::sites::find(&mut tx, site).await?.is_some();
        tx.rollback().await?;
        anyhow::ensure!(is_there, "there is no site with the key {site}");
    }
    Ok(Whose::new(address, site.as_deref(), VisibleSites::All)?)
}

async fn show(records: &Records, whose: &Whose) -> anyhow::Result<Held> {
    let mut tx = records.store.read().await?;
    let held = store::privacy::held(&mut tx, whose).await?;
    tx.rollback().await?;
    let mut all = Held::default();
    for (site, held) in held {
        println!("{site}: {held}");
        all += held;
    }
    if all == Held::default() {
        println!("there is nothing of this address");
    }
    Ok(all)
}

async fn export(packer: Packer, path: &Path) -> anyhow::Result<()> {
    // Nobody else's business on this machine; and no file that is there is lost.
    let made = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
    let file =
        made.map_err(|error| anyhow::anyhow!("{} cannot be made: {error}", path.display()))?;
    let held = packer.write_down(By::CommandLine).await?;
    let packing = tokio::task::spawn_blocking(move || {
        packer.pack(&file)?;
        file.sync_all()?;
        anyhow::Ok(())
    });
    if let Err(error) = packing.await? {
        // Half of it must not be taken for all.
        std::fs::remove_file(path)?;
        return Err(error);
    }
    println!("{}: {held}", path.display());
    Ok(())
}

async fn erase(records: &Records, blobs: Blobs, whose: &Whose) -> anyhow::Result<()> {
    let eraser = Eraser {
        store: records.store.clone(),
        blobs,
        clock: records.clock.clone(),
    };
    let erased = eraser.erase(whose, By::CommandLine, u32::MAX).await?;
    println!("erased: {}", erased.gone);
    scrub(records).await
}

async fn scrub(records: &Records) -> anyhow::Result<()> {
    match store::chores::scrub(&records.store).await {
        Ok(true) => println!("nothing of what was erased is left in the database"),
        Ok(false) => println!("there is nothing to scrub"),
        Err(error) => anyhow::bail!(
            "what was erased cannot be found any more, but traces may be left in the file of the database ({error}). The service tries again; or run: cornerdesk privacy scrub"
        ),
    }
    Ok(())
}
