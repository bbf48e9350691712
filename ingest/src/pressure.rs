//! Which sites are under attack, and so ask for proof of work.
//!
//! Each process counts what comes in and every few seconds adds it to the slices in the database and looks at all of them, so that all
//! processes decide alike. A site is under attack from the first minute that is over the threshold until there was none for [`CALM_S`].

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use serde::Deserialize;
use tokio_util::sync::CancellationToken;

use crate::{
    clock::Clock,
    store::{self, Store, StoreError},
    telemetry::chain,
};

const SLICE_S: i64 = 10;
const MINUTE_S: i64 = 60;
/// How long it must have been calm, in seconds.
pub const CALM_S: i64 = 600;
/// How often the processes exchange what they saw. With the slice it is the longest that an attack over the threshold goes on unseen.
const EXCHANGE_EVERY: Duration = Duration::from_secs(5);

/// When to ask for proof of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asking {
    /// While a site is under attack.
    Auto,
    /// At all times.
    Always,
    /// Never.
    Never,
}

/// What came in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Submissions that were accepted.
    pub submitted: i64,
    /// How many of these are held.
    pub held: i64,
    /// Submissions that were told to wait or to do work first.
    pub refused: i64,
}

impl Counts {
    /// What is suspected weighs threefold.
    const fn load(&self) -> i64 {
        self.submitted + 2 * self.held + self.refused
    }
}

/// What came in at a site in ten seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slice {
    /// Its first second since 1970.
    pub at_s: i64,
    /// What came in.
    pub counts: Counts,
}

/// Was any minute of these slices, which are in the order of time, over the threshold?
#[must_use]
pub fn is_attack(slices: &[Slice], threshold: i64) -> bool {
    slices.iter().any(|last| {
        let minute = slices
            .iter()
            .filter(|slice| slice.at_s <= last.at_s && slice.at_s > last.at_s - MINUTE_S);
        minute.map(|slice| slice.counts.load()).sum::<i64>() >= threshold
    })
}

/// Counts and decides. Clones are the same.
#[derive(Clone, Debug)]
pub struct Pressure {
    asking: Asking,
    threshold: i64,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Debug, Default)]
struct Shared {
    seen: HashMap<String, Counts>,
    under_attack: HashSet<String>,
}

impl Pressure {
    /// A minute with `threshold` submissions is an attack.
    #[must_use]
    pub fn new(asking: Asking, threshold: u32) -> Self {
        Self {
            asking,
            threshold: i64::from(threshold),
            shared: Arc::default(),
        }
    }

    /// Does the site ask for proof of work now?
    #[must_use]
    pub fn asks(&self, site: &str) -> bool {
        match self.asking {
            Asking::Always => true,
            Asking::Never => false,
            Asking::Auto => self.lock().under_attack.contains(site),
        }
    }

    /// A submission was accepted.
    pub fn submitted(&self, site: &str, is_held: bool) {
        let mut shared = self.lock();
        let seen = shared.seen.entry(site.to_owned()).or_default();
        seen.submitted += 1;
        seen.held += i64::from(is_held);
    }

    /// A submission was told to wait or to do work first.
    pub fn refused(&self, site: &str) {
        self.lock().seen.entry(site.to_owned()).or_default().refused += 1;
    }

    /// Exchanges what was seen with the other processes until `stop`.
    pub async fn run(self, store: Store, clock: Clock, stop: CancellationToken) {
        if self.asking != Asking::Auto {
            return;
        }
        loop {
            if let Err(error) = self.exchange(&store, clock.now()).await {
                tracing::warn!(
                    error = chain(&error),
                    "processes cannot tell each other of attacks now"
                );
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(EXCHANGE_EVERY) => {}
            }
        }
    }

    /// Adds what was seen to the slices of everybody, and decides by them. While the database is away, the last decision holds.
    ///
    /// # Errors
    /// When the database fails; what was seen is kept for the next time.
    pub async fn exchange(&self, store: &Store, now: Timestamp) -> Result<(), StoreError> {
        let seen = std::mem::take(&mut self.lock().seen);
        let exchanged = exchange(store, &seen, now.as_second()).await;
        let slices = match exchanged {
            Ok(slices) => slices,
            Err(error) => {
                self.put_back(seen);
                return Err(error);
            }
        };
        let under_attack: HashSet<String> = slices
            .into_iter()
            .filter(|(_, slices)| is_attack(slices, self.threshold))
            .map(|(site, _)| site)
            .collect();
        let before = std::mem::replace(&mut self.lock().under_attack, under_attack.clone());
        for site in under_attack.difference(&before) {
            tracing::warn!(site, "under attack: proof of work is asked for from now on");
        }
        for site in before.difference(&under_attack) {
            tracing::info!(site, "calm again: proof of work is not asked for any more");
        }
        Ok(())
    }

    fn put_back(&self, seen: HashMap<String, Counts>) {
        let mut shared = self.lock();
        for (site, counts) in seen {
            let now = shared.seen.entry(site).or_default();
            now.submitted += counts.submitted;
            now.held += counts.held;
            now.refused += counts.refused;
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn exchange(
    store: &Store,
    seen: &HashMap<String, Counts>,
    now_s: i64,
) -> Result<HashMap<String, Vec<Slice>>, StoreError> {
    if !seen.is_empty() {
        // In one order for everybody: two processes must not wait for each other.
        let mut in_order: Vec<_> = seen.iter().collect();
        in_order.sort_by_key(|(site, _)| *site);
        let mut tx = store.write().await?;
        for (site, counts) in in_order {
            store::pressure::add(&mut tx, site, now_s - now_s.rem_euclid(SLICE_S), *counts).await?;
        }
        tx.commit().await?;
    }
    let mut tx = store.read().await?;
    let rows = store::pressure::since(&mut tx, now_s - CALM_S).await?;
    tx.rollback().await?;
    let mut slices: HashMap<String, Vec<Slice>> = HashMap::new();
    for (site, slice) in rows {
        slices.entry(site).or_default().push(slice);
    }
    Ok(slices)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slices(counts: &[(i64, i64, i64, i64)]) -> Vec<Slice> {
        let slice = |&(at_s, submitted, held, refused)| Slice {
            at_s,
            counts: Counts {
                submitted,
                held,
                refused,
            },
        };
        counts.iter().map(slice).collect()
    }

    #[test]
    fn a_minute_over_the_threshold_is_an_attack() {
        for (counts, is) in [
            (vec![], false),
            (vec![(0, 29, 0, 0)], false),
            (vec![(0, 30, 0, 0)], true),
            (vec![(0, 15, 0, 0), (50, 15, 0, 0)], true),
            (vec![(0, 15, 0, 0), (60, 15, 0, 0)], false),
            (vec![(0, 10, 10, 0)], true),
            (vec![(0, 0, 0, 30)], true),
            (vec![(0, 30, 0, 0), (590, 1, 0, 0)], true),
        ] {
            assert_eq!(is_attack(&slices(&counts), 30), is, "{counts:?}");
        }
    }
}
