//! Other terms for tickets that were received under earlier ones: only by an explicit wish, with a fact on each ticket, batch by batch.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    clocks,
    policies::Policies,
    policy::Policy,
    queue::Place,
    store::{self, Store, StoreError, Tx, repinning::Batch},
    ticket::{Entry, Fact},
};

/// Tickets of one transaction: so many that a commit does not count, and so few that nobody waits long for it.
const BATCH: u32 = 500;

/// What is wanted.
#[derive(Clone, Debug)]
pub struct Wish<'a> {
    /// The site.
    pub site: &'a str,
    /// The versions that tickets are taken from.
    pub from: Vec<u32>,
    /// The version that they come under.
    pub to: u32,
    /// Who wants it.
    pub by: &'a str,
    /// Why; stays on each timeline.
    pub because: &'a str,
}

/// What becomes of a ticket's due time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// Nothing.
    Unchanged,
    /// It is due earlier.
    Earlier,
    /// It is due later.
    Later,
    /// It was promised nothing, and is due now.
    Promised,
    /// It is not due any more.
    Withdrawn,
}

/// One ticket before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The ticket.
    pub ticket: Uuid,
    /// When it is due under its present terms.
    pub before: Option<Timestamp>,
    /// When under the others.
    pub after: Option<Timestamp>,
}

impl Difference {
    /// In a word.
    #[must_use]
    pub fn change(&self) -> Change {
        match (self.before, self.after) {
            (before, after) if before == after => Change::Unchanged,
            (None, _) => Change::Promised,
            (_, None) => Change::Withdrawn,
            (Some(before), Some(after)) if after < before => Change::Earlier,
            _ => Change::Later,
        }
    }
}

/// How many tickets change how.
#[must_use]
pub fn counts(differences: &[Difference]) -> BTreeMap<Change, usize> {
    let mut counts = BTreeMap::new();
    for difference in differences {
        *counts.entry(difference.change()).or_insert(0) += 1;
    }
    counts
}

/// What would become of the due times. Nothing is changed.
///
/// # Errors
/// When the database fails.
pub async fn compare(
    store: &Store,
    policies: &Policies,
    wish: &Wish<'_>,
    now: Timestamp,
) -> Result<Vec<Difference>, StoreError> {
    let mut differences = Vec::new();
    for from in &wish.from {
        let mut after = Uuid::nil();
        loop {
            let mut tx = store.read_for(wish.site).await?;
            let terms = Terms::of(&mut tx, policies, wish, *from).await?;
            let Some(batch) = next(&mut tx, wish.site, *from, after).await? else {
                tx.rollback().await?;
                break;
            };
            after = batch.up_to;
            let timelines = store::repinning::timelines(&mut tx, batch).await?;
            tx.rollback().await?;
            let compared = timelines.iter().map(|(ticket, timeline)| Difference {
                ticket: *ticket,
                before: terms.due(&terms.before, timeline, now),
                after: terms.due(&terms.after, timeline, now),
            });
            differences.extend(compared);
        }
    }
    Ok(differences)
}

/// Re-pins every ticket that is still worked on; answers how many. Broken off, it goes on where it was when it is asked again.
///
/// # Errors
/// When the database fails; batches that were committed stay.
pub async fn apply(
    store: &Store,
    policies: &Policies,
    wish: &Wish<'_>,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let mut done = 0;
    for from in &wish.from {
        let mut after = Uuid::nil();
        loop {
            let mut tx = store.write_for(wish.site).await?;
            let terms = Terms::of(&mut tx, policies, wish, *from).await?;
            let Some(batch) = next(&mut tx, wish.site, *from, after).await? else {
                tx.rollback().await?;
                break;
            };
            after = batch.up_to;
            done += repin(&mut tx, wish, &terms, batch, now).await?;
            tx.commit().await?;
        }
    }
    Ok(done)
}

/// The terms before and after.
struct Terms {
    before: Arc<Policy>,
    after: Arc<Policy>,
}

impl Terms {
    async fn of(
        tx: &mut Tx,
        policies: &Policies,
        wish: &Wish<'_>,
        from: u32,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            before: policies.pinned(tx, wish.site, from).await?,
            after: policies.pinned(tx, wish.site, wish.to).await?,
        })
    }

    /// When a ticket with this timeline is due by a policy.
    fn due(&self, policy: &Policy, timeline: &[Entry], now: Timestamp) -> Option<Timestamp> {
        let history = clocks::history_of_timeline(timeline)?;
        clocks::first_response(policy, &history, now, 0).due_at
    }
}

async fn next<'a>(
    tx: &mut Tx,
    site: &'a str,
    from: u32,
    after: Uuid,
) -> Result<Option<Batch<'a>>, StoreError> {
    let tickets = store::repinning::next(tx, site, from, after, BATCH).await?;
    Ok(tickets.last().map(|last| Batch {
        site,
        from,
        after,
        up_to: *last,
    }))
}

/// Fact, clock and timer of each ticket of a batch, then the pins.
async fn repin(
    tx: &mut Tx,
    wish: &Wish<'_>,
    terms: &Terms,
    batch: Batch<'_>,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let fact = Fact::Repinned {
        from: Some(batch.from),
        version: wish.to,
        by: wish.by.to_owned(),
        because: wish.because.to_owned(),
    };
    let count = store::repinning::append(tx, batch, now, &fact).await?;
    for (ticket, timeline) in store::repinning::timelines(tx, batch).await? {
        let last_seq = timeline.last().map_or(0, |entry| entry.seq);
        if let Some(history) = clocks::history_of_timeline(&timeline) {
            let clock = clocks::first_response(&terms.after, &history, now, last_seq);
            store::clocks::put(tx, wish.site, ticket, &clock).await?;
            let place = Place::of(&history, &clock).after(&timeline);
            store::tickets::put_in_queue(tx, wish.site, ticket, place).await?;
            store::jobs::set_timer(tx, wish.site, ticket, Some(now), now).await?;
        }
    }
    store::repinning::pin(tx, batch, wish.to, count).await?;
    Ok(count)
}
