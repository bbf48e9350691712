//! Lanes of the outbox: what waits for one thing must not wait for another. A mail server that is away stops the mails and nothing else, and
//! a hundred pictures do not hold up a single mail.

use std::sync::Arc;

use tokio::sync::Notify;

use super::{acknowledge, confirm};

/// A queue of its own, with workers of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Mails; held up while the mail server is away.
    Mail,
    /// Work on files, and whatever else nobody waits for at a screen.
    Files,
}

impl Lane {
    /// Every lane.
    pub const ALL: [Self; 2] = [Self::Mail, Self::Files];

    /// The lane of a kind of job. A kind that nobody knows ends as a dead letter, for which no mail server is needed.
    #[must_use]
    pub fn of(kind: &str) -> Self {
        if [acknowledge::KIND, confirm::KIND].contains(&kind) {
            Self::Mail
        } else {
            Self::Files
        }
    }

    /// The name in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Files => "files",
        }
    }
}

/// Tells the runners of this process that there are new jobs.
#[derive(Clone, Debug, Default)]
pub struct NewJobs {
    mail: Arc<Notify>,
    files: Arc<Notify>,
}

impl NewJobs {
    /// Jobs were committed. A runner that is busy looks again afterwards.
    pub fn announce(&self) {
        for lane in Lane::ALL {
            self.on(lane).notify_one();
        }
    }

    /// What the runner of a lane waits for.
    #[must_use]
    pub const fn on(&self, lane: Lane) -> &Arc<Notify> {
        match lane {
            Lane::Mail => &self.mail,
            Lane::Files => &self.files,
        }
    }
}
