//! What happened to a ticket, folded into what its clock stands on (rules E-1 to E-7).

use jiff::Timestamp;

use super::{
    Policy,
    calendar::{Second, second},
    clock::Pause,
    document::OnChange,
};

/// The facts of a ticket that choose its target. Nothing is what nobody said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// As it was written: an id, a title or a former name (P-3).
    pub plan: Option<String>,
    /// Its id in the policy.
    pub category: Option<String>,
    /// Its id in the policy.
    pub priority: Option<String>,
    /// Its id in the policy.
    pub channel: Option<String>,
}

/// A ticket as the engine sees it.
#[derive(Clone, Debug)]
pub struct History {
    /// When it was received.
    pub received_at: Timestamp,
    /// The facts at receipt.
    pub at_receipt: Facts,
    /// What happened, in the order in which it was written down.
    pub events: Vec<Event>,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// What.
    pub kind: EventKind,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// The first public answer of a person; it ends the clock of the first response.
    Respond,
    /// The clock stands still.
    Pause {
        /// Whom it waits for, as the timeline says it.
        reason: Option<String>,
    },
    /// It goes on.
    Resume,
    /// Another priority.
    Priority(Option<String>),
    /// Another plan.
    Plan(Option<String>),
    /// Another category.
    Category(Option<String>),
    /// The machine's acknowledgement; no answer (E-7).
    AutoAck,
    /// The ticket is open again; the first response is not (E-7).
    Reopen,
}

/// A pause and its reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// When; `Second::MAX` as its end while it lasts.
    pub pause: Pause,
    /// Whom it waits for.
    pub reason: Option<String>,
}

/// What the clock stands on.
#[derive(Clone, Debug)]
pub struct Folded {
    /// The facts as they are now.
    pub facts: Facts,
    /// Where the clock starts: the receipt, or the last change under `from_change`.
    pub anchor: Second,
    /// Pauses, sorted and apart; the last may be open.
    pub waiting: Vec<Waiting>,
    /// The first response.
    pub responded_at: Option<Second>,
}

impl Folded {
    /// Whether a pause is open.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        let last = self.waiting.last();
        last.is_some_and(|last| last.pause.to == Second::MAX)
    }

    /// The pauses without their reasons; one that is open ends with the first response (**E-4**).
    #[must_use]
    pub fn pauses(&self) -> Vec<Pause> {
        let end = self.responded_at.unwrap_or(Second::MAX);
        let pauses = self.waiting.iter().map(|waiting| Pause {
            from: waiting.pause.from,
            to: waiting.pause.to.min(end),
        });
        pauses.filter(|pause| pause.from < pause.to).collect()
    }

    fn pause(&mut self, at: Second, reason: Option<String>) {
        if !self.is_paused() {
            let pause = Pause {
                from: at,
                to: Second::MAX,
            };
            self.waiting.push(Waiting { pause, reason });
        }
    }

    fn resume(&mut self, at: Second) {
        if let Some(last) = self.waiting.last_mut() {
            last.pause.to = last.pause.to.min(at);
        }
    }
}

/// Folds a history up to `as_of`; later events are unknown (**E-1**).
#[must_use]
pub fn fold(policy: &Policy, history: &History, as_of: Option<Timestamp>) -> Folded {
    let received_at = second(history.received_at);
    let as_of = as_of.map(second);
    let known = history.events.iter().map(|event| (second(event.at), event));
    let mut events: Vec<_> = known
        .filter(|(at, _)| as_of.is_none_or(|as_of| *at <= as_of))
        .collect();
    // E-1: the sort keeps the order of events of one instant.
    events.sort_by_key(|(at, _)| *at);
    let mut folded = Folded {
        facts: history.at_receipt.clone(),
        anchor: received_at,
        waiting: Vec::new(),
        responded_at: None,
    };
    for (at, event) in events {
        // E-2
        let at = at.max(received_at);
        apply(policy, &mut folded, at, &event.kind);
        // E-6
        if folded.responded_at.is_some() {
            break;
        }
    }
    folded
}

fn apply(policy: &Policy, folded: &mut Folded, at: Second, kind: &EventKind) {
    let facts = &mut folded.facts;
    // E-5
    let moves_the_anchor = match kind {
        EventKind::Respond => {
            folded.responded_at = Some(at);
            false
        }
        // E-3
        EventKind::Pause { .. } | EventKind::Resume if !policy.pauses_first_response => false,
        EventKind::Pause { reason } => {
            folded.pause(at, reason.clone());
            false
        }
        EventKind::Resume => {
            folded.resume(at);
            false
        }
        EventKind::Priority(to) => {
            let before = std::mem::replace(&mut facts.priority, to.clone());
            // The first classification is no change.
            before.is_some() && before != *to
        }
        EventKind::Plan(to) => {
            let before = std::mem::replace(&mut facts.plan, to.clone());
            policy.is_another_plan(before.as_deref(), to.as_deref())
        }
        EventKind::Category(to) => {
            let before = std::mem::replace(&mut facts.category, to.clone());
            before != *to
        }
        // E-7
        EventKind::AutoAck | EventKind::Reopen => false,
    };
    if moves_the_anchor && policy.on_change == OnChange::FromChange {
        folded.anchor = at;
    }
}
