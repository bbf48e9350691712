//! `cornerdesk site add|list`.

use clap::Subcommand;

use super::Records;
use crate::{
    mail::permission::Mode,
    quota::{Quotas, Usage},
    show,
    site::{Site, SiteConfig, default_accent, default_locale},
    store::{self, sites::Source},
};

/// What to do with sites.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Add a site, or change one that was added so. A running service knows it after two seconds.
    Add {
        /// Letters, digits, "-" and "_"; stands in the script tag.
        key: String,
        /// The product's name, as requesters know it.
        #[arg(long)]
        name: String,
        /// A page origin that may embed the widget, such as `https://app.example.com` or `https://*.example.com`; may be repeated.
        #[arg(long = "origin", value_name = "ORIGIN")]
        origins: Vec<String>,
        /// Colour of buttons, #rrggbb.
        #[arg(long, default_value_t = default_accent())]
        accent: String,
        /// Language when the page does not say one: en or de.
        #[arg(long, default_value_t = default_locale())]
        locale: String,
        /// To whom the site writes by itself.
        #[arg(long, value_name = "MODE", default_value = "ack", value_parser = mode)]
        acknowledge: Mode,
        /// Most bytes that its files may take up; 0 is no quota. Without it storage.quota_bytes_per_site counts.
        #[arg(long, value_name = "BYTES")]
        quota_bytes: Option<u64>,
    },
    /// List the sites, with what their files take up.
    List,
}

/// Reads a mode on the command line.
fn mode(name: &str) -> Result<Mode, String> {
    Mode::from_name(name)
        .ok_or_else(|| format!("one of {}", Mode::ALL.map(Mode::as_str).join(", ")))
}

/// Runs the command.
///
/// # Errors
/// When the site has faults or the database fails.
pub async fn run(records: &Records, quotas: Quotas, command: Command) -> anyhow::Result<()> {
    match command {
        Command::Add {
            key,
            name,
            origins,
            accent,
            locale,
            acknowledge,
            quota_bytes,
        } => {
            add(
                records,
                SiteConfig {
                    key,
                    name,
                    allowed_origins: origins,
                    accent,
                    locale,
                    acknowledge,
                    quota_bytes,
                },
            )
            .await
        }
        Command::List => list(records, quotas).await,
    }
}

async fn add(records: &Records, config: SiteConfig) -> anyhow::Result<()> {
    let site = Site::parse(&config).map_err(|faults| {
        anyhow::anyhow!("the site cannot be added:\n  - {}", faults.join("\n  - "))
    })?;
    let mut tx = records.store.write().await?;
    let is_in_file = store::sites::list(&mut tx)
        .await?
        .iter()
        .any(|(known, source)| known.key == site.key && *source == Source::File);
    anyhow::ensure!(
        !is_in_file,
        "the site \"{}\" stands in the configuration file; change it there",
        site.key
    );
    store::sites::put(&mut tx, &config, Source::Command, records.clock.now()).await?;
    tx.commit().await?;
    println!(
        "site \"{}\" added. Put this into its pages, with the address of your Cornerdesk:\n",
        site.key
    );
    println!(
        "  <script async src=\"https://YOUR-CORNERDESK/widget.js\" data-site=\"{}\"></script>",
        site.key
    );
    if site.acknowledge == Mode::ConfirmFirst {
        println!(
            "\nIts requesters confirm by a link: the service needs server.public_url, or nobody can."
        );
    }
    if site.allowed_origins.is_empty() {
        println!("\nNo page may embed it yet: run the command again with --origin.");
    }
    Ok(())
}

async fn list(records: &Records, quotas: Quotas) -> anyhow::Result<()> {
    let mut tx = records.store.read().await?;
    let sites = store::sites::list(&mut tx).await?;
    let used = store::site_storage::used(&mut tx).await?;
    tx.rollback().await?;
    let usages = Usage::of_sites(sites.iter().map(|(site, _)| site), &used, quotas);
    if sites.is_empty() {
        println!("no sites yet: `cornerdesk site add KEY --name NAME --origin ORIGIN`");
    }
    for ((site, source), usage) in sites.into_iter().zip(usages) {
        println!(
            "{}\t{}\t{}\t{}\t{}\t{}\t{}\t({})",
            site.key,
            site.name,
            site.allowed_origins.join(" "),
            site.accent,
            site.locale,
            site.acknowledge.as_str(),
            files(&usage),
            source.as_str()
        );
    }
    Ok(())
}

/// `files: 1.2 MB of 10 GB`.
fn files(usage: &Usage) -> String {
    let used = show::size(usage.used_bytes);
    match usage.most_bytes {
        Some(most) => format!("files: {used} of {}", show::size(most)),
        None => format!("files: {used}, no quota"),
    }
}
