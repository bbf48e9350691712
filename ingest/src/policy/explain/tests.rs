use super::*;
use crate::policy::{Event, EventKind, Facts, Library, Status, eval};

fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

fn policy(id: &str, overlay: &str) -> Policy {
    Library::embedded()
        .policy(id, Some(overlay))
        .expect("a policy")
}

fn silver(priority: &str, received_at: &str) -> History {
    History {
        received_at: at(received_at),
        at_receipt: Facts {
            plan: Some("silver".to_owned()),
            priority: Some(priority.to_owned()),
            ..Facts::default()
        },
        events: Vec::new(),
    }
}

/// The stretches in a line each: from, to, kind, hours that count.
fn lines(explanation: &Explanation) -> Vec<String> {
    let stretches = explanation.stretches.iter();
    let line = |stretch: &Stretch| {
        let kind = match &stretch.kind {
            Kind::Open => "open".to_owned(),
            Kind::Night => "night".to_owned(),
            Kind::Weekend => "weekend".to_owned(),
            Kind::Holiday { date, name } => format!("{date} {}", name.as_deref().unwrap_or("?")),
            Kind::Waiting { reason } => format!("waiting for {}", reason.as_deref().unwrap_or("?")),
        };
        let zone = TimeZone::get("Europe/Berlin").expect("a zone");
        let time = |at: Timestamp| at.to_zoned(zone.clone()).strftime("%a %H:%M").to_string();
        let mut line = format!(
            "{} - {} {kind} {}",
            time(stretch.from),
            time(stretch.to),
            stretch.counted_s
        );
        if let Some(change) = stretch.clock_change_s {
            line += &format!(" clocks {change:+}");
        }
        if stretch.expected {
            line += " expected";
        }
        line
    };
    stretches.map(line).collect()
}

#[test]
fn nights_weekends_and_a_change_of_the_clocks_are_told_apart() {
    let policy = policy("m3ter", "m3ter-no-holidays");
    let history = silver("S2", "2026-03-27T16:00:00Z");
    let explained = explain(&policy, &history, None);
    assert_eq!(
        lines(&explained),
        [
            "Fri 17:00 - Fri 18:00 open 3600 expected",
            "Fri 18:00 - Sat 00:00 night 0 expected",
            "Sat 00:00 - Mon 00:00 weekend 0 clocks +3600 expected",
            "Mon 00:00 - Mon 10:00 night 0 expected",
            "Mon 10:00 - Mon 13:00 open 10800 expected",
        ]
    );
    assert_eq!(explained.because, None);
}

#[test]
fn a_holiday_is_told_by_its_name() {
    let policy = policy("m3ter", "m3ter-test-holidays");
    let history = silver("S2", "2026-12-24T16:00:00Z");
    assert_eq!(
        lines(&explain(&policy, &history, None)),
        [
            "Thu 17:00 - Thu 18:00 open 3600 expected",
            "Thu 18:00 - Fri 00:00 night 0 expected",
            "Fri 00:00 - Sat 00:00 2026-12-25 Christmas Day 0 expected",
            // The 26th is a Saturday: that it is a holiday changes nothing.
            "Sat 00:00 - Mon 00:00 weekend 0 expected",
            "Mon 00:00 - Mon 10:00 night 0 expected",
            "Mon 10:00 - Mon 13:00 open 10800 expected",
        ]
    );
}

#[test]
fn a_pause_is_one_stretch_with_its_reason() {
    let policy = policy("m3ter", "m3ter-no-holidays");
    let mut history = silver("S2", "2026-02-10T11:57:00Z");
    let event = |when: &str, kind| Event { at: at(when), kind };
    let reason = Some("requester".to_owned());
    history
        .events
        .push(event("2026-02-10T12:27:00Z", EventKind::Pause { reason }));
    history
        .events
        .push(event("2026-02-11T08:27:00Z", EventKind::Resume));
    let explained = explain(&policy, &history, Some(at("2026-02-11T09:30:00Z")));
    assert_eq!(
        lines(&explained),
        [
            "Tue 12:57 - Tue 13:27 open 1800",
            "Tue 13:27 - Wed 09:27 waiting for requester 0",
            "Wed 09:27 - Wed 10:00 night 0",
            "Wed 10:00 - Wed 10:30 open 1800",
            "Wed 10:30 - Wed 13:30 open 10800 expected",
        ]
    );
    assert_eq!(explained.consumed_s, Some(3600));
}

#[test]
fn a_pause_without_end_lasts_to_the_instant_that_is_asked_about() {
    let policy = policy("m3ter", "m3ter-no-holidays");
    let mut history = silver("S1", "2026-02-10T11:57:00Z");
    let reason = Some("access".to_owned());
    let kind = EventKind::Pause { reason };
    history.events.push(Event {
        at: at("2026-02-10T12:27:00Z"),
        kind,
    });
    let explained = explain(&policy, &history, Some(at("2026-02-10T15:00:00Z")));
    assert_eq!(
        lines(&explained),
        [
            "Tue 12:57 - Tue 13:27 open 1800",
            "Tue 13:27 - Tue 16:00 waiting for access 0"
        ]
    );
    assert_eq!(explained.reason, Some("paused"));
}

#[test]
fn what_comes_after_a_missed_due_time_is_a_stretch_of_its_own() {
    let policy = policy("m3ter", "m3ter-no-holidays");
    let history = silver("S1", "2026-02-10T12:00:00Z");
    assert_eq!(
        lines(&explain(
            &policy,
            &history,
            Some(at("2026-02-10T13:30:00Z"))
        )),
        [
            "Tue 13:00 - Tue 14:00 open 3600",
            "Tue 14:00 - Tue 14:30 open 1800"
        ]
    );
}

#[test]
fn where_nothing_runs_it_is_said_what_is_missing() {
    let policy = Library::embedded().policy("m3ter", None).expect("a policy");
    let explained = explain(&policy, &silver("S2", "2026-02-10T12:00:00Z"), None);
    assert_eq!(
        explained.because.as_deref(),
        Some("policy_incomplete: holidays of \"selected\"")
    );
    assert!(explained.stretches.is_empty());
}

#[test]
fn a_night_shift_that_a_holiday_took_away_is_told_on_both_dates() {
    let document = serde_json::json!({
        "schema": "cornerdesk.policy/1",
        "policy": { "id": "nights", "title": "Nights" },
        "default_calendar": "nights",
        "calendars": { "nights": { "kind": "weekly", "zone": "Europe/Berlin", "holidays": "few", "windows": [
            { "days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "open": "22:00", "close": { "time": "06:00", "day": 1 } },
        ] } },
        "holidays": { "few": { "dates": ["2026-02-11"], "names": { "2026-02-11": "Rest" } } },
        "targets": [{ "metric": "first_response", "within": { "hours": 10 }, "clock": "business" }],
    });
    let policy = Policy::from_document(&document).expect("a policy");
    let history = silver("S1", "2026-02-11T04:00:00Z");
    assert_eq!(
        lines(&explain(&policy, &history, None)),
        [
            // Tuesday's shift runs into the holiday.
            "Wed 05:00 - Wed 06:00 open 3600 expected",
            "Wed 06:00 - Thu 06:00 2026-02-11 Rest 0 expected",
            "Thu 06:00 - Thu 22:00 night 0 expected",
            "Thu 22:00 - Fri 06:00 open 28800 expected",
            "Fri 06:00 - Fri 22:00 night 0 expected",
            "Fri 22:00 - Fri 23:00 open 3600 expected",
        ]
    );
}

#[test]
fn the_sums_of_every_vector_are_its_budget_and_what_was_consumed() {
    let file: serde_json::Value =
        serde_json::from_str(include_str!("../../../../tests/vectors/sla.json")).expect("JSON");
    let library = Library::embedded();
    let mut policies = std::collections::BTreeMap::new();
    let mut explained_count = 0;
    for vector in file["vectors"].as_array().expect("vectors") {
        if vector["kind"] != "first_response" {
            continue;
        }
        let (id, overlay) = (vector["policy"].as_str(), vector["overlay"].as_str());
        let policy = policies.entry((id, overlay)).or_insert_with(|| {
            library
                .policy(id.expect("a policy"), overlay)
                .expect("a policy")
        });
        let history = eval::history(vector).expect("a history");
        let as_of = vector["as_of"].as_str().map(at);
        let explained = explain(policy, &history, as_of);
        holds(&explained, &format!("{vector:#}"));
        let answer = crate::policy::first_response(policy, &history, as_of, &[]);
        if let (Some(standing), Some(consumed_s)) = (answer.standing, explained.consumed_s) {
            assert_ne!(standing.status, Status::None);
            let past = explained
                .stretches
                .iter()
                .filter(|stretch| !stretch.expected);
            assert_eq!(
                past.map(|stretch| stretch.counted_s).sum::<i64>(),
                consumed_s,
                "{vector:#}"
            );
        }
        explained_count += usize::from(!explained.stretches.is_empty());
    }
    assert!(explained_count > 500, "{explained_count}");
}

/// Stretches touch, and what counts up to the due time is the budget.
fn holds(explained: &Explanation, which: &str) {
    for pair in explained.stretches.windows(2) {
        assert_eq!(pair[0].to, pair[1].from, "{which}");
    }
    if let Some(first) = explained.stretches.first() {
        assert_eq!(first.from, explained.anchor_at, "{which}");
    }
    let Some(due_at) = explained.due_at else {
        return;
    };
    let reaches = explained
        .stretches
        .last()
        .is_some_and(|last| last.to >= due_at);
    if reaches {
        let before = explained
            .stretches
            .iter()
            .filter(|stretch| stretch.to <= due_at);
        assert_eq!(
            Some(before.map(|stretch| stretch.counted_s).sum::<i64>()),
            explained.budget_s,
            "{which}"
        );
    }
}
