//! A mirror of whichever kind: the one place that knows all of them. A new kind has an arm here and one in [`hook`](super::hook).

use std::sync::Arc;

use jiff::Timestamp;

use super::{
    Destination, Elsewhere, Fault, FileToSend, Finding, Heard, Mirror, NewRequest, Remote, Saying,
    Seen, Settings, Share, Wanted, github, gitlab, jira, secret::Secrets, tracker, zammad, zendesk,
};
use crate::{clock::Clock, outbound::Outbound};

/// What is remembered of a destination between calls; what another kind than its own would remember is empty.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    /// Of a Jira.
    pub jira: Arc<jira::Memory>,
    /// Of a Zammad.
    pub zammad: Arc<zammad::Memory>,
    /// Of a Zendesk.
    pub zendesk: Arc<zendesk::Memory>,
    /// Of a tracker of issues.
    pub tracker: Arc<tracker::Memory>,
}

impl Memory {
    /// What was heard of last could not be kept: it is news still.
    pub fn forget_changes(&self) {
        self.jira.changes.forget();
        self.zammad.changes.forget();
        self.zendesk.changes.forget();
        self.tracker.changes.forget();
    }
}

/// A mirror, as one job speaks to it.
#[derive(Debug)]
pub enum AnyMirror {
    /// A Jira Service Management.
    Jira(Box<jira::Jira>),
    /// A Zammad.
    Zammad(Box<zammad::Zammad>),
    /// A Zendesk.
    Zendesk(Box<zendesk::Zendesk>),
    /// A GitHub.
    Github(Box<github::Github>),
    /// A GitLab.
    Gitlab(Box<gitlab::Gitlab>),
}

impl AnyMirror {
    /// The mirror that a destination is.
    ///
    /// # Errors
    /// When it is none, or a setting or a secret is missing.
    pub fn new(
        destination: &Destination,
        secrets: &Secrets,
        outbound: &Outbound,
        clock: &Clock,
    ) -> Result<Self, Fault> {
        let memory = &destination.memory;
        match &destination.settings {
            Settings::Jira(settings) => {
                let memory = Arc::clone(&memory.jira);
                let jira = jira::Jira::new(settings, secrets, memory, outbound, clock)?;
                Ok(Self::Jira(Box::new(jira)))
            }
            Settings::Zammad(settings) => {
                let memory = Arc::clone(&memory.zammad);
                let zammad = zammad::Zammad::new(settings, secrets, memory, outbound, clock)?;
                Ok(Self::Zammad(Box::new(zammad)))
            }
            Settings::Zendesk(settings) => {
                let memory = Arc::clone(&memory.zendesk);
                let zendesk = zendesk::Zendesk::new(settings, secrets, memory, outbound, clock)?;
                Ok(Self::Zendesk(Box::new(zendesk)))
            }
            Settings::Github(settings) => {
                let memory = Arc::clone(&memory.tracker);
                let github = github::Github::new(settings, secrets, memory, outbound, clock)?;
                Ok(Self::Github(Box::new(github)))
            }
            Settings::Gitlab(settings) => {
                let memory = Arc::clone(&memory.tracker);
                let gitlab = gitlab::Gitlab::new(settings, secrets, memory, outbound, clock)?;
                Ok(Self::Gitlab(Box::new(gitlab)))
            }
            _ => Err(Fault::disabled("it holds no tickets")),
        }
    }
}

/// Does the same with the mirror of each kind.
macro_rules! with {
    ($any:expr, $mirror:ident => $does:expr) => {
        match $any {
            AnyMirror::Jira($mirror) => $does,
            AnyMirror::Zammad($mirror) => $does,
            AnyMirror::Zendesk($mirror) => $does,
            AnyMirror::Github($mirror) => $does,
            AnyMirror::Gitlab($mirror) => $does,
        }
    };
}

impl Elsewhere for AnyMirror {
    fn share(&self) -> Share {
        with!(self, mirror => mirror.share())
    }

    async fn find(&self, marker: &str) -> Result<Option<Remote>, Fault> {
        with!(self, mirror => mirror.find(marker).await)
    }

    async fn create(&self, new: &NewRequest<'_>) -> Result<Remote, Fault> {
        with!(self, mirror => mirror.create(new).await)
    }

    async fn find_file(
        &self,
        remote: &Remote,
        file: &FileToSend<'_>,
    ) -> Result<Option<String>, Fault> {
        with!(self, mirror => mirror.find_file(remote, file).await)
    }

    async fn attach(&self, remote: &Remote, file: &FileToSend<'_>) -> Result<String, Fault> {
        with!(self, mirror => mirror.attach(remote, file).await)
    }

    async fn find_said(&self, remote: &Remote, said: &Saying<'_>) -> Result<Option<String>, Fault> {
        with!(self, mirror => mirror.find_said(remote, said).await)
    }

    async fn say(&self, remote: &Remote, said: &Saying<'_>) -> Result<String, Fault> {
        with!(self, mirror => mirror.say(remote, said).await)
    }

    async fn set(&self, remote: &Remote, wanted: &Wanted) -> Result<(), Fault> {
        with!(self, mirror => mirror.set(remote, wanted).await)
    }

    async fn read(&self, remote: &Remote) -> Result<Option<Mirror>, Fault> {
        with!(self, mirror => mirror.read(remote).await)
    }

    async fn changed_since(&self, at: Timestamp) -> Result<Heard, Fault> {
        with!(self, mirror => mirror.changed_since(at).await)
    }

    async fn check(&self) -> Vec<Finding> {
        with!(self, mirror => mirror.check().await)
    }

    fn seen(&self) -> Seen {
        with!(self, mirror => mirror.seen())
    }
}
