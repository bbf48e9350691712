//! Takes due jobs, runs them and settles them.

use std::{sync::Arc, time::Duration};

use jiff::SignedDuration;
use tokio::{
    sync::{Notify, OwnedSemaphorePermit, Semaphore},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{JobError, acknowledge, backoff, backoff::Patience, lease, tools::Tools};
use crate::{
    ids,
    store::{
        self, StoreError,
        jobs::{Job, Outcome},
    },
    telemetry::chain,
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

/// Takes due jobs and runs them until it is told to stop.
#[derive(Debug)]
pub struct Runner {
    tools: Tools,
    pace: Pace,
    new_jobs: Arc<Notify>,
}

impl Runner {
    /// `new_jobs` wakes the runner when this process commits jobs; jobs of others are found by polling.
    #[must_use]
    pub const fn new(tools: Tools, pace: Pace, new_jobs: Arc<Notify>) -> Self {
        Self {
            tools,
            pace,
            new_jobs,
        }
    }

    /// Runs until `stop`; then lets running jobs end.
    pub async fn run(self, stop: CancellationToken) {
        let workers = Arc::new(Semaphore::new(self.pace.workers));
        let mut running = JoinSet::new();
        while !stop.is_cancelled() {
            // A notification that comes while we look is kept by `Notify` and ends the wait below at once.
            let woken = self.new_jobs.notified();
            let free = tokio::select! {
                free = Arc::clone(&workers).acquire_owned() => free,
                () = stop.cancelled() => break,
            };
            // The semaphore is never closed.
            let Ok(free) = free else { break };
            match self.take_due(free, &workers).await {
                Ok(jobs) if !jobs.is_empty() => {
                    for (job, token, permit) in jobs {
                        let (tools, pace) = (self.tools.clone(), self.pace);
                        running.spawn(async move {
                            run_and_settle(&tools, &pace, &job, token).await;
                            drop(permit);
                        });
                    }
                }
                taken => {
                    if let Err(error) = taken {
                        tracing::warn!(
                            error = chain(&error),
                            "jobs cannot be taken; looking again"
                        );
                    }
                    tokio::select! {
                        () = woken => {}
                        () = stop.cancelled() => {}
                        () = tokio::time::sleep(self.pace.poll) => {}
                    }
                }
            }
            while running.try_join_next().is_some() {}
        }
        while running.join_next().await.is_some() {}
    }

    /// Leases as many due jobs as there are free workers. This is the only place that takes permits, so the count cannot shrink in between.
    async fn take_due(
        &self,
        free: OwnedSemaphorePermit,
        workers: &Arc<Semaphore>,
    ) -> Result<Vec<(Job, Uuid, OwnedSemaphorePermit)>, StoreError> {
        let mut permits = vec![free];
        while let Ok(permit) = workers.clone().try_acquire_owned() {
            permits.push(permit);
        }
        let now = self.tools.clock.now();
        let lease = SignedDuration::try_from(self.pace.lease).unwrap_or(SignedDuration::MAX);
        let until = now.saturating_add(lease).unwrap_or(now);
        if self.nothing_is_due(now).await? {
            return Ok(Vec::new());
        }
        let token = ids::new_id();
        let mut tx = self.tools.store.write().await?;
        let jobs = store::jobs::lease(
            &mut tx,
            token,
            now,
            until,
            u32::try_from(permits.len()).unwrap_or(u32::MAX),
        )
        .await?;
        tx.commit().await?;
        Ok(jobs
            .into_iter()
            .zip(permits)
            .map(|(job, permit)| (job, token, permit))
            .collect())
    }

    /// Looks without the write lock first, so that an idle runner does not hold up intake.
    async fn nothing_is_due(&self, now: jiff::Timestamp) -> Result<bool, StoreError> {
        let mut tx = self.tools.store.read().await?;
        let next = store::jobs::next_at(&mut tx).await?;
        tx.rollback().await?;
        Ok(next.is_none_or(|at| at > now))
    }
}

async fn run_and_settle(tools: &Tools, pace: &Pace, job: &Job, token: Uuid) {
    // In a task of its own: a job that panics must end like any other, or it would be taken again for ever.
    let mut task = tokio::spawn({
        let (tools, job) = (tools.clone(), job.clone());
        async move { run(&tools, &job).await }
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

async fn run(tools: &Tools, job: &Job) -> Result<(), JobError> {
    match job.kind.as_str() {
        acknowledge::KIND => acknowledge::run(tools, job).await,
        _ => Err(JobError::Fail("no job of this kind".to_owned())),
    }
}

async fn settle(
    tools: &Tools,
    job: &Job,
    token: Uuid,
    outcome: &Outcome,
) -> Result<(), StoreError> {
    let now = tools.clock.now();
    let mut tx = tools.store.write().await?;
    if !store::jobs::settle(&mut tx, job, token, outcome, now).await? {
        tracing::warn!(job.kind, job.id = %job.id, "the lease was lost before the job ended");
        return tx.rollback().await;
    }
    if let (acknowledge::KIND, Some(fact)) = (job.kind.as_str(), acknowledge::fact_of(outcome))
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
    if kind == acknowledge::KIND {
        acknowledge::KIND
    } else {
        "unknown"
    }
}

fn report(tools: &Tools, job: &Job, outcome: &Outcome) {
    let name = match outcome {
        Outcome::Done => "done",
        Outcome::Again { .. } => "again",
        Outcome::Dead { .. } => "dead",
    };
    tools.metrics.job_ended(known_kind(&job.kind), name);
    match outcome {
        Outcome::Done => tracing::info!(job.kind, job.id = %job.id, job.attempts, "job done"),
        Outcome::Again { at, reason } => {
            tracing::warn!(job.kind, job.id = %job.id, job.attempts, %at, reason, "job failed, again later");
        }
        Outcome::Dead { reason } => {
            tracing::error!(job.kind, job.id = %job.id, job.attempts, reason, "job given up; `cornerdesk jobs list` shows it");
        }
    }
}
