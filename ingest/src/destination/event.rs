//! What destinations are told: one event for each thing that happens to a ticket. Pure.
//!
//! An event says how the ticket stood when it happened, worked out from the timeline, so that it reads the same however late and however often it is
//! sent. `docs/schemas/` has a schema for each type. A type is for ever: members may come, none goes.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::{
    agenda::first_response::Told,
    handling,
    message::{self, Message},
    ticket::{Entry, Fact, Status, Ticket},
};

/// A type of event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// There is a ticket; the first that a destination hears of it.
    Created,
    /// Staff wrote to the requester.
    Replied,
    /// The requester wrote to staff.
    AnsweredByRequester,
    /// It came to another state than solved or closed.
    StatusChanged,
    /// It is solved.
    Solved,
    /// It is closed.
    Closed,
    /// Its category, priority or plan is another.
    Classified,
    /// Somebody of staff has it, or nobody.
    Assigned,
    /// Much of the time for the first answer is used up.
    PromiseNear,
    /// The first answer is late.
    PromiseMissed,
}

impl Kind {
    /// Every type.
    pub const ALL: [Self; 10] = [
        Self::Created,
        Self::Replied,
        Self::AnsweredByRequester,
        Self::StatusChanged,
        Self::Solved,
        Self::Closed,
        Self::Classified,
        Self::Assigned,
        Self::PromiseNear,
        Self::PromiseMissed,
    ];

    /// The `type` of the event.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "ticket.created",
            Self::Replied => "ticket.replied",
            Self::AnsweredByRequester => "ticket.answered_by_requester",
            Self::StatusChanged => "ticket.status_changed",
            Self::Solved => "ticket.solved",
            Self::Closed => "ticket.closed",
            Self::Classified => "ticket.classified",
            Self::Assigned => "ticket.assigned",
            Self::PromiseNear => "ticket.promise_near",
            Self::PromiseMissed => "ticket.promise_missed",
        }
    }

    /// The type with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// What the entry with this number means for who listens: nothing, one event, or two where a message also changed the state.
#[must_use]
pub fn kinds_of(timeline: &[Entry], seq: i32) -> Vec<Kind> {
    let Some(position) = timeline.iter().position(|entry| entry.seq == seq) else {
        return Vec::new();
    };
    let by_itself = match &timeline[position].fact {
        Fact::Wrote { what, .. } => match what {
            message::Kind::Reply => Some(Kind::Replied),
            message::Kind::Answer => Some(Kind::AnsweredByRequester),
            message::Kind::Note => None,
        },
        Fact::Classified { .. } | Fact::PlanChanged { .. } => Some(Kind::Classified),
        Fact::Assigned { .. } => Some(Kind::Assigned),
        Fact::Notified { keys, .. } => match Told::of(keys) {
            Some(Told::Near) => Some(Kind::PromiseNear),
            Some(Told::Missed) => Some(Kind::PromiseMissed),
            Some(Told::TakenBack) | None => None,
        },
        _ => None,
    };
    let (before, after) = (
        handling::status_at(&timeline[..position]),
        handling::status_at(&timeline[..=position]),
    );
    let by_state = (before != after).then_some(match after {
        Status::Solved => Kind::Solved,
        Status::Closed => Kind::Closed,
        Status::New | Status::Open | Status::Waiting => Kind::StatusChanged,
    });
    by_itself.into_iter().chain(by_state).collect()
}

/// What an event is made of.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The ticket.
    pub ticket: &'a Ticket,
    /// All of its facts.
    pub timeline: &'a [Entry],
    /// What was said about it.
    pub messages: &'a [Message],
    /// With what people wrote and who they are?
    pub with_content: bool,
    /// Where the service is reached, such as `https://help.example.com`.
    pub origin: Option<&'a str>,
}

/// The event of this type that the entry with this number is; nothing when there is no such entry.
#[must_use]
pub fn body(source: &Source<'_>, kind: Kind, seq: i32) -> Option<Value> {
    let Source {
        ticket, timeline, ..
    } = *source;
    let position = timeline.iter().position(|entry| entry.seq == seq)?;
    let (entry, until) = (&timeline[position], &timeline[..=position]);
    let facts = handling::facts_at(ticket, until);
    let mut data = Map::new();
    let mut put = |name: &str, value: Value| drop(data.insert(name.to_owned(), value));
    put("site", json!(ticket.site));
    put("reference", json!(ticket.reference.to_string()));
    put("sequence", json!(seq));
    put("received_at", json!(ticket.received_at.to_string()));
    put("status", json!(handling::status_at(until).as_str()));
    put("category", json!(facts.category));
    put("priority", json!(facts.priority));
    put("plan", json!(facts.plan));
    put("channel", json!(ticket.channel));
    if let Some(origin) = source.origin {
        put("desk_url", json!(desk_url(origin, ticket)));
    }
    if matches!(kind, Kind::StatusChanged | Kind::Solved | Kind::Closed) {
        let former = handling::status_at(&timeline[..position]);
        put("former_status", json!(former.as_str()));
    }
    if let Fact::Assigned { staff, .. } = &entry.fact {
        put("is_assigned", json!(staff.is_some()));
    }
    let message = match &entry.fact {
        Fact::Wrote { message, .. } if kind != Kind::Created => Some(*message),
        _ => None,
    };
    if let Some(message) = message {
        put("message", json!(message));
    }
    if source.with_content {
        put("content", content(source, entry, message));
    }
    Some(json!({
        "type": kind.as_str(),
        "timestamp": entry.at.to_string(),
        "data": data,
    }))
}

/// What people wrote, and who they are.
fn content(source: &Source<'_>, entry: &Entry, message: Option<Uuid>) -> Value {
    let ticket = source.ticket;
    let name = ticket
        .requester
        .as_ref()
        .and_then(|requester| requester.name.as_deref());
    let mut content = json!({
        "summary": ticket.summary,
        "description": ticket.description,
        "requester": { "email": ticket.email, "name": name, "is_verified": ticket.requester.is_some() },
    });
    let said = source
        .messages
        .iter()
        .find(|known| Some(known.id) == message);
    if let Some(said) = said {
        content["text"] = json!(said.body);
        content["author"] = json!(said.author);
    }
    if let Fact::Assigned { name, .. } = &entry.fact {
        content["assignee"] = json!(name);
    }
    content
}

/// Where a ticket is at our desk.
#[must_use]
pub fn desk_url(origin: &str, ticket: &Ticket) -> String {
    format!("{origin}/desk/tickets/{}", ticket.reference)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::ticket::terms::PauseReason;

    fn timeline(facts: Vec<Fact>) -> Vec<Entry> {
        let entries = facts.into_iter().zip(1..).map(|(fact, seq)| Entry {
            seq,
            at: Timestamp::UNIX_EPOCH,
            fact,
        });
        entries.collect()
    }

    fn wrote(what: message::Kind) -> Fact {
        Fact::Wrote {
            message: Uuid::from_u128(9),
            what,
            via: message::Via::Desk,
            by: None,
        }
    }

    fn changed(to: Status) -> Fact {
        Fact::StatusChanged {
            to,
            by: "Kim".into(),
            root_cause: None,
            reason: None,
        }
    }

    fn notified(keys: &[&str]) -> Fact {
        Fact::Notified {
            keys: keys.iter().map(ToString::to_string).collect(),
            people: 0,
        }
    }

    #[test]
    fn each_thing_that_happens_is_told_once_and_by_its_name() {
        let by = || "Kim".to_owned();
        let timeline = timeline(vec![
            Fact::Received {
                attachments: 0,
                terms: None,
            },
            wrote(message::Kind::Note),
            wrote(message::Kind::Reply),
            Fact::Answered { by: by() },
            Fact::Paused {
                reason: PauseReason::Requester,
                by: by(),
            },
            wrote(message::Kind::Answer),
            Fact::Resumed { by: by() },
            Fact::PlanChanged {
                plan: None,
                by: by(),
            },
            Fact::Assigned {
                staff: None,
                name: None,
                by: by(),
            },
            changed(Status::Solved),
            changed(Status::Closed),
            changed(Status::Open),
            notified(&["priority/1/P1"]),
            notified(&["first_response/receipt/75", "first_response/receipt/90"]),
            notified(&["first_response/receipt/90", "first_response/receipt/breach"]),
            notified(&["first_response/receipt/taken_back"]),
        ]);
        let told: Vec<Vec<Kind>> = timeline
            .iter()
            .map(|entry| kinds_of(&timeline, entry.seq))
            .collect();
        let wanted: [&[Kind]; 16] = [
            &[],
            &[],
            &[Kind::Replied],
            &[Kind::StatusChanged],
            &[Kind::StatusChanged],
            &[Kind::AnsweredByRequester],
            &[Kind::StatusChanged],
            &[Kind::Classified],
            &[Kind::Assigned],
            &[Kind::Solved],
            &[Kind::Closed],
            &[Kind::StatusChanged],
            &[],
            &[Kind::PromiseNear],
            &[Kind::PromiseMissed],
            &[],
        ];
        assert_eq!(told, wanted);
        assert!(kinds_of(&timeline, 99).is_empty());
    }

    #[test]
    fn a_type_is_known_by_its_name() {
        for kind in Kind::ALL {
            assert_eq!(Kind::from_name(kind.as_str()), Some(kind));
        }
        assert_eq!(Kind::from_name("ticket.exploded"), None);
    }
}
