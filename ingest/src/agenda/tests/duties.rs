//! Updates that are owed, what a moment asks for, and what leaving or closing a ticket asks for.

use super::*;

#[test]
fn a_daily_update_is_due_although_there_is_no_news_weekend_and_clock_change_included() {
    // Sat 28 Mar 2026 02:30 in Prague; on Sunday there is no 02:30.
    let mut journey = meiro("P2", "2026-03-20T10:00:00Z");
    journey.event("2026-03-20T10:30:00Z", EventKind::Respond);
    journey.course.updates = vec![at("2026-03-28T01:30:00Z")];
    journey.tell("2026-03-28T01:30:00Z");
    let agenda = journey.agenda("2026-03-28T01:30:00Z");
    let next = &agenda.ahead[0];
    assert_eq!(next.at, at("2026-03-29T01:30:00Z"), "03:30 CEST");
    assert!(matches!(
        &next.what,
        What::UpdateDue {
            even_without_news: true,
            ..
        }
    ));
}

#[test]
fn who_never_heard_from_a_person_is_not_said_to_have_heard() {
    let mut journey = meiro("P2", "2026-03-02T09:00:00Z");
    let is_first = |journey: &Journey| {
        let whats = journey.whats("2026-03-06T10:00:00Z");
        whats.into_iter().find_map(|what| match what {
            What::UpdateDue {
                since, is_first, ..
            } => Some((since, is_first)),
            _ => None,
        })
    };
    assert_eq!(is_first(&journey), Some((at("2026-03-02T09:00:00Z"), true)));
    journey.course.updates.push(at("2026-03-02T09:30:00Z"));
    assert_eq!(
        is_first(&journey),
        Some((at("2026-03-02T09:30:00Z"), false))
    );
}

#[test]
fn updates_that_were_left_out_for_days_are_told_once_and_then_daily() {
    let mut journey = meiro("P2", "2026-03-02T09:00:00Z");
    journey.event("2026-03-02T09:30:00Z", EventKind::Respond);
    journey.course.updates = vec![at("2026-03-02T09:30:00Z")];
    journey.tell("2026-03-02T09:30:00Z");
    assert_eq!(
        journey.tell("2026-03-07T10:00:00Z"),
        ["update/2026-03-02T09:30:00Z/5"]
    );
    assert_eq!(
        journey.tell("2026-03-08T10:00:00Z"),
        ["update/2026-03-02T09:30:00Z/6"]
    );
    journey.course.updates.push(at("2026-03-08T11:00:00Z"));
    assert_eq!(journey.tell("2026-03-09T10:59:59Z"), Vec::<String>::new());
    assert_eq!(
        journey.tell("2026-03-09T11:00:00Z"),
        ["update/2026-03-08T11:00:00Z/1"]
    );
    journey.course.over_at = Some(at("2026-03-09T12:00:00Z"));
    assert_eq!(journey.agenda("2026-03-20T10:00:00Z"), Agenda::default());
}

#[test]
fn an_obligation_without_an_interval_has_no_timer() {
    let mut journey = meiro("P1", "2026-03-02T09:00:00Z");
    journey.event("2026-03-02T09:10:00Z", EventKind::Respond);
    journey.tell("2026-03-02T09:10:00Z");
    assert_eq!(journey.agenda("2026-03-12T09:10:00Z").next_at(), None);
}

#[test]
fn the_message_that_a_moment_asks_for_is_asked_for_until_it_is_there() {
    let mut journey = meiro("P3", "2026-03-02T09:00:00Z");
    journey.event("2026-03-02T09:10:00Z", EventKind::Respond);
    journey.course.updates = vec![at("2026-03-02T09:10:00Z")];
    journey
        .course
        .moments
        .insert("work_started".to_owned(), at("2026-03-02T10:00:00Z"));
    assert_eq!(
        journey.agenda("2026-03-02T10:00:00Z").next_at(),
        Some(at("2026-03-02T10:30:00Z"))
    );
    journey.course.updates.push(at("2026-03-02T10:05:00Z"));
    assert_eq!(journey.agenda("2026-03-02T10:30:00Z"), Agenda::default());
}

#[test]
fn work_that_began_cannot_be_left_before_the_requester_knows_or_somebody_says_why_not() {
    let policy = policy("meiro", None);
    let mut course = Course {
        is_in_progress: true,
        ..Course::default()
    };
    course
        .moments
        .insert("work_started".to_owned(), at("2026-03-02T10:00:00Z"));
    let unmet = may_go(&policy, Some("P3"), &course, false, None).unwrap_err();
    assert!(
        matches!(&unmet[..], [Unmet::WorkStarted { must }] if must == "confirm receipt and say that work has begun")
    );
    course
        .skipped
        .insert("work_started".to_owned(), at("2026-03-02T10:01:00Z"));
    assert_eq!(may_go(&policy, Some("P3"), &course, false, None), Ok(()));
    course.skipped.clear();
    course.updates.push(at("2026-03-02T10:02:00Z"));
    assert_eq!(may_go(&policy, Some("P3"), &course, false, None), Ok(()));
}

#[test]
fn a_ticket_of_the_top_priority_is_not_closed_without_its_cause() {
    let (meiro, course) = (policy("meiro", None), Course::default());
    for cause in [None, Some(""), Some("  ")] {
        assert_eq!(
            may_go(&meiro, Some("P1"), &course, true, cause),
            Err(vec![Unmet::RootCause]),
            "{cause:?}"
        );
    }
    assert_eq!(
        may_go(&meiro, Some("P1"), &course, true, Some("unknown")),
        Ok(())
    );
    assert_eq!(may_go(&meiro, Some("P1"), &course, false, None), Ok(()));
    assert_eq!(may_go(&meiro, Some("P2"), &course, true, None), Ok(()));
    assert_eq!(
        may_go(&policy("memsource", None), None, &course, true, None),
        Ok(())
    );
}
