//! `cornerdesk ticket reply|note`: what staff write, from standard input.

use std::io::Read;

use clap::Args;
use cornerdesk_shared::reference::Reference;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{super::Records, acts};
use crate::{
    conversation::{self, Done, Written},
    ids,
    message::{BODY_MOST_CHARS, Message},
    policies::Policies,
    store,
};

/// Which ticket, and who writes.
#[derive(Debug, Args)]
pub struct Write {
    /// The ticket's reference.
    reference: String,
    /// Who writes: the address of a colleague who may sign in, or a name. The requester reads the name under a reply.
    #[arg(long, value_name = "STAFF")]
    by: String,
    /// An id of your own (UUID): the same one twice is one message.
    #[arg(long, value_name = "ID")]
    id: Option<Uuid>,
}

/// A message as `ticket show --json` tells it.
pub(super) fn of_message(message: &Message) -> Value {
    json!({
        "id": message.id, "kind": message.kind, "via": message.via, "by": message.author, "text": message.body, "at": message.at.to_string(),
        "mail_id": message.mail_id,
    })
}

/// To whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum To {
    /// The requester, who gets a mail.
    Requester,
    /// Colleagues.
    Staff,
}

/// Runs the command. A running service sends the mail: it looks for jobs of other processes every `outbox.poll_ms`.
///
/// # Errors
/// When there is no such ticket, the text is empty or too long, nobody may be written to, or the database fails; then nothing was changed.
pub async fn run(records: &Records, write: &Write, to: To) -> anyhow::Result<()> {
    let reference = Reference::parse(&write.reference)?;
    let mut text = String::new();
    // Enough to tell that it is too long.
    let most = u64::try_from(BODY_MOST_CHARS * 4 + 4)?;
    std::io::stdin()
        .lock()
        .take(most)
        .read_to_string(&mut text)?;
    let written = Written {
        id: write.id.unwrap_or_else(ids::new_id),
        text: &text,
        uploads: &[],
    };
    let now = records.clock.now();
    let policies = Policies::default();
    let mut tx = records.store.write().await?;
    let ticket = store::tickets::find_by_reference(&mut tx, reference)
        .await?
        .ok_or_else(|| anyhow::anyhow!("there is no ticket {reference}"))?;
    let by = acts::name_of(&mut tx, &write.by).await?;
    let done = match to {
        To::Requester => {
            conversation::reply(&mut tx, &policies, &ticket, &by, &written, now).await?
        }
        To::Staff => conversation::note(&mut tx, &policies, &ticket, &by, &written, now).await?,
    };
    tx.commit().await?;
    match done {
        Done::Written(_) => println!("{reference}: written"),
        Done::Repeated => println!("{reference}: it was written before"),
    }
    Ok(())
}
