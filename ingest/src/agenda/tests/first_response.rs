//! Warnings and breaches of the first response, and what moves them.

use super::*;

#[test]
fn warnings_come_at_their_share_of_the_budget_and_the_breach_a_second_after_due() {
    // Tue 2026-03-03 12:00 in Berlin; 4 hours of support hours.
    let journey = silver(Some("S2"), "2026-03-03T11:00:00Z");
    let ahead = journey.agenda("2026-03-03T11:00:00Z").ahead;
    let told: Vec<_> = ahead
        .iter()
        .map(|alarm| (alarm.key.as_str(), alarm.at))
        .collect();
    assert_eq!(
        told,
        [
            ("first_response/receipt/75", at("2026-03-03T14:00:00Z")),
            ("first_response/receipt/90", at("2026-03-03T14:36:00Z")),
            ("first_response/receipt/breach", at("2026-03-03T15:00:01Z")),
        ]
    );
    let due: Vec<_> = journey
        .agenda("2026-03-03T15:00:00Z")
        .due
        .into_iter()
        .map(|alarm| alarm.key)
        .collect();
    assert!(
        !due.contains(&"first_response/receipt/breach".to_owned()),
        "at its due time it is not yet late"
    );
}

#[test]
fn an_answer_ends_the_alarms_of_the_first_response() {
    let mut journey = silver(Some("S2"), "2026-03-03T11:00:00Z");
    journey.tell("2026-03-03T11:00:00Z");
    journey.event("2026-03-03T14:59:00Z", EventKind::Respond);
    assert_eq!(journey.agenda("2026-03-09T11:00:00Z"), Agenda::default());
}

#[test]
fn a_pause_moves_the_alarms_that_are_still_to_come() {
    let mut journey = silver(Some("S2"), "2026-03-03T11:00:00Z");
    journey.event("2026-03-03T12:00:00Z", EventKind::Pause { reason: None });
    let whole = |journey: &Journey| {
        journey
            .agenda("2026-03-03T12:30:00Z")
            .ahead
            .into_iter()
            .filter(|alarm| alarm.key.ends_with("breach"))
            .collect::<Vec<_>>()
    };
    assert!(
        whole(&journey).is_empty(),
        "while it is paused nothing is due"
    );
    journey.event("2026-03-03T13:00:00Z", EventKind::Resume);
    assert_eq!(
        journey
            .agenda("2026-03-03T13:00:00Z")
            .ahead
            .last()
            .unwrap()
            .at,
        at("2026-03-03T16:00:01Z")
    );
}

#[test]
fn a_change_that_makes_it_late_at_once_is_told_as_such() {
    let mut journey = silver(Some("S3"), "2026-03-03T14:00:00Z");
    journey.tell("2026-03-03T14:00:00Z");
    journey.event("2026-03-03T16:00:00Z", to_priority("S1"));
    assert_eq!(
        journey.breach("2026-03-03T16:00:00Z"),
        Some(What::Breach {
            due_at: at("2026-03-03T15:00:00Z"),
            is_reclassified: true
        })
    );
    // The same ticket, late before anybody changed it.
    let mut journey = silver(Some("S1"), "2026-03-03T14:00:00Z");
    journey.event(
        "2026-03-03T16:00:00Z",
        EventKind::Plan(Some("gold".to_owned())),
    );
    assert_eq!(
        journey.breach("2026-03-03T16:00:00Z"),
        Some(What::Breach {
            due_at: at("2026-03-03T15:00:00Z"),
            is_reclassified: false
        })
    );
}

#[test]
fn a_breach_that_is_taken_back_is_told_and_the_next_one_again() {
    let mut journey = silver(Some("S1"), "2026-03-03T10:00:00Z");
    assert!(journey.tells("2026-03-03T11:30:00Z", "first_response/receipt/breach"));
    journey.event("2026-03-03T11:40:00Z", to_priority("S3"));
    assert!(journey.tells("2026-03-03T11:40:00Z", "first_response/receipt/taken_back"));
    let late = journey.tell("2026-03-06T10:00:00Z");
    assert_eq!(
        late,
        [
            "first_response/receipt~2/75",
            "first_response/receipt~2/90",
            "first_response/receipt~2/breach"
        ]
    );
}

#[test]
fn a_change_that_starts_a_new_budget_starts_a_new_cycle() {
    let mut journey = Journey::new(
        "m3ter",
        "m3ter-test-from-change",
        [None, Some("silver"), Some("S1")],
        "2026-03-03T10:00:00Z",
    );
    assert!(journey.tells("2026-03-03T10:50:00Z", "first_response/receipt/75"));
    journey.event(
        "2026-03-03T10:55:00Z",
        EventKind::Plan(Some("gold".to_owned())),
    );
    assert!(journey.tells(
        "2026-03-03T11:50:00Z",
        "first_response/2026-03-03T10:55:00Z/90"
    ));
}
