//! Where a ticket stands in the queue of the desk. Pure.
//!
//! What is due next comes first; a ticket that is late was due before now, so it stands above all. What has no due time follows, the oldest
//! first: nothing is promised for it, its clock stands still, or a person has answered.

use jiff::Timestamp;

use crate::{
    conversation::SOMEBODY_ELSE,
    message::{Kind, Via},
    policy::{EventKind, History, Reason},
    store::clocks::Clock,
    ticket::{Entry, Fact, Status, terms::PauseReason},
};

/// Where a ticket stands, as far as its clocks tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// By when a person is to answer; nothing where nothing is due.
    pub due_at: Option<Timestamp>,
    /// There is no due time as long as staff have not said what kind of request it is, or how urgent (K-7 `unclassified`).
    pub is_unclassified: bool,
    /// Since when the requester waits for an answer to what they wrote after the submission; nothing where staff spoke last.
    pub asked_at: Option<Timestamp>,
}

impl Place {
    /// The place of a ticket with this history, whose clock of the first response stands so.
    #[must_use]
    pub fn of(history: &History, clock: &Clock) -> Self {
        let is_answer = |kind: &EventKind| matches!(kind, EventKind::Respond);
        if history.events.iter().any(|event| is_answer(&event.kind)) {
            return Self::default();
        }
        let unclassified = Reason::Unclassified.as_str();
        Self {
            due_at: clock.due_at,
            is_unclassified: clock.reason.as_deref() == Some(unclassified),
            asked_at: None,
        }
    }

    /// The same with what requester and staff wrote to each other.
    #[must_use]
    pub fn after(self, timeline: &[Entry]) -> Self {
        Self {
            asked_at: asked_at(timeline),
            ..self
        }
    }
}

/// When the requester wrote first of what staff have not answered. A ticket that staff end, or on which they wait for the requester, is answered.
fn asked_at(timeline: &[Entry]) -> Option<Timestamp> {
    timeline
        .iter()
        .fold(None, |asked, entry| match &entry.fact {
            Fact::Wrote {
                what: Kind::Answer, ..
            }
            | Fact::Judged { is_solved: false } => asked.or(Some(entry.at)),
            // A person whom nobody knows: staff have to look.
            Fact::Wrote {
                what: Kind::Note,
                via: Via::Mail,
                by: Some(by),
                ..
            } if by == SOMEBODY_ELSE => asked.or(Some(entry.at)),
            Fact::Wrote {
                what: Kind::Reply, ..
            }
            | Fact::Answered { .. }
            | Fact::Updated { .. }
            | Fact::Paused {
                reason: PauseReason::Requester | PauseReason::Access,
                ..
            }
            | Fact::StatusChanged {
                to: Status::Solved | Status::Closed,
                ..
            } => None,
            _ => asked,
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        policy::{Event, Facts},
        store::clocks::{FIRST_RESPONSE, Status},
    };

    fn history(events: Vec<EventKind>) -> History {
        let at = Timestamp::UNIX_EPOCH;
        History {
            received_at: at,
            at_receipt: Facts::default(),
            events: events.into_iter().map(|kind| Event { at, kind }).collect(),
        }
    }

    fn clock(due: Option<i64>, status: Status, reason: Option<&str>) -> Clock {
        Clock {
            metric: FIRST_RESPONSE.to_owned(),
            due_at: due.map(|second| Timestamp::from_second(second).unwrap()),
            status,
            reason: reason.map(str::to_owned),
            budget_s: None,
            last_seq: 1,
        }
    }

    #[test]
    fn a_late_ticket_is_due_until_a_person_answers() {
        let late = clock(Some(5), Status::Breached, None);
        let acknowledged = history(vec![EventKind::AutoAck]);
        assert_eq!(Place::of(&acknowledged, &late).due_at, late.due_at);
        let answered = history(vec![EventKind::AutoAck, EventKind::Respond]);
        assert_eq!(Place::of(&answered, &late), Place::default());
    }

    #[test]
    fn who_wrote_and_was_not_answered_waits_since_the_first_word() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let wrote = |what| Fact::Wrote {
            message: uuid::Uuid::nil(),
            what,
            via: crate::message::Via::Page,
            by: None,
        };
        let asked = |facts: &[Fact]| {
            let entries: Vec<Entry> = (1..)
                .zip(facts)
                .map(|(seq, fact)| Entry {
                    seq,
                    at: at(seq.into()),
                    fact: fact.clone(),
                })
                .collect();
            Place::default().after(&entries).asked_at
        };
        let answer = || wrote(Kind::Answer);
        assert_eq!(asked(&[]), None);
        assert_eq!(asked(&[answer(), answer()]), Some(at(1)));
        assert_eq!(asked(&[answer(), wrote(Kind::Note)]), Some(at(1)));
        assert_eq!(asked(&[Fact::Judged { is_solved: false }]), Some(at(1)));
        assert_eq!(asked(&[answer(), wrote(Kind::Reply)]), None);
        assert_eq!(
            asked(&[answer(), wrote(Kind::Reply), answer()]),
            Some(at(3))
        );
        let note_by = |by: &str| Fact::Wrote {
            message: uuid::Uuid::nil(),
            what: Kind::Note,
            via: Via::Mail,
            by: Some(by.to_owned()),
        };
        assert_eq!(asked(&[note_by(SOMEBODY_ELSE)]), Some(at(1)));
        assert_eq!(asked(&[note_by("a program")]), None);
        let by = || "Kim".to_owned();
        let reason = PauseReason::ThirdParty;
        let elsewhere = Fact::Paused { reason, by: by() };
        assert_eq!(asked(&[answer(), elsewhere]), Some(at(1)));
        let solved = Fact::StatusChanged {
            to: crate::ticket::Status::Solved,
            by: by(),
            root_cause: None,
            reason: None,
        };
        assert_eq!(asked(&[answer(), solved]), None);
    }

    #[test]
    fn only_what_staff_have_not_said_makes_a_ticket_unclassified() {
        let nothing = history(Vec::new());
        let of = |reason| Place::of(&nothing, &clock(None, Status::None, Some(reason)));
        assert!(of("unclassified").is_unclassified);
        assert!(!of("channel_not_guaranteed").is_unclassified);
    }
}
