use cornerdesk_shared::validation::{Code, Field, Violation};

use super::*;

const NO_FILES: Files = Files {
    on_their_way: 0,
    cut: 0,
    paused: 0,
    stopped: 0,
    left_out: 0,
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

fn attempt(attempt: u32) -> Phase {
    Phase::Sending {
        attempt,
        again: false,
    }
}

fn first() -> (Phase, Vec<Effect>) {
    (attempt(1), vec![Effect::Send])
}

fn again(attempt: u32) -> (Phase, Vec<Effect>) {
    let phase = Phase::Sending {
        attempt,
        again: true,
    };
    (phase, vec![Effect::Send])
}

fn send_now() -> (Phase, Vec<Effect>) {
    Phase::Editing(None).next(Event::SendPressed(NO_FILES, Vec::new()))
}

#[test]
fn a_good_form_is_sent_at_once() {
    let (phase, effects) = send_now();
    assert_eq!(phase, attempt(1));
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

fn on_their_way(count: usize) -> Files {
    Files {
        on_their_way: count,
        ..NO_FILES
    }
}

const WAITING: Phase = Phase::WaitingForFiles { left_out: 0 };

#[test]
fn sending_waits_for_files_and_then_goes_on_by_itself() {
    let (phase, _) = Phase::Editing(None).next(Event::SendPressed(on_their_way(2), Vec::new()));
    assert_eq!(phase, WAITING);
    let (phase, effects) = phase.next(Event::FilesChanged(on_their_way(1)));
    assert_eq!((phase.clone(), effects), (WAITING, vec![]));
    assert_eq!(phase.next(Event::FilesChanged(NO_FILES)), first());
}

#[test]
fn a_file_that_has_stopped_is_tried_again_when_send_is_pressed() {
    let stopped = Files {
        stopped: 1,
        ..NO_FILES
    };
    let (phase, effects) = Phase::Editing(None).next(Event::SendPressed(stopped, Vec::new()));
    assert_eq!(phase, WAITING);
    assert!(effects.contains(&Effect::RetryFiles) && !effects.contains(&Effect::Send));
    // In vain: the person decides.
    assert_eq!(
        phase.clone().next(Event::FilesChanged(stopped)),
        (Phase::Editing(None), vec![])
    );
    assert_eq!(phase.next(Event::FilesChanged(NO_FILES)), first());
}

#[test]
fn a_request_goes_out_without_a_refused_file_only_when_that_was_known_before() {
    let refused = Files {
        left_out: 1,
        ..NO_FILES
    };
    let (phase, effects) = Phase::Editing(None).next(Event::SendPressed(refused, Vec::new()));
    assert_eq!(
        phase,
        Phase::Sending {
            attempt: 1,
            again: false
        }
    );
    assert!(effects.contains(&Effect::Send));
    assert_eq!(
        WAITING.next(Event::FilesChanged(refused)),
        (Phase::Editing(None), vec![])
    );
    let known = Phase::WaitingForFiles { left_out: 1 };
    assert_eq!(known.next(Event::FilesChanged(refused)), first());
}

#[test]
fn who_cancels_keeps_the_text_and_nothing_is_sent_later() {
    for phase in [WAITING, proving(1, 3)] {
        let (phase, effects) = phase.next(Event::CancelPressed);
        assert_eq!(phase, Phase::Editing(Some(Notice::Cancelled)));
        assert_eq!(effects, [Effect::StopWork]);
        for late in [
            Event::FilesChanged(NO_FILES),
            Event::Worked(Work::Done),
            Event::SecondsPassed(1),
        ] {
            assert_eq!(phase.clone().next(late), (phase.clone(), vec![]));
        }
    }
}

#[test]
fn a_receipt_ends_it() {
    let (phase, effects) = attempt(3).next(Event::Answered(Answer::Received(receipt()), 0));
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
    let (phase, effects) = attempt(1).next(Event::Answered(unreachable(), 0));
    assert_eq!(
        (phase.clone(), effects),
        (retrying(1, 2), vec![Effect::CountSecond])
    );
    let (phase, effects) = phase.next(Event::SecondsPassed(1));
    assert_eq!(
        (phase.clone(), effects),
        (retrying(1, 1), vec![Effect::CountSecond])
    );
    assert_eq!(phase.next(Event::SecondsPassed(1)), again(2));
    assert_eq!(retrying(4, 30).next(Event::TryNow), again(5));
}

#[test]
fn a_page_that_slept_does_not_wait_again_for_what_has_passed() {
    assert_eq!(
        retrying(1, 3_600).next(Event::SecondsPassed(3_590)).0,
        retrying(1, 10)
    );
    assert_eq!(
        retrying(1, 3_600).next(Event::SecondsPassed(9_000)),
        again(2)
    );
}

#[test]
fn the_service_says_how_long_to_wait() {
    let busy = Answer::Trouble {
        trouble: Trouble::TooBusy,
        retry_after_s: Some(30),
    };
    let (phase, _) = attempt(1).next(Event::Answered(busy, 99));
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
    assert_eq!(phase.clone().next(Event::SecondsPassed(1)), (phase, vec![]));
}

#[test]
fn trying_ends_and_begins_anew_when_the_person_sends_again() {
    let (phase, effects) = attempt(ATTEMPTS_MOST).next(Event::Answered(unreachable(), 0));
    assert_eq!(
        (phase.clone(), effects),
        (
            Phase::Editing(Some(Notice::GaveUp(Trouble::Unreachable))),
            vec![]
        )
    );
    assert_eq!(
        phase.next(Event::SendPressed(NO_FILES, Vec::new())).0,
        attempt(1)
    );
}

fn proving(attempt: u32, seconds: u32) -> Phase {
    Phase::Proving {
        attempt,
        seconds,
        percent: 0,
    }
}

#[test]
fn work_that_is_asked_for_is_done_and_the_request_sent() {
    let (phase, effects) = attempt(1).next(Event::Answered(Answer::ProofRequired, 0));
    assert_eq!(
        (phase.clone(), effects),
        (proving(1, 0), vec![Effect::Work, Effect::CountSecond])
    );
    assert!(phase.is_busy());
    // Nothing went wrong, so nothing is said to be tried again.
    assert_eq!(
        phase.next(Event::Worked(Work::Done)),
        (attempt(2), vec![Effect::Send])
    );
    let (phase, effects) = attempt(ATTEMPTS_MOST).next(Event::Answered(Answer::ProofRequired, 0));
    assert!(matches!(phase, Phase::Editing(Some(Notice::GaveUp(_)))) && effects.is_empty());
}

#[test]
fn work_moves_forward_only_and_is_never_done_before_it_is() {
    let moved = |phase: Phase, likely| phase.next(Event::Worked(Work::GoesOn(likely))).0;
    let phase = moved(moved(proving(1, 2), 60), 40);
    assert!(matches!(phase, Phase::Proving { percent: 60, .. }));
    assert!(matches!(
        moved(phase, 100),
        Phase::Proving { percent: 99, .. }
    ));
}

#[test]
fn work_that_takes_minutes_is_stopped_and_the_person_asked() {
    let (phase, effects) = proving(1, 0).next(Event::SecondsPassed(119));
    assert_eq!(
        (phase.clone(), effects),
        (proving(1, 119), vec![Effect::CountSecond])
    );
    let (phase, effects) = phase.next(Event::SecondsPassed(1));
    assert_eq!(phase, Phase::Editing(Some(Notice::CannotProve)));
    assert_eq!(effects, [Effect::StopWork]);
}

#[test]
fn work_that_cannot_begin_is_tried_again_and_then_counts_as_impossible() {
    let unreachable = Event::Worked(Work::Unreachable);
    let (phase, effects) = proving(1, 0).next(unreachable.clone());
    assert_eq!(
        (phase, effects),
        (retrying(1, 2), vec![Effect::CountSecond])
    );
    for event in [unreachable, Event::Worked(Work::Impossible)] {
        let (phase, effects) = proving(3, 0).next(event);
        assert_eq!(phase, Phase::Editing(Some(Notice::CannotProve)));
        assert!(effects.is_empty());
    }
}

#[test]
fn who_does_not_want_to_wait_for_work_sends_without_it() {
    let skip = || Event::SkipPressed(NO_FILES, Vec::new());
    assert_eq!(
        proving(1, 20).next(skip()),
        (
            attempt(2),
            vec![Effect::StopWork, Effect::SkipWork, Effect::Send]
        )
    );
    let (phase, effects) = Phase::Editing(Some(Notice::CannotProve)).next(skip());
    assert_eq!(phase, attempt(1));
    assert_eq!(
        (effects.first(), effects.last()),
        (Some(&Effect::SkipWork), Some(&Effect::Send))
    );
    // Nobody is led past the check who was not asked.
    assert_eq!(
        Phase::Editing(None).next(skip()),
        (Phase::Editing(None), vec![])
    );
}

#[test]
fn a_key_of_another_text_is_replaced() {
    let (phase, effects) = attempt(1).next(Event::Answered(Answer::KeyReused, 0));
    assert_eq!(phase, again(2).0);
    assert_eq!(effects, [Effect::RenewKey, Effect::Send]);
}

#[test]
fn a_token_that_ended_is_renewed_and_without_another_one_the_text_stays() {
    let (phase, effects) = attempt(1).next(Event::Answered(Answer::IdentityRefused, 0));
    assert_eq!(
        (&phase, effects),
        (&attempt(2), vec![Effect::RenewIdentity])
    );
    let refused = Event::Answered(Answer::Refused(Refusal::Identity), 0);
    let (phase, effects) = phase.next(refused);
    assert_eq!(
        (phase, effects),
        (
            Phase::Editing(Some(Notice::Refused(Refusal::Identity))),
            vec![]
        )
    );
    // A host page that brings the same token again and again is not asked for ever.
    let (phase, effects) = attempt(ATTEMPTS_MOST).next(Event::Answered(Answer::IdentityRefused, 0));
    assert!(matches!(phase, Phase::Editing(Some(_))) && effects.is_empty());
}

#[test]
fn only_an_answer_makes_a_receipt() {
    let events = [
        Event::SendPressed(NO_FILES, Vec::new()),
        Event::FilesChanged(NO_FILES),
        Event::SecondsPassed(1),
        Event::TryNow,
        Event::Edited,
        Event::CancelPressed,
        Event::SkipPressed(NO_FILES, Vec::new()),
        Event::Worked(Work::Done),
        Event::AnotherPressed,
    ];
    let phases = [
        Phase::Editing(None),
        WAITING,
        attempt(1),
        proving(1, 1),
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

#[test]
fn without_a_network_it_waits_without_giving_up_and_goes_out_once_when_it_is_back() {
    let offline = || Answer::Trouble {
        trouble: Trouble::Offline,
        retry_after_s: None,
    };
    let mut phase = attempt(1);
    for _ in 0..ATTEMPTS_MOST * 2 {
        let (waiting, effects) = phase.next(Event::Answered(offline(), 0));
        assert!(waiting.is_busy());
        assert_eq!(effects, []);
        let (sending, effects) = waiting.next(Event::TryNow);
        assert_eq!(effects, [Effect::Send]);
        phase = sending;
    }
    assert_eq!(phase, again(1).0);
}

#[test]
fn what_waits_for_the_network_and_has_never_left_can_be_cancelled() {
    let waiting = |attempt| Phase::Retrying {
        attempt,
        seconds_left: 0,
        trouble: Trouble::Offline,
    };
    let (phase, _) = waiting(0).next(Event::CancelPressed);
    assert_eq!(phase, Phase::Editing(Some(Notice::Cancelled)));
    let (phase, _) = waiting(1).next(Event::CancelPressed);
    assert_eq!(phase, waiting(1));
}

#[test]
fn a_paused_file_goes_on_when_send_is_pressed() {
    let files = Files {
        paused: 1,
        ..on_their_way(1)
    };
    let (phase, effects) = Phase::Editing(None).next(Event::SendPressed(files, Vec::new()));
    assert_eq!(phase, Phase::WaitingForFiles { left_out: 0 });
    assert!(effects.contains(&Effect::RetryFiles));
}

#[test]
fn whoever_starts_afresh_sends_nothing_of_before() {
    for phase in [attempt(1), retrying(3, 5), Phase::Editing(None)] {
        let (phase, effects) = phase.next(Event::Emptied);
        assert_eq!(phase, Phase::Editing(None));
        assert!(effects.contains(&Effect::StartOver));
        let late = Event::Answered(Answer::Received(receipt()), 0);
        assert_eq!(phase.next(late), (Phase::Editing(None), Vec::new()));
    }
}

#[test]
fn only_the_second_silence_is_called_blocked() {
    let blocked = || Answer::Trouble {
        trouble: Trouble::Blocked,
        retry_after_s: None,
    };
    let (phase, _) = attempt(1).next(Event::Answered(blocked(), 0));
    assert_eq!(phase, retrying(1, 2));
    let (phase, effects) = attempt(2).next(Event::Answered(blocked(), 0));
    let waiting = Phase::Retrying {
        attempt: 2,
        seconds_left: 4,
        trouble: Trouble::Blocked,
    };
    assert_eq!((phase, effects), (waiting, vec![Effect::CountSecond]));
}
