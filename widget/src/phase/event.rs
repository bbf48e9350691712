//! What can happen to a request, and what must be done then.

use cornerdesk_shared::{receipt::Receipt, validation::Violation};

use super::{Files, Refusal, Trouble};

/// What the service said to an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The ticket exists.
    Received(Receipt),
    /// Rules are broken.
    Violated(Vec<Violation>),
    /// The key belongs to a submission with another text.
    KeyReused,
    /// The service does not want it.
    Refused(Refusal),
    /// The service does not believe who the person is.
    IdentityRefused,
    /// It goes through once work is done.
    ProofRequired,
    /// It may go through later.
    Trouble {
        /// Why.
        trouble: Trouble,
        /// The service's own wish (`Retry-After`).
        retry_after_s: Option<u32>,
    },
}

impl Answer {
    /// What the host page is told of a request that did not arrive, in one word.
    #[must_use]
    pub fn failure(&self) -> Option<&'static str> {
        match self {
            Self::Received(_) | Self::ProofRequired | Self::IdentityRefused => None,
            Self::Violated(_) => Some("invalid"),
            Self::KeyReused => Some("changed"),
            Self::Refused(_) => Some("refused"),
            Self::Trouble { trouble, .. } => Some(match trouble {
                Trouble::TooBusy => "busy",
                Trouble::TooMany => "too-many",
                Trouble::ServerFailed => "server",
                Trouble::Unreachable => "unreachable",
                Trouble::Offline => "offline",
                Trouble::Blocked => "blocked",
            }),
        }
    }
}

/// How the work stands that the service has asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// It goes on. So likely, in percent, it would be done by now.
    GoesOn(u32),
    /// It is done.
    Done,
    /// It could not begin: the service was not reached.
    Unreachable,
    /// This browser cannot do it.
    Impossible,
}

/// What happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Send was pressed, with files like this and these broken rules.
    SendPressed(Files, Vec<Violation>),
    /// The person does not want to wait for the work, with files like this and these broken rules.
    SkipPressed(Files, Vec<Violation>),
    /// The person does not want to send it now.
    CancelPressed,
    /// An upload was added, ended or was removed.
    FilesChanged(Files),
    /// The attempt ended. The second value is a random number below 100.
    Answered(Answer, u32),
    /// The work has moved or ended.
    Worked(Work),
    /// So many seconds have passed since the last time. More than one when the browser has let the page sleep.
    SecondsPassed(u32),
    /// The person, or a network that is back, does not want to wait.
    TryNow,
    /// The person has changed a text.
    Edited,
    /// The person wants to send another request.
    AnotherPressed,
    /// The texts were emptied: the person starts afresh, or is another one.
    Emptied,
}

/// What must be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Show exactly these broken rules, and lead the person to them.
    ShowViolations(Vec<Violation>),
    /// Put files that have stopped back into the queue.
    RetryFiles,
    /// Send the form as it is now.
    Send,
    /// Ask the host page to vouch for the person anew, and send again, or report that the service does not want it.
    RenewIdentity,
    /// Do the work and report it by [`Event::Worked`].
    Work,
    /// Stop the work.
    StopWork,
    /// Say from now on that this browser does not do the work.
    SkipWork,
    /// Report [`Event::SecondsPassed`] in a second.
    CountSecond,
    /// Make a new idempotency key.
    RenewKey,
    /// Lead the person to the receipt.
    ShowReceipt,
    /// Empty the form for another request.
    StartOver,
}
