//! `cornerdesk config check|defaults`.

use clap::Subcommand;

use crate::{
    config::{Config, ConfigError, DEFAULTS},
    mail::dkim::Signer,
};

/// What to do with the configuration.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Say every fault of the configuration at once.
    Check,
    /// Print every key with its default and its meaning.
    Defaults,
}

/// Runs the command.
///
/// # Errors
/// When the configuration has faults.
pub fn run(
    command: &Command,
    load: impl FnOnce() -> Result<Config, ConfigError>,
) -> anyhow::Result<()> {
    match command {
        Command::Check => {
            let config = load()?;
            // The file is read here and at the start, not by commands that sign nothing and may not read it.
            Signer::load(&config.mail).map_err(|error| ConfigError(vec![error.to_string()]))?;
            println!("the configuration is good");
            if config.server.public_url.is_empty() {
                println!("server.public_url is empty: mails carry no link \"I did not send this\"");
            }
        }
        Command::Defaults => print!("{DEFAULTS}"),
    }
    Ok(())
}
