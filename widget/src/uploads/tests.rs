use super::*;

fn one(size_bytes: u64) -> (Uploads, UploadNumber) {
    let mut uploads = Uploads::default();
    let number = uploads.add("a.png".into(), size_bytes, String::new());
    uploads.start_next();
    (uploads, number)
}

fn created() -> Outcome {
    Outcome::Created {
        location: "/v1/sites/demo/uploads/u1".into(),
    }
}

fn done() -> UploadState {
    UploadState::Done {
        upload_id: "u1".into(),
    }
}

#[test]
fn a_file_is_created_sent_and_done() {
    let (mut uploads, number) = one(10);
    assert_eq!(
        uploads.apply(number, created()),
        Some(Step::Append { offset_bytes: 0 })
    );
    uploads.apply(number, Outcome::Progress { sent_bytes: 5 });
    assert_eq!(uploads.get(number).unwrap().percent(), 50);
    assert_eq!(
        uploads.apply(number, Outcome::Arrived { offset_bytes: 10 }),
        None
    );
    assert_eq!(uploads.get(number).unwrap().state, done());
    assert_eq!(uploads.upload_ids(), ["u1"]);
}

#[test]
fn an_empty_file_is_done_when_it_is_created() {
    let (mut uploads, number) = one(0);
    assert_eq!(uploads.apply(number, created()), None);
    assert_eq!(uploads.files(), Files::default());
    assert_eq!(uploads.get(number).unwrap().state, done());
}

#[test]
fn after_an_interruption_only_the_rest_is_sent() {
    let (mut uploads, number) = one(10);
    uploads.apply(number, created());
    uploads.apply(number, Outcome::Progress { sent_bytes: 8 });
    assert_eq!(
        uploads.apply(number, Outcome::Interrupted),
        Some(Step::Rest { pause_s: 1 })
    );
    assert_eq!(
        uploads.apply(number, Outcome::Rested),
        Some(Step::AskOffset)
    );
    assert_eq!(
        uploads.apply(number, Outcome::Arrived { offset_bytes: 6 }),
        Some(Step::Append { offset_bytes: 6 })
    );
}

#[test]
fn a_file_that_never_moves_waits_for_the_person_and_can_be_retried() {
    let (mut uploads, number) = one(10);
    for _ in 0..INTERRUPTIONS_MOST {
        assert!(matches!(
            uploads.apply(number, Outcome::Interrupted),
            Some(Step::Rest { .. })
        ));
        assert_eq!(uploads.apply(number, Outcome::Rested), Some(Step::Create));
    }
    assert_eq!(uploads.apply(number, Outcome::Interrupted), None);
    assert_eq!(
        uploads.files(),
        Files {
            on_their_way: 0,
            stopped: 1,
            ..Files::default()
        }
    );
    uploads.retry(number);
    assert_eq!(uploads.start_next(), [(number, Step::Create)]);
}

#[test]
fn progress_forgives_earlier_interruptions() {
    let (mut uploads, number) = one(1000);
    uploads.apply(number, created());
    for round in 1..=INTERRUPTIONS_MOST * 2 {
        uploads.apply(number, Outcome::Interrupted);
        uploads.apply(number, Outcome::Rested);
        let offset_bytes = u64::from(round);
        assert_eq!(
            uploads.apply(number, Outcome::Arrived { offset_bytes }),
            Some(Step::Append { offset_bytes })
        );
    }
}

#[test]
fn a_file_of_which_no_more_arrives_waits_for_the_person_too() {
    let (mut uploads, number) = one(10);
    uploads.apply(number, created());
    // As when the disk is full: the service says what it has, and takes no more of it.
    let took_a_part = Outcome::Arrived { offset_bytes: 3 };
    let mut pauses_s = Vec::new();
    while let Some(Step::Rest { pause_s }) = uploads.apply(number, Outcome::Interrupted) {
        pauses_s.push(pause_s);
        // The second break is the first without progress, and a single one is nobody's concern.
        let is_told = pauses_s.len() > 2;
        assert_eq!(uploads.files().cut, usize::from(is_told), "{pauses_s:?}");
        assert!(pauses_s.len() < 100, "it is tried for ever");
        uploads.apply(number, Outcome::Rested);
        assert_eq!(
            uploads.apply(number, took_a_part.clone()),
            Some(Step::Append { offset_bytes: 3 })
        );
        uploads.apply(number, Outcome::Progress { sent_bytes: 10 });
    }
    // One break before the first answer, which was progress, and then as many as are allowed.
    assert_eq!(pauses_s, [1, 1, 2, 4, 8, 16, 32]);
    assert_eq!(uploads.files().stopped, 1);
    uploads.retry(number);
    assert_eq!(uploads.start_next(), [(number, Step::AskOffset)]);
}

#[test]
fn a_file_that_is_lost_again_and_again_waits_for_the_person_too() {
    let (mut uploads, number) = one(10);
    let mut rounds = 0;
    uploads.apply(number, created());
    while uploads.files().stopped == 0 {
        rounds += 1;
        assert!(rounds < 100, "it is tried for ever");
        uploads.apply(number, Outcome::Arrived { offset_bytes: 3 });
        uploads.apply(number, Outcome::Gone);
        uploads.apply(number, Outcome::Rested);
        uploads.apply(number, created());
    }
    assert_eq!(rounds, INTERRUPTIONS_MOST + 1);
}

#[test]
fn a_file_that_the_service_has_lost_is_created_again() {
    let (mut uploads, number) = one(10);
    uploads.apply(number, created());
    assert!(matches!(
        uploads.apply(number, Outcome::Gone),
        Some(Step::Rest { .. })
    ));
    assert_eq!(uploads.apply(number, Outcome::Rested), Some(Step::Create));
}

#[test]
fn two_files_run_at_once_and_the_next_starts_when_one_has_ended() {
    let mut uploads = Uploads::default();
    let numbers = [1, 2, 3].map(|_| uploads.add("a".into(), 10, String::new()));
    let started: Vec<_> = uploads
        .start_next()
        .into_iter()
        .map(|(number, _)| number)
        .collect();
    assert_eq!(started, numbers[..2]);
    assert_eq!(uploads.start_next(), []);
    uploads.apply(numbers[0], Outcome::Refused);
    assert_eq!(uploads.start_next(), [(numbers[2], Step::Create)]);
}

#[test]
fn a_late_answer_of_a_removed_file_changes_nothing() {
    let (mut uploads, number) = one(10);
    assert!(uploads.remove(number).is_some());
    assert_eq!(uploads.apply(number, created()), None);
    assert_eq!(
        uploads,
        Uploads {
            last_number: number,
            ..Uploads::default()
        }
    );
}

#[test]
fn numbers_are_not_used_twice() {
    let (mut uploads, number) = one(10);
    uploads.remove(number);
    assert_ne!(uploads.add("b".into(), 1, String::new()), number);
}
