//! Asks desks elsewhere from time to time what changed there: some cannot tell, and what they tell can get lost.
//!
//! Of several services one asks at a time. What is heard is which tickets changed, and nothing else; each is then looked at by its own job.

use std::time::Duration;

use jiff::SignedDuration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{sync_ticket, tools::Tools};
use crate::{
    destination::{Destination, Elsewhere, Fault, Heard, Verdict},
    store::{self, StoreError},
};

/// Asks all of them until the service ends.
pub async fn run(tools: Tools, stop: CancellationToken) {
    let mut loops = JoinSet::new();
    for destination in tools.forwarding.destinations.iter() {
        let Some(poll_ms) = destination.settings.poll_ms() else {
            continue;
        };
        let (tools, destination, stop) = (tools.clone(), destination.clone(), stop.clone());
        let every = Duration::from_millis(poll_ms);
        loops.spawn(async move {
            while !stop.is_cancelled() {
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(every) => {}
                }
                if let Err(error) = once(&tools, &destination, every).await {
                    // What was heard is heard again.
                    destination.memory.forget_changes();
                    tracing::warn!(destination = &*destination.name, %error, "what changed elsewhere was not kept");
                }
            }
        });
    }
    drop(loops.join_all().await);
}

/// Asks one of them, where it is our turn and it is used.
async fn once(tools: &Tools, destination: &Destination, every: Duration) -> Result<(), StoreError> {
    let (name, now) = (&*destination.name, tools.clock.now());
    // A little less than all of it, or every second turn would be missed by a hair.
    let less = SignedDuration::try_from(every * 9 / 10).unwrap_or_default();
    let before = now.saturating_sub(less).unwrap_or(now);
    let mut tx = tools.store.write().await?;
    let state = store::destinations::find(&mut tx, name).await?;
    let state = state.filter(store::destinations::State::is_open);
    let (Some(state), true) = (
        state,
        store::destinations::claim_poll(&mut tx, name, now, before).await?,
    ) else {
        return tx.rollback().await;
    };
    tx.commit().await?;
    let since = state.asked_until.unwrap_or(state.declared_at);
    match ask(tools, destination, since).await {
        Ok(heard) => keep(tools, name, &heard).await,
        Err(fault) => {
            tracing::warn!(
                destination = name,
                reason = fault.reason,
                "a destination did not say what changed there"
            );
            if fault.verdict == Verdict::Disabled {
                let mut tx = tools.store.write().await?;
                store::destinations::disable(&mut tx, name, &fault.reason, tools.clock.now())
                    .await?;
                tx.commit().await?;
            }
            Ok(())
        }
    }
}

async fn ask(
    tools: &Tools,
    destination: &Destination,
    since: jiff::Timestamp,
) -> Result<Heard, Fault> {
    let mirror = (tools.forwarding).mirror(destination, &tools.store, &tools.clock);
    mirror.await?.changed_since(since).await
}

async fn keep(tools: &Tools, name: &str, heard: &Heard) -> Result<(), StoreError> {
    let mut tx = tools.store.write().await?;
    for id in &heard.ids {
        sync_ticket::look(&mut tx, name, id, tools.clock.now()).await?;
    }
    if let Some(until) = heard.until {
        store::destinations::asked(&mut tx, name, until).await?;
    }
    tx.commit().await?;
    tools.new_jobs.announce();
    Ok(())
}
