//! The timer of a ticket: looks at its clock when the next alarm is due, tells whom it concerns, and sets itself to the alarm after.
//!
//! Whoever writes a fact that moves a clock moves the timer in the same transaction, by [`crate::store::jobs::set_timer`]. A check
//! that comes too late, too early or twice is harmless: it works everything out from the timeline again and does what is left to do.

mod telling;

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use uuid::Uuid;

use super::{Ended, JobError, acknowledge, tools::Tools};
use crate::{
    agenda::{self, Agenda, Alarm, Course, Situation},
    clocks,
    policy::{History, Policy},
    site::Site,
    store::{self, StoreError, Tx, jobs::Job},
    ticket::Ticket,
};

/// The job's name.
pub const KIND: &str = "check_clock";

/// Looks at the clock of a ticket. What is found due is written down, with the mails that tell it, in one transaction.
pub(super) async fn run(tools: &Tools, job: &Job, token: Uuid) -> Result<Ended, JobError> {
    let id = acknowledge::ticket_of(&job.payload)
        .ok_or_else(|| JobError::Fail("the payload names no ticket".to_owned()))?;
    let mut tx = tools.store.write_for(&job.site).await?;
    let Some(check) = Check::load(tools, &mut tx, &job.site, id).await? else {
        tx.rollback().await?;
        return Ok(Ended::Done);
    };
    let mut told = store::notifications::keys(&mut tx, &job.site, id).await?;
    let agenda = check.agenda(&told);
    let alarms = check.use_keys(&mut tx, agenda.due).await?;
    told.extend(alarms.iter().map(|alarm| (alarm.key.clone(), alarm.at)));
    if !alarms.is_empty() {
        telling::tell(tools, &mut tx, &check, &alarms).await?;
    }
    // What was told may have begun a cycle, in which something is due already.
    let next = check.agenda(&told).next_at();
    // A fact that was written meanwhile has moved the timer, and taken the lease away: then all of this is undone and worked out from it
    // again. Last, since whoever writes a fact comes to this row last, too.
    if !store::jobs::renew(&mut tx, job, token, job.available_at).await? {
        tx.rollback().await?;
        return Ok(Ended::Done);
    }
    tx.commit().await?;
    if !alarms.is_empty() {
        tools.new_jobs.announce();
        tracing::info!(ticket.reference = %check.ticket.reference, alarms.count = alarms.len(), "staff are told what is due");
    }
    Ok(next.map_or(Ended::Done, Ended::Until))
}

/// A ticket with everything that its alarms depend on.
struct Check {
    ticket: Ticket,
    site: Site,
    policy: Arc<Policy>,
    history: History,
    course: Course,
    warn_percent: Vec<u8>,
    now: Timestamp,
}

impl Check {
    /// Nothing when nothing is promised for the ticket, or nobody works on it as long as it is held.
    async fn load(
        tools: &Tools,
        tx: &mut Tx,
        site: &str,
        id: Uuid,
    ) -> Result<Option<Self>, JobError> {
        let ticket = store::tickets::find(tx, site, id).await?;
        let Some(ticket) = ticket.filter(|ticket| ticket.held.is_none()) else {
            return Ok(None);
        };
        let timeline = store::timeline::list(tx, site, id).await?;
        let Some(version) = clocks::pinned_version(&timeline) else {
            return Ok(None);
        };
        let policy = tools.policies.pinned(tx, site, version).await?;
        let found = store::sites::find(tx, site).await?;
        let site = found.and_then(|(config, _)| Site::parse(&config).ok());
        let site = site.ok_or_else(|| JobError::Retry("the site is not configured".to_owned()))?;
        Ok(Some(Self {
            history: clocks::history_of(&ticket, &timeline),
            course: Course::of(&timeline),
            policy,
            ticket,
            site,
            warn_percent: tools.warn_percent.to_vec(),
            now: tools.clock.now(),
        }))
    }

    fn agenda(&self, told: &BTreeMap<String, Timestamp>) -> Agenda {
        agenda::agenda(&Situation {
            policy: &self.policy,
            history: &self.history,
            course: &self.course,
            warn_percent: &self.warn_percent,
            told,
            now: self.now,
        })
    }

    /// Uses up the keys of what is due; what another process has told in the meantime is left out.
    async fn use_keys(&self, tx: &mut Tx, due: Vec<Alarm>) -> Result<Vec<Alarm>, StoreError> {
        let (site, id) = (&self.ticket.site, self.ticket.id);
        let mut new = Vec::new();
        for alarm in due {
            if store::notifications::use_key(tx, site, id, &alarm.key, alarm.at, self.now).await? {
                new.push(alarm);
            }
        }
        Ok(new)
    }
}
