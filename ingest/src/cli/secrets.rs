//! `cornerdesk secrets check|renew`.

use anyhow::ensure;
use clap::Subcommand;

use super::Records;
use crate::{
    config::Config,
    secrets::{self, Name, SecretError},
    staff::sealing::Sealing,
};

/// What to do with what the installation signs with.
#[derive(Clone, Copy, Debug, Subcommand)]
pub enum Command {
    /// Say whether the key file opens them; fails when it does not.
    Check,
    /// Make new ones in the place of those that no key opens any more. Links to pages of requests and addresses to answer to, in mails that were sent, end.
    Renew {
        /// Those, too, that the key file opens: for when somebody else may have them. Stop the service before, and start it after.
        #[arg(long)]
        all: bool,
        /// Yes, links and addresses in mails that were sent end.
        #[arg(long)]
        yes: bool,
    },
}

/// Runs the command.
///
/// # Errors
/// When the key file does not open them, or the database fails.
pub async fn run(records: &Records, config: &Config, command: Command) -> anyhow::Result<()> {
    match command {
        Command::Check => check(records, &Sealing::open_file(&config.key_file())?).await,
        Command::Renew { all, yes } => {
            ensure!(
                yes,
                "links and addresses in mails that were sent end with the old secrets: say --yes"
            );
            renew(records, &Sealing::load(&config.key_file())?, all).await
        }
    }
}

async fn check(records: &Records, sealing: &Sealing) -> anyhow::Result<()> {
    let mut tx = records.store.read().await?;
    for name in Name::ALL {
        let told = match secrets::get(&mut tx, sealing, name).await? {
            Some(_) => "opens",
            None => "not made yet",
        };
        println!("{}\t{told}", name.as_str());
    }
    tx.rollback().await?;
    println!(
        "the key in {} has the mark {}",
        sealing.file(),
        sealing.mark()
    );
    Ok(())
}

async fn renew(records: &Records, sealing: &Sealing, all: bool) -> anyhow::Result<()> {
    let mut tx = records.store.write().await?;
    for name in Name::ALL {
        let is_good = match secrets::get(&mut tx, sealing, name).await {
            Ok(_) => true,
            Err(SecretError::OtherKey { .. } | SecretError::Broken(_)) => false,
            Err(error) => return Err(error.into()),
        };
        if is_good && !all {
            println!("{}\tstays: the key opens it", name.as_str());
            continue;
        }
        secrets::renew(&mut tx, sealing, name).await?;
        println!("{}\tnew", name.as_str());
    }
    tx.commit().await?;
    Ok(())
}
