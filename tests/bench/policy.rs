//! How long the engine of policies takes: one clock of one ticket, evaluated as pages and jobs do.

use std::{hint::black_box, time::Instant};

use cornerdesk_ingest::policy::{
    Event, EventKind, Facts, History, Library, Policy, explain, first_response,
};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::report::{Figures, row};

const ROUNDS: usize = 9;
const WARN_PERCENT: [u8; 2] = [75, 90];

/// A policy of m3ter's hours whose one target is this.
fn policy(within: &Value, clock: &str, calendar: &str) -> Policy {
    let library = Library::embedded();
    let document = library.document("m3ter", Some("m3ter-test-holidays"));
    let mut document = document.expect("a policy");
    document["targets"] = json!([{ "metric": "first_response", "within": within, "clock": clock, "calendar": calendar }]);
    Policy::from_document(&document).expect("a policy")
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

fn ticket(events: Vec<Event>) -> History {
    History {
        received_at: at("2026-01-05T09:30:00Z"),
        at_receipt: Facts {
            plan: Some("gold".to_owned()),
            priority: Some("S2".to_owned()),
            ..Facts::default()
        },
        events,
    }
}

/// Ten pauses of a day over the year.
fn pauses() -> Vec<Event> {
    let months = 1..=10;
    let pair = |month: i32| {
        let pause = EventKind::Pause { reason: None };
        let event = |day: i32, kind| Event {
            at: at(&format!("2026-{month:02}-{day:02}T12:00:00Z")),
            kind,
        };
        [event(12, pause), event(13, EventKind::Resume)]
    };
    months.flat_map(pair).collect()
}

/// The median of a few rounds, in microseconds for each call.
fn median_us(calls: usize, call: impl Fn()) -> f64 {
    let mut rounds: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let begun = Instant::now();
            for _ in 0..calls {
                call();
            }
            begun.elapsed().as_secs_f64() * 1e6 / calls as f64
        })
        .collect();
    rounds.sort_by(f64::total_cmp);
    rounds[ROUNDS / 2]
}

/// Measures each kind of clock over a year, and what is done once.
pub fn measure(figures: &mut Figures) {
    let year = json!({ "hours": 2000 });
    let cases = [
        (
            "always open, 1 h",
            policy(&json!({ "hours": 1 }), "elapsed", "always"),
            vec![],
            2.0,
        ),
        (
            "always open, a year",
            policy(&json!({ "hours": 8760 }), "elapsed", "always"),
            vec![],
            2.0,
        ),
        (
            "weekly, a year",
            policy(&year, "business", "support_hours_silver"),
            vec![],
            20.0,
        ),
        (
            "weekly, two zones, a year",
            policy(&json!({ "hours": 3200 }), "business", "support_hours_gold"),
            vec![],
            20.0,
        ),
        (
            "weekly, a year, ten pauses",
            policy(&year, "business", "support_hours_silver"),
            pauses(),
            20.0,
        ),
        (
            "weekly, 250 business days",
            policy(
                &json!({ "business_days": 250 }),
                "business",
                "support_hours_silver",
            ),
            vec![],
            20.0,
        ),
    ];
    let as_of = Some(at("2026-12-20T12:00:00Z"));
    for (name, policy, events, target_us) in cases {
        let history = ticket(events);
        let warmed = first_response(&policy, &history, as_of, &WARN_PERCENT);
        assert!(warmed.due_at.is_some(), "{name}: {warmed:?}");
        let us = median_us(20_000, || {
            black_box(first_response(
                &policy,
                black_box(&history),
                as_of,
                &WARN_PERCENT,
            ));
        });
        add(figures, name, us, Some(target_us));
        if name == "weekly, a year" {
            let us = median_us(50, || {
                black_box(explain(&policy, black_box(&history), as_of));
            });
            add(figures, "the same, explained", us, None);
            let document = policy.document();
            let us = median_us(50, || {
                black_box(Policy::from_document(black_box(document)).ok());
            });
            add(figures, "the policy read", us, None);
            let us = median_us(20, || {
                let fresh = Policy::from_document(black_box(document)).expect("a policy");
                black_box(first_response(&fresh, &history, as_of, &WARN_PERCENT));
            });
            add(figures, "the policy read, its first clock", us, None);
        }
    }
}

fn add(figures: &mut Figures, name: &str, us: f64, target_us: Option<f64>) {
    let rounded = |number: f64| (number * 100.0).round() / 100.0;
    figures.add(
        "policy",
        row(&[
            ("evaluated", json!(name)),
            ("µs", json!(rounded(us))),
            ("target µs", json!(target_us)),
            (
                "of the target",
                json!(target_us.map(|target| rounded(us / target))),
            ),
        ]),
    );
}
