//! `cornerdesk config check|defaults`.

use clap::Subcommand;

use crate::{
    alerts::source,
    config::{Config, ConfigError, DEFAULTS},
    destination::Destinations,
    grants::product::Products,
    identity::keys,
    mail::dkim::Signer,
    policies, policy_folder,
    site::SiteConfig,
};

/// What to do with the configuration.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Say every fault of the configuration at once.
    Check,
    /// Print every key with its default and its meaning.
    Defaults,
}

/// Reads the keys with which products vouch for their people, of every site in the file.
///
/// # Errors
/// Every key that cannot be used.
pub fn load_identity_keys(config: &Config) -> Result<(), ConfigError> {
    let mut faults = Vec::new();
    for site in &config.sites {
        let environment = |name: &str| std::env::var(name).ok();
        if let Err(of_site) = keys::load(&site.identity, environment) {
            let named = |fault| format!("sites, \"{}\": {fault}", site.key);
            faults.extend(of_site.into_iter().map(named));
        }
    }
    if faults.is_empty() {
        Ok(())
    } else {
        Err(ConfigError(faults))
    }
}

/// Reads the tokens of monitoring systems, of every site in the file.
///
/// # Errors
/// Every token that cannot be used.
pub fn load_alert_tokens(config: &Config) -> Result<(), ConfigError> {
    let environment = |name: &str| std::env::var(name).ok();
    let of_site = |site: &SiteConfig| {
        let faults = source::check(&site.alerts, environment)
            .err()
            .unwrap_or_default();
        let named = |fault| format!("sites, \"{}\": {fault}", site.key);
        faults.into_iter().map(named).collect::<Vec<_>>()
    };
    let faults: Vec<String> = config.sites.iter().flat_map(of_site).collect();
    if faults.is_empty() {
        Ok(())
    } else {
        Err(ConfigError(faults))
    }
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
            load_identity_keys(&config)?;
            load_alert_tokens(&config)?;
            let library = policy_folder::installed(&config.policies.folder)?;
            policies::check(&library, &config.sites)?;
            let environment = |name: &str| std::env::var(name).ok();
            Products::load(&config.access, environment).map_err(ConfigError)?;
            Destinations::load(&config.destinations, environment).map_err(ConfigError)?;
            println!("the configuration is good");
            if config.server.public_url.is_empty() {
                println!("server.public_url is empty: mails carry no link \"I did not send this\"");
            }
        }
        Command::Defaults => print!("{DEFAULTS}"),
    }
    Ok(())
}
