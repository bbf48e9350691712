//! A stream for each open page: looks into the database every two seconds, because several replicas must see each other's changes, and says something
//! only when it is something else than before.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::response::{
    IntoResponse,
    sse::{Event, KeepAlive, Sse},
};
use futures_util::stream;
use serde::Serialize;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::Instant,
};

use crate::{
    app::App,
    desk::ticket::story,
    store::{self, StoreError, staff::Staff},
    telemetry::chain,
    ticket::{Fact, Ticket},
};

/// Open pages of one process: each wants two small statements every two seconds.
const STREAMS_MOST: usize = 200;
/// From one look to the next.
const EVERY: Duration = Duration::from_secs(2);
/// So long, then the browser asks again, and whoever is signed out by then is not told any more.
const LASTS: Duration = Duration::from_secs(120);

/// How many pages may be watched.
#[derive(Clone, Debug)]
pub struct Watchers(Arc<Semaphore>);

impl Default for Watchers {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(STREAMS_MOST)))
    }
}

/// What a page is told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
struct State {
    /// Colleagues who have it open.
    here: Vec<String>,
    /// Colleagues who are writing.
    writing: Vec<String>,
    /// Messages that the page does not have.
    messages: usize,
    /// Changes that it does not have.
    changes: usize,
    /// Which replies were mailed since, or were not.
    mailed: Vec<Mailed>,
}

/// What became of the mail of a reply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Mailed {
    message: String,
    /// As the page says it.
    says: String,
    is_sent: bool,
}

fn mailed(fact: &Fact) -> Option<Mailed> {
    let (message, mail) = story::mail_of(fact)?;
    Some(Mailed {
        message: message.to_string(),
        says: mail.says(),
        is_sent: mail == story::Mail::Sent,
    })
}

/// Is it a change that somebody at the page should hear of? What only says that a mail went as it should is none, a message is told as one, and what
/// became of a reply stands with it.
const fn is_change(fact: &Fact) -> bool {
    !matches!(
        fact,
        Fact::Wrote { .. }
            | Fact::Answered { .. }
            | Fact::Updated { .. }
            | Fact::Acknowledged
            | Fact::ReplySent { .. }
            | Fact::ReplyNotSent { .. }
            | Fact::ClosingTold
            | Fact::SplitTold
            | Fact::AccessAsked { .. }
            | Fact::Notified { .. }
    )
}

struct Watch {
    app: App,
    staff: Staff,
    ticket: Ticket,
    after: i32,
    told: Option<State>,
    next_at: Instant,
    ends_at: Instant,
    _permit: OwnedSemaphorePermit,
}

/// Watches a ticket for a page that has its facts up to `after`; nothing where too many pages are watched.
pub(super) fn open(
    app: &App,
    staff: Staff,
    ticket: Ticket,
    after: i32,
) -> Option<impl IntoResponse + use<>> {
    let permit = Arc::clone(&app.watchers.0).try_acquire_owned().ok()?;
    let now = Instant::now();
    let watch = Watch {
        app: app.clone(),
        staff,
        ticket,
        after,
        told: None,
        next_at: now,
        ends_at: now + LASTS,
        _permit: permit,
    };
    let events = stream::unfold(watch, async |mut watch| {
        let state = watch.next().await?;
        let event = Event::default().json_data(state).unwrap_or_default();
        Some((Ok::<_, Infallible>(event), watch))
    });
    Some(Sse::new(events).keep_alive(KeepAlive::default()))
}

impl Watch {
    /// Waits until there is something else to tell; nothing when the stream ends.
    async fn next(&mut self) -> Option<State> {
        loop {
            // A stream must not keep a service from ending.
            tokio::select! {
                () = self.app.stop.closing() => return None,
                () = tokio::time::sleep_until(self.next_at) => {}
            }
            if self.next_at > self.ends_at {
                return None;
            }
            self.next_at = Instant::now() + EVERY;
            match self.look().await {
                Ok(state) if self.told.as_ref() == Some(&state) => {}
                Ok(state) => {
                    self.told = Some(state.clone());
                    return Some(state);
                }
                Err(error) => {
                    tracing::warn!(
                        error = chain(&error),
                        "an open page of a ticket cannot be told what is new now"
                    );
                }
            }
        }
    }

    async fn look(&self) -> Result<State, StoreError> {
        let (site, id) = (&self.ticket.site, self.ticket.id);
        let since = super::since(self.app.clock.now());
        let mut tx = self.app.store.read_for(site).await?;
        let others = store::presence::others(&mut tx, site, id, self.staff.id, since).await?;
        let facts = store::timeline::since(&mut tx, site, id, self.after).await?;
        tx.rollback().await?;
        let is_message = |fact: &Fact| matches!(fact, Fact::Wrote { .. });
        let messages = facts.iter().filter(|entry| is_message(&entry.fact)).count();
        let changes = facts.iter().filter(|entry| is_change(&entry.fact)).count();
        let (writing, here): (Vec<_>, Vec<_>) =
            others.into_iter().partition(|other| other.is_writing);
        let mailed = facts
            .iter()
            .filter_map(|entry| mailed(&entry.fact))
            .collect();
        let names = |others: Vec<store::presence::Colleague>| {
            others.into_iter().map(|other| other.name).collect()
        };
        Ok(State {
            here: names(here),
            writing: names(writing),
            messages,
            changes,
            mailed,
        })
    }
}
