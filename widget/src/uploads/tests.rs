use super::{upload::INTERRUPTIONS_MOST, *};

fn file(size_bytes: u64) -> Chosen {
    Chosen {
        name: "a.png".into(),
        size_bytes,
        ..Chosen::default()
    }
}

fn one(size_bytes: u64) -> (Uploads, UploadNumber) {
    let mut uploads = Uploads::default();
    let number = uploads.add(file(size_bytes));
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
    let numbers = [1, 2, 3].map(|_| uploads.add(file(10)));
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
    assert_ne!(uploads.add(file(1)), number);
}

#[test]
fn a_paused_file_lets_the_next_one_go_and_goes_on_where_it_was() {
    let (mut uploads, number) = one(10);
    uploads.apply(number, created());
    uploads.apply(number, Outcome::Progress { sent_bytes: 4 });
    uploads.pause(number);
    let paused = uploads.files();
    assert_eq!((paused.on_their_way, paused.paused), (1, 1));
    assert_eq!(uploads.get(number).unwrap().percent(), 40);
    assert_eq!(uploads.apply(number, Outcome::Interrupted), None);
    assert_eq!(uploads.start_next(), []);
    uploads.retry(number);
    assert_eq!(uploads.start_next(), [(number, Step::AskOffset)]);
}

#[test]
fn a_file_that_is_done_cannot_be_paused() {
    let (mut uploads, number) = one(0);
    uploads.apply(number, created());
    uploads.pause(number);
    assert_eq!(uploads.get(number).unwrap().state, done());
}

#[test]
fn without_a_network_a_file_waits_for_as_long_as_it_takes() {
    let (mut uploads, number) = one(10);
    uploads.apply(number, created());
    for _ in 0..100 {
        let rest = uploads.apply(number, Outcome::Offline);
        assert!(matches!(rest, Some(Step::Rest { .. })), "{rest:?}");
        assert_eq!(uploads.files().cut, 1);
        assert_eq!(
            uploads.apply(number, Outcome::Rested),
            Some(Step::AskOffset)
        );
    }
}

#[test]
fn a_file_that_cannot_be_read_is_left_out_and_not_tried_again() {
    let (mut uploads, number) = one(10);
    uploads.apply(number, Outcome::Lost);
    uploads.retry(number);
    assert_eq!(uploads.files().left_out, 1);
    assert_eq!(uploads.start_next(), []);
}

#[test]
fn a_file_that_is_there_is_known_by_name_size_and_time_and_a_failed_one_can_come_again() {
    let (mut uploads, number) = one(10);
    assert_eq!(uploads.same_as(&file(10)), Some((number, false)));
    let later = Chosen {
        modified_ms: 1,
        ..file(10)
    };
    assert_eq!(uploads.same_as(&later), None);
    uploads.apply(number, created());
    uploads.apply(number, Outcome::Lost);
    assert_eq!(uploads.same_as(&file(10)), Some((number, true)));
    let mut found = uploads.clone();
    found.found_again(number, file(10));
    assert_eq!(found.start_next(), [(number, Step::AskOffset)]);
    // It has changed since: nothing of what had arrived counts.
    assert_eq!(uploads.same_as(&later), Some((number, true)));
    uploads.found_again(number, later);
    assert_eq!(uploads.start_next(), [(number, Step::Create)]);
}

#[test]
fn a_picture_goes_in_the_size_that_was_chosen_last() {
    let (mut uploads, number) = one(10);
    uploads.apply(number, created());
    uploads.apply(number, Outcome::Arrived { offset_bytes: 10 });
    assert_eq!(uploads.swap(number), None, "there is no other size yet");
    assert!(uploads.offer(number, &file(10), file(3)));
    let location = uploads.swap(number);
    assert_eq!(location.as_deref(), Some("/v1/sites/demo/uploads/u1"));
    assert_eq!(uploads.start_next(), [(number, Step::Create)]);
    let sizes = |uploads: &Uploads| {
        let upload = uploads.get(number).unwrap();
        (
            upload.file.size_bytes,
            upload.other.as_ref().unwrap().size_bytes,
        )
    };
    assert_eq!(sizes(&uploads), (3, 10));
    assert_eq!(uploads.same_as(&file(10)), Some((number, false)));
    uploads.swap(number);
    assert_eq!(sizes(&uploads), (10, 3));
}

#[test]
fn nothing_leaves_while_a_picture_is_marked() {
    let mut uploads = Uploads::default();
    let [done, paused, failed] = [1, 2, 3].map(|_| uploads.add(file(10)));
    uploads.start_next();
    uploads.apply(done, created());
    uploads.apply(done, Outcome::Arrived { offset_bytes: 10 });
    uploads.pause(paused);
    uploads.start_next();
    uploads.apply(failed, Outcome::Refused);
    let before = uploads.files();
    assert_eq!((before.on_their_way, before.left_out), (1, 1));
    for (number, on_their_way, ids, left_out) in
        [(done, 2, 0, 1), (paused, 1, 1, 1), (failed, 2, 1, 0)]
    {
        assert_eq!(uploads.mark(number), Some(false));
        assert_eq!(uploads.mark(number), None, "there is one editor");
        let files = uploads.files();
        assert_eq!(
            (files.on_their_way, files.left_out),
            (on_their_way, left_out)
        );
        assert_eq!(uploads.upload_ids().len(), ids);
        assert!(uploads.is_marking());
        if number == paused {
            // As when Send is pressed meanwhile.
            uploads.retry_all();
            assert_eq!(uploads.start_next(), []);
            assert_eq!(uploads.files().paused, 0);
        }
        assert!(uploads.unmark(number, false));
        assert!(!uploads.unmark(number, false), "it is done");
    }
    assert!(!uploads.is_marking());
    assert_eq!(uploads.upload_ids(), ["u1"]);
    assert_eq!(uploads.files().paused, 1);
}

#[test]
fn a_picture_that_stays_as_it_is_goes_on_where_it_was() {
    let (mut uploads, number) = one(10);
    uploads.apply(number, created());
    assert_eq!(uploads.mark(number), Some(true));
    uploads.pause(number);
    assert!(uploads.unmark(number, true));
    assert_eq!(uploads.start_next(), [(number, Step::AskOffset)]);
    uploads.mark(number);
    uploads.clear();
    assert!(!uploads.unmark(number, true), "somebody else's list");
}

#[test]
fn the_marked_picture_goes_as_soon_as_it_is_there() {
    let (mut uploads, number) = one(10);
    uploads.apply(number, created());
    uploads.mark(number);
    uploads.pause(number);
    uploads.unmark(number, false);
    let location = uploads.found_again(number, file(7));
    assert_eq!(location.as_deref(), Some("/v1/sites/demo/uploads/u1"));
    assert_eq!(uploads.start_next(), [(number, Step::Create)]);
}

#[test]
fn a_smaller_copy_of_another_state_of_a_picture_is_not_offered() {
    let (mut uploads, number) = one(10);
    uploads.found_again(number, file(7));
    assert!(!uploads.offer(number, &file(10), file(3)));
    assert_eq!(uploads.get(number).unwrap().other, None);
    assert!(uploads.offer(number, &file(7), file(3)));
}
