//! `cornerdesk bounce`: reads one mail that came to the bounce address, from standard input.
//!
//! Made to be the end of a pipe from any mail server. It answers nothing and makes no ticket. What is not a report about a mail of ours is dropped with a line on
//! standard error and success, since refusing it would only make the mail server answer; when it cannot be dealt with now (the database is away), the exit
//! status is 75, with which mail servers keep the mail and come again.

use std::io::Read;

use clap::Args;
use cornerdesk_shared::reference::Reference;

use super::Records;
use crate::{
    config::Config,
    mail::{
        self,
        automatic::{self, Writer},
        delivery_report, incoming,
        verp::Verp,
    },
    outbox::undeliverable,
    secrets::{self, Name, SecretError},
    store::Tx,
};

/// "Try again later" in `sysexits.h`, which every mail server knows.
pub const COME_AGAIN: u8 = 75;

/// Read one mail that came to mail.bounce_address from standard input; for a pipe from the mail server.
#[derive(Debug, Args)]
pub struct Bounce {
    /// The address that the mail came to, with its token; without it, headers are asked (Delivered-To, X-Original-To, To).
    #[arg(long, value_name = "ADDRESS")]
    recipient: Option<String>,
    /// The sender of the envelope, if the mail server tells; "" is the null return path.
    #[arg(long, value_name = "ADDRESS")]
    sender: Option<String>,
}

/// What was done with the mail; never an address.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
enum Dropped {
    #[error(transparent)]
    Unreadable(#[from] incoming::Unreadable),
    #[error("it names no ticket of ours, or its token is forged")]
    NoToken,
    #[error("the ticket that it names is gone")]
    NoTicket,
    #[error("it is not about the delivery of a mail; {0}")]
    NoReport(&'static str),
}

/// Runs the command.
///
/// # Errors
/// When the mail must come again: it cannot be read from the pipe, or the database fails.
pub async fn run(records: &Records, config: &Config, arguments: &Bounce) -> anyhow::Result<()> {
    let mut raw = Vec::new();
    // One byte more than is read, to tell that it is too long.
    let most = u64::try_from(incoming::MOST_BYTES)? + 1;
    std::io::stdin().lock().take(most).read_to_end(&mut raw)?;
    match deal_with(records, config, arguments, &raw).await? {
        Ok(words) => eprintln!("bounce: {words}"),
        Err(dropped) => eprintln!("bounce: dropped: {dropped}"),
    }
    Ok(())
}

async fn deal_with(
    records: &Records,
    config: &Config,
    arguments: &Bounce,
    raw: &[u8],
) -> Result<Result<String, Dropped>, SecretError> {
    let mail = match incoming::parse(raw) {
        Ok(mail) => mail,
        Err(unreadable) => return Ok(Err(unreadable.into())),
    };
    let mut tx = records.store.write().await?;
    let Some(verp) = verp(&mut tx, config).await? else {
        return Ok(Err(Dropped::NoToken));
    };
    let Some(reference) = named_ticket(&verp, &mail, arguments.recipient.as_deref()) else {
        return Ok(Err(Dropped::NoToken));
    };
    let written = match delivery_report::read(&mail) {
        Some(report) => undeliverable::report(&mut tx, reference, &report, records.clock.now())
            .await?
            .map(|what| format!("{reference}: {what}"))
            .ok_or(Dropped::NoTicket),
        None => Err(Dropped::NoReport(what_it_is(
            &mail,
            arguments.sender.as_deref(),
        ))),
    };
    tx.commit().await?;
    Ok(written)
}

/// Nothing when no secret was ever made: then no return path of ours exists.
async fn verp(tx: &mut Tx, config: &Config) -> Result<Option<Verp>, SecretError> {
    let Some(address) = mail::bounce_address(config) else {
        return Ok(None);
    };
    let secret = secrets::find(tx, &config.key_file(), Name::ReturnPath).await?;
    Ok(secret.map(|secret| Verp::new(&address, &secret)))
}

/// The ticket that the address names which the mail came to: as the mail server says, or else as the headers say. The token cannot be forged, so
/// it does not matter who wrote the headers.
fn named_ticket(
    verp: &Verp,
    mail: &mail_parser::Message<'_>,
    recipient: Option<&str>,
) -> Option<Reference> {
    const HEADERS: [&str; 4] = ["delivered-to", "x-original-to", "envelope-to", "to"];
    if let Some(recipient) = recipient {
        return verp.ticket(recipient);
    }
    mail.headers_raw()
        .filter(|(name, _)| HEADERS.contains(&name.trim().to_ascii_lowercase().as_str()))
        .flat_map(|(_, value)| value.split([',', ' ', '\r', '\n', '\t', '<', '>']))
        .find_map(|address| verp.ticket(address))
}

/// For the log: why it is no report.
fn what_it_is(mail: &mail_parser::Message<'_>, sender: Option<&str>) -> &'static str {
    match automatic::writer(mail, sender) {
        Writer::MailServer => "it is a report of another kind",
        Writer::Program => "a program wrote it, such as an absence notice",
        Writer::List => "it came from a mailing list",
        Writer::Person => "a person seems to have written it",
    }
}
