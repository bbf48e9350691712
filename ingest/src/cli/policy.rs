//! `cornerdesk policy check|eval|explain|holidays|repin`.

mod check;
mod eval;
mod explain;
mod holidays;
mod repin;

use std::path::PathBuf;

use clap::Subcommand;

use super::Records;
use crate::{clock::Clock, policy::Occasion};

/// What to do with lists of holidays.
#[derive(Debug, Subcommand)]
pub enum Holidays {
    /// Show what a calendar file would change in a list; nothing is written without --accept.
    Import {
        /// The calendar file (iCalendar), fetched by you.
        #[arg(value_name = "FILE.ics")]
        file: PathBuf,
        /// The holiday file of a folder of policies.
        #[arg(long, value_name = "FILE.toml")]
        set: PathBuf,
        /// The first year that counts; this one if none is given.
        #[arg(long, value_name = "YEAR")]
        from: Option<i16>,
        /// The last year that counts; five years after the first if none is given.
        #[arg(long, value_name = "YEAR")]
        to: Option<i16>,
        /// Write the list as it was shown.
        #[arg(long)]
        accept: bool,
    },
}

/// What to do with support policies.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Say everything that is wrong with policies, overlays and holiday files, or may be, with its line.
    Check {
        /// Files of a folder of policies: `m3ter.toml`, `overlays/acme.toml`, `holidays/fr.toml`.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// Refuse overlays with basis = "test".
        #[arg(long)]
        production: bool,
        /// As JSON: a list of findings.
        #[arg(long)]
        json: bool,
    },
    /// Lists of holidays.
    #[command(subcommand)]
    Holidays(Holidays),
    /// Print what the engine answers to each vector of a file, as `{id: expected}`.
    Eval {
        /// Folder of policies; the ones that are built in if none is given.
        #[arg(long, value_name = "DIR")]
        policies: Option<PathBuf>,
        /// File of vectors.
        #[arg(value_name = "VECTORS.json")]
        vectors: PathBuf,
    },
    /// Say why the clock of a ticket stands where it stands: what was counted and what was not.
    Explain {
        /// The ticket's reference.
        reference: String,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Put tickets that are still worked on under another version of their site's policy; shows what becomes of the due times first.
    Repin(repin::Repin),
}

/// Runs the command.
///
/// # Errors
/// When a file cannot be read or has faults.
///
/// `open` gives the database to the commands that need it.
pub async fn run(
    command: Command,
    clock: &Clock,
    open: impl AsyncFnOnce() -> anyhow::Result<Records>,
) -> anyhow::Result<()> {
    let today = || clock.now().to_zoned(jiff::tz::TimeZone::UTC).date();
    match command {
        Command::Check {
            files,
            production,
            json,
        } => {
            let today = today();
            check::run(&files, Occasion { today, production }, json)
        }
        Command::Holidays(Holidays::Import {
            file,
            set,
            from,
            to,
            accept,
        }) => {
            let ahead = holidays::years(from.unwrap_or_else(|| today().year()));
            let years = *ahead.start()..=to.unwrap_or(*ahead.end());
            holidays::import(&file, &set, years, accept)
        }
        Command::Explain { reference, json } => {
            explain::run(&open().await?, &reference, json).await
        }
        Command::Repin(arguments) => repin::run(&open().await?, &arguments).await,
        Command::Eval { policies, vectors } => eval::run(policies.as_deref(), &vectors),
    }
}
