//! `cornerdesk site add|list`.

use clap::{Args, Subcommand};

use super::Records;
use crate::{
    accounts::AccountConfig,
    config::Config,
    identity::keys::{self, KeyConfig},
    mail::permission::Mode,
    policies,
    policy::Library,
    policy_folder,
    privacy::retention::Retention,
    quota::{Quotas, Usage},
    show,
    site::{Site, SiteConfig, default_accent, default_locale, default_time_zone, shared_address},
    store::{self, sites::Source},
    words::OwnWords,
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
        /// Language when neither the page nor the browser says one that is shipped, such as en.
        #[arg(long, default_value_t = default_locale())]
        locale: String,
        /// To whom the site writes by itself.
        #[arg(long, value_name = "MODE", default_value = "ack", value_parser = mode)]
        acknowledge: Mode,
        /// Most bytes that its files may take up; 0 is no quota. Without it storage.quota_bytes_per_site counts.
        #[arg(long, value_name = "BYTES")]
        quota_bytes: Option<u64>,
        /// Time zone of times in mails where the requester's is not known, such as Europe/Vienna.
        #[arg(long, value_name = "ZONE", default_value_t = default_time_zone())]
        time_zone: String,
        /// Who may ask it, and where.
        #[command(flatten)]
        askers: Box<Askers>,
        /// By whose terms it promises, and how long it keeps what is over.
        #[command(flatten)]
        terms: Box<Terms>,
    },
    /// List the sites, with what their files take up.
    List,
}

/// Who may ask a site, and where.
#[derive(Debug, Args)]
pub struct Askers {
    /// A key with which the product vouches for its people: `KID,secret_file=PATH`, or with `secret_env=NAME` or `public_key_file=PATH`
    /// instead; may be given twice.
    #[arg(long = "identity", value_name = "KEY", value_parser = identity_key)]
    identity: Vec<KeyConfig>,
    /// Takes requests only of people for whom the product vouches.
    #[arg(long)]
    identity_required: bool,
    /// An address at which the site is asked for help by mail, such as help@example.com; may be repeated.
    #[arg(long = "mail-address", value_name = "ADDRESS")]
    mail_addresses: Vec<String>,
}

/// By whose terms a site promises, and how long it keeps what is over.
#[derive(Debug, Args)]
pub struct Terms {
    /// Id of the policy by whose terms the site promises, such as m3ter; without one it promises nothing.
    #[arg(long, value_name = "ID")]
    policy: Option<String>,
    /// Name of an overlay of the policy.
    #[arg(long, value_name = "NAME", requires = "policy")]
    overlay: Option<String>,
    /// A way in (widget, help_form, api or mail) by the channel of the policy that it is, such as `widget=web`; may be repeated.
    #[arg(long = "channel", value_name = "WAY=CHANNEL", value_parser = channel, requires = "policy")]
    channels: Vec<(String, String)>,
    /// A customer as JSON, such as `{"key":"big","domains":["big.example"],"plan":"gold"}`, with the keys of `[[sites.accounts]]`; may be
    /// repeated.
    #[arg(long = "account", value_name = "JSON", value_parser = account)]
    accounts: Vec<AccountConfig>,
    /// Erase tickets so many days after the last thing that happened, once they are solved or closed; without it they are kept for ever.
    #[arg(long, value_name = "DAYS")]
    closed_days: Option<u32>,
    /// Erase their files so many days after it.
    #[arg(long, value_name = "DAYS")]
    files_days: Option<u32>,
}

/// Reads a channel on the command line.
fn channel(text: &str) -> Result<(String, String), String> {
    let (way, channel) = text
        .split_once('=')
        .ok_or("WAY=CHANNEL, such as widget=web")?;
    Ok((way.to_owned(), channel.to_owned()))
}

/// Reads an account on the command line.
fn account(text: &str) -> Result<AccountConfig, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

/// Reads a mode on the command line.
fn mode(name: &str) -> Result<Mode, String> {
    Mode::from_name(name)
        .ok_or_else(|| format!("one of {}", Mode::ALL.map(Mode::as_str).join(", ")))
}

/// Reads a key on the command line.
fn identity_key(text: &str) -> Result<KeyConfig, String> {
    let mut key = KeyConfig::default();
    let (kid, source) = text.split_once(',').unwrap_or((text, ""));
    kid.clone_into(&mut key.kid);
    let (name, value) = source.split_once('=').unwrap_or_default();
    let place = match name {
        "secret_env" => &mut key.secret_env,
        "secret_file" => &mut key.secret_file,
        "public_key_file" => &mut key.public_key_file,
        _ => {
            return Err(
                "KID,secret_file=PATH or KID,secret_env=NAME or KID,public_key_file=PATH"
                    .to_owned(),
            );
        }
    };
    *place = Some(value.to_owned());
    Ok(key)
}

/// Runs the command.
///
/// # Errors
/// When the site has faults or the database fails.
pub async fn run(records: &Records, config: &Config, command: Command) -> anyhow::Result<()> {
    let library = policy_folder::installed(&config.policies.folder)?;
    match command {
        Command::Add {
            key,
            name,
            origins,
            accent,
            locale,
            acknowledge,
            quota_bytes,
            time_zone,
            askers,
            terms,
        } => {
            add(
                records,
                &library,
                SiteConfig {
                    key,
                    name,
                    allowed_origins: origins,
                    accent,
                    locale,
                    acknowledge,
                    quota_bytes,
                    time_zone,
                    // Words of its own stand in the configuration file.
                    words: OwnWords::new(),
                    identity: askers.identity,
                    identity_required: askers.identity_required,
                    policy: terms.policy,
                    overlay: terms.overlay,
                    channels: terms.channels.into_iter().collect(),
                    accounts: terms.accounts,
                    // Monitoring systems stand in the configuration file.
                    alerts: Vec::new(),
                    retention: Retention {
                        closed_days: terms.closed_days,
                        files_days: terms.files_days,
                    },
                    mail_addresses: askers.mail_addresses,
                },
            )
            .await
        }
        Command::List => list(records, Quotas::new(config.storage.quota_bytes_per_site)).await,
    }
}

async fn add(records: &Records, library: &Library, config: SiteConfig) -> anyhow::Result<()> {
    let site = Site::parse(&config).map_err(|faults| {
        anyhow::anyhow!("the site cannot be added:\n  - {}", faults.join("\n  - "))
    })?;
    keys::load(&site.identity, |name| std::env::var(name).ok()).map_err(|faults| {
        anyhow::anyhow!("the site cannot be added:\n  - {}", faults.join("\n  - "))
    })?;
    let mut tx = records.store.write().await?;
    let known = store::sites::list(&mut tx).await?;
    let is_in_file =
        (known.iter()).any(|(known, source)| known.key == site.key && *source == Source::File);
    anyhow::ensure!(
        !is_in_file,
        "the site \"{}\" stands in the configuration file; change it there",
        site.key
    );
    let others = (known.iter())
        .filter(|(known, source)| known.key != site.key && *source != Source::Retired)
        .map(|(known, _)| known);
    if let Some(address) = shared_address(others.chain([&config])) {
        anyhow::bail!("mail_addresses: {address} belongs to another site already");
    }
    let now = records.clock.now();
    store::sites::put(&mut tx, &config, Source::Command, now).await?;
    policies::publish(&mut tx, library, std::slice::from_ref(&config), now).await?;
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
