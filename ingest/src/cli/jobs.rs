//! `cornerdesk jobs list|retry`.

use clap::{Subcommand, ValueEnum};
use serde_json::{Value, json};
use uuid::Uuid;

use super::Records;
use crate::{
    outbox::{acknowledge, undeliverable},
    show,
    store::{self, jobs::Job},
};

/// What to do with the outbox.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Jobs in a state: dead letters unless said otherwise.
    List {
        /// Which state.
        #[arg(long, value_enum, default_value_t = State::Dead)]
        state: State,
        /// How many at the most.
        #[arg(long, default_value_t = 100)]
        most: u32,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Start a dead letter again, from the beginning.
    Retry {
        /// The job's id.
        id: Uuid,
    },
}

/// Where a job stands.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum State {
    /// Waits or runs.
    Ready,
    /// Is over.
    Done,
    /// Was given up.
    Dead,
}

impl State {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Done => "done",
            Self::Dead => "dead",
        }
    }
}

/// Runs the command.
///
/// # Errors
/// When there is no such dead letter or the database fails.
pub async fn run(records: &Records, command: Command) -> anyhow::Result<()> {
    match command {
        Command::List { state, most, json } => list(records, state, most, json).await,
        Command::Retry { id } => {
            let mut tx = records.store.write().await?;
            let job = store::jobs::revive(&mut tx, id, records.clock.now())
                .await?
                .ok_or_else(|| anyhow::anyhow!("there is no dead letter {id}"))?;
            // Who starts it again knows more of the address than the server that refused it.
            if let Some(ticket) = acknowledge::ticket_of(&job.payload)
                && let Some(ticket) = store::tickets::find(&mut tx, &job.site, ticket).await?
            {
                undeliverable::lift(&mut tx, &ticket.email).await?;
            }
            tx.commit().await?;
            println!("{id} starts again now");
            Ok(())
        }
    }
}

async fn list(records: &Records, state: State, most: u32, json: bool) -> anyhow::Result<()> {
    let mut tx = records.store.read().await?;
    let jobs = store::jobs::list(&mut tx, state.as_str(), most).await?;
    tx.rollback().await?;
    if json {
        let rows: Vec<Value> = jobs.iter().map(row).collect();
        println!("{}", serde_json::to_string_pretty(&rows)?);
    } else if jobs.is_empty() {
        println!("no jobs are {}", state.as_str());
    } else {
        for job in &jobs {
            let reason = job.last_error.as_deref().unwrap_or_default();
            println!(
                "{}  {}  {:<12}  {} attempts  {}  {reason}",
                job.id,
                show::instant(job.created_at),
                job.kind,
                job.attempts,
                job.site
            );
        }
    }
    Ok(())
}

fn row(job: &Job) -> Value {
    json!({
        "id": job.id, "site": job.site, "kind": job.kind, "payload": job.payload, "state": job.state, "attempts": job.attempts,
        "available_at": job.available_at.to_string(), "created_at": job.created_at.to_string(),
        "finished_at": job.finished_at.map(|at| at.to_string()), "last_error": job.last_error,
    })
}
