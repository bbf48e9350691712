//! `GET /desk/events`: what happens to tickets while somebody looks at a list, as server-sent events. References and nothing else.

use std::{collections::BTreeSet, convert::Infallible, time::Duration};

use axum::{
    extract::{Query, State},
    http::{HeaderMap, StatusCode},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::stream;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::json;
use tokio::{sync::broadcast::error::RecvError, time::Instant};

use super::session::{self, SignedIn};
use crate::{
    app::App,
    http::{checked::Checked, problem::HttpError},
    live::{Reader, Told, told},
    staff::VisibleSites,
    store::{self, lately::Happened},
};

/// Whether the session has ended is looked at so often.
const STILL_SIGNED_IN: Duration = Duration::from_secs(10);
/// A connection that says nothing for longer is cut by some proxies.
const SIGN_OF_LIFE: Duration = Duration::from_secs(15);
/// Whoever was away for longer reloads the list anyway.
const BACK_MOST: SignedDuration = SignedDuration::from_mins(10);

/// Since when.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// In microseconds, as the list says it.
    since: String,
}

/// The stream. It ends with the session and with the service; too many at once get none.
///
/// # Errors
/// When the database fails.
pub async fn get(
    State(app): State<App>,
    SignedIn(staff): SignedIn,
    Checked(Query(asked)): Checked<Query<Asked>>,
    headers: HeaderMap,
) -> Result<Response, HttpError> {
    // With this answer a browser does not ask again.
    let none = StatusCode::NO_CONTENT.into_response();
    let (Some(token), Some(reader)) = (session::token(&headers), app.live.read(staff.id)) else {
        return Ok(none);
    };
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok());
    let since = since(last.unwrap_or(&asked.since), app.clock.now());
    // After the reader: what happens in between is seen twice and not missed.
    let mut tx = app.store.read().await?;
    let first = store::lately::since(&mut tx, since).await?;
    tx.rollback().await?;
    let listener = Listener {
        app,
        token,
        since,
        visible: staff.visible,
        reader,
        first: Some(first),
        asks_again: Instant::now() + STILL_SIGNED_IN,
    };
    let events = stream::unfold(listener, |mut listener| async move {
        let event = listener.next().await?;
        Some((Ok::<_, Infallible>(event), listener))
    });
    let alive = KeepAlive::new().interval(SIGN_OF_LIFE);
    Ok(Sse::new(events).keep_alive(alive).into_response())
}

fn since(text: &str, now: Timestamp) -> Timestamp {
    let said = text.parse().ok();
    let said = said.and_then(|at| Timestamp::from_microsecond(at).ok());
    let earliest = now.saturating_sub(BACK_MOST).unwrap_or(now);
    said.unwrap_or(now).max(earliest)
}

/// One who looks at a list.
struct Listener {
    app: App,
    token: String,
    /// What the list shows already is not told: above all what whoever looks has just done.
    since: Timestamp,
    visible: VisibleSites,
    reader: Reader,
    first: Option<Vec<Happened>>,
    asks_again: Instant,
}

impl Listener {
    /// What is to be told next; nothing when it is over.
    async fn next(&mut self) -> Option<Event> {
        if let Some(event) = self.first.take().and_then(|first| self.event(&first)) {
            return Some(event);
        }
        loop {
            let look = tokio::select! {
                () = self.app.stop.closing() => return None,
                () = tokio::time::sleep_until(self.asks_again) => {
                    self.visible = self.still_signed_in().await?;
                    self.asks_again = Instant::now() + STILL_SIGNED_IN;
                    continue;
                }
                look = self.reader.looks.recv() => look,
            };
            match look {
                Ok(look) => {
                    if let Some(event) = self.event(&look) {
                        return Some(event);
                    }
                }
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return None,
            }
        }
    }

    async fn still_signed_in(&self) -> Option<VisibleSites> {
        match session::still(&self.app, &self.token).await {
            Ok(staff) => staff.map(|staff| staff.visible),
            // The database is away for a moment: nothing can be told meanwhile anyway.
            Err(_) => Some(self.visible.clone()),
        }
    }

    fn event(&self, happened: &[Happened]) -> Option<Event> {
        let (mut new, mut changed) = (BTreeSet::new(), BTreeSet::new());
        let visible = happened
            .iter()
            .filter(|it| it.at > self.since && self.visible.contains(&it.site));
        for it in visible {
            match told(&it.kind) {
                Some(Told::New) => new.insert(&it.reference),
                Some(Told::Changed) => changed.insert(&it.reference),
                None => false,
            };
        }
        if new.is_empty() && changed.is_empty() {
            return None;
        }
        let last = happened.iter().map(|it| it.at).max()?;
        let event = Event::default()
            .event("tickets")
            .id(last.as_microsecond().to_string());
        Some(event.data(json!({ "new": new, "changed": changed }).to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_was_away_for_long_hears_of_the_last_minutes() {
        let now = Timestamp::from_second(1_700_000_000).unwrap();
        let minute = |minutes| now - SignedDuration::from_mins(minutes);
        let said = |at: Timestamp| at.as_microsecond().to_string();
        assert_eq!(since(&said(minute(3)), now), minute(3));
        assert_eq!(since(&said(minute(600)), now), minute(10));
        for text in ["", "x", "99999999999999999999"] {
            assert_eq!(since(text, now), now, "{text}");
        }
    }
}
