//! `cornerdesk ticket split`.

use std::{io::Read, path::PathBuf};

use clap::Args;
use cornerdesk_shared::reference::Reference;

use super::super::Records;
use crate::{
    policies::Policies,
    split::{Part, making, numbered},
    store,
};

/// Which ticket, and into what.
#[derive(Debug, Args)]
pub struct Split {
    /// Its reference.
    reference: String,
    /// The parts that get references of their own: a JSON list of {"summary", "description", "category", "attachments"}, the last
    /// a list of ids; `-` reads it from standard input. What they leave out stays with the ticket.
    #[arg(long, value_name = "FILE", required_unless_present = "suggest")]
    into: Option<PathBuf>,
    /// Who says so.
    #[arg(long, value_name = "NAME", required_unless_present = "suggest")]
    by: Option<String>,
    /// Print the parts of a numbered list in its text, for such a file; splits nothing.
    #[arg(long, conflicts_with = "into")]
    suggest: bool,
}

/// Runs the command. A running service sends the mail: it looks for jobs of other processes every `outbox.poll_ms`.
///
/// # Errors
/// When there is no such ticket, the parts are at fault, or the database fails; then nothing was changed.
pub async fn run(records: &Records, split: &Split) -> anyhow::Result<()> {
    let reference = Reference::parse(&split.reference)?;
    let mut tx = records.store.write().await?;
    let ticket = store::tickets::find_by_reference(&mut tx, reference)
        .await?
        .ok_or_else(|| anyhow::anyhow!("there is no ticket {reference}"))?;
    let (Some(file), Some(by)) = (&split.into, &split.by) else {
        tx.rollback().await?;
        let parts = numbered::parts(&ticket.description);
        println!("{}", serde_json::to_string_pretty(&parts)?);
        return Ok(());
    };
    let parts: Vec<Part> = serde_json::from_str(&read(file)?)?;
    let now = records.clock.now();
    let made = making::split(&mut tx, &ticket, &Policies::default(), &parts, by, now).await?;
    tx.commit().await?;
    let references = made.references.join(", ");
    if made.is_repeated {
        println!("{reference} was split like this before, into {references}");
    } else {
        println!("{reference} is split into {references}");
    }
    Ok(())
}

fn read(file: &PathBuf) -> anyhow::Result<String> {
    if file.as_os_str() == "-" {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text)?;
        return Ok(text);
    }
    std::fs::read_to_string(file)
        .map_err(|error| anyhow::anyhow!("{} cannot be read: {error}", file.display()))
}
