//! Attempts: when the first begins, what an answer leads to, and when the next one is due.

use cornerdesk_shared::validation::Violation;

use super::{Answer, Effect, Files, Notice, Phase, Refusal, Trouble, proving};

/// After so many attempts the panel stops trying by itself; with the delays below that is about four minutes.
pub const ATTEMPTS_MOST: u32 = 8;
const DELAY_MOST_S: u32 = 60;

/// The request goes out, and no earlier attempt has failed as far as the person knows.
pub(super) fn sending(attempt: u32) -> (Phase, Vec<Effect>) {
    let phase = Phase::Sending {
        attempt,
        again: false,
    };
    (phase, vec![Effect::Send])
}

/// The request goes out after an attempt that did not get through.
pub(super) fn again(attempt: u32) -> (Phase, Vec<Effect>) {
    let phase = Phase::Sending {
        attempt,
        again: true,
    };
    (phase, vec![Effect::Send])
}

/// Send was pressed. Files that have stopped are tried again; the request goes out without those that the service or a limit refuses, since
/// the person has been told before.
pub(super) fn pressed(files: Files, violations: Vec<Violation>) -> (Phase, Vec<Effect>) {
    if !violations.is_empty() {
        return (
            Phase::Editing(None),
            vec![Effect::ShowViolations(violations)],
        );
    }
    let mut effects = vec![Effect::ShowViolations(Vec::new())];
    if files.stopped > 0 || files.paused > 0 {
        effects.push(Effect::RetryFiles);
    }
    if files.stopped > 0 || files.on_their_way > 0 {
        let left_out = files.left_out;
        return (Phase::WaitingForFiles { left_out }, effects);
    }
    let (phase, send) = sending(1);
    effects.extend(send);
    (phase, effects)
}

/// Files have moved since Send was pressed; so many were refused by then. The request never goes out without a file whose fate the person
/// could not know.
pub(super) fn files_changed(told_left_out: usize, files: Files) -> (Phase, Vec<Effect>) {
    if files.on_their_way > 0 {
        let phase = Phase::WaitingForFiles {
            left_out: told_left_out,
        };
        (phase, Vec::new())
    } else if files.stopped > 0 || files.left_out > told_left_out {
        // The notice says which files it is about.
        (Phase::Editing(None), Vec::new())
    } else {
        sending(1)
    }
}

/// The attempt from which on a request counts as blocked that stays without an answer while others have one.
const BLOCKED_FROM: u32 = 2;

/// An attempt was answered, or had no answer.
pub(super) fn answered(attempt: u32, answer: Answer, random: u32) -> (Phase, Vec<Effect>) {
    match answer {
        Answer::Received(receipt) => (Phase::Sent(receipt), vec![Effect::ShowReceipt]),
        Answer::Violated(violations) => (
            Phase::Editing(None),
            vec![Effect::ShowViolations(violations)],
        ),
        Answer::KeyReused if attempt < ATTEMPTS_MOST => {
            let (phase, send) = again(attempt + 1);
            (phase, [vec![Effect::RenewKey], send].concat())
        }
        Answer::IdentityRefused if attempt < ATTEMPTS_MOST => {
            let (phase, _) = sending(attempt + 1);
            (phase, vec![Effect::RenewIdentity])
        }
        Answer::IdentityRefused => (
            Phase::Editing(Some(Notice::Refused(Refusal::Identity))),
            Vec::new(),
        ),
        Answer::ProofRequired if attempt < ATTEMPTS_MOST => proving::begin(attempt),
        Answer::KeyReused | Answer::ProofRequired => (
            Phase::Editing(Some(Notice::GaveUp(Trouble::ServerFailed))),
            Vec::new(),
        ),
        Answer::Refused(refusal) => (Phase::Editing(Some(Notice::Refused(refusal))), Vec::new()),
        // One lost answer looks the same, and people should not be sent to search for what is not there.
        Answer::Trouble {
            trouble: Trouble::Blocked,
            retry_after_s,
        } if attempt < BLOCKED_FROM => {
            let trouble = Trouble::Unreachable;
            answered(
                attempt,
                Answer::Trouble {
                    trouble,
                    retry_after_s,
                },
                random,
            )
        }
        // Nothing is counted and nobody gives up: it goes out when the network is back.
        Answer::Trouble {
            trouble: Trouble::Offline,
            ..
        } => {
            let phase = Phase::Retrying {
                attempt: attempt - 1,
                seconds_left: 0,
                trouble: Trouble::Offline,
            };
            (phase, Vec::new())
        }
        Answer::Trouble { trouble, .. } if attempt >= ATTEMPTS_MOST => {
            (Phase::Editing(Some(Notice::GaveUp(trouble))), Vec::new())
        }
        Answer::Trouble {
            trouble,
            retry_after_s,
        } => {
            let seconds_left = retry_delay_s(attempt, random).max(retry_after_s.unwrap_or(0));
            let phase = Phase::Retrying {
                attempt,
                seconds_left,
                trouble,
            };
            (phase, vec![Effect::CountSecond])
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
