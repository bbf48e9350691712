//! Where a request stands between the first key and the receipt.
//!
//! A pure state machine: an event goes in, the next phase and the effects come out. What must hold:
//! the text is never cleared before the receipt, and nothing but an answer of the service makes a receipt.

use cornerdesk_shared::{receipt::Receipt, validation::Violation};

/// After so many attempts the panel stops trying by itself; with the delays below that is about four minutes.
pub const ATTEMPTS_MOST: u32 = 8;
const DELAY_MOST_S: u32 = 60;

/// Where the request stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The person writes; with what they should know about the last attempt.
    Editing(Option<Notice>),
    /// Send was pressed and files are still on their way.
    WaitingForFiles,
    /// The request is on its way. The first attempt is 1.
    Sending {
        /// How many times it was sent, this time included.
        attempt: u32,
    },
    /// The service wants work done before it takes the request.
    Proving {
        /// How many times it was sent.
        attempt: u32,
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
    /// Files could not be uploaded.
    FilesFailed,
    /// It did not get through, and the person has gone on writing.
    Paused(Trouble),
    /// It did not get through, often.
    GaveUp(Trouble),
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
    /// Anything else, in the service's words.
    Other(String),
}

/// How the uploads stand, as far as sending cares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Files {
    /// Neither done nor failed.
    pub on_their_way: usize,
    /// Failed, and neither retried nor removed.
    pub failed: usize,
}

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

/// What happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Send was pressed, with files like this and these broken rules.
    SendPressed(Files, Vec<Violation>),
    /// An upload was added, ended or was removed.
    FilesChanged(Files),
    /// The attempt ended. The second value is a random number below 100.
    Answered(Answer, u32),
    /// The work is done, or cannot be done.
    Proved(bool),
    /// A second of the countdown has passed.
    SecondPassed,
    /// The person, or a network that is back, does not want to wait.
    TryNow,
    /// The person has changed a text.
    Edited,
    /// The person wants to send another request.
    AnotherPressed,
}

/// What must be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Show exactly these broken rules, and lead the person to them.
    ShowViolations(Vec<Violation>),
    /// Send the form as it is now.
    Send,
    /// Do the work and report [`Event::Proved`].
    Prove,
    /// Report [`Event::SecondPassed`] in a second.
    CountSecond,
    /// Make a new idempotency key.
    RenewKey,
    /// Lead the person to the receipt.
    ShowReceipt,
    /// Empty the form for another request.
    StartOver,
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
        matches!(
            self,
            Self::WaitingForFiles
                | Self::Sending { .. }
                | Self::Proving { .. }
                | Self::Retrying { .. }
        )
    }

    /// The next phase and what must be done. Events that mean nothing in a phase change nothing.
    #[must_use]
    pub fn next(self, event: Event) -> (Self, Vec<Effect>) {
        match (self, event) {
            (Self::Editing(_) | Self::Retrying { .. }, Event::SendPressed(files, violations)) => {
                send_pressed(files, violations)
            }
            (Self::WaitingForFiles, Event::FilesChanged(files)) => once_files_are_there(files),
            (Self::Editing(Some(Notice::FilesFailed)), Event::FilesChanged(files)) => (
                Self::Editing((files.failed > 0).then_some(Notice::FilesFailed)),
                Vec::new(),
            ),
            (Self::Sending { attempt }, Event::Answered(answer, random)) => {
                answered(attempt, answer, random)
            }
            (Self::Proving { attempt }, Event::Proved(true)) => sending(attempt + 1),
            (Self::Proving { attempt }, Event::Proved(false)) => answered(attempt, CANNOT_PROVE, 0),
            (
                Self::Retrying {
                    attempt,
                    seconds_left,
                    trouble,
                },
                Event::SecondPassed,
            ) if seconds_left > 1 => {
                let phase = Self::Retrying {
                    attempt,
                    seconds_left: seconds_left - 1,
                    trouble,
                };
                (phase, vec![Effect::CountSecond])
            }
            (Self::Retrying { attempt, .. }, Event::SecondPassed | Event::TryNow) => {
                sending(attempt + 1)
            }
            (Self::Retrying { trouble, .. }, Event::Edited) => {
                (Self::Editing(Some(Notice::Paused(trouble))), Vec::new())
            }
            (Self::Sent(_), Event::AnotherPressed) => (
                Self::Editing(None),
                vec![Effect::RenewKey, Effect::StartOver],
            ),
            (phase, _) => (phase, Vec::new()),
        }
    }
}

/// A browser that cannot do the work now may do it later: the network may be away, or the attack be over.
const CANNOT_PROVE: Answer = Answer::Trouble {
    trouble: Trouble::ServerFailed,
    retry_after_s: None,
};

fn sending(attempt: u32) -> (Phase, Vec<Effect>) {
    (Phase::Sending { attempt }, vec![Effect::Send])
}

fn send_pressed(files: Files, violations: Vec<Violation>) -> (Phase, Vec<Effect>) {
    if !violations.is_empty() {
        return (
            Phase::Editing(None),
            vec![Effect::ShowViolations(violations)],
        );
    }
    let (phase, mut effects) = once_files_are_there(files);
    effects.insert(0, Effect::ShowViolations(Vec::new()));
    (phase, effects)
}

fn once_files_are_there(files: Files) -> (Phase, Vec<Effect>) {
    if files.on_their_way > 0 {
        (Phase::WaitingForFiles, Vec::new())
    } else if files.failed > 0 {
        (Phase::Editing(Some(Notice::FilesFailed)), Vec::new())
    } else {
        sending(1)
    }
}

fn answered(attempt: u32, answer: Answer, random: u32) -> (Phase, Vec<Effect>) {
    match answer {
        Answer::Received(receipt) => (Phase::Sent(receipt), vec![Effect::ShowReceipt]),
        Answer::Violated(violations) => (
            Phase::Editing(None),
            vec![Effect::ShowViolations(violations)],
        ),
        Answer::KeyReused if attempt < ATTEMPTS_MOST => (
            Phase::Sending {
                attempt: attempt + 1,
            },
            vec![Effect::RenewKey, Effect::Send],
        ),
        Answer::KeyReused => (
            Phase::Editing(Some(Notice::GaveUp(Trouble::ServerFailed))),
            Vec::new(),
        ),
        Answer::ProofRequired if attempt < ATTEMPTS_MOST => {
            (Phase::Proving { attempt }, vec![Effect::Prove])
        }
        Answer::ProofRequired => (
            Phase::Editing(Some(Notice::GaveUp(Trouble::ServerFailed))),
            Vec::new(),
        ),
        Answer::Refused(refusal) => (Phase::Editing(Some(Notice::Refused(refusal))), Vec::new()),
        Answer::Trouble { trouble, .. } if attempt >= ATTEMPTS_MOST => {
            (Phase::Editing(Some(Notice::GaveUp(trouble))), Vec::new())
        }
        Answer::Trouble {
            trouble,
            retry_after_s,
        } => {
            let seconds_left = retry_delay_s(attempt, random).max(retry_after_s.unwrap_or(0));
            (
                Phase::Retrying {
                    attempt,
                    seconds_left,
                    trouble,
                },
                vec![Effect::CountSecond],
            )
        }
    }
}

/// How long to wait after the attempt: 2, 4, 8 … 60 seconds and up to half as much again, so that a service which
/// comes back is not met by everybody at once. `random` is below 100.
#[must_use]
pub fn retry_delay_s(attempt: u32, random: u32) -> u32 {
    let base_s = (1 << attempt.min(6)).min(DELAY_MOST_S);
    base_s + base_s * random / 200
}

#[cfg(test)]
mod tests {
    use cornerdesk_shared::validation::{Code, Field};

    use super::*;

    const NO_FILES: Files = Files {
        on_their_way: 0,
        failed: 0,
    };

    fn receipt() -> Receipt {
        Receipt {
            reference: "CD-7K3F-92XQ".into(),
            received_at: "2026-11-21T10:00:00Z".into(),
            answer_by: None,
            status_url: None,
            mail: None,
        }
    }

    fn unreachable() -> Answer {
        Answer::Trouble {
            trouble: Trouble::Unreachable,
            retry_after_s: None,
        }
    }

    fn retrying(attempt: u32, seconds_left: u32) -> Phase {
        Phase::Retrying {
            attempt,
            seconds_left,
            trouble: Trouble::Unreachable,
        }
    }

    fn send_now() -> (Phase, Vec<Effect>) {
        Phase::Editing(None).next(Event::SendPressed(NO_FILES, Vec::new()))
    }

    #[test]
    fn a_good_form_is_sent_at_once() {
        let (phase, effects) = send_now();
        assert_eq!(phase, Phase::Sending { attempt: 1 });
        assert_eq!(effects, [Effect::ShowViolations(Vec::new()), Effect::Send]);
    }

    #[test]
    fn a_broken_rule_is_shown_and_nothing_is_sent() {
        let violations = vec![Violation::new(Field::Email, Code::Invalid)];
        let (phase, effects) =
            Phase::Editing(None).next(Event::SendPressed(NO_FILES, violations.clone()));
        assert_eq!(phase, Phase::Editing(None));
        assert_eq!(effects, [Effect::ShowViolations(violations)]);
    }

    #[test]
    fn sending_waits_for_files_and_then_goes_on_by_itself() {
        let files = |on_their_way| Files {
            on_their_way,
            failed: 0,
        };
        let (phase, _) = Phase::Editing(None).next(Event::SendPressed(files(2), Vec::new()));
        assert_eq!(phase, Phase::WaitingForFiles);
        let (phase, effects) = phase.next(Event::FilesChanged(files(1)));
        assert_eq!((phase.clone(), effects), (Phase::WaitingForFiles, vec![]));
        assert_eq!(
            phase.next(Event::FilesChanged(files(0))),
            (Phase::Sending { attempt: 1 }, vec![Effect::Send])
        );
    }

    #[test]
    fn a_request_never_goes_out_without_a_file_that_failed() {
        let failed = Files {
            on_their_way: 0,
            failed: 1,
        };
        let told = Phase::Editing(Some(Notice::FilesFailed));
        let (phase, effects) = Phase::WaitingForFiles.next(Event::FilesChanged(failed));
        assert_eq!((phase.clone(), effects), (told.clone(), vec![]));
        let (phase, _) = phase.next(Event::SendPressed(failed, Vec::new()));
        assert_eq!(phase, told);
        assert_eq!(
            phase.next(Event::FilesChanged(NO_FILES)).0,
            Phase::Editing(None)
        );
    }

    #[test]
    fn a_receipt_ends_it() {
        let (phase, effects) =
            Phase::Sending { attempt: 3 }.next(Event::Answered(Answer::Received(receipt()), 0));
        assert_eq!(phase, Phase::Sent(receipt()));
        assert_eq!(effects, [Effect::ShowReceipt]);
        assert_eq!(
            phase
                .clone()
                .next(Event::SendPressed(NO_FILES, Vec::new()))
                .0,
            phase
        );
    }

    #[test]
    fn what_did_not_get_through_is_counted_down_and_sent_again() {
        let (phase, effects) =
            Phase::Sending { attempt: 1 }.next(Event::Answered(unreachable(), 0));
        assert_eq!(
            (phase.clone(), effects),
            (retrying(1, 2), vec![Effect::CountSecond])
        );
        let (phase, effects) = phase.next(Event::SecondPassed);
        assert_eq!(
            (phase.clone(), effects),
            (retrying(1, 1), vec![Effect::CountSecond])
        );
        assert_eq!(phase.next(Event::SecondPassed), sending(2));
        assert_eq!(retrying(4, 30).next(Event::TryNow), sending(5));
    }

    #[test]
    fn the_service_says_how_long_to_wait() {
        let busy = Answer::Trouble {
            trouble: Trouble::TooBusy,
            retry_after_s: Some(30),
        };
        let (phase, _) = Phase::Sending { attempt: 1 }.next(Event::Answered(busy, 99));
        assert!(matches!(
            phase,
            Phase::Retrying {
                seconds_left: 30,
                ..
            }
        ));
    }

    #[test]
    fn writing_on_stops_the_countdown() {
        let (phase, effects) = retrying(2, 4).next(Event::Edited);
        assert_eq!(
            (phase.clone(), effects),
            (
                Phase::Editing(Some(Notice::Paused(Trouble::Unreachable))),
                vec![]
            )
        );
        assert_eq!(phase.clone().next(Event::SecondPassed), (phase, vec![]));
    }

    #[test]
    fn trying_ends_and_begins_anew_when_the_person_sends_again() {
        let (phase, effects) = Phase::Sending {
            attempt: ATTEMPTS_MOST,
        }
        .next(Event::Answered(unreachable(), 0));
        assert_eq!(
            (phase.clone(), effects),
            (
                Phase::Editing(Some(Notice::GaveUp(Trouble::Unreachable))),
                vec![]
            )
        );
        assert_eq!(
            phase.next(Event::SendPressed(NO_FILES, Vec::new())).0,
            Phase::Sending { attempt: 1 }
        );
    }

    #[test]
    fn work_that_is_asked_for_is_done_and_the_request_sent_again() {
        let (phase, effects) =
            Phase::Sending { attempt: 1 }.next(Event::Answered(Answer::ProofRequired, 0));
        assert_eq!(
            (phase.clone(), effects),
            (Phase::Proving { attempt: 1 }, vec![Effect::Prove])
        );
        assert!(phase.is_busy());
        assert_eq!(phase.clone().next(Event::Proved(true)), sending(2));
        let (phase, effects) = phase.next(Event::Proved(false));
        assert!(matches!(phase, Phase::Retrying { attempt: 1, .. }));
        assert_eq!(effects, [Effect::CountSecond]);
        let last = Phase::Sending {
            attempt: ATTEMPTS_MOST,
        };
        let (phase, effects) = last.next(Event::Answered(Answer::ProofRequired, 0));
        assert!(matches!(phase, Phase::Editing(Some(Notice::GaveUp(_)))) && effects.is_empty());
    }

    #[test]
    fn a_key_of_another_text_is_replaced() {
        let (phase, effects) =
            Phase::Sending { attempt: 1 }.next(Event::Answered(Answer::KeyReused, 0));
        assert_eq!(phase, Phase::Sending { attempt: 2 });
        assert_eq!(effects, [Effect::RenewKey, Effect::Send]);
    }

    #[test]
    fn only_an_answer_makes_a_receipt() {
        let events = [
            Event::SendPressed(NO_FILES, Vec::new()),
            Event::FilesChanged(NO_FILES),
            Event::SecondPassed,
            Event::TryNow,
            Event::Edited,
            Event::AnotherPressed,
        ];
        let phases = [
            Phase::Editing(None),
            Phase::WaitingForFiles,
            Phase::Sending { attempt: 1 },
            retrying(1, 1),
        ];
        for phase in phases {
            for event in events.clone() {
                let (next, effects) = phase.clone().next(event.clone());
                assert!(
                    !matches!(next, Phase::Sent(_)) && !effects.contains(&Effect::StartOver),
                    "{phase:?} on {event:?}"
                );
            }
        }
    }

    #[test]
    fn delays_grow_and_spread_and_stay_below_a_minute_and_a_half() {
        assert_eq!(
            [1, 2, 3, 6, 60].map(|n| retry_delay_s(n, 0)),
            [2, 4, 8, 60, 60]
        );
        assert_eq!(retry_delay_s(60, 99), 89);
    }
}
