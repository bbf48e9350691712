//! What an alarm comes to, and how it is counted. Pure.

use jiff::Timestamp;

use crate::ticket::{Entry, Fact};

/// What is known of an alarm that came before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its ticket is solved or closed.
    pub is_over: bool,
    /// It was firing when it was heard of last.
    pub is_firing: bool,
    /// Its ticket is not its own, but the one that counts what is over the limit.
    pub is_counted: bool,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It makes a ticket, as far as the limit lets it.
    Open,
    /// It makes one that names the former.
    OpenAgain,
    /// It came again to the ticket that it has.
    Repeat,
    /// It is over, which the ticket that it has made is told.
    Resolve,
    /// It is written down, and no ticket is told.
    Note,
    /// Nothing new.
    Nothing,
}

/// What an alarm comes to.
#[must_use]
pub const fn step(known: Option<Known>, is_firing: bool) -> Step {
    let Some(known) = known else {
        return if is_firing { Step::Open } else { Step::Nothing };
    };
    match (is_firing, known.is_firing) {
        (true, _) if known.is_over => Step::OpenAgain,
        // A flood is not told alarm by alarm.
        (true, _) | (false, true) if known.is_counted => Step::Note,
        (true, _) => Step::Repeat,
        (false, true) => Step::Resolve,
        (false, false) => Step::Nothing,
    }
}

/// What a ticket is told, to be counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// The alarm came again.
    Again,
    /// It is over.
    Resolved,
    /// So many further alarms were over the limit, and one message left out so many more.
    OverLimit(u64, u64),
}

/// The fact that counts, and the number of the one that it takes the place of: 50 repeats are one line and not 50. What a person does begins a new count, so
/// that staff see what came since.
#[must_use]
pub fn counted(timeline: &[Entry], heard: Heard, now: Timestamp) -> (Option<i32>, Fact) {
    let since = timeline
        .iter()
        .rev()
        .take_while(|entry| !is_by_a_person(&entry.fact));
    let mut facts = since.map(|entry| (entry.seq, &entry.fact));
    let last_at = now;
    match heard {
        Heard::Again => {
            let before = facts.find_map(|(seq, fact)| match fact {
                Fact::AlarmRepeated { times, .. } => Some((seq, *times)),
                _ => None,
            });
            let times = before.map_or(0, |(_, times)| times) + 1;
            (
                before.map(|(seq, _)| seq),
                Fact::AlarmRepeated { times, last_at },
            )
        }
        Heard::Resolved => {
            let before = facts.find_map(|(seq, fact)| match fact {
                Fact::AlarmResolved { times, .. } => Some((seq, *times)),
                _ => None,
            });
            let times = before.map_or(0, |(_, times)| times) + 1;
            (
                before.map(|(seq, _)| seq),
                Fact::AlarmResolved { times, last_at },
            )
        }
        Heard::OverLimit(more, left) => {
            let before = facts.find_map(|(seq, fact)| match fact {
                Fact::AlarmsOverLimit {
                    alarms, left_out, ..
                } => Some((seq, *alarms, *left_out)),
                _ => None,
            });
            let (alarms, left_out) = before.map_or((0, 0), |(_, alarms, left)| (alarms, left));
            let fact = Fact::AlarmsOverLimit {
                alarms: alarms + more,
                // The same message comes again and again: the largest number, not the sum.
                left_out: left_out.max(left),
                last_at,
            };
            (before.map(|(seq, ..)| seq), fact)
        }
    }
}

/// What a person of staff did, after which a count begins anew. What we do by ourselves does not break it up.
const fn is_by_a_person(fact: &Fact) -> bool {
    matches!(
        fact,
        Fact::Classified { .. }
            | Fact::PlanChanged { .. }
            | Fact::Answered { .. }
            | Fact::Paused { .. }
            | Fact::Resumed { .. }
            | Fact::EscalatedTo { .. }
            | Fact::Split { .. }
            | Fact::Repinned { .. }
            | Fact::StatusChanged { .. }
            | Fact::Found { .. }
            | Fact::Updated { .. }
            | Fact::MomentCame { .. }
            | Fact::MessageSkipped { .. }
            | Fact::Wrote { .. }
            | Fact::Assigned { .. }
            | Fact::Tagged { .. }
            | Fact::Untagged { .. }
            | Fact::Snoozed { .. }
            | Fact::MergedInto { .. }
            | Fact::Merged { .. }
            | Fact::Linked { .. }
            | Fact::Unlinked { .. }
            | Fact::Judged { .. }
            | Fact::Rated { .. }
            | Fact::FilesErased { .. }
    )
}

/// How the alarm of a ticket stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The monitoring system.
    pub source: String,
    /// How grave it was when it came.
    pub severity: Option<String>,
    /// The ticket that the same alarm made before.
    pub former: Option<String>,
    /// How often it came again.
    pub repeats: u64,
    /// When it was heard of last.
    pub last_at: Timestamp,
    /// Whether it is firing still.
    pub is_firing: bool,
}

/// The alarm of a ticket; nothing where a person made it.
#[must_use]
pub fn standing(timeline: &[Entry]) -> Option<Standing> {
    let mut standing = timeline.iter().find_map(|entry| match &entry.fact {
        Fact::Alarm {
            source,
            severity,
            former,
        } => Some(Standing {
            source: source.clone(),
            severity: severity.clone(),
            former: former.clone(),
            repeats: 0,
            last_at: entry.at,
            is_firing: true,
        }),
        _ => None,
    })?;
    for entry in timeline {
        let (times, last_at, is_firing) = match entry.fact {
            Fact::AlarmRepeated { times, last_at } => (times, last_at, true),
            Fact::AlarmResolved { last_at, .. } => (0, last_at, false),
            _ => continue,
        };
        standing.repeats += times;
        if last_at >= standing.last_at {
            (standing.last_at, standing.is_firing) = (last_at, is_firing);
        }
    }
    Some(standing)
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan;

    use super::*;
    use crate::ticket::Status;

    fn at(minute: i64) -> Timestamp {
        let start: Timestamp = "2026-03-03T10:00:00Z".parse().unwrap();
        start.checked_add(minute.minutes()).unwrap()
    }

    /// Facts as a ticket's timeline gets them.
    #[derive(Default)]
    struct Timeline(Vec<Entry>);

    impl Timeline {
        fn add(&mut self, minute: i64, fact: Fact) {
            let seq = i32::try_from(self.0.len()).unwrap() + 1;
            self.0.push(Entry {
                seq,
                at: at(minute),
                fact,
            });
        }

        fn hear(&mut self, minute: i64, heard: Heard) {
            match counted(&self.0, heard, at(minute)) {
                (Some(seq), fact) => self.0[usize::try_from(seq).unwrap() - 1].fact = fact,
                (None, fact) => self.add(minute, fact),
            }
        }

        fn of_an_alarm() -> Self {
            let mut timeline = Self::default();
            timeline.add(
                0,
                Fact::Received {
                    attachments: 0,
                    terms: None,
                },
            );
            let (severity, former) = (Some("critical".to_owned()), None);
            timeline.add(
                0,
                Fact::Alarm {
                    source: "prometheus".to_owned(),
                    severity,
                    former,
                },
            );
            timeline
        }

        fn counts(&self) -> Vec<(&'static str, u64)> {
            let counts = self.0.iter().filter_map(|entry| match &entry.fact {
                Fact::AlarmRepeated { times, .. } | Fact::AlarmResolved { times, .. } => {
                    Some((entry.fact.kind(), *times))
                }
                _ => None,
            });
            counts.collect()
        }
    }

    #[test]
    fn what_an_alarm_comes_to() {
        let known = |is_over, was_firing, is_counted| {
            Some(Known {
                is_over,
                is_firing: was_firing,
                is_counted,
            })
        };
        for (before, is_firing, wanted) in [
            (None, true, Step::Open),
            (None, false, Step::Nothing),
            (known(false, true, false), true, Step::Repeat),
            (known(false, false, false), true, Step::Repeat),
            (known(false, true, false), false, Step::Resolve),
            (known(false, false, false), false, Step::Nothing),
            (known(true, true, false), true, Step::OpenAgain),
            (known(true, false, false), true, Step::OpenAgain),
            // Staff closed it while it was firing, and read that it is over.
            (known(true, true, false), false, Step::Resolve),
            (known(true, false, false), false, Step::Nothing),
            (known(false, true, true), true, Step::Note),
            (known(false, true, true), false, Step::Note),
            (known(false, false, true), false, Step::Nothing),
            (known(true, true, true), true, Step::OpenAgain),
            (known(true, true, true), false, Step::Note),
        ] {
            assert_eq!(step(before, is_firing), wanted, "{before:?} {is_firing}");
        }
    }

    #[test]
    fn fifty_repeats_are_one_fact_whatever_we_do_by_ourselves_in_between() {
        let mut timeline = Timeline::of_an_alarm();
        for repeat in 1..=50 {
            timeline.hear(repeat, Heard::Again);
            if repeat == 20 {
                timeline.add(
                    repeat,
                    Fact::Notified {
                        keys: Vec::new(),
                        people: 1,
                    },
                );
            }
        }
        assert_eq!(timeline.counts(), [("alarm_repeated", 50)]);
        let standing = standing(&timeline.0).unwrap();
        assert_eq!(
            (standing.repeats, standing.is_firing, standing.last_at),
            (50, true, at(50))
        );
    }

    #[test]
    fn an_alarm_that_comes_and_goes_is_two_facts() {
        let mut timeline = Timeline::of_an_alarm();
        for minute in 1..=30 {
            timeline.hear(minute * 2, Heard::Resolved);
            timeline.hear(minute * 2 + 1, Heard::Again);
        }
        assert_eq!(
            timeline.counts(),
            [("alarm_resolved", 30), ("alarm_repeated", 30)]
        );
        assert!(standing(&timeline.0).unwrap().is_firing);
        timeline.hear(100, Heard::Resolved);
        assert!(!standing(&timeline.0).unwrap().is_firing);
    }

    #[test]
    fn what_a_person_does_begins_a_new_count() {
        let mut timeline = Timeline::of_an_alarm();
        timeline.hear(1, Heard::Again);
        timeline.hear(2, Heard::Again);
        let (by, root_cause) = ("Grace".to_owned(), None);
        timeline.add(
            3,
            Fact::StatusChanged {
                to: Status::Open,
                by,
                root_cause,
                reason: None,
            },
        );
        timeline.hear(4, Heard::Again);
        assert_eq!(
            timeline.counts(),
            [("alarm_repeated", 2), ("alarm_repeated", 1)]
        );
        assert_eq!(standing(&timeline.0).unwrap().repeats, 3);
    }

    #[test]
    fn alarms_over_the_limit_are_added_up_and_what_a_message_left_out_is_not() {
        let mut timeline = Timeline::of_an_alarm();
        timeline.hear(1, Heard::OverLimit(900, 50));
        timeline.hear(2, Heard::OverLimit(40, 50));
        timeline.hear(3, Heard::OverLimit(0, 20));
        let last = timeline.0.last().map(|entry| &entry.fact);
        assert_eq!(
            last,
            Some(&Fact::AlarmsOverLimit {
                alarms: 940,
                left_out: 50,
                last_at: at(3)
            })
        );
    }
}
