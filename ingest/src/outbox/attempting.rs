//! An attempt at a destination, from its beginning to its row in the log of deliveries.

use jiff::Timestamp;
use tokio::time::Instant;
use uuid::Uuid;

use super::acknowledge;
use crate::{
    clock::Clock,
    destination::{Destination, Fault, Seen},
    ids,
    store::{
        deliveries::{Attempt, Ending},
        jobs::Job,
    },
};

/// An attempt that is under way.
#[derive(Debug)]
pub struct Attempting {
    site: String,
    destination: String,
    job: Option<Uuid>,
    ticket: Option<Uuid>,
    what: String,
    at: Timestamp,
    began: Instant,
}

impl Attempting {
    /// It begins now, and is about no ticket.
    #[must_use]
    pub fn begin(destination: &Destination, what: &str, clock: &Clock) -> Self {
        Self {
            site: String::new(),
            destination: destination.name.to_string(),
            job: None,
            ticket: None,
            what: what.to_owned(),
            at: clock.now(),
            began: Instant::now(),
        }
    }

    /// … but about the ticket of this job.
    #[must_use]
    pub fn of(mut self, job: &Job) -> Self {
        self.site.clone_from(&job.site);
        self.job = Some(job.id);
        self.ticket = acknowledge::ticket_of(&job.payload);
        self
    }

    /// When it began.
    #[must_use]
    pub const fn at(&self) -> Timestamp {
        self.at
    }

    /// It ended so.
    #[must_use]
    pub fn ended(self, sent: Result<Seen, &Fault>, ending: Ending) -> Attempt {
        let (seen, reason) = match sent {
            Ok(seen) => (seen, None),
            Err(fault) => (fault.seen.clone(), Some(fault.reason.clone())),
        };
        Attempt {
            site: self.site,
            id: ids::new_id(),
            destination: self.destination,
            job: self.job,
            ticket: self.ticket,
            what: self.what,
            at: self.at,
            took_ms: i32::try_from(self.began.elapsed().as_millis()).unwrap_or(i32::MAX),
            seen,
            ending,
            reason,
        }
    }
}
