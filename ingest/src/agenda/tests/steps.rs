//! Who is brought in, and when.

use super::*;

#[test]
fn the_two_top_priorities_are_told_at_once_and_once() {
    let mut journey = silver(Some("S3"), "2026-03-03T10:00:00Z");
    assert_eq!(journey.tell("2026-03-03T10:00:00Z"), ["step/S3/2"]);
    journey.event("2026-03-03T10:10:00Z", to_priority("S2"));
    assert!(journey.tells("2026-03-03T10:10:00Z", "priority/1/S2"));
    journey.event("2026-03-03T10:20:00Z", to_priority("S1"));
    assert!(journey.tells("2026-03-03T10:20:00Z", "priority/1/S1"));
    journey.event("2026-03-03T10:30:00Z", to_priority("S2"));
    assert!(!journey.tells("2026-03-03T10:30:00Z", "priority/1/S2"));
}

#[test]
fn at_night_the_second_line_of_a_severity_2_is_told_when_its_hours_begin() {
    // Tue 2026-03-03 20:00 in Berlin: Silver's hours ended at 18:00.
    let journey = silver(Some("S2"), "2026-03-03T19:00:00Z");
    let agenda = journey.agenda("2026-03-03T19:00:00Z");
    let step = agenda
        .ahead
        .iter()
        .find(|alarm| alarm.key == "step/S2/2")
        .unwrap();
    assert_eq!(step.at, at("2026-03-04T09:00:00Z"));
    let on = journey
        .policy
        .available_steps(Some("silver"), "S2", at("2026-03-03T19:00:00Z"));
    let on: Vec<_> = on
        .iter()
        .filter(|step| step.available == Some(true))
        .map(|step| step.title)
        .collect();
    assert_eq!(on, ["First Line"]);
}

#[test]
fn leadership_is_brought_in_by_a_person_alone_unless_an_overlay_says_when() {
    let mut journey = silver(Some("S1"), "2026-03-03T19:00:00Z");
    let has_leadership =
        |agenda: &Agenda| {
            agenda.due.iter().chain(&agenda.ahead).any(
                |alarm| matches!(&alarm.what, What::Step { title, .. } if title == "Leadership"),
            )
        };
    assert!(!has_leadership(&journey.agenda("2026-03-09T19:00:00Z")));
    journey
        .course
        .escalations
        .push((4, at("2026-03-03T20:00:00Z")));
    assert!(has_leadership(&journey.agenda("2026-03-03T20:00:00Z")));

    let mut document = Library::embedded()
        .document("m3ter", Some("m3ter-no-holidays"))
        .unwrap();
    document["workflow"][3]["after"] = serde_json::json!({ "percent": 80 });
    journey.course.escalations.clear();
    journey.policy = Policy::from_document(&document).unwrap();
    let agenda = journey.agenda("2026-03-03T19:00:00Z");
    let alarm = agenda
        .ahead
        .iter()
        .find(|alarm| alarm.key == "step/S1/4")
        .unwrap();
    assert_eq!(alarm.at, at("2026-03-03T19:48:00Z"));
    journey.event("2026-03-03T19:40:00Z", EventKind::Respond);
    assert!(
        !has_leadership(&journey.agenda("2026-03-03T19:50:00Z")),
        "who answered in time is not escalated"
    );
}

#[test]
fn who_escalates_a_ticket_that_has_no_priority_is_heard_at_once() {
    let mut journey = silver(None, "2026-03-03T19:00:00Z");
    let escalated_at = at("2026-03-03T20:00:00Z");
    journey.course.escalations.push((4, escalated_at));
    let due = journey.agenda("2026-03-03T20:00:00Z").due;
    assert!(
        matches!(&due[..], [Alarm { at, what: What::Step { step: 4, because: Because::Escalated, .. }, .. }] if *at == escalated_at),
        "{due:?}"
    );
    assert_eq!(
        journey.tell("2026-03-03T20:00:00Z"),
        ["escalation/2026-03-03T20:00:00Z/4"]
    );
    // A priority that comes later does not tell it again.
    journey.event("2026-03-03T20:10:00Z", to_priority("S1"));
    let told = journey.tell("2026-03-03T20:10:00Z");
    assert!(
        !told.iter().any(|key| key.starts_with("escalation")),
        "{told:?}"
    );
}

#[test]
fn the_policy_says_what_is_outside_its_hours() {
    let meteorage = policy("meteorage", Some("meteorage-fr"));
    assert_eq!(
        is_out_of_hours(&meteorage, None, at("2026-03-03T02:10:00Z")),
        Some(true)
    );
    assert_eq!(
        is_out_of_hours(&meteorage, None, at("2026-03-03T10:10:00Z")),
        Some(false)
    );
    let silent = policy("m3ter", None);
    assert_eq!(
        is_out_of_hours(&silent, Some("silver"), at("2026-03-03T10:10:00Z")),
        None
    );
}
