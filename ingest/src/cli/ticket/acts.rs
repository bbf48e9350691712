//! `cornerdesk ticket classify|pause|resume|answered|escalate`: what staff do, in the name of one of them.

use clap::{ArgGroup, Args};
use cornerdesk_shared::reference::Reference;

use super::{super::Records, show_one};
use crate::{
    handling::{self, Act},
    policies::Policies,
    store::{self, Tx},
    suggestions::Published,
    ticket::terms::PauseReason,
};

/// Which ticket, and who does it.
#[derive(Debug, Args)]
pub struct Who {
    /// The ticket's reference.
    reference: String,
    /// Who does it: the address of a colleague who may sign in, or a name. It stays on the timeline.
    #[arg(long, value_name = "STAFF")]
    by: String,
}

/// What kind of request it is, and how urgent.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("class").required(true).multiple(true).args(["category", "no_category", "priority", "no_priority", "plan"])))]
pub struct Classify {
    /// Which ticket, and who.
    #[command(flatten)]
    pub who: Who,
    /// Key of a category of the ticket's policy.
    #[arg(long, value_name = "ID", conflicts_with = "no_category")]
    category: Option<String>,
    /// None of the categories.
    #[arg(long)]
    no_category: bool,
    /// Key of a priority of the ticket's policy.
    #[arg(long, value_name = "ID", conflicts_with = "no_priority")]
    priority: Option<String>,
    /// None of the priorities: nothing is promised.
    #[arg(long)]
    no_priority: bool,
    /// Key, title or former name of a plan of the ticket's policy.
    #[arg(long, value_name = "PLAN")]
    plan: Option<String>,
}

impl Classify {
    /// What it asks for.
    fn acts(&self) -> Vec<Act> {
        let wish = |named: &Option<String>, none| match (named, none) {
            (Some(named), _) => Some(Some(named.clone())),
            (None, true) => Some(None),
            (None, false) => None,
        };
        let category = wish(&self.category, self.no_category);
        let priority = wish(&self.priority, self.no_priority);
        let mut acts = Vec::new();
        if category.is_some() || priority.is_some() {
            acts.push(Act::Classify { category, priority });
        }
        acts.extend(self.plan.clone().map(|plan| Act::Plan(Some(plan))));
        acts
    }
}

/// The clock stands still.
#[derive(Debug, Args)]
pub struct Pause {
    /// Which ticket, and who.
    #[command(flatten)]
    pub who: Who,
    /// What it waits for.
    #[arg(long, value_enum)]
    reason: PauseReason,
}

/// It is handed on.
#[derive(Debug, Args)]
pub struct Escalate {
    /// Which ticket, and who.
    #[command(flatten)]
    pub who: Who,
    /// Number of a step of the policy's workflow.
    #[arg(long, value_name = "STEP")]
    to: u32,
}

/// Classifies.
///
/// # Errors
/// When it cannot be done.
pub async fn classify(records: &Records, arguments: &Classify) -> anyhow::Result<()> {
    run(records, &arguments.who, arguments.acts()).await
}

/// Pauses.
///
/// # Errors
/// When it cannot be done.
pub async fn pause(records: &Records, arguments: &Pause) -> anyhow::Result<()> {
    run(records, &arguments.who, vec![Act::Pause(arguments.reason)]).await
}

/// Hands on.
///
/// # Errors
/// When it cannot be done.
pub async fn escalate(records: &Records, arguments: &Escalate) -> anyhow::Result<()> {
    run(records, &arguments.who, vec![Act::Escalate(arguments.to)]).await
}

/// Does all of it or nothing, and shows the ticket. A running service looks at the timer within `outbox.poll_ms`.
///
/// # Errors
/// When it cannot be done.
pub async fn run(records: &Records, who: &Who, acts: Vec<Act>) -> anyhow::Result<()> {
    let reference = Reference::parse(&who.reference)?;
    let policies = Policies::default();
    let mut tx = records.store.read().await?;
    let mut ticket = store::tickets::find_by_reference(&mut tx, reference)
        .await?
        .ok_or_else(|| anyhow::anyhow!("there is no ticket {reference}"))?;
    let by = name_of(&mut tx, &who.by).await?;
    let mut published = Published::default();
    if acts.iter().any(|act| matches!(act, Act::Classify { .. })) {
        published = Published::of_site(&mut tx, &ticket.site).await?;
    }
    tx.rollback().await?;
    let mut tx = records.store.write().await?;
    for act in acts {
        let now = records.clock.now();
        ticket = handling::act(&mut tx, &policies, &published, &ticket, act, &by, now).await?;
    }
    tx.commit().await?;
    show_one(records, &who.reference, false).await
}

/// A colleague as the timeline names them.
///
/// # Errors
/// When nobody has the address.
pub async fn name_of(tx: &mut Tx, by: &str) -> anyhow::Result<String> {
    let by = by.trim();
    anyhow::ensure!(!by.is_empty(), "--by: who does it?");
    if !by.contains('@') {
        return Ok(by.to_owned());
    }
    let staff = store::staff::find_by_email(tx, &by.to_lowercase()).await?;
    let staff = staff.ok_or_else(|| {
        anyhow::anyhow!("nobody with the address {by} may sign in; see `cornerdesk staff list`")
    })?;
    Ok(staff.name)
}
