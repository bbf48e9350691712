//! While the service wants work done before it takes a request: what the person sees of it, and how long it may take.

use super::{
    Answer, Effect, Notice, Phase, Trouble, Work,
    sending::{answered, sending},
};

/// Work that takes longer than this is shown. Whatever takes longer interrupts a person's thought.
pub const SHOWN_AFTER_S: u32 = 1;
/// Work that takes longer than this is slow: most phones need five seconds, and only one in a hundred times 4.6 times as long as usual.
pub const SLOW_AFTER_S: u32 = 15;
/// Longer than this nobody should wait, and no battery should pay. The challenge would last for ten minutes.
const MOST_S: u32 = 120;
/// After so many attempts to begin it, the work counts as impossible here: something between the service and the browser forbids it.
const UNREACHABLE_MOST: u32 = 3;

/// The service wants work done after this attempt.
pub(super) fn begin(attempt: u32) -> (Phase, Vec<Effect>) {
    let phase = Phase::Proving {
        attempt,
        seconds: 0,
        percent: 0,
    };
    (phase, vec![Effect::Work, Effect::CountSecond])
}

/// The work has moved or ended.
pub(super) fn worked(attempt: u32, seconds: u32, percent: u32, work: Work) -> (Phase, Vec<Effect>) {
    match work {
        Work::GoesOn(likely) => {
            let phase = Phase::Proving {
                attempt,
                seconds,
                percent: likely.clamp(percent, 99),
            };
            (phase, Vec::new())
        }
        Work::Done => sending(attempt + 1),
        Work::Unreachable if attempt < UNREACHABLE_MOST => answered(attempt, UNREACHABLE, 0),
        Work::Unreachable | Work::Impossible => cannot(),
    }
}

/// Time has passed.
pub(super) fn waited(
    attempt: u32,
    seconds: u32,
    percent: u32,
    passed: u32,
) -> (Phase, Vec<Effect>) {
    let seconds = seconds + passed;
    if seconds >= MOST_S {
        let (phase, mut effects) = cannot();
        effects.push(Effect::StopWork);
        return (phase, effects);
    }
    let phase = Phase::Proving {
        attempt,
        seconds,
        percent,
    };
    (phase, vec![Effect::CountSecond])
}

/// The person does not want to wait for it.
pub(super) fn skipped(attempt: u32) -> (Phase, Vec<Effect>) {
    let (phase, send) = sending(attempt + 1);
    (
        phase,
        [vec![Effect::StopWork, Effect::SkipWork], send].concat(),
    )
}

const UNREACHABLE: Answer = Answer::Trouble {
    trouble: Trouble::Unreachable,
    retry_after_s: None,
};

fn cannot() -> (Phase, Vec<Effect>) {
    (Phase::Editing(Some(Notice::CannotProve)), Vec::new())
}
