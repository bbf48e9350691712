mod duties;
mod first_response;
mod steps;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::policy::{Event, Facts, Library};

/// A ticket on its way through a policy; the told keys are kept as the store keeps them.
struct Journey {
    policy: Policy,
    history: History,
    course: Course,
    told: BTreeMap<String, Timestamp>,
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn policy(name: &str, overlay: Option<&str>) -> Policy {
    let document = Library::embedded().document(name, overlay).unwrap();
    Policy::from_document(&document).unwrap()
}

impl Journey {
    fn new(name: &str, overlay: &str, facts: [Option<&str>; 3], received_at: &str) -> Self {
        let overlay = Some(overlay).filter(|name| !name.is_empty());
        let [category, plan, priority] = facts.map(|fact| fact.map(str::to_owned));
        Self {
            policy: policy(name, overlay),
            history: History {
                received_at: at(received_at),
                at_receipt: Facts {
                    plan,
                    category,
                    priority,
                    channel: None,
                },
                events: Vec::new(),
            },
            course: Course::default(),
            told: BTreeMap::new(),
        }
    }

    fn event(&mut self, when: &str, kind: EventKind) {
        self.history.events.push(Event { at: at(when), kind });
    }

    fn agenda(&self, now: &str) -> Agenda {
        self.agenda_at(at(now))
    }

    fn agenda_at(&self, now: Timestamp) -> Agenda {
        agenda(&Situation {
            policy: &self.policy,
            history: &self.history,
            course: &self.course,
            warn_percent: &[75, 90],
            told: &self.told,
            now,
        })
    }

    /// Tells what is due and answers its keys.
    fn tell(&mut self, now: &str) -> Vec<String> {
        let due = self.agenda(now).due;
        self.take(&due);
        due.into_iter().map(|alarm| alarm.key).collect()
    }

    /// Tells what is due; is this among it?
    fn tells(&mut self, now: &str, key: &str) -> bool {
        self.tell(now).iter().any(|told| told == key)
    }

    /// Uses the keys up, each once.
    fn take(&mut self, due: &[Alarm]) {
        for alarm in due {
            let before = self.told.insert(alarm.key.clone(), alarm.at);
            assert_eq!(before, None, "told twice: {}", alarm.key);
        }
    }

    fn whats(&self, now: &str) -> Vec<What> {
        self.agenda(now)
            .due
            .into_iter()
            .map(|alarm| alarm.what)
            .collect()
    }

    fn breach(&self, now: &str) -> Option<What> {
        let mut whats = self.whats(now).into_iter();
        whats.find(|what| matches!(what, What::Breach { .. }))
    }
}

fn to_priority(id: &str) -> EventKind {
    EventKind::Priority(Some(id.to_owned()))
}

fn silver(priority: Option<&str>, received_at: &str) -> Journey {
    Journey::new(
        "m3ter",
        "m3ter-no-holidays",
        [Some("incident"), Some("silver"), priority],
        received_at,
    )
}

fn meiro(priority: &str, received_at: &str) -> Journey {
    Journey::new(
        "meiro",
        "meiro-test-prague",
        [None, None, Some(priority)],
        received_at,
    )
}

#[test]
fn what_was_told_is_not_told_again_however_often_it_is_worked_out() {
    let mut journey = silver(Some("S3"), "2026-03-03T11:00:00Z");
    assert!(!journey.tell("2026-03-20T11:00:00Z").is_empty());
    assert!(journey.tell("2026-03-20T11:00:00Z").is_empty());
    assert!(journey.tell("2026-04-20T11:00:00Z").is_empty());
    assert_eq!(journey.agenda("2026-04-20T11:00:00Z").next_at(), None);
}

#[test]
fn after_a_rest_over_several_thresholds_each_is_told_once_with_its_true_instant() {
    let mut journey = silver(Some("S2"), "2026-03-03T11:00:00Z");
    journey.tell("2026-03-03T11:00:00Z");
    let due = journey.agenda("2026-03-05T09:00:00Z").due;
    let instants: Vec<_> = due.iter().map(|alarm| alarm.at).collect();
    assert_eq!(
        instants,
        [
            "2026-03-03T14:00:00Z",
            "2026-03-03T14:36:00Z",
            "2026-03-03T15:00:01Z"
        ]
        .map(at)
    );
}

#[test]
fn without_a_priority_or_a_target_there_is_nothing_to_tell() {
    for journey in [
        silver(None, "2026-03-03T10:00:00Z"),
        Journey::new(
            "meiro",
            "",
            [None, None, Some("P3")],
            "2026-03-03T10:00:00Z",
        ),
        Journey::new(
            "memsource",
            "",
            [None, Some("free"), None],
            "2026-03-03T10:00:00Z",
        ),
    ] {
        assert_eq!(journey.agenda("2026-04-03T10:00:00Z"), Agenda::default());
    }
}

/// A sequence of pseudo-random numbers that is the same in each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}

#[test]
fn whatever_happens_and_whenever_it_is_looked_no_key_is_told_twice_or_before_its_time() {
    let priorities = ["S1", "S2", "S3"];
    for seed in 0..60 {
        let mut numbers = Numbers(seed);
        let mut journey = silver(None, "2026-03-06T20:00:00Z");
        if numbers.below(3) == 0 {
            journey.policy = policy("m3ter", Some("m3ter-test-from-change"));
        }
        let mut now = journey.history.received_at;
        for _ in 0..30 {
            now += SignedDuration::from_secs(i64::try_from(numbers.below(30_000)).unwrap());
            let kind = match numbers.below(8) {
                0..=2 => Some(to_priority(
                    priorities[usize::try_from(numbers.below(3)).unwrap()],
                )),
                3 => Some(EventKind::Pause { reason: None }),
                4 => Some(EventKind::Resume),
                5 => Some(EventKind::Plan(Some(
                    ["silver", "gold"][usize::try_from(numbers.below(2)).unwrap()].to_owned(),
                ))),
                _ => None,
            };
            journey
                .history
                .events
                .extend(kind.map(|kind| Event { at: now, kind }));
            let first = journey.agenda_at(now);
            assert_eq!(
                first,
                journey.agenda_at(now),
                "the same at the same instant"
            );
            for alarm in &first.due {
                assert!(alarm.at <= now, "{alarm:?} before its time");
            }
            journey.take(&first.due);
            // Telling may begin one more cycle and then comes to rest.
            for round in 0.. {
                let more = journey.agenda_at(now).due;
                if more.is_empty() {
                    break;
                }
                assert!(round < 2, "it never ends: {more:?}");
                journey.take(&more);
            }
            let next = journey.agenda_at(now).next_at();
            assert!(
                next.is_none_or(|next| next > now),
                "the next alarm lies ahead"
            );
        }
    }
}
