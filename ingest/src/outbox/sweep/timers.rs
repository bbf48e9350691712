//! Finds tickets that want a timer and have none: a program of before wrote them, or a copy was put back. Page by page, round after round.

use uuid::Uuid;

use crate::{
    outbox::tools::Tools,
    store::{self, StoreError, jobs::Place},
};

/// Tickets of a page: a moment for the database, and with a page every five minutes a million tickets take four hours.
const PAGE: u32 = 20_000;

/// Where the look has come to.
#[derive(Debug)]
pub struct Walk {
    after: Place,
}

impl Default for Walk {
    fn default() -> Self {
        Self {
            after: (String::new(), Uuid::nil()),
        }
    }
}

impl Walk {
    /// Looks through the next page and gives timers to the tickets that have none.
    ///
    /// # Errors
    /// When the database fails; the next time begins at the same page.
    pub async fn on(&mut self, tools: &Tools) -> Result<(), StoreError> {
        let now = tools.clock.now();
        let mut tx = tools.store.read().await?;
        let missing = store::jobs::without_timer(&mut tx, &self.after, PAGE, now).await?;
        let end = store::tickets::end_of_page(&mut tx, &self.after, PAGE).await?;
        tx.rollback().await?;
        for (site, ticket) in &missing {
            let mut tx = tools.store.write_for(site).await?;
            store::jobs::set_timer(&mut tx, site, *ticket, Some(now), now).await?;
            tx.commit().await?;
        }
        if !missing.is_empty() {
            tools.new_jobs.announce();
            tracing::info!(
                tickets.count = missing.len(),
                "tickets without a timer have one now"
            );
        }
        *self = end.map_or_else(Self::default, |after| Self { after });
        Ok(())
    }
}
