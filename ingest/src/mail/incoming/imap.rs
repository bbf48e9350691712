//! The way in by IMAP (RFC 3501): a mailbox is looked into, now and then and when its server says that a mail came (IDLE, RFC 2177).
//!
//! A mail counts as dealt with (read, or moved) after the commit and not before: a process that dies in between sees it again, and the same mail is the same
//! message. What names no ticket of ours is marked with a flag and left unread: somebody may want to read it, and we do not look at it again.

mod address;
mod protocol;
mod tls;

use std::{collections::BTreeSet, io, sync::Arc, time::Duration};

use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

pub use self::address::ImapAddress;
use self::protocol::{Connection, Stream};
use super::{
    MOST_BYTES,
    receive::{Envelope, Receiver},
};
use crate::telemetry::chain;

/// How long the server may take for anything.
const PATIENCE: Duration = Duration::from_secs(60);
/// Most mails of one look; the next comes at once.
const MOST_AT_ONCE: usize = 100;

/// A mailbox to look into.
#[derive(Clone, Debug)]
pub struct Mailbox {
    /// Where, and as whom.
    pub address: ImapAddress,
    /// Which folder.
    pub folder: String,
    /// Where mails go that were dealt with; nothing: they stay.
    pub done_folder: Option<String>,
    /// How often to look.
    pub poll: Duration,
}

/// Looks into a mailbox until `stop`.
pub async fn run(mailbox: Mailbox, receiver: Arc<Receiver>, stop: CancellationToken) {
    let mut is_away = false;
    while !stop.is_cancelled() {
        let ended = tokio::select! {
            ended = look(&mailbox, &receiver, &mut is_away) => ended,
            () = stop.cancelled() => return,
        };
        // The server's words may hold an address.
        if let Err(error) = ended {
            if is_away {
                tracing::debug!(kind = %error.kind(), "the mailbox cannot be looked into");
            } else {
                tracing::warn!(kind = %error.kind(), "the mailbox cannot be looked into; trying again");
            }
            is_away = true;
        }
        tokio::select! {
            () = tokio::time::sleep(mailbox.poll) => {}
            () = stop.cancelled() => {}
        }
    }
}

/// One session, which ends with a fault only.
async fn look(mailbox: &Mailbox, receiver: &Receiver, is_away: &mut bool) -> io::Result<()> {
    let mut connection = open(&mailbox.address).await?;
    patiently(connection.log_in(&mailbox.address.user, mailbox.address.password.reveal())).await?;
    let can = patiently(connection.capabilities()).await?;
    patiently(connection.select(&mailbox.folder)).await?;
    if std::mem::take(is_away) {
        tracing::info!("the mailbox can be looked into again");
    }
    // What has to come again waits, and keeps nothing from being dealt with that stands behind it.
    let mut stuck = BTreeSet::new();
    loop {
        let mut unread = patiently(connection.unread()).await?;
        unread.retain(|uid| !stuck.contains(uid));
        let is_all = unread.len() <= MOST_AT_ONCE;
        unread.truncate(MOST_AT_ONCE);
        for uid in unread {
            if !deal_with(mailbox, receiver, &mut connection, can.moves, uid).await? {
                stuck.insert(uid);
            }
        }
        if !is_all {
            continue;
        }
        if can.idles && stuck.is_empty() {
            connection.idle(mailbox.poll, PATIENCE).await?;
        } else {
            tokio::time::sleep(mailbox.poll).await;
            // So that the server tells what came.
            patiently(connection.nothing()).await?;
        }
        stuck.clear();
    }
}

/// Takes one mail; answers whether it is dealt with, and not to come again.
async fn deal_with(
    mailbox: &Mailbox,
    receiver: &Receiver,
    connection: &mut Connection,
    can_move: bool,
    uid: u32,
) -> io::Result<bool> {
    let size = patiently(connection.size(uid)).await?;
    let raw = match size {
        Some(size) if size <= MOST_BYTES as u64 => patiently(connection.fetch(uid)).await?,
        // Somebody else took it meanwhile, or it is too long.
        Some(_) => None,
        None => return Ok(true),
    };
    let Some(raw) = raw else {
        tracing::warn!("a mail is longer than 25 MiB; it stays in the mailbox, with a flag");
        patiently(connection.flag(uid, "\\Flagged")).await?;
        return Ok(true);
    };
    match receiver.receive(Envelope::default(), raw).await {
        Ok(taken) => {
            tracing::info!(what = taken.describe(), "a mail came in");
            patiently(connection.flag(uid, "\\Seen")).await?;
            if let Some(folder) = &mailbox.done_folder {
                patiently(connection.put_away(uid, folder, can_move)).await?;
            }
            Ok(true)
        }
        Err(error) if error.is_for_good() => {
            tracing::warn!(
                error = chain(&error),
                "a mail stays in the mailbox, with a flag"
            );
            patiently(connection.flag(uid, "\\Flagged")).await?;
            Ok(true)
        }
        Err(error) => {
            tracing::warn!(error = chain(&error), "a mail was not taken; again later");
            Ok(false)
        }
    }
}

async fn open(address: &ImapAddress) -> io::Result<Connection> {
    let stream = patiently(TcpStream::connect((address.host.as_str(), address.port))).await?;
    stream.set_nodelay(true)?;
    let stream: Box<dyn Stream> = if address.is_encrypted {
        Box::new(patiently(tls::over(stream, &address.host)).await?)
    } else {
        Box::new(stream)
    };
    patiently(Connection::greeted(stream)).await
}

async fn patiently<T>(work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    let ended = tokio::time::timeout(PATIENCE, work).await;
    ended.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}
