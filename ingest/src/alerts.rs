//! Alarms of monitoring systems: one alarm makes one ticket, and what comes of it while that is open is told there.
//!
//! All alarms of a request are taken in one transaction, or none; and one request of a monitoring system after the other, over all processes.

pub mod decision;
pub mod notice;
mod round;
pub mod source;

use std::time::Duration;

use cornerdesk_shared::reference::Reference;

use self::{notice::Message, round::Round, source::AlertsConfig};
use crate::{
    allowances::{Allowances, Kind, OverLimit},
    clock::Clock,
    outbox::lane::NewJobs,
    policies::Policies,
    site::Site,
    source::Source,
    store::{self, Store, StoreError},
};

/// The channel of tickets that alarms have made.
pub const CHANNEL: &str = "alarm";

/// What became of an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It made a ticket.
    Opened,
    /// It came again to the ticket that it has.
    Repeated,
    /// It is over, which its ticket was told.
    Resolved,
    /// It is over the limit of tickets; a ticket counts it.
    Counted,
    /// It said nothing new.
    Ignored,
}

impl Outcome {
    /// The name in answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Repeated => "repeated",
            Self::Resolved => "resolved",
            Self::Counted => "counted",
            Self::Ignored => "ignored",
        }
    }
}

/// An alarm that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Its key.
    pub key: String,
    /// What became of it.
    pub outcome: Outcome,
    /// The ticket that it belongs to.
    pub reference: Option<Reference>,
}

/// Why alarms were not taken. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The monitoring system has sent too many of late.
    #[error("too many alarms; again in {} s", .0.as_secs())]
    TooMany(Duration),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<OverLimit> for Refused {
    fn from(limited: OverLimit) -> Self {
        match limited {
            OverLimit::Wait(wait) => Self::TooMany(wait),
            OverLimit::Store(error) => Self::Store(error),
        }
    }
}

/// Takes alarms.
#[derive(Clone, Copy, Debug)]
pub struct Alarms<'a> {
    /// The database.
    pub store: &'a Store,
    /// The time.
    pub clock: &'a Clock,
    /// Versions of policies.
    pub policies: &'a Policies,
    /// Counts what is sent.
    pub allowances: &'a Allowances,
    /// Is told when there is work.
    pub new_jobs: &'a NewJobs,
}

impl Alarms<'_> {
    /// Takes what a monitoring system of `site` says.
    ///
    /// # Errors
    /// [`Refused`]; then nothing was taken, and the same may be sent again.
    pub async fn take(
        &self,
        site: &Site,
        source: &AlertsConfig,
        message: &Message,
    ) -> Result<Vec<Taken>, Refused> {
        let now = self.clock.now();
        let count = message.notices.len() as u64;
        let client = Some(Source::of_person(&source.name));
        let (allowances, kind) = (self.allowances, Kind::Alarms);
        allowances.ensure_not_refused(kind, &site.key, client, count)?;
        let mut tx = self.store.write_for(&site.key).await?;
        let overflow = store::alarms::lock_source(&mut tx, &site.key, &source.name, now).await?;
        let charged = allowances.charge(&mut tx, kind, &site.key, client, count);
        if let Err(limited) = charged.await {
            tx.rollback().await?;
            return Err(limited.into());
        }
        let mut round = Round::begin(self, &mut tx, site, source, overflow, now).await?;
        let mut taken = Vec::with_capacity(message.notices.len());
        for notice in &message.notices {
            taken.push(round.take(notice).await?);
        }
        round.end(message.left_out).await?;
        tx.commit().await?;
        self.new_jobs.announce();
        Ok(taken)
    }
}
