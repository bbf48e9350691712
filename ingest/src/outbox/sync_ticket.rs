//! Makes a ticket elsewhere equal to ours, and takes in what happened there. There is one such job for each ticket and destination, for life: whatever happens asks for
//! it again, and it does what is left to do.
//!
//! Only one run is under way at a time: who holds the lease. Each effect is written down before it begins and after it ended, each time together with the
//! lease, so that a run that has lost it stops before its next effect.

mod news;
mod perform;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::time::Instant;
use uuid::Uuid;

use super::{Ended, JobError, acknowledge, attempting::Attempting, deliver_event, tools::Tools};
use crate::{
    destination::{
        Destination, Elsewhere, Fault, Share,
        mirror::{self, File, Here, Step},
    },
    ids,
    message::Message,
    store::{
        self, StoreError, Tx,
        deliveries::Ending,
        destination_links::Link,
        jobs::{Job, Outcome},
    },
    ticket::{Attachment, Ticket},
};

/// The job's name.
pub const KIND: &str = "sync_ticket";

/// What of a ticket is done is done: the rest has as many tries as if it were the first of all.
const FIRST_TRY: u32 = 1;

/// A file that is being looked at is looked for again after this.
const FILE_LOOKED_AT: SignedDuration = SignedDuration::from_secs(2);

/// The id of the job: there is one for each ticket and destination.
#[must_use]
pub fn id_of(ticket: &Ticket, destination: &str) -> Uuid {
    ids::derived(&[KIND, &ticket.site, &ticket.id.to_string(), destination])
}

/// Asks for a ticket to be made equal at a destination, and with `pull` to be looked at there, in the transaction of what makes that necessary. Who has
/// committed calls `NewJobs::announce`.
///
/// # Errors
/// When the database fails.
pub async fn order(
    tx: &mut Tx,
    ticket: &Ticket,
    destination: &str,
    pull: bool,
    now: Timestamp,
) -> Result<(), StoreError> {
    let place = (&*ticket.site, ticket.id, destination);
    // The wish first: a run that ends meanwhile either sees it or has ended before, and then is begun again.
    store::destination_links::want(tx, place, pull, now).await?;
    let payload = json!({ "ticket_id": ticket.id, "destination": destination });
    let id = id_of(ticket, destination);
    store::jobs::order(tx, &ticket.site, id, KIND, &payload, now).await
}

/// Asks for a ticket that they call so to be looked at there; `false` when none of ours is. For what they post, and for what a poll finds: what is said there is never
/// believed, it is looked up.
///
/// # Errors
/// When the database fails.
pub async fn look(
    tx: &mut Tx,
    destination: &str,
    remote_id: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let link = store::destination_links::by_remote(tx, destination, remote_id).await?;
    let Some(link) = link else { return Ok(false) };
    let ticket = store::tickets::find(tx, &link.site, link.ticket).await?;
    let Some(ticket) = ticket else {
        return Ok(false);
    };
    order(tx, &ticket, destination, true, now).await?;
    Ok(true)
}

/// Makes it equal.
pub(super) async fn run(tools: &Tools, job: &Job, token: Uuid) -> Result<Ended, JobError> {
    let destination = deliver_event::destination(tools, job)?;
    if !destination.settings.is_mirror() {
        return Err(JobError::Fail(
            "the destination holds no tickets any more".to_owned(),
        ));
    }
    let run = Run {
        tools,
        job,
        token,
        destination,
    };
    let mirror = (tools.forwarding).mirror(destination, &tools.store, &tools.clock);
    match mirror.await {
        Ok(mirror) => run.drive(&mirror).await,
        Err(fault) => Err(run.cannot_begin(fault).await?),
    }
}

/// A run that holds its lease.
#[derive(Clone, Copy, Debug)]
pub struct Run<'a> {
    /// What jobs work with.
    pub tools: &'a Tools,
    /// The job.
    pub job: &'a Job,
    /// By which the lease is known.
    pub token: Uuid,
    /// Where to.
    pub destination: &'a Destination,
}

/// What there is on our side, as it was read.
#[derive(Debug)]
struct State {
    ticket: Ticket,
    files: Vec<Attachment>,
    messages: Vec<Message>,
    link: Link,
}

impl Run<'_> {
    /// Nothing is asked, since a setting or a secret is missing: it is in the log, and staff see it.
    async fn cannot_begin(&self, fault: Fault) -> Result<JobError, JobError> {
        let tools = self.tools;
        let tries = u32::try_from(self.job.attempts).unwrap_or(1);
        let ending = deliver_event::ending_of(tools, &fault, tries);
        let attempting = Attempting::begin(self.destination, "sign_in", &tools.clock);
        let attempt = attempting.of(self.job).ended(Err(&fault), ending);
        let mut tx = self.tools.store.write_for(&self.job.site).await?;
        store::deliveries::insert(&mut tx, &attempt).await?;
        if attempt.ending == Ending::Disabled {
            deliver_event::stop(&mut tx, &attempt).await?;
        }
        tx.commit().await?;
        Ok(JobError::Elsewhere(fault))
    }

    /// Takes every step that is left, then looks at what happened there where that was asked for.
    ///
    /// # Errors
    /// The first fault of the destination that holds up the rest; what was done until then stays done.
    pub async fn drive<E: Elsewhere>(&self, desk: &E) -> Result<Ended, JobError> {
        let id = acknowledge::ticket_of(&self.job.payload)
            .ok_or_else(|| JobError::Fail("the payload names no ticket".to_owned()))?;
        let Some(begun) = self.read(id).await? else {
            return Ok(Ended::Unneeded);
        };
        let asked = (begun.link.wanted, begun.link.pull_wanted);
        let (began, budget) = (Instant::now(), self.tools.forwarding.run_most);
        let (mut waits, mut has_looked) = (false, false);
        let mut tries = u32::try_from(self.job.attempts).unwrap_or(1);
        let mut state = begun;
        loop {
            if state.ticket.held.is_some() {
                return Ok(Ended::Unneeded);
            }
            let step = state.next(desk.share());
            match step {
                Step::Rest => break,
                Step::Wait => {
                    waits = true;
                    break;
                }
                // The rest comes in a run of its own, or this one would be cut off in the middle of a step.
                _ if began.elapsed() > budget => return Ok(Ended::Until(self.tools.clock.now())),
                step => {
                    has_looked |= step == Step::Look;
                    if self.take(desk, &mut state, &step, tries).await? {
                        tries = FIRST_TRY;
                    }
                }
            }
            let Some(now) = self.read(id).await? else {
                return Ok(Ended::Unneeded);
            };
            state = now;
        }
        if state.link.is_pull_wanted() && state.link.remote.is_some() && !has_looked {
            self.take(desk, &mut state, &Step::Look, tries).await?;
        }
        let mut tx = self.tools.store.write_for(&self.job.site).await?;
        store::destination_links::settle(&mut tx, self.place(&state), asked).await?;
        tx.commit().await?;
        if waits {
            let now = self.tools.clock.now();
            return Ok(Ended::Until(
                now.saturating_add(FILE_LOOKED_AT).unwrap_or(now),
            ));
        }
        Ok(Ended::Done)
    }

    fn place<'s>(&'s self, state: &'s State) -> (&'s str, Uuid, &'s str) {
        (&self.job.site, state.ticket.id, &self.destination.name)
    }

    /// What there is now; nothing when the ticket is gone.
    async fn read(&self, ticket: Uuid) -> Result<Option<State>, StoreError> {
        let site = &self.job.site;
        let mut tx = self.tools.store.read_for(site).await?;
        let found = store::tickets::find(&mut tx, site, ticket).await?;
        let place = (site.as_str(), ticket, &*self.destination.name);
        let link = store::destination_links::find(&mut tx, place).await?;
        let (Some(ticket), Some(link)) = (found, link) else {
            tx.rollback().await?;
            return Ok(None);
        };
        let files = store::attachments::list(&mut tx, site, ticket.id).await?;
        let messages = store::messages::list(&mut tx, site, ticket.id).await?;
        tx.rollback().await?;
        Ok(Some(State {
            ticket,
            files,
            messages,
            link,
        }))
    }
}

impl State {
    fn next(&self, share: Share) -> Step {
        let files: Vec<File> = self
            .files
            .iter()
            .map(|file| File {
                id: file.id,
                opening: file.care.opening(),
            })
            .collect();
        let messages: Vec<mirror::Message> = self
            .messages
            .iter()
            .map(|message| mirror::Message {
                id: message.id,
                kind: message.kind,
            })
            .collect();
        let here = Here {
            is_linked: self.link.remote.is_some(),
            files: &files,
            messages: &messages,
            share,
            priority: self.ticket.priority.as_deref(),
            status: self.ticket.status,
        };
        mirror::next(&here, &self.link.progress)
    }
}

/// A run that ended well while it was asked for again begins anew, in the transaction that settles it.
pub(super) async fn settle(
    tx: &mut Tx,
    job: &Job,
    outcome: &Outcome,
    now: Timestamp,
) -> Result<(), StoreError> {
    if !matches!(outcome, Outcome::Done) {
        return Ok(());
    }
    let names = (
        acknowledge::ticket_of(&job.payload),
        super::lane::destination_of(&job.payload),
    );
    let (Some(ticket), Some(destination)) = names else {
        return Ok(());
    };
    let place = (job.site.as_str(), ticket, destination);
    let link = store::destination_links::find(tx, place).await?;
    if link.is_some_and(|link| link.is_wanted()) {
        store::jobs::reopen(tx, job, now).await?;
    }
    Ok(())
}

/// The id under which something that was said there is kept here: the same comment is one message.
#[must_use]
pub fn message_id(destination: &str, remote_id: &str, comment: &str) -> Uuid {
    ids::derived(&["comment", destination, remote_id, comment])
}

/// What is known of their clocks, as it is kept.
fn clocks_of(clocks: &[crate::destination::SlaClock]) -> Value {
    let each = clocks.iter().map(|clock| {
        json!({
            "metric": clock.metric,
            "goal_ms": clock.goal_ms,
            "due_at": clock.due_at.map(|at| at.to_string()),
            "remaining_ms": clock.remaining_ms,
            "is_breached": clock.is_breached,
            "is_paused": clock.is_paused,
        })
    });
    Value::Array(each.collect())
}
