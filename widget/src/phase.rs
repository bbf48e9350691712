//! Where a request stands between the first key and the receipt.
//!
//! A pure state machine: an event goes in, the next phase and the effects come out. What must hold:
//! the text is never cleared before the receipt, and nothing but an answer of the service makes a receipt.

mod event;
pub mod proving;
mod sending;
#[cfg(test)]
mod tests;

use cornerdesk_shared::receipt::Receipt;

pub use event::{Answer, Effect, Event, Work};
pub use sending::{ATTEMPTS_MOST, retry_delay_s};

/// Where the request stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The person writes; with what they should know about the last attempt.
    Editing(Option<Notice>),
    /// Send was pressed and files are still on their way.
    WaitingForFiles {
        /// How many files the person knows to be refused.
        left_out: usize,
    },
    /// The request is on its way. The first attempt is 1.
    Sending {
        /// How many times it was sent, this time included.
        attempt: u32,
        /// The person has been told that an earlier attempt did not get through.
        again: bool,
    },
    /// The service wants work done before it takes the request.
    Proving {
        /// How many times it was sent.
        attempt: u32,
        /// How long it has taken so far.
        seconds: u32,
        /// So likely, in percent, it would be done by now.
        percent: u32,
    },
    /// It did not get through; it is sent again when the seconds have passed.
    Retrying {
        /// How many times it was sent.
        attempt: u32,
        /// Until the next attempt.
        seconds_left: u32,
        /// Why it did not get through.
        trouble: Trouble,
    },
    /// The service has it.
    Sent(Receipt),
}

/// What the person should know while they write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// They did not want to send it after all.
    Cancelled,
    /// It did not get through, and the person has gone on writing.
    Paused(Trouble),
    /// It did not get through, often.
    GaveUp(Trouble),
    /// The work that the service wants cannot be done here.
    CannotProve,
    /// The service does not want it.
    Refused(Refusal),
    /// What the service has written into the document, after a plain POST.
    Told(String),
}

/// Why an attempt did not get through. Trying again may help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// No answer.
    Unreachable,
    /// No answer, and the browser says that there is no network.
    Offline,
    /// No answer, while the service answers other requests: something in the browser or on the way refuses this one.
    Blocked,
    /// The service asks for patience.
    TooBusy,
    /// Too much came from this network of late.
    TooMany,
    /// The service failed.
    ServerFailed,
}

/// Why the service does not want a request. Trying again does not help.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The site is unknown or does not allow the page.
    Site,
    /// It does not believe who the person is; the address is asked for now.
    Identity,
    /// It takes requests only of people who are signed in to the product.
    NotSignedIn,
    /// Such requests go elsewhere, or come from others: the text says where to turn to.
    Elsewhere(String),
    /// Anything else.
    Other,
}

/// How the uploads stand, as far as sending cares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Files {
    /// Neither done nor failed.
    pub on_their_way: usize,
    /// How many of those have lost the connection and not found it again at once.
    pub cut: usize,
    /// How many of those the person has paused.
    pub paused: usize,
    /// Have stopped, and may go on when tried again.
    pub stopped: usize,
    /// Refused by a limit or by the service: they cannot go along.
    pub left_out: usize,
}

impl Default for Phase {
    fn default() -> Self {
        Self::Editing(None)
    }
}

impl Phase {
    /// Whether leaving the page now would lose something that the person believes to be sent.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        !matches!(self, Self::Editing(_) | Self::Sent(_))
    }

    /// The next phase and what must be done. Events that mean nothing in a phase change nothing.
    #[must_use]
    pub fn next(self, event: Event) -> (Self, Vec<Effect>) {
        match (self, event) {
            (Self::Editing(_) | Self::Retrying { .. }, Event::SendPressed(files, violations)) => {
                sending::pressed(files, violations)
            }
            (Self::Editing(Some(Notice::CannotProve)), Event::SkipPressed(files, violations)) => {
                let (phase, mut effects) = sending::pressed(files, violations);
                effects.insert(0, Effect::SkipWork);
                (phase, effects)
            }
            (Self::Proving { attempt, .. }, Event::SkipPressed(..)) => proving::skipped(attempt),
            (
                Self::WaitingForFiles { .. }
                | Self::Proving { .. }
                // Nothing has left yet, so "not sent" is true.
                | Self::Retrying { attempt: 0, .. },
                Event::CancelPressed,
            ) => (
                Self::Editing(Some(Notice::Cancelled)),
                vec![Effect::StopWork],
            ),
            (Self::WaitingForFiles { left_out }, Event::FilesChanged(files)) => {
                sending::files_changed(left_out, files)
            }
            (Self::Sending { attempt, .. }, Event::Answered(answer, random)) => {
                sending::answered(attempt, answer, random)
            }
            (
                Self::Proving {
                    attempt,
                    seconds,
                    percent,
                },
                Event::Worked(work),
            ) => proving::worked(attempt, seconds, percent, work),
            (
                Self::Proving {
                    attempt,
                    seconds,
                    percent,
                },
                Event::SecondsPassed(passed),
            ) => proving::waited(attempt, seconds, percent, passed),
            (
                Self::Retrying {
                    attempt,
                    seconds_left,
                    trouble,
                },
                Event::SecondsPassed(passed),
            ) if seconds_left > passed => {
                let phase = Self::Retrying {
                    attempt,
                    seconds_left: seconds_left - passed,
                    trouble,
                };
                (phase, vec![Effect::CountSecond])
            }
            (Self::Retrying { attempt, .. }, Event::SecondsPassed(_) | Event::TryNow) => {
                sending::again(attempt + 1)
            }
            (Self::Retrying { trouble, .. }, Event::Edited) => {
                (Self::Editing(Some(Notice::Paused(trouble))), Vec::new())
            }
            (Self::Editing(Some(Notice::Cancelled)), Event::Edited) => {
                (Self::Editing(None), Vec::new())
            }
            (Self::Sent(_), Event::AnotherPressed) => (
                Self::Editing(None),
                vec![Effect::RenewKey, Effect::StartOver],
            ),
            // Whatever was under way is nobody's any more.
            (_, Event::Emptied) => (
                Self::Editing(None),
                vec![Effect::StopWork, Effect::StartOver],
            ),
            (phase, _) => (phase, Vec::new()),
        }
    }
}
