//! The command line.

pub mod articles;
pub mod audit;
pub mod backup;
pub mod bounce;
pub mod config;
pub mod deprecation;
pub mod destination;
pub mod jobs;
pub mod mail;
pub mod move_in;
pub mod policy;
pub mod privacy;
pub mod secrets;
pub mod serve;
pub mod site;
pub mod staff;
pub mod sweep;
pub mod ticket;

use std::{os::unix::fs::DirBuilderExt, path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

use crate::{
    blobs::{Blobs, folder::Folder, s3::S3},
    clock::Clock,
    config::{Config, Overrides},
    mail::incoming::receive::Refused,
    store::Store,
    workshop,
};

/// Cornerdesk: an in-app support widget and the service behind it.
#[derive(Debug, Parser)]
#[command(name = "cornerdesk", version, max_term_width = 100)]
struct Arguments {
    /// Configuration file; every key and its default: `cornerdesk config defaults`.
    #[arg(
        long,
        global = true,
        help_heading = "Everywhere",
        env = "CORNERDESK_CONFIG",
        value_name = "FILE"
    )]
    config: Option<PathBuf>,
    /// Folder of the database file, the attachments and, with mail.transport = "file", the mails.
    #[arg(
        long,
        global = true,
        help_heading = "Everywhere",
        env = "CORNERDESK_DATA",
        value_name = "DIR"
    )]
    data: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Answer requests and run jobs.
    Serve(serve::Serve),
    /// Run jobs only; for further machines on the same PostgreSQL.
    Work,
    /// Bring the database's schema up to date and stop.
    Migrate,
    /// Carry every row of an SQLite file over to the PostgreSQL that the configuration names.
    Move(move_in::Move),
    /// Copies of everything.
    #[command(subcommand)]
    Backup(backup::Command),
    /// The configuration.
    #[command(subcommand)]
    Config(config::Command),
    /// The sites that may embed the widget.
    #[command(subcommand)]
    Site(site::Command),
    /// Articles of a site's own help, which are offered while somebody writes.
    #[command(subcommand)]
    Articles(articles::Command),
    /// The people who answer.
    #[command(subcommand)]
    Staff(staff::Command),
    /// Tickets.
    #[command(subcommand)]
    Ticket(ticket::Command),
    /// Support policies: what is wrong with them, what they come to.
    #[command(subcommand)]
    Policy(policy::Command),
    /// What goes, said to customers as early as the policy promises.
    #[command(subcommand)]
    Deprecation(deprecation::Command),
    /// Where tickets go on, and whether they arrive there.
    #[command(subcommand)]
    Destination(destination::Command),
    /// What is kept of a person: how much it is, and erasing it.
    #[command(subcommand)]
    Privacy(privacy::Command),
    /// The log of what staff did.
    #[command(subcommand)]
    Audit(audit::Command),
    /// What the installation signs with, which the key file seals.
    #[command(subcommand)]
    Secrets(secrets::Command),
    /// The outbox.
    #[command(subcommand)]
    Jobs(jobs::Command),
    /// Delete now what the service deletes every five minutes: expired uploads, and bytes that no ticket names.
    Sweep(sweep::Sweep),
    /// Mails: what the DNS has to say about ours, and those that come in.
    #[command(subcommand)]
    Mail(mail::Command),
    /// Read one mail that came to mail.bounce_address from standard input; for a pipe from the mail server.
    Bounce(bounce::Bounce),
}

/// Parses the command line and runs the command.
#[must_use]
pub fn main() -> ExitCode {
    // Before anything takes memory or threads: such a process has little of both.
    let asked: Vec<String> = std::env::args().collect();
    if let Some(ended) = workshop::process::main(&asked) {
        return ended;
    }
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("cornerdesk: {error}");
            return ExitCode::FAILURE;
        }
    };
    let failure = match arguments.command {
        Command::Bounce(_) | Command::Mail(mail::Command::Receive(_)) => {
            ExitCode::from(bounce::COME_AGAIN)
        }
        _ => ExitCode::FAILURE,
    };
    match runtime.block_on(run(arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cornerdesk: {error:#}");
            match error.downcast_ref::<Refused>() {
                Some(Refused::IdentityRequired | Refused::NotEntitled) => {
                    ExitCode::from(mail::NOT_ALLOWED)
                }
                Some(refused) if refused.is_for_good() => ExitCode::from(mail::NOBODY),
                _ => failure,
            }
        }
    }
}

async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let (listen, demo, allow_passwords) = match &arguments.command {
        Command::Serve(serve) => (serve.listen.clone(), serve.demo, serve.allow_passwords),
        _ => (None, false, false),
    };
    let overrides = Overrides {
        listen,
        data_dir: arguments.data.clone(),
        demo,
        allow_passwords,
        needs_no_mail: false,
    };
    let load = || {
        Config::load(
            arguments.config.as_deref(),
            |name| std::env::var(name).ok(),
            &overrides,
        )
    };
    // Commands that send nothing work without a way out for mail, so that a site or a person can be added before it is set.
    let load_for_records = || {
        Config::load_for_records(
            arguments.config.as_deref(),
            |name| std::env::var(name).ok(),
            &overrides,
        )
    };
    match arguments.command {
        Command::Serve(serve) => serve::run(load()?, &serve).await,
        Command::Work => serve::work(load()?).await,
        Command::Migrate => {
            open_store(&load_for_records()?)
                .await?
                .close_after("the schema is up to date")
                .await
        }
        Command::Move(arguments) => {
            move_in::run(&open_store(&load_for_records()?).await?, &arguments).await
        }
        Command::Backup(backup::Command::Make { to, dump }) => {
            let config = load_for_records()?;
            let blobs = open_blobs(&config)?;
            backup::make(&open_store(&config).await?, &blobs, &to, dump).await
        }
        Command::Backup(backup::Command::Verify { folder }) => backup::verify(&folder).await,
        Command::Config(command) => config::run(&command, load),
        Command::Policy(command) => {
            let open = async || open_store(&load_for_records()?).await;
            policy::run(command, &Clock::System, open).await
        }
        Command::Site(command) => {
            let config = load_for_records()?;
            site::run(&open_store(&config).await?, &config, command).await
        }
        Command::Articles(command) => {
            articles::run(&open_store(&load_for_records()?).await?, command).await
        }
        Command::Staff(command) => {
            staff::run(&open_store(&load_for_records()?).await?, command).await
        }
        Command::Ticket(command) => {
            ticket::run(&open_store(&load_for_records()?).await?, command).await
        }
        Command::Deprecation(command) => {
            deprecation::run(&open_store(&load_for_records()?).await?, command).await
        }
        Command::Destination(command) => {
            let config = load_for_records()?;
            destination::run(&open_store(&config).await?, &config, command).await
        }
        Command::Privacy(command) => {
            let config = load_for_records()?;
            let records = open_store(&config).await?;
            privacy::run(&records, || open_blobs(&config), command).await
        }
        Command::Audit(command) => {
            audit::run(&open_store(&load_for_records()?).await?, &command).await
        }
        Command::Secrets(command) => {
            let config = load_for_records()?;
            secrets::run(&open_store(&config).await?, &config, command).await
        }
        Command::Jobs(command) => {
            jobs::run(&open_store(&load_for_records()?).await?, command).await
        }
        Command::Sweep(arguments) => {
            let config = load_for_records()?;
            let blobs = open_blobs(&config)?;
            sweep::run(&open_store(&config).await?, &blobs, &arguments).await
        }
        Command::Mail(mail::Command::Receive(arguments)) => {
            let config = load_for_records()?;
            let blobs = open_blobs(&config)?;
            mail::receive(&open_store(&config).await?, blobs, &config, &arguments).await
        }
        Command::Mail(command) => mail::run(&command, &load_for_records()?),
        Command::Bounce(arguments) => {
            let config = load_for_records()?;
            bounce::run(&open_store(&config).await?, &config, &arguments).await
        }
    }
}

/// The database and what belongs to it.
#[derive(Debug)]
pub struct Records {
    /// The database.
    pub store: Store,
    /// The time.
    pub clock: Clock,
}

impl Records {
    async fn close_after(self, words: &str) -> anyhow::Result<()> {
        self.store.close().await;
        println!("{words}");
        Ok(())
    }
}

/// Opens the database that the configuration names.
async fn open_store(config: &Config) -> anyhow::Result<Records> {
    // Tickets are nobody else's business on this machine.
    let is_new = config.database.url.reveal().is_empty()
        && !config.storage.data_dir.join("cornerdesk.db").exists();
    if is_new {
        eprintln!(
            "a new database is made in {}",
            config.storage.data_dir.display()
        );
    }
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&config.storage.data_dir)?;
    let url = match config.database.url.reveal() {
        "" => Store::sqlite_url(&config.storage.data_dir.join("cornerdesk.db")),
        url => url.to_owned(),
    };
    Ok(Records {
        store: Store::open(&url, config.database.max_connections).await?,
        clock: Clock::System,
    })
}

/// Opens the blob store that the configuration names.
fn open_blobs(config: &Config) -> anyhow::Result<Blobs> {
    let folder = &config.storage.data_dir;
    Ok(match config.storage.blobs_url.as_str() {
        "" => Blobs::Folder(Folder::open(folder.join("blobs"))?),
        _ => Blobs::S3(S3::open(&config.storage, folder.join("spool"))?),
    })
}
