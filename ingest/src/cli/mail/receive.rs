//! `cornerdesk mail receive`: reads one mail that came to the address that people answer to, or to one of a site, from standard input.
//!
//! Made to be the end of a pipe from any mail server. Exit status 75 keeps the mail there, to come again; 67 says that nobody of that name is here, and 77 that the
//! sender may not ask here, of which the mail server tells the sender.

use std::{io::Read, sync::Arc};

use clap::Args;
use jiff::SignedDuration;

use super::super::Records;
use crate::{
    allowances::{Allowances, Buckets},
    blobs::Blobs,
    config::Config,
    intake::Intake,
    mail::{
        incoming::{
            self,
            receive::{Envelope, Means, Receiver, Refused},
        },
        rules::Rules,
    },
    outbox::lane::NewJobs,
    policies::Policies,
    quota::Quotas,
    secrets::{self, Name},
    sites::Sites,
    status::link::Links,
    upload::Uploads,
    words::Words,
};

/// "No such user" in `sysexits.h`.
pub const NOBODY: u8 = 67;
/// "Permission denied" there.
pub const NOT_ALLOWED: u8 = 77;

/// Read one mail that came to mail.reply_address, or to an address of a site, from standard input.
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
    // Nothing when the service never ran: then there is no site, no mail of ours, and no secret is made here.
    let key_file = config.key_file();
    let reply_secret = secrets::find(&mut tx, &key_file, Name::ReplyAddress).await?;
    let secret = secrets::find(&mut tx, &key_file, Name::Signing).await?;
    tx.rollback().await?;
    let (Some(reply_secret), Some(secret)) = (reply_secret, secret) else {
        return Err(Refused::NoToken.into());
    };
    let receiver = Receiver::new(
        config,
        &reply_secret,
        means(records, blobs, config, &secret)?,
    );
    let envelope = Envelope {
        recipient: arguments.recipient.as_deref(),
        sender: arguments.sender.as_deref(),
    };
    let taken = receiver.receive(envelope, raw).await;
    records.store.close().await;
    match taken {
        Ok(taken) => eprintln!("mail: {}", taken.describe()),
        // A mail server would tell the sender, and two programs would write to each other.
        Err(Refused::Automatic) => eprintln!("mail: dropped: {}", Refused::Automatic),
        Err(refused) => return Err(refused.into()),
    }
    Ok(())
}

/// What the service has, too: senders are counted together, whatever the way.
fn means(
    records: &Records,
    blobs: Blobs,
    config: &Config,
    secret: &[u8; 32],
) -> anyhow::Result<Means> {
    let (store, clock) = (records.store.clone(), records.clock.clone());
    let (policies, new_jobs) = (Policies::default(), NewJobs::default());
    let buckets = Buckets::of(&config.abuse);
    let allowances = Allowances::new(store.clone(), clock.clone(), buckets, secret);
    let uploads = Uploads::new(
        store.clone(),
        blobs,
        clock.clone(),
        config.limits,
        allowances.clone(),
        SignedDuration::from_hours(i64::from(config.uploads.expire_hours)),
        Quotas::new(config.storage.quota_bytes_per_site),
    );
    let intake = Intake::new(
        store.clone(),
        clock.clone(),
        config.limits,
        allowances,
        new_jobs.clone(),
        Links::new(secret, &Rules::new(config)),
    );
    Ok(Means {
        sites: Sites::new(store.clone(), policies.clone()),
        words: Arc::new(Words::load()?),
        metrics: Arc::default(),
        store,
        clock,
        uploads,
        policies,
        new_jobs,
        intake,
    })
}
