//! Where a ticket stands in the queue of the desk. Pure.
//!
//! What is due next comes first; a ticket that is late was due before now, so it stands above all. What has no due time follows, the oldest
//! first: nothing is promised for it, its clock stands still, or a person has answered.

use jiff::Timestamp;

use crate::{
    policy::{EventKind, History, Reason},
    store::clocks::Clock,
};

/// Where a ticket stands, as far as its clocks tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// By when a person is to answer; nothing where nothing is due.
    pub due_at: Option<Timestamp>,
    /// There is no due time as long as staff have not said what kind of request it is, or how urgent (K-7 `unclassified`).
    pub is_unclassified: bool,
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
        }
    }
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
    fn only_what_staff_have_not_said_makes_a_ticket_unclassified() {
        let nothing = history(Vec::new());
        let of = |reason| Place::of(&nothing, &clock(None, Status::None, Some(reason)));
        assert!(of("unclassified").is_unclassified);
        assert!(!of("channel_not_guaranteed").is_unclassified);
    }
}
