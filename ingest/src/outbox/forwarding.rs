//! What calls destinations: which there are, how they do, the way out and the secrets.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{backoff::Patience, lane::Lane, places::Places};
use crate::{
    clock::Clock,
    config::Config,
    destination::{AnyMirror, Destination, Destinations, Elsewhere, Fault, Seen, secret},
    ids,
    outbound::Outbound,
    staff::sealing::Sealing,
    store::{self, Store, StoreError, Tx},
};

/// Of the time that an attempt may take, a run begins no further step after the third part: the step that is under way has the rest.
const RUN_SHARE: u64 = 3;

/// What calls destinations. A clone shares what is known of how they do.
#[derive(Clone, Debug)]
pub struct Forwarding {
    /// Which there are.
    pub destinations: Destinations,
    /// How they do.
    pub places: Places,
    /// How often each is tried.
    pub patience: Patience,
    /// For how long a job is held at a time.
    pub lease: SignedDuration,
    /// After this, a run that takes many steps leaves the rest to the next one.
    pub run_most: Duration,
    /// The way out.
    pub outbound: Outbound,
    /// Opens sealed secrets.
    pub sealing: Sealing,
}

impl Forwarding {
    /// As the configuration says.
    ///
    /// # Errors
    /// Every fault of a destination or its secrets, one sentence each.
    pub fn new(config: &Config, sealing: &Sealing) -> Result<Self, Vec<String>> {
        let environment = |name: &str| std::env::var(name).ok();
        let destinations = Destinations::load(&config.destinations, environment)?;
        let first_wait = i64::try_from(config.outbox.backoff_base_ms).unwrap_or(i64::MAX);
        let first_wait = SignedDuration::from_millis(first_wait);
        Ok(Self {
            places: Places::new(&destinations, config.forwarding.workers, first_wait),
            destinations,
            patience: Patience::of(&config.outbox),
            lease: SignedDuration::from_millis(
                i64::try_from(config.outbox.lease_ms).unwrap_or(i64::MAX),
            ),
            run_most: Duration::from_millis(config.outbox.attempt_most_ms / RUN_SHARE),
            outbound: Outbound::new(&config.outbound),
            sealing: sealing.clone(),
        })
    }

    /// A mirror, as one run speaks to it.
    ///
    /// # Errors
    /// When it is none, or a setting or a secret is missing.
    pub async fn mirror(
        &self,
        destination: &Destination,
        store: &Store,
        clock: &Clock,
    ) -> Result<AnyMirror, Fault> {
        let secrets = secret::of(store, &self.sealing, destination).await?;
        AnyMirror::new(destination, &secrets, &self.outbound, clock)
    }

    /// Tries a mirror out: it is looked at, and nothing is made there. The first fault that is found is the answer.
    pub(super) async fn try_mirror(
        &self,
        destination: &Destination,
        store: &Store,
        clock: &Clock,
    ) -> Result<Seen, Fault> {
        let mirror = self.mirror(destination, store, clock).await?;
        let findings = mirror.check().await;
        match findings.into_iter().find(|finding| finding.is_fault) {
            None => Ok(mirror.seen()),
            Some(found) => {
                let fault = Fault::never(format!("{}: {}", found.setting, found.words));
                Err(fault.seen(mirror.seen()))
            }
        }
    }

    /// An attempt begins. One of which nobody says how it ended, since it was cut off, is a failure of the destination.
    #[must_use]
    pub fn attempt<'a>(&'a self, destination: &'a Destination, clock: &'a Clock) -> Trying<'a> {
        Trying {
            places: &self.places,
            destination,
            clock,
            has_ended: false,
        }
    }
}

/// An attempt that is under way.
#[derive(Debug)]
pub struct Trying<'a> {
    places: &'a Places,
    destination: &'a Destination,
    clock: &'a Clock,
    has_ended: bool,
}

impl Trying<'_> {
    /// It ended, well or with a fault.
    pub fn ended(mut self, fault: Option<&Fault>) {
        self.has_ended = true;
        self.note(fault);
    }

    fn note(&self, fault: Option<&Fault>) {
        let (now, fraction) = (self.clock.now(), ids::new_fraction());
        self.places
            .note(&self.destination.name, fault, now, fraction);
    }
}

impl Drop for Trying<'_> {
    fn drop(&mut self) {
        if !self.has_ended {
            self.note(Some(&Fault::later("took too long")));
        }
    }
}

/// Lets a destination go on that somebody paused or that stopped itself: what waits is due at once, with patience from the beginning. `false` when it goes on
/// already. Who has committed calls `NewJobs::announce`.
///
/// # Errors
/// When the database fails.
pub async fn resume(tx: &mut Tx, name: &str, now: Timestamp) -> Result<bool, StoreError> {
    if !store::destinations::resume(tx, name).await? {
        return Ok(false);
    }
    store::jobs::begin_anew(tx, &Lane::to(name), now).await?;
    Ok(true)
}

/// Starts every dead letter of a destination again, from the beginning: an event keeps its id. Answers how many. Who has committed calls `NewJobs::announce`.
///
/// # Errors
/// When the database fails.
pub async fn replay(tx: &mut Tx, name: &str, now: Timestamp) -> Result<u64, StoreError> {
    store::jobs::revive_all(tx, &Lane::to(name), now).await
}
