//! Takes due jobs, runs them and settles them.

use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    Ended, JobError, acknowledge, ask_for_access, backoff, backoff::Patience, check_clock, confirm,
    deliver_access_webhook, deliver_event, examine_attachment, expire_access, find_request,
    give_notice, invite_staff, lane::Lane, lease, make_preview, notify_digest, notify_staff,
    route_ticket, scan_attachment, send_link, send_page_code, send_reply, sync_ticket,
    tell_assignee, tell_closing, tell_mentioned, tell_split, tell_ticket, tools::Tools,
    wake_ticket,
};
use crate::{
    ids,
    store::{
        self, StoreError, Tx,
        jobs::{End, Job, Outcome, UNANSWERED},
    },
    telemetry::chain,
    ticket::Fact,
};

/// The runner's numbers; see `[outbox]` in `config.default.toml`.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Jobs that run at the same time.
    pub workers: usize,
    /// How long a job belongs to a process that says nothing more; while the job runs, its lease is renewed.
    pub lease: Duration,
    /// Longest attempt.
    pub attempt_most: Duration,
    /// How often to look for jobs of other processes.
    pub poll: Duration,
    /// When to try again.
    pub patience: Patience,
}

/// Takes due jobs of one lane and runs them until it is told to stop.
#[derive(Debug)]
pub struct Runner {
    tools: Tools,
    pace: Pace,
    lane: Lane,
    /// From which end of the due jobs the next one is taken: in turns, so that neither a backlog holds up what is new, nor the other way round.
    next_end: End,
    /// The mail server, or the destination, came back, and what waited for it is not yet due.
    owes_a_wake: bool,
}

/// A job that this process has leased, and its worker.
type Taken = (Job, Uuid, OwnedSemaphorePermit);

impl Runner {
    /// A runner of `lane`.
    #[must_use]
    pub const fn new(tools: Tools, pace: Pace, lane: Lane) -> Self {
        Self {
            tools,
            pace,
            lane,
            next_end: End::Oldest,
            owes_a_wake: false,
        }
    }

    /// Runs until `stop`; then lets running jobs end. Jobs that this process commits wake it; jobs of others are found by polling.
    pub async fn run(mut self, stop: CancellationToken) {
        let workers = Arc::new(Semaphore::new(self.pace.workers));
        let mut new_jobs = self.tools.new_jobs.listen();
        let mut running = JoinSet::new();
        while !stop.is_cancelled() {
            // What is announced from here on, while we look, ends the wait below at once.
            new_jobs.mark_unchanged();
            let free = tokio::select! {
                free = Arc::clone(&workers).acquire_owned() => free,
                () = stop.cancelled() => break,
            };
            // The semaphore is never closed.
            let Ok(free) = free else { break };
            let taken = self.take_due(free, &workers).await.unwrap_or_else(|error| {
                tracing::warn!(error = chain(&error), "jobs cannot be taken; looking again");
                Vec::new()
            });
            let is_idle = taken.is_empty();
            for (job, token, permit) in taken {
                let (tools, pace) = (self.tools.clone(), self.pace);
                running.spawn(async move {
                    run_and_settle(&tools, &pace, &job, token).await;
                    drop(permit);
                });
            }
            if is_idle {
                tokio::select! {
                    // The sender lives as long as the tools do.
                    _ = new_jobs.changed() => {}
                    // There may be room for the next when one has ended.
                    Some(_) = running.join_next() => {}
                    () = stop.cancelled() => {}
                    () = tokio::time::sleep(self.pace.poll) => {}
                }
            }
            while running.try_join_next().is_some() {}
        }
        while running.join_next().await.is_some() {}
    }

    /// Leases as many due jobs as there are free workers and room at the mail server. This is the only place that takes permits, so the count
    /// cannot shrink in between.
    async fn take_due(
        &mut self,
        free: OwnedSemaphorePermit,
        workers: &Arc<Semaphore>,
    ) -> Result<Vec<Taken>, StoreError> {
        let now = self.tools.clock.now();
        let running = self.pace.workers - 1 - workers.available_permits();
        let room = self.room(now).await?.saturating_sub(running);
        let mut permits = vec![free];
        while let Ok(permit) = workers.clone().try_acquire_owned() {
            permits.push(permit);
        }
        permits.truncate(room);
        if permits.is_empty() || self.nothing_is_due(now).await? {
            return Ok(Vec::new());
        }
        let lease = SignedDuration::try_from(self.pace.lease).unwrap_or(SignedDuration::MAX);
        let until = now.saturating_add(lease).unwrap_or(now);
        let token = ids::new_id();
        let mut jobs = Vec::new();
        let mut tx = self.tools.store.write().await?;
        // Half from one end, the rest from the other.
        for share in [permits.len().div_ceil(2), permits.len()] {
            let most = u32::try_from(share - jobs.len()).unwrap_or(u32::MAX);
            if most > 0 {
                jobs.extend(
                    store::jobs::lease(
                        &mut tx,
                        token,
                        (now, until),
                        &self.lane,
                        self.next_end,
                        most,
                    )
                    .await?,
                );
                self.next_end = self.next_end.other();
            }
        }
        tx.commit().await?;
        Ok(jobs
            .into_iter()
            .zip(permits)
            .map(|(job, permit)| (job, token, permit))
            .collect())
    }

    /// How many jobs of the lane may run at a time, as far as it depends on others.
    async fn room(&mut self, now: Timestamp) -> Result<usize, StoreError> {
        let (came_back, room) = match (&self.lane, self.lane.destination()) {
            (Lane::Mail, _) => (self.tools.mailer.came_back(), self.tools.mailer.room(now)),
            (_, Some(name)) => {
                let places = &self.tools.forwarding.places;
                (places.came_back(name), places.room(name, now))
            }
            _ => return Ok(usize::MAX),
        };
        self.owes_a_wake |= came_back;
        if self.owes_a_wake {
            self.bring_forward(now).await?;
            self.owes_a_wake = false;
        }
        Ok(room)
    }

    /// What was put off while the mail server, or the destination, was away is due now that it is back. The room there grows with each job that went
    /// through, so it is not overrun.
    async fn bring_forward(&self, now: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.tools.store.write().await?;
        let count = store::jobs::bring_forward(&mut tx, &self.lane, now).await?;
        tx.commit().await?;
        tracing::info!(
            lane = self.lane.as_str(),
            jobs.count = count,
            "jobs that waited for somebody who was away are due"
        );
        Ok(())
    }

    /// Looks without the write lock first, so that an idle runner does not hold up intake.
    async fn nothing_is_due(&self, now: Timestamp) -> Result<bool, StoreError> {
        let mut tx = self.tools.store.read().await?;
        let next = store::jobs::next_at(&mut tx, &self.lane).await?;
        let is_due = next.is_some_and(|at| at <= now) && self.is_open(&mut tx).await?;
        tx.rollback().await?;
        Ok(!is_due)
    }

    /// Nothing goes to a destination that somebody paused, or that stopped itself.
    async fn is_open(&self, tx: &mut Tx) -> Result<bool, StoreError> {
        let Some(name) = self.lane.destination() else {
            return Ok(true);
        };
        let state = store::destinations::find(tx, name).await?;
        Ok(state.is_some_and(|state| state.is_open()))
    }
}

async fn run_and_settle(tools: &Tools, pace: &Pace, job: &Job, token: Uuid) {
    // In a task of its own: a job that panics must end like any other, or it would be taken again for ever.
    let mut task = tokio::spawn({
        let (tools, job) = (tools.clone(), job.clone());
        async move { run(&tools, &job, token).await }
    });
    let result = tokio::select! {
        ended = &mut task => ended.unwrap_or_else(|_| Err(JobError::Fail("the job panicked".to_owned()))),
        () = tokio::time::sleep(pace.attempt_most) => {
            task.abort();
            Err(JobError::Retry("took too long".to_owned()))
        }
        // Another process may have begun it by now. What that one writes down counts.
        () = lease::until_lost(tools, job, token, pace.lease) => {
            task.abort();
            tracing::warn!(job.kind, job.id = %job.id, "the lease was lost before the job ended");
            return;
        }
    };
    let now = tools.clock.now();
    let attempt = u32::try_from(job.attempts).unwrap_or(1);
    let outcome = backoff::outcome(
        result,
        &pace.patience,
        attempt,
        job.created_at,
        now,
        ids::new_fraction(),
    );
    report(tools, job, &outcome);
    if let Err(error) = settle(tools, job, token, &outcome).await {
        // The lease runs out and somebody does it again; the effect is keyed, so that is harmless.
        tracing::warn!(job.kind, job.id = %job.id, error = chain(&error), "the job's end could not be written");
    }
}

async fn run(tools: &Tools, job: &Job, token: Uuid) -> Result<Ended, JobError> {
    match job.kind.as_str() {
        check_clock::KIND => check_clock::run(tools, job, token).await,
        notify_staff::KIND => notify_staff::run(tools, job).await,
        notify_digest::KIND => notify_digest::run(tools, job).await,
        acknowledge::KIND => acknowledge::run(tools, job).await,
        examine_attachment::KIND => examine_attachment::run(tools, job)
            .await
            .map(|()| Ended::Done),
        scan_attachment::KIND => scan_attachment::run(tools, job).await.map(|()| Ended::Done),
        make_preview::KIND => make_preview::run(tools, job).await.map(|()| Ended::Done),
        confirm::KIND => confirm::run(tools, job).await,
        tell_split::KIND => tell_split::run(tools, job).await,
        tell_assignee::KIND => tell_assignee::run(tools, job).await,
        tell_mentioned::KIND => tell_mentioned::run(tools, job).await,
        tell_closing::KIND => tell_closing::run(tools, job).await,
        give_notice::KIND => give_notice::run(tools, job).await,
        send_reply::KIND => send_reply::run(tools, job).await,
        ask_for_access::KIND => ask_for_access::run(tools, job).await,
        send_page_code::KIND => send_page_code::run(tools, job).await,
        send_link::KIND => send_link::run(tools, job).await,
        find_request::KIND => find_request::run(tools, job).await,
        invite_staff::KIND => invite_staff::run(tools, job).await,
        expire_access::KIND => expire_access::run(tools, job).await.map(|()| Ended::Done),
        deliver_access_webhook::KIND => deliver_access_webhook::run(tools, job)
            .await
            .map(|()| Ended::Done),
        wake_ticket::KIND => wake_ticket::run(tools, job).await,
        route_ticket::KIND => route_ticket::run(tools, job).await,
        deliver_event::KIND => deliver_event::run(tools, job).await,
        sync_ticket::KIND => sync_ticket::run(tools, job, token).await,
        tell_ticket::KIND => tell_ticket::run(tools, job, token).await,
        _ => Err(JobError::Fail("no job of this kind".to_owned())),
    }
}

/// What the end of an attempt means for the ticket.
fn fact_of(job: &Job, outcome: &Outcome) -> Option<Fact> {
    match job.kind.as_str() {
        acknowledge::KIND => acknowledge::fact_of(outcome),
        confirm::KIND => confirm::fact_of(outcome),
        tell_split::KIND => tell_split::fact_of(outcome),
        tell_closing::KIND => tell_closing::fact_of(outcome),
        send_reply::KIND => send_reply::fact_of(job, outcome),
        notify_staff::KIND => notify_staff::fact_of(outcome),
        ask_for_access::KIND => ask_for_access::fact_of(job, outcome),
        send_link::KIND => send_link::fact_of(outcome),
        // Without it nobody counts the copies.
        send_page_code::KIND if matches!(outcome, Outcome::Unanswered { .. }) => {
            Some(Fact::MailUnanswered)
        }
        _ => None,
    }
}

async fn settle(
    tools: &Tools,
    job: &Job,
    token: Uuid,
    outcome: &Outcome,
) -> Result<(), StoreError> {
    let now = tools.clock.now();
    let mut tx = tools.store.write_for(&job.site).await?;
    if !store::jobs::settle(&mut tx, job, token, outcome, now).await? {
        if [check_clock::KIND, route_ticket::KIND].contains(&job.kind.as_str()) {
            tracing::debug!(job.kind, job.id = %job.id, "ordered again while it ran");
        } else {
            tracing::warn!(job.kind, job.id = %job.id, "the lease was lost before the job ended");
        }
        return tx.rollback().await;
    }
    match job.kind.as_str() {
        give_notice::KIND => give_notice::settle(&mut tx, job, outcome).await?,
        sync_ticket::KIND | tell_ticket::KIND => {
            sync_ticket::settle(&mut tx, job, outcome, now).await?;
        }
        _ => {}
    }
    if let Some(fact) = fact_of(job, outcome)
        && let Some(ticket) = acknowledge::ticket_of(&job.payload)
        && store::tickets::find(&mut tx, &job.site, ticket)
            .await?
            .is_some()
    {
        store::timeline::append(&mut tx, &job.site, ticket, now, &fact).await?;
    }
    tx.commit().await
}

/// Kinds that this binary does not know are counted together, so that a row cannot invent labels.
fn known_kind(kind: &str) -> &'static str {
    [
        acknowledge::KIND,
        check_clock::KIND,
        confirm::KIND,
        tell_assignee::KIND,
        tell_mentioned::KIND,
        tell_split::KIND,
        tell_closing::KIND,
        give_notice::KIND,
        notify_digest::KIND,
        notify_staff::KIND,
        ask_for_access::KIND,
        send_page_code::KIND,
        send_reply::KIND,
        send_link::KIND,
        find_request::KIND,
        invite_staff::KIND,
        expire_access::KIND,
        deliver_access_webhook::KIND,
        examine_attachment::KIND,
        make_preview::KIND,
        scan_attachment::KIND,
        wake_ticket::KIND,
        route_ticket::KIND,
        deliver_event::KIND,
        sync_ticket::KIND,
        tell_ticket::KIND,
    ]
    .into_iter()
    .find(|known| *known == kind)
    .unwrap_or("unknown")
}

fn report(tools: &Tools, job: &Job, outcome: &Outcome) {
    let name = match outcome {
        Outcome::Done | Outcome::Unneeded => "done",
        Outcome::Withheld { .. } => "withheld",
        Outcome::Later { .. } => "later",
        Outcome::Again { .. } => "again",
        Outcome::TooEarly { .. } => "too_early",
        Outcome::Unanswered { .. } => "unanswered",
        Outcome::Dead { .. } => "dead",
    };
    tools.metrics.job_ended(known_kind(&job.kind), name);
    match outcome {
        Outcome::Done => tracing::info!(job.kind, job.id = %job.id, job.attempts, "job done"),
        Outcome::Unneeded => tracing::info!(job.kind, job.id = %job.id, "job not needed any more"),
        Outcome::Withheld { reason } => {
            tracing::info!(job.kind, job.id = %job.id, ?reason, "mail withheld");
        }
        Outcome::Later { at } => {
            tracing::debug!(job.kind, job.id = %job.id, %at, "job done until then");
        }
        Outcome::Again { at, reason } => {
            tracing::warn!(job.kind, job.id = %job.id, job.attempts, %at, reason, "job failed, again later");
        }
        Outcome::TooEarly { at, reason } => {
            tracing::debug!(job.kind, job.id = %job.id, %at, reason, "it is too early for the job");
        }
        Outcome::Unanswered { at } => {
            tracing::warn!(job.kind, job.id = %job.id, job.attempts, %at, reason = UNANSWERED, "job failed, again later");
        }
        Outcome::Dead { reason } => {
            tracing::error!(job.kind, job.id = %job.id, job.attempts, reason, "job given up; `cornerdesk jobs list` shows it");
        }
    }
}
