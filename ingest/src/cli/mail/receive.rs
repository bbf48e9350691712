//! `cornerdesk mail receive`: reads one mail that came to the address that people answer to, from standard input.
//!
//! Made to be the end of a pipe from any mail server. Exit status 75 keeps the mail there, to come again; 67 says that nobody of that name is here, of which the mail
//! server tells the sender.

use std::io::Read;

use clap::Args;
use jiff::SignedDuration;

use super::super::Records;
use crate::{
    allowances::{Allowances, Buckets},
    blobs::Blobs,
    config::Config,
    mail::{
        incoming::{
            self,
            receive::{Envelope, Receiver},
        },
        verp,
    },
    outbox::lane::NewJobs,
    policies::Policies,
    quota::Quotas,
    store,
    upload::Uploads,
};

/// "No such user" in `sysexits.h`.
pub const NOBODY: u8 = 67;

/// Read one mail that came to mail.reply_address from standard input.
#[derive(Debug, Args)]
pub struct Receive {
    /// The address that the mail came to, with its token; without it, headers are asked (Delivered-To, X-Original-To, To, Cc).
    #[arg(long, value_name = "ADDRESS")]
    recipient: Option<String>,
    /// The sender of the envelope, if the mail server tells; "" is the null return path.
    #[arg(long, value_name = "ADDRESS")]
    sender: Option<String>,
}

/// Runs the command.
///
/// # Errors
/// When the mail must come again, or never.
pub async fn run(
    records: &Records,
    blobs: Blobs,
    config: &Config,
    arguments: &Receive,
) -> anyhow::Result<()> {
    let mut raw = Vec::new();
    // One byte more than is read, to tell that it is too long.
    let most = u64::try_from(incoming::MOST_BYTES)? + 1;
    std::io::stdin().lock().take(most).read_to_end(&mut raw)?;
    let mut tx = records.store.read().await?;
    // Nothing when no mail ever went out: then no address of ours exists, and none is made here.
    let secret = store::secrets::get(&mut tx, verp::REPLY_SECRET).await?;
    tx.rollback().await?;
    let secret = secret.ok_or(incoming::receive::Refused::NoToken)?;
    let (store, clock) = (records.store.clone(), records.clock.clone());
    // Nothing here is counted for a client.
    let allowances = Allowances::new(
        store.clone(),
        clock.clone(),
        Buckets::of(&config.abuse),
        &secret,
    );
    let uploads = Uploads::new(
        store.clone(),
        blobs,
        clock.clone(),
        config.limits,
        allowances,
        SignedDuration::from_hours(i64::from(config.uploads.expire_hours)),
        Quotas::new(config.storage.quota_bytes_per_site),
    );
    let receiver = Receiver::new(
        config,
        &secret,
        store,
        clock,
        uploads,
        Policies::default(),
        NewJobs::default(),
    );
    let envelope = Envelope {
        recipient: arguments.recipient.as_deref(),
        sender: arguments.sender.as_deref(),
    };
    let taken = receiver.receive(envelope, raw).await?;
    records.store.close().await;
    eprintln!("mail: {}", taken.describe());
    Ok(())
}
