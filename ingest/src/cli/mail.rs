//! `cornerdesk mail dkim-record|receive`.

mod receive;

use clap::Subcommand;

pub use receive::{NOBODY, NOT_ALLOWED, Receive, run as receive};

use crate::{config::Config, mail::dkim::Signer};

/// What to do for mail.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Print the TXT record for the DNS that belongs to mail.dkim_key_file.
    DkimRecord,
    /// Read one mail that came to mail.reply_address, or to an address of a site, from standard input: an answer goes on its ticket, and a request becomes one. For a
    /// pipe from the mail server.
    Receive(Receive),
}

/// Runs the command.
///
/// # Errors
/// When no key is configured, or it cannot be read.
pub fn run(command: &Command, config: &Config) -> anyhow::Result<()> {
    match command {
        Command::DkimRecord => {
            let signer = Signer::load(&config.mail)?.ok_or_else(|| {
                anyhow::anyhow!(
                    "mail.dkim_domain, mail.dkim_selector and mail.dkim_key_file are not set"
                )
            })?;
            let (name, record) = signer.dns_record();
            // One string of a TXT record has 255 bytes at most; several are put together without anything in between.
            let strings: Vec<String> = record
                .as_bytes()
                .chunks(255)
                .map(|piece| format!("\"{}\"", String::from_utf8_lossy(piece)))
                .collect();
            println!("{name}. IN TXT ( {} )", strings.join(" "));
        }
        Command::Receive(_) => anyhow::bail!("it needs the database"),
    }
    Ok(())
}
