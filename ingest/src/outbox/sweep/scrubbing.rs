//! Leaves nothing of what was erased in the file of the database, a few times a day at the most: whoever writes waits meanwhile.

use jiff::{SignedDuration, Timestamp};

use crate::{outbox::tools::Tools, store, telemetry::chain};

/// From one time to the next.
const EVERY: SignedDuration = SignedDuration::from_hours(6);

/// When it was done last, in this process.
#[derive(Debug, Default)]
pub struct Turn {
    last: Option<Timestamp>,
}

impl Turn {
    /// Does it when it was asked for and the last time is long ago.
    pub async fn take(&mut self, tools: &Tools) {
        let now = tools.clock.now();
        if (self.last).is_some_and(|last| now.duration_since(last).abs() < EVERY) {
            return;
        }
        match store::chores::scrub(&tools.store).await {
            Ok(false) => {}
            Ok(true) => {
                self.last = Some(now);
                tracing::info!("nothing is left in the database of what was erased");
            }
            Err(error) => tracing::warn!(
                error = chain(&error),
                "traces of what was erased may be left in the file of the database; trying again later"
            ),
        }
    }
}
