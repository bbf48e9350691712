//! Invariants of the engine, held against calendars, tickets and texts that chance makes.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::date, tz::TimeZone};
use proptest::{collection::vec, option, prelude::*, sample::select};

use super::{
    Event, EventKind, Facts, History, Hours, Library, Policy,
    calendar::{DAY_S, End, Second, Weekly, Window, timestamp},
    clock::Pause,
    explain, first_response,
};

/// Zones with summer time, without, with half hours, with a change at midnight, and one that skipped a whole day in 2011.
const ZONES: [&str; 8] = [
    "Europe/Berlin",
    "America/New_York",
    "UTC",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "America/Havana",
    "Africa/Casablanca",
    "Pacific/Apia",
];
/// 2024-01-01 in seconds.
const START: Second = 1_704_067_200;

fn an_instant() -> impl Strategy<Value = Second> {
    START..START + 3 * 365 * DAY_S
}

fn an_end() -> impl Strategy<Value = End> {
    (0_u16..=96, 0_u8..=1, select(&ZONES)).prop_map(|(quarter, day, zone)| End {
        minute: quarter * 15,
        day,
        tz: TimeZone::get(zone).expect("a zone"),
        zone: zone.to_owned(),
    })
}

fn a_window() -> impl Strategy<Value = Window> {
    (any::<[bool; 7]>(), an_end(), an_end()).prop_map(|(days, open, close)| Window {
        days,
        open,
        close,
    })
}

/// Calendars of chance: windows over midnight, in two zones, overlapping, closed, and holidays.
fn some_hours() -> impl Strategy<Value = Hours> {
    let holidays = vec(0_i64..1095, 0..20);
    let weekly = (vec(a_window(), 0..4), holidays).prop_map(|(windows, holidays)| {
        let dates = holidays
            .into_iter()
            .filter_map(|day| super::calendar::add_days(date(2024, 1, 1), day));
        let holidays: BTreeMap<_, _> = dates.map(|date| (date, None)).collect();
        Hours::Weekly(Box::new(Weekly::new(windows, holidays)))
    });
    prop_oneof![1 => Just(()).prop_map(|()| Hours::Always), 9 => weekly]
}

/// Pauses, sorted and apart.
fn some_pauses() -> impl Strategy<Value = Vec<Pause>> {
    vec(an_instant(), 0..6).prop_map(|mut ends| {
        ends.sort_unstable();
        ends.dedup();
        let pairs = ends.chunks_exact(2);
        pairs
            .map(|pair| Pause {
                from: pair[0],
                to: pair[1],
            })
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_due_has_used_up_exactly_its_budget_and_nothing_earlier_has(
        hours in some_hours(), start in an_instant(), count in 1_i64..400 * 3600, pauses in some_pauses(),
    ) {
        if let Some(due) = hours.due_at(start, count, &pauses) {
            prop_assert_eq!(hours.elapsed(start, due, &pauses), count);
            prop_assert_eq!(hours.elapsed(start, due - 1, &pauses), count - 1);
        }
    }

    #[test]
    fn time_adds_up_over_any_point_between(
        hours in some_hours(), mut points in [an_instant(), an_instant(), an_instant()], pauses in some_pauses(),
    ) {
        points.sort_unstable();
        let [from, between, to] = points;
        let parts = hours.elapsed(from, between, &pauses) + hours.elapsed(between, to, &pauses);
        prop_assert_eq!(parts, hours.elapsed(from, to, &pauses));
        prop_assert!((0..=to - from).contains(&hours.elapsed(from, to, &pauses)));
    }

    #[test]
    fn more_is_never_due_earlier(
        hours in some_hours(), start in an_instant(), count in 0_i64..200 * 3600, more in 0_i64..200 * 3600, pauses in some_pauses(),
    ) {
        let (less, more) = (hours.due_at(start, count, &pauses), hours.due_at(start, count + more, &pauses));
        match (less, more) {
            (Some(less), Some(more)) => prop_assert!(less <= more),
            (None, more) => prop_assert_eq!(more, None),
            (Some(_), None) => {}
        }
    }

    #[test]
    fn what_starts_later_is_never_due_earlier(
        hours in some_hours(), start in an_instant(), later in 0_i64..30 * DAY_S, count in 0_i64..200 * 3600, pauses in some_pauses(),
    ) {
        let due = hours.due_at(start, count, &pauses);
        let later = hours.due_at(start + later, count, &pauses);
        if let (Some(due), Some(later)) = (due, later) {
            prop_assert!(due <= later);
        }
    }

    #[test]
    fn a_pause_more_is_never_due_earlier(
        hours in some_hours(), start in an_instant(), count in 0_i64..200 * 3600, pauses in some_pauses(), which in any::<prop::sample::Index>(),
    ) {
        prop_assume!(!pauses.is_empty());
        let mut fewer = pauses.clone();
        fewer.remove(which.index(pauses.len()));
        let with = hours.due_at(start, count, &pauses);
        match (hours.due_at(start, count, &fewer), with) {
            (Some(without), Some(with)) => prop_assert!(without <= with),
            (None, with) => prop_assert_eq!(with, None),
            (Some(_), None) => {}
        }
    }

    #[test]
    fn a_calendar_that_is_always_open_is_the_clock_on_the_wall(
        start in an_instant(), count in 0_i64..1000 * DAY_S,
    ) {
        prop_assert_eq!(Hours::Always.due_at(start, count, &[]), Some(start + count));
        prop_assert_eq!(Hours::Always.elapsed(start, start + count, &[]), count);
    }

    /// The search over running sums against a count second by second (minute by minute: ends lie on whole minutes).
    #[test]
    fn counting_by_sums_is_counting_by_minutes(hours in some_hours(), day in 0_i64..1090) {
        let from = START + day * DAY_S;
        let to = from + 3 * DAY_S;
        let Hours::Weekly(weekly) = &hours else { return Ok(()) };
        let labels = (-3..=5).filter_map(|offset| super::calendar::add_days(date(2024, 1, 1), day + offset));
        let windows: Vec<_> = labels
            .flat_map(|label| weekly.windows_on(label).map(|(_, open, close)| (open, close)).collect::<Vec<_>>())
            .collect();
        let is_open = |at: Second| windows.iter().any(|(open, close)| (*open..*close).contains(&at));
        let minutes = (from..to).step_by(60);
        let open_s: i64 = minutes.map(|at| i64::from(is_open(at)) * 60).sum();
        prop_assert_eq!(hours.elapsed(from, to, &[]), open_s);
        for at in (from..to).step_by(45 * 60) {
            prop_assert_eq!(hours.is_open(at), is_open(at));
        }
        let intervals: i64 = hours.intervals(from, to).iter().map(|(from, to)| to - from).sum();
        prop_assert_eq!(intervals, open_s);
    }

    #[test]
    fn business_days_are_more_with_each_day_and_are_due(
        hours in some_hours(), start in an_instant(), days in 1_i64..40,
    ) {
        let (one, other) = (hours.business_days(start, days), hours.business_days(start, days + 1));
        if let (Some(one), Some(other)) = (one, other) {
            prop_assert!(0 <= one && one <= other);
            prop_assert!(hours.due_at(start, one, &[]).is_some());
        }
    }

    #[test]
    fn evaluating_again_changes_nothing_and_the_explanation_adds_up(
        index in any::<prop::sample::Index>(), history in a_history(), as_of in an_instant(),
    ) {
        let policies = policies();
        let policy = &policies[index.index(policies.len())];
        let as_of = Some(timestamp(as_of));
        let once = first_response(policy, &history, as_of, &[75, 90]);
        let again = Policy::from_document(policy.document()).expect("the same policy");
        prop_assert_eq!(&first_response(&again, &history, as_of, &[75, 90]), &once);
        let explained = explain(policy, &history, as_of);
        let sum = |expected: bool| explained.stretches.iter().filter(|s| expected || !s.expected).map(|s| s.counted_s).sum::<i64>();
        if let Some(consumed_s) = explained.consumed_s {
            prop_assert_eq!(sum(false), consumed_s.max(0));
        }
        for pair in explained.stretches.windows(2) {
            prop_assert_eq!(pair[0].to, pair[1].from);
        }
    }

    #[test]
    fn what_follows_the_first_response_changes_nothing(history in a_history(), later in vec(an_event(), 0..4)) {
        let policies = policies();
        let mut answered = history;
        let last = answered.events.iter().map(|event| event.at).max().unwrap_or(answered.received_at);
        answered.events.push(Event { at: last, kind: EventKind::Respond });
        let mut more = answered.clone();
        more.events.extend(later.into_iter().map(|kind| Event { at: last, kind }));
        for policy in policies {
            prop_assert_eq!(first_response(policy, &answered, None, &[]), first_response(policy, &more, None, &[]));
        }
    }
}

fn policies() -> &'static [Policy] {
    static POLICIES: std::sync::OnceLock<Vec<Policy>> = std::sync::OnceLock::new();
    POLICIES.get_or_init(|| {
        let library = Library::embedded();
        let all = [
            ("m3ter", "m3ter-no-holidays"),
            ("m3ter", "m3ter-test-from-change"),
            ("meteorage", "meteorage-fr"),
            ("meiro", "meiro-test-berlin"),
            ("meiro", "meiro-test-prague"),
        ];
        let policies = all
            .iter()
            .map(|(id, overlay)| library.policy(id, Some(overlay)));
        policies.map(|policy| policy.expect("a policy")).collect()
    })
}

const NAMES: [&str; 12] = [
    "S1",
    "S2",
    "S3",
    "P1",
    "P2",
    "P3",
    "high",
    "average",
    "low",
    "gold",
    "Standard",
    "technical_assistance",
];

fn a_name() -> impl Strategy<Value = Option<String>> {
    option::weighted(0.9, select(&NAMES).prop_map(str::to_owned))
}

fn an_event() -> impl Strategy<Value = EventKind> {
    prop_oneof![
        Just(EventKind::Pause { reason: None }),
        Just(EventKind::Resume),
        a_name().prop_map(EventKind::Priority),
        a_name().prop_map(EventKind::Plan),
        a_name().prop_map(EventKind::Category),
        Just(EventKind::AutoAck),
        Just(EventKind::Reopen),
    ]
}

fn a_history() -> impl Strategy<Value = History> {
    let facts = (a_name(), a_name(), a_name()).prop_map(|(plan, category, priority)| Facts {
        plan,
        category,
        priority,
        channel: None,
    });
    let events = vec((an_instant(), an_event()), 0..6);
    (an_instant(), facts, events).prop_map(|(received_at, at_receipt, events)| History {
        received_at: timestamp(received_at),
        at_receipt,
        events: events
            .into_iter()
            .map(|(at, kind)| Event {
                at: timestamp(at),
                kind,
            })
            .collect(),
    })
}

#[test]
fn the_ends_of_time_are_no_trouble() {
    let policies = policies();
    for received_at in [Timestamp::MIN, Timestamp::UNIX_EPOCH, Timestamp::MAX] {
        for policy in policies {
            for priority in ["S2", "P2", "high", "P3"] {
                let mut history = History {
                    received_at,
                    at_receipt: Facts::default(),
                    events: Vec::new(),
                };
                history.at_receipt.priority = Some(priority.to_owned());
                history.at_receipt.plan = Some("gold".to_owned());
                history.at_receipt.category = Some("technical_assistance".to_owned());
                for as_of in [None, Some(received_at)] {
                    let _ = first_response(policy, &history, as_of, &[0, 75, 255]);
                }
                policy.next_update_due(Some(priority), received_at).ok();
            }
        }
    }
}
