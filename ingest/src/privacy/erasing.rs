//! Takes away what is kept of a person. Each ticket goes in a transaction of its own, with everything that names it: whatever happens in between,
//! a ticket is there as it was, or there is nothing of it. Bytes are noted in that transaction and deleted after it, by us or by the sweep.
//!
//! So it can be done again until nothing is found; what comes in meanwhile is found by the next look or stays whole.

use jiff::Timestamp;
use uuid::Uuid;

use super::{Held, Whose};
use crate::{
    audit::{Act, By},
    blobs::Blobs,
    clock::Clock,
    store::{self, Store, StoreError, Tx, privacy::Taken},
    ticket::Fact,
    upload::removal,
};

/// Tickets that are looked for at a time.
const PAGE: u32 = 500;

/// What erasing works with.
#[derive(Clone, Debug)]
pub struct Eraser {
    /// The database.
    pub store: Store,
    /// Bytes of files.
    pub blobs: Blobs,
    /// The time.
    pub clock: Clock,
}

/// What came of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Erased {
    /// What is gone.
    pub gone: Held,
    /// Is there more? Then it was more than was to be erased at once.
    pub is_more: bool,
}

impl Eraser {
    /// Erases the tickets of somebody, at most `most`; and, when there are no more, what is known of the mailbox beside them. Before and after it stands
    /// in the log of what staff did, by counts alone.
    ///
    /// # Errors
    /// When the database fails. What was erased until then stays erased; the same again does the rest.
    pub async fn erase(&self, whose: &Whose, by: By, most: u32) -> Result<Erased, StoreError> {
        self.write_down(
            by,
            &Act::ErasureBegun {
                site: site_of(whose),
            },
        )
        .await?;
        let mut erased = Erased::default();
        let mut left = most;
        while left > 0 {
            let tickets = self.look(whose, left.min(PAGE)).await?;
            if tickets.is_empty() {
                break;
            }
            left -= u32::try_from(tickets.len()).unwrap_or(left).min(left);
            for (site, ticket) in tickets {
                erased.gone += self.take(&site, ticket).await?.unwrap_or_default();
            }
        }
        erased.is_more = left == 0 && !self.look(whose, 1).await?.is_empty();
        if !erased.is_more {
            let mut tx = self.store.write().await?;
            store::privacy::forget(&mut tx, whose).await?;
            tx.commit().await?;
        }
        let act = Act::Erased {
            site: site_of(whose),
            held: erased.gone,
        };
        self.write_down(by, &act).await?;
        Ok(erased)
    }

    async fn look(&self, whose: &Whose, most: u32) -> Result<Vec<(String, Uuid)>, StoreError> {
        let mut tx = self.store.read().await?;
        let tickets = store::privacy::tickets(&mut tx, whose, most).await?;
        tx.rollback().await?;
        Ok(tickets)
    }

    /// Takes one ticket away; nothing when it was gone already.
    ///
    /// # Errors
    /// When the database fails; then it is there as it was.
    pub async fn take(&self, site: &str, ticket: Uuid) -> Result<Option<Held>, StoreError> {
        let mut tx = self.store.write_for(site).await?;
        match store::privacy::take(&mut tx, site, ticket).await? {
            Some(taken) => self.end(tx, site, taken).await.map(Some),
            None => {
                tx.rollback().await?;
                Ok(None)
            }
        }
    }

    /// Takes a ticket away that is over and about which nothing has happened since `before`; `false` when that is not so any more.
    ///
    /// # Errors
    /// When the database fails; then it is there as it was.
    pub async fn take_if_due(
        &self,
        site: &str,
        ticket: Uuid,
        before: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut tx = self.store.write_for(site).await?;
        store::privacy::hold(&mut tx, site, ticket).await?;
        if store::retention::is_due(&mut tx, site, ticket, before).await?
            && let Some(taken) = store::privacy::take(&mut tx, site, ticket).await?
        {
            self.end(tx, site, taken).await?;
            return Ok(true);
        }
        tx.rollback().await?;
        Ok(false)
    }

    /// Takes the files of such a ticket away, which says so; answers how many.
    ///
    /// # Errors
    /// When the database fails; then they are there as they were.
    pub async fn take_files_if_due(
        &self,
        site: &str,
        ticket: Uuid,
        before: Timestamp,
    ) -> Result<u64, StoreError> {
        let now = self.clock.now();
        let mut tx = self.store.write_for(site).await?;
        store::privacy::hold(&mut tx, site, ticket).await?;
        if !store::retention::is_due(&mut tx, site, ticket, before).await? {
            tx.rollback().await?;
            return Ok(0);
        }
        let taken = store::privacy::take_files(&mut tx, site, ticket).await?;
        let files = u32::try_from(taken.files).unwrap_or(u32::MAX);
        if files > 0 {
            let fact = Fact::FilesErased { files };
            store::timeline::append(&mut tx, site, ticket, now, &fact).await?;
        }
        self.end(tx, site, taken).await.map(|held| held.files)
    }

    /// Notes the bytes that go, commits, and lets them go.
    async fn end(&self, mut tx: Tx, site: &str, taken: Taken) -> Result<Held, StoreError> {
        let now = self.clock.now();
        for key in &taken.blobs {
            store::loose_blobs::doom(&mut tx, site, key, now).await?;
        }
        store::chores::ask_to_scrub(&mut tx, now).await?;
        store::site_storage::change(&mut tx, site, taken.size_bytes, 0).await?;
        tx.commit().await?;
        removal::delete_doomed(&self.store, &self.blobs, site, &taken.blobs).await;
        Ok(Held {
            tickets: 1,
            messages: taken.messages,
            files: taken.files,
        })
    }

    async fn write_down(&self, by: By, act: &Act) -> Result<(), StoreError> {
        let mut tx = self.store.write().await?;
        store::audit::append(&mut tx, by, act, self.clock.now()).await?;
        tx.commit().await
    }
}

fn site_of(whose: &Whose) -> Option<String> {
    let site = whose.site();
    (!site.is_empty()).then(|| site.to_owned())
}
