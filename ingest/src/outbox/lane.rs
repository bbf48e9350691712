//! Lanes of the outbox: what waits for one thing must not wait for another. A mail server that is away stops the mails and nothing else, and
//! a hundred pictures do not hold up a single mail.

use std::sync::Arc;

use tokio::sync::Notify;

use super::{
    acknowledge, ask_for_access, check_clock, confirm, give_notice, invite_staff, notify_digest,
    notify_staff, send_link, send_page_code, send_reply, tell_assignee, tell_closing, tell_split,
};

/// A queue of its own, with workers of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Mails; held up while the mail server is away.
    Mail,
    /// Work on files, and whatever else nobody waits for at a screen.
    Files,
    /// Timers of tickets: a deadline must not wait for a mail server, nor for a picture.
    Clock,
}

impl Lane {
    /// Every lane.
    pub const ALL: [Self; 3] = [Self::Mail, Self::Files, Self::Clock];

    /// The lane of a kind of job. A kind that nobody knows ends as a dead letter, for which no mail server is needed.
    #[must_use]
    pub fn of(kind: &str) -> Self {
        match kind {
            acknowledge::KIND
            | confirm::KIND
            | notify_staff::KIND
            | notify_digest::KIND
            | tell_assignee::KIND
            | tell_split::KIND
            | tell_closing::KIND
            | give_notice::KIND
            | invite_staff::KIND
            | ask_for_access::KIND
            | send_link::KIND
            | send_page_code::KIND
            | send_reply::KIND => Self::Mail,
            // Nothing else: a ticket has one job in this lane, its timer, and the database sees to that.
            check_clock::KIND => Self::Clock,
            _ => Self::Files,
        }
    }

    /// The name in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Files => "files",
            Self::Clock => "clock",
        }
    }
}

/// Tells the runners of this process that there are new jobs.
#[derive(Clone, Debug, Default)]
pub struct NewJobs {
    mail: Arc<Notify>,
    files: Arc<Notify>,
    clock: Arc<Notify>,
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
            Lane::Clock => &self.clock,
        }
    }
}
