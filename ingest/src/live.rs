//! What happens to tickets, told to whoever looks at a list: one look at the database for a process, however many look at lists.
//!
//! Replicas see each other's facts, since all are on the timeline. A fact may be committed a little after the instant that it names, so each
//! look goes back a little further than the one before, and leaves out what was told already.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::broadcast;
use uuid::Uuid;

use crate::{
    clock::Clock,
    stop::Stop,
    store::{self, Store, StoreError, lately::Happened},
    telemetry::chain,
};

/// Between two looks.
const EVERY: Duration = Duration::from_secs(2);
/// How far a look goes back.
const OVERLAP: SignedDuration = SignedDuration::from_secs(15);
/// So many looks may wait for a slow reader, who then misses some.
const WAITING: usize = 64;
/// Lists that one person has open at the same time; the others are quiet.
const OF_A_PERSON: u32 = 6;
/// Lists that are open at the same time in this process.
const OF_ALL: usize = 500;

/// What a fact means for a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// There is a ticket that was not there.
    New,
    /// A row looks different now.
    Changed,
}

/// What a fact of this kind means for a list; nothing where no row shows it.
#[must_use]
pub fn told(kind: &str) -> Option<Told> {
    match kind {
        "received" | "released" | "woken" => Some(Told::New),
        "classified" | "plan_changed" | "answered" | "updated" | "paused" | "resumed"
        | "status_changed" | "wrote" | "assigned" | "tagged" | "untagged" | "snoozed"
        | "merged_into" | "escalated_to" | "split" => Some(Told::Changed),
        _ => None,
    }
}

/// Facts that were seen in one look.
pub type Look = Arc<Vec<Happened>>;

/// The looks of this process. Nobody looks as long as nobody reads.
#[derive(Clone, Debug)]
pub struct Live {
    store: Store,
    clock: Clock,
    stop: Stop,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    looks: Option<broadcast::Sender<Look>>,
    readers: HashMap<Uuid, u32>,
}

/// Somebody who reads. Dropped, they are gone.
#[derive(Debug)]
pub struct Reader {
    /// What is seen from now on.
    pub looks: broadcast::Receiver<Look>,
    staff: Uuid,
    state: Arc<Mutex<State>>,
}

impl Drop for Reader {
    fn drop(&mut self) {
        let mut state = lock(&self.state);
        if let Some(count) = state.readers.get_mut(&self.staff) {
            *count -= 1;
            if *count == 0 {
                state.readers.remove(&self.staff);
            }
        }
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Live {
    /// Nobody reads yet.
    #[must_use]
    pub fn new(store: Store, clock: Clock, stop: Stop) -> Self {
        Self {
            store,
            clock,
            stop,
            state: Arc::default(),
        }
    }

    /// Begins to read; nothing when too many do.
    #[must_use]
    pub fn read(&self, staff: Uuid) -> Option<Reader> {
        let mut state = lock(&self.state);
        let all: u32 = state.readers.values().sum();
        if all as usize >= OF_ALL
            || state
                .readers
                .get(&staff)
                .is_some_and(|it| *it >= OF_A_PERSON)
        {
            return None;
        }
        *state.readers.entry(staff).or_default() += 1;
        let looks = match &state.looks {
            Some(sender) => sender.subscribe(),
            None => {
                let (sender, looks) = broadcast::channel(WAITING);
                state.looks = Some(sender.clone());
                tokio::spawn(self.clone().look(sender));
                looks
            }
        };
        Some(Reader {
            looks,
            staff,
            state: Arc::clone(&self.state),
        })
    }

    /// Looks again and again as long as somebody reads.
    async fn look(self, sender: broadcast::Sender<Look>) {
        let mut known = Known::default();
        let mut is_first = true;
        loop {
            match self.happened(&mut known).await {
                Ok(happened) => {
                    // What was there when the first began to read, they have read themselves.
                    if !is_first && !happened.is_empty() {
                        let _ = sender.send(Arc::new(happened));
                    }
                    is_first = false;
                }
                Err(error) => {
                    tracing::warn!(
                        error = chain(&error),
                        "what happened to tickets cannot be read; lists say nothing for now"
                    );
                }
            }
            tokio::select! {
                () = self.stop.closing() => return,
                () = tokio::time::sleep(EVERY) => {}
            }
            let mut state = lock(&self.state);
            if sender.receiver_count() == 0 {
                state.looks = None;
                return;
            }
        }
    }

    async fn happened(&self, known: &mut Known) -> Result<Vec<Happened>, StoreError> {
        let now = self.clock.now();
        let after = now.saturating_sub(OVERLAP).unwrap_or(now);
        let mut tx = self.store.read().await?;
        let happened = store::lately::since(&mut tx, after).await?;
        tx.rollback().await?;
        Ok(known.new_ones(happened, after))
    }
}

/// What was told already.
#[derive(Debug, Default)]
struct Known(BTreeMap<(Uuid, i32), Timestamp>);

impl Known {
    /// Those that were not told; what is older than `after` does not come again.
    fn new_ones(&mut self, happened: Vec<Happened>, after: Timestamp) -> Vec<Happened> {
        self.0.retain(|_, at| *at > after);
        happened
            .into_iter()
            .filter(|it| self.0.insert((it.ticket, it.seq), it.at).is_none())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn happened(ticket: u128, seq: i32, second: i64) -> Happened {
        Happened {
            site: "acme".to_owned(),
            ticket: Uuid::from_u128(ticket),
            reference: String::new(),
            seq,
            kind: "wrote".to_owned(),
            at: Timestamp::from_second(second).unwrap(),
        }
    }

    #[test]
    fn a_fact_is_told_once_although_looks_overlap() {
        let mut known = Known::default();
        let at = |second| Timestamp::from_second(second).unwrap();
        let first = known.new_ones(vec![happened(1, 1, 10), happened(1, 2, 12)], at(0));
        assert_eq!(first.len(), 2);
        let late = vec![happened(1, 1, 10), happened(2, 1, 11), happened(1, 2, 12)];
        assert_eq!(known.new_ones(late, at(5)), [happened(2, 1, 11)]);
        assert!(known.new_ones(vec![happened(1, 2, 12)], at(11)).is_empty());
        assert_eq!(known.0.len(), 1);
    }

    #[test]
    fn mails_move_no_row() {
        assert_eq!(told("received"), Some(Told::New));
        assert_eq!(told("status_changed"), Some(Told::Changed));
        for kind in ["acknowledged", "notified", "delivery_failed", "held"] {
            assert_eq!(told(kind), None, "{kind}");
        }
    }
}
