//! `cornerdesk ticket status|update|found`: the course of the work.

use clap::{ArgGroup, Args, Subcommand, ValueEnum};
use cornerdesk_shared::reference::Reference;

use crate::{
    cli::{Records, ticket::acts},
    policies::Policies,
    progress::{
        self, Change,
        finding::{self, Found},
    },
    store::{self, Tx},
    ticket::{ClosingReason, Status, Ticket, findings::Reproduced},
};

/// What staff say about the course of their work.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Say where the work on a ticket stands. What the policy asks for first is said when it is missing.
    Status {
        /// Its reference.
        reference: String,
        /// Where it stands now.
        #[arg(long)]
        to: To,
        /// Who says so.
        #[arg(long)]
        by: String,
        /// Why it is solved or closed. With `out_of_scope` the requester gets a mail that says so, and the clock counts it as the first response.
        #[arg(long, value_enum)]
        reason: Option<ClosingReason>,
        /// The cause of the trouble, or "unknown"; a ticket of the top priority may need one to be closed.
        #[arg(long, value_name = "TEXT")]
        root_cause: Option<String>,
        /// Why the requester is not told that work has begun.
        #[arg(long, value_name = "REASON")]
        skip_message: Option<String>,
    },
    /// Write down what was found out: whether it happens again, a way around it, the cause. What is not given stays as it was.
    Found(Findings),
    /// Record that the requester was told how it goes, or what happened that they are to be told.
    Update {
        /// Its reference.
        reference: String,
        /// Who told them.
        #[arg(long)]
        by: String,
        /// What happened, as the policy names it: `workaround_found`. Staff are reminded until the requester is told.
        #[arg(long, value_name = "MOMENT")]
        moment: Option<String>,
        /// The requester has not been told yet.
        #[arg(long, requires = "moment")]
        not_told: bool,
    },
}

/// What was found out.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("found").required(true).multiple(true).args(["reproduced", "workaround", "no_workaround", "show_workaround", "hide_workaround", "root_cause"])))]
pub struct Findings {
    /// The ticket's reference.
    reference: String,
    /// Who found it out.
    #[arg(long, value_name = "STAFF")]
    by: String,
    /// Whether what the requester describes happens again.
    #[arg(long, value_enum)]
    reproduced: Option<Reproduced>,
    /// What can be done meanwhile.
    #[arg(long, value_name = "TEXT")]
    workaround: Option<String>,
    /// There is no way around it any more.
    #[arg(long, conflicts_with_all = ["workaround", "show_workaround"])]
    no_workaround: bool,
    /// The requester reads the workaround on the page of their request.
    #[arg(long, conflicts_with = "hide_workaround")]
    show_workaround: bool,
    /// Only colleagues read the workaround.
    #[arg(long)]
    hide_workaround: bool,
    /// The cause of the trouble, or "unknown".
    #[arg(long, value_name = "TEXT")]
    root_cause: Option<String>,
}

impl Findings {
    fn found(&self) -> Found {
        let workaround = match self.no_workaround {
            true => Some(String::new()),
            false => self.workaround.clone(),
        };
        let shows_workaround = match (self.show_workaround, self.hide_workaround) {
            (true, _) => Some(true),
            (false, true) => Some(false),
            (false, false) => None,
        };
        Found {
            reproduced: self.reproduced,
            workaround,
            shows_workaround,
            root_cause: self.root_cause.clone(),
        }
    }
}

/// Where the work stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum To {
    /// Staff work on it.
    Open,
    /// It waits for the requester.
    Waiting,
    /// Staff say it is done.
    Solved,
    /// It is over.
    Closed,
}

impl From<To> for Status {
    fn from(to: To) -> Self {
        match to {
            To::Open => Self::Open,
            To::Waiting => Self::Waiting,
            To::Solved => Self::Solved,
            To::Closed => Self::Closed,
        }
    }
}

/// Runs the command. A running service takes up the moved timer: it looks for jobs of other processes every `outbox.poll_ms`.
///
/// # Errors
/// When there is no such ticket, the policy asks for something first, or the database fails.
pub async fn run(records: &Records, command: Command) -> anyhow::Result<()> {
    let mut tx = records.store.write().await?;
    let policies = Policies::default();
    let now = records.clock.now();
    let said = match command {
        Command::Status {
            reference,
            to,
            by,
            reason,
            root_cause,
            skip_message,
        } => {
            let ticket = find(&mut tx, &reference).await?;
            let by = acts::name_of(&mut tx, &by).await?;
            let change = Change {
                to: to.into(),
                by: &by,
                reason,
                root_cause: root_cause.as_deref(),
                skip_message: skip_message.as_deref(),
            };
            progress::change_status(&mut tx, &policies, &ticket, &change, now).await?;
            format!("{} is {}", ticket.reference, change.to.as_str())
        }
        Command::Found(said) => {
            let ticket = find(&mut tx, &said.reference).await?;
            let by = acts::name_of(&mut tx, &said.by).await?;
            let found = said.found();
            let is_new = finding::found(&mut tx, &policies, &ticket, found, &by, now).await?;
            let what = if is_new { "noted" } else { "known already" };
            format!("{}: {what}", ticket.reference)
        }
        Command::Update {
            reference,
            by,
            moment,
            not_told,
        } => {
            let ticket = find(&mut tx, &reference).await?;
            let by = acts::name_of(&mut tx, &by).await?;
            progress::update(
                &mut tx,
                &policies,
                &ticket,
                &by,
                moment.as_deref(),
                !not_told,
                now,
            )
            .await?;
            format!("{}: noted", ticket.reference)
        }
    };
    tx.commit().await?;
    println!("{said}");
    Ok(())
}

async fn find(tx: &mut Tx, reference: &str) -> anyhow::Result<Ticket> {
    let reference = Reference::parse(reference)?;
    let ticket = store::tickets::find_by_reference(tx, reference).await?;
    ticket.ok_or_else(|| anyhow::anyhow!("there is no ticket {reference}"))
}
