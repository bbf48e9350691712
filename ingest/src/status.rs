//! What the requester of a ticket gets to see of it: where it stands, and what happened. Pure.
//!
//! A fact is for staff only until [`step_of`] says otherwise, and nothing that a fact holds beside its kind comes out but what a [`Step`] has room for: no
//! names of colleagues, no reasons, no priorities.

pub mod link;

use jiff::{SignedDuration, Timestamp};

use crate::{
    grants,
    store::clocks,
    ticket::{Entry, Fact, Held, Status, Ticket, terms::PauseReason},
};

/// Where a ticket stands, in the requester's eyes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nobody has looked at it, as far as the requester is told: whoever is suspected of something is not told so.
    Received,
    /// The site asks the address first.
    Unconfirmed,
    /// Staff work on it.
    InProgress,
    /// It waits for the requester.
    Waiting,
    /// It waits for the requester to grant access.
    WaitingAccess,
    /// Staff have answered.
    Answered,
    /// Staff say that it is done.
    Solved,
    /// It is over.
    Closed,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 8] = [
        Self::Received,
        Self::Unconfirmed,
        Self::InProgress,
        Self::Waiting,
        Self::WaitingAccess,
        Self::Answered,
        Self::Solved,
        Self::Closed,
    ];

    /// The key of its words.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Unconfirmed => "unconfirmed",
            Self::InProgress => "in_progress",
            Self::Waiting => "waiting",
            Self::WaitingAccess => "waiting_access",
            Self::Answered => "answered",
            Self::Solved => "solved",
            Self::Closed => "closed",
        }
    }
}

/// Something that the requester knows or should know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The request arrived.
    Received,
    /// A mail said so.
    Acknowledged,
    /// The requester confirmed their address.
    Confirmed,
    /// Staff began to work on it.
    Started,
    /// Staff wrote down what can be done meanwhile.
    Workaround,
    /// It became several.
    Split,
    /// Staff say that it is done.
    Solved,
    /// It was closed.
    Closed,
    /// Staff answered.
    Answered,
    /// Staff asked something and wait for the answer.
    Waiting,
    /// Staff asked for access.
    AccessRequested,
    /// The mail about it was not sent.
    AccessNotAsked,
    /// The requester granted it.
    AccessGranted,
    /// Staff used it.
    AccessUsed,
    /// The requester ended it.
    AccessRevoked,
    /// It ran out.
    AccessExpired,
}

impl Step {
    /// Every step.
    pub const ALL: [Self; 16] = [
        Self::Received,
        Self::Acknowledged,
        Self::Confirmed,
        Self::Started,
        Self::Workaround,
        Self::Split,
        Self::Solved,
        Self::Closed,
        Self::Answered,
        Self::Waiting,
        Self::AccessRequested,
        Self::AccessNotAsked,
        Self::AccessGranted,
        Self::AccessUsed,
        Self::AccessRevoked,
        Self::AccessExpired,
    ];

    /// The key of its words.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Acknowledged => "acknowledged",
            Self::Confirmed => "confirmed",
            Self::Started => "started",
            Self::Workaround => "workaround",
            Self::Split => "split",
            Self::Solved => "solved",
            Self::Closed => "closed",
            Self::Answered => "answered",
            Self::Waiting => "waiting",
            Self::AccessRequested => "access_requested",
            Self::AccessNotAsked => "access_not_asked",
            Self::AccessGranted => "access_granted",
            Self::AccessUsed => "access_used",
            Self::AccessRevoked => "access_revoked",
            Self::AccessExpired => "access_expired",
        }
    }
}

/// What of a fact the requester sees. No wildcard here: whoever adds a kind of fact decides.
#[must_use]
pub const fn step_of(fact: &Fact) -> Option<Step> {
    match fact {
        Fact::Received { .. } => Some(Step::Received),
        Fact::Acknowledged => Some(Step::Acknowledged),
        Fact::Confirmed => Some(Step::Confirmed),
        Fact::Answered { .. } => Some(Step::Answered),
        // What else a clock waits for is between staff and others.
        Fact::Paused { reason, .. } => match reason {
            PauseReason::Requester => Some(Step::Waiting),
            PauseReason::Access | PauseReason::ThirdParty | PauseReason::OtherDepartment => None,
        },
        Fact::Split { .. } => Some(Step::Split),
        Fact::Found { workaround, .. } => match workaround {
            Some(workaround) if workaround.is_shown && !workaround.text.is_empty() => {
                Some(Step::Workaround)
            }
            _ => None,
        },
        Fact::StatusChanged { to, .. } => match to {
            Status::Open => Some(Step::Started),
            Status::Solved => Some(Step::Solved),
            Status::Closed => Some(Step::Closed),
            Status::New | Status::Waiting => None,
        },
        Fact::AccessRequested { .. } => Some(Step::AccessRequested),
        Fact::AccessNotAsked { .. } => Some(Step::AccessNotAsked),
        Fact::AccessGranted { .. } => Some(Step::AccessGranted),
        Fact::AccessUsed { .. } => Some(Step::AccessUsed),
        Fact::AccessRevoked { .. } => Some(Step::AccessRevoked),
        Fact::AccessExpired { .. } => Some(Step::AccessExpired),
        Fact::Held { .. }
        | Fact::Released { .. }
        | Fact::AcknowledgementFailed { .. }
        | Fact::AcknowledgementWithheld { .. }
        | Fact::ConfirmationAsked
        | Fact::ConfirmationNotAsked { .. }
        | Fact::Disowned
        | Fact::MailUnanswered
        | Fact::DeliveryFailed { .. }
        | Fact::DeliveryDelayed { .. }
        | Fact::MalwareFound { .. }
        | Fact::FileUnblocked { .. }
        | Fact::AccessAsked { .. }
        | Fact::AccessRefused { .. }
        | Fact::Classified { .. }
        | Fact::PlanChanged { .. }
        | Fact::Resumed { .. }
        | Fact::EscalatedTo { .. }
        | Fact::SplitFrom { .. }
        | Fact::SplitTold
        | Fact::SplitNotTold { .. }
        | Fact::Repinned { .. }
        | Fact::ClosingTold
        | Fact::ClosingNotTold { .. }
        | Fact::Updated { .. }
        | Fact::MomentCame { .. }
        | Fact::MessageSkipped { .. }
        | Fact::Notified { .. }
        | Fact::NotificationFailed { .. }
        | Fact::Wrote { .. }
        | Fact::ReplySent { .. }
        | Fact::ReplyNotSent { .. }
        | Fact::Assigned { .. }
        | Fact::Tagged { .. }
        | Fact::Untagged { .. }
        | Fact::Snoozed { .. }
        | Fact::Woken { .. }
        | Fact::MergedInto { .. }
        | Fact::Merged { .. }
        | Fact::Linked { .. }
        | Fact::Unlinked { .. }
        | Fact::Alarm { .. }
        | Fact::AlarmRepeated { .. }
        | Fact::AlarmResolved { .. }
        | Fact::AlarmsOverLimit { .. } => None,
    }
}

/// What happened, oldest first.
#[must_use]
pub fn steps(timeline: &[Entry]) -> Vec<(Timestamp, Step)> {
    let step = |entry: &Entry| step_of(&entry.fact).map(|step| (entry.at, step));
    timeline.iter().filter_map(step).collect()
}

/// The references of the requests that were split off a ticket.
#[must_use]
pub fn further(timeline: &[Entry]) -> Vec<&str> {
    timeline
        .iter()
        .filter_map(|entry| match &entry.fact {
            Fact::Split { into, .. } => Some(into),
            _ => None,
        })
        .flatten()
        .map(String::as_str)
        .collect()
}

/// Where the ticket stands.
#[must_use]
pub fn state_of(ticket: &Ticket, timeline: &[Entry]) -> State {
    match (ticket.held, ticket.status) {
        (Some(Held::Unconfirmed), _) => State::Unconfirmed,
        (Some(Held::Suspected), _) => State::Received,
        (None, Status::Solved) => State::Solved,
        (None, Status::Closed) => State::Closed,
        (None, _) if grants::asked_for(timeline).is_some() => State::WaitingAccess,
        (None, Status::Waiting) => State::Waiting,
        (None, Status::New | Status::Open) => State::of_work(timeline),
    }
}

impl State {
    /// Of a ticket that staff may be working on: the last thing that they did. Whoever sorts tickets, or hands one on, does not work on it yet,
    /// although for staff it is open from then on.
    fn of_work(timeline: &[Entry]) -> Self {
        let mut state = Self::Received;
        for entry in timeline {
            state = match (&entry.fact, state) {
                (Fact::Answered { .. }, _) => Self::Answered,
                (
                    Fact::StatusChanged {
                        to: Status::Open, ..
                    },
                    _,
                ) => Self::InProgress,
                (
                    Fact::Paused {
                        reason: PauseReason::Requester,
                        ..
                    },
                    _,
                ) => Self::Waiting,
                (Fact::Resumed { .. }, Self::Waiting) => Self::InProgress,
                // None of these without somebody who is at it.
                (
                    Fact::Updated { .. }
                    | Fact::MomentCame { .. }
                    | Fact::Paused { .. }
                    | Fact::Resumed { .. }
                    | Fact::AccessRequested { .. }
                    | Fact::AccessUsed { .. },
                    Self::Received,
                ) => Self::InProgress,
                (_, state) => state,
            };
        }
        state
    }
}

/// What the requester is told of the clock of the first response: by when they hear from us, and whether that is over. Nothing where nothing runs, where
/// they were answered, and while it is for them to say something.
#[must_use]
pub fn promise_of(
    state: State,
    clock: clocks::Status,
    due_at: Timestamp,
    now: Timestamp,
) -> Option<(Timestamp, bool)> {
    use clocks::Status::{Breached, Met, None as Nothing, Paused, Running};
    let is_open = matches!(
        state,
        State::Received | State::InProgress | State::WaitingAccess
    );
    match clock {
        _ if !is_open => None,
        Running | Breached => Some((due_at, due_at < now)),
        Nothing | Paused | Met => None,
    }
}

/// Can the page still be seen? A link in a mailbox must not work for ever, and whoever reads the mailbox and did not write to us has ended it:
/// the one who did write must not read on. As long as somebody may enter the account the page stays, since access is ended there.
#[must_use]
pub fn is_open(timeline: &[Entry], now: Timestamp, lasts: SignedDuration) -> bool {
    let is_disowned = timeline.iter().any(|entry| entry.fact == Fact::Disowned);
    let last = steps(timeline).last().map(|(at, _)| *at);
    let has_access = || {
        let granted = grants::of(timeline);
        granted.iter().any(|grant| grant.is_open(now))
    };
    let is_recent = last.is_some_and(|at| now.duration_since(at) <= lasts);
    !is_disowned && (is_recent || has_access())
}

/// Did somebody who reads the mailbox say that the request is theirs, or does the product vouch for them?
#[must_use]
pub fn is_verified(ticket: &Ticket, timeline: &[Entry]) -> bool {
    ticket.requester.is_some() || timeline.iter().any(|entry| entry.fact == Fact::Confirmed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(seq: i32, second: i64, fact: Fact) -> Entry {
        Entry {
            seq,
            at: Timestamp::from_second(second).unwrap(),
            fact,
        }
    }

    const DAY: SignedDuration = SignedDuration::from_hours(24);

    #[test]
    fn the_page_ends_a_time_after_the_last_step_or_when_the_mailbox_disowns_it() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let mut timeline = vec![entry(
            1,
            0,
            Fact::Received {
                attachments: 0,
                terms: None,
            },
        )];
        assert!(is_open(&timeline, at(86_400), DAY));
        assert!(!is_open(&timeline, at(86_401), DAY));
        timeline.push(entry(2, 100, Fact::Acknowledged));
        assert!(is_open(&timeline, at(86_500), DAY));
        timeline.push(entry(3, 200, Fact::MailUnanswered));
        assert!(!is_open(&timeline, at(86_600), DAY), "staff's fact");
        timeline.push(entry(4, 86_590, Fact::Disowned));
        assert!(!is_open(&timeline, at(86_400), DAY));
        assert!(!is_open(&[], at(0), DAY));
    }

    #[test]
    fn the_page_stays_open_as_long_as_access_lasts() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let granted = Fact::AccessGranted {
            grant: uuid::Uuid::from_u128(1),
            purpose: "look".into(),
            until: at(900_000),
        };
        let mut timeline = vec![entry(1, 0, granted)];
        assert!(is_open(&timeline, at(899_999), DAY));
        assert!(!is_open(&timeline, at(900_000), DAY));
        timeline.push(entry(2, 100, Fact::Disowned));
        assert!(!is_open(&timeline, at(200), DAY));
    }

    #[test]
    fn it_is_in_work_when_somebody_took_it_up_and_not_when_it_was_sorted() {
        let by = || "Kim".to_owned();
        let sorted = || {
            [
                Fact::Classified {
                    category: None,
                    priority: Some(Some("S1".into())),
                    by: by(),
                },
                Fact::PlanChanged {
                    plan: None,
                    by: by(),
                },
                Fact::EscalatedTo {
                    step: 2,
                    title: "Engineers".into(),
                    by: by(),
                },
            ]
        };
        let state = |facts: &[Fact]| {
            let entries: Vec<_> = (1..)
                .zip(facts)
                .map(|(seq, fact)| entry(seq, seq.into(), fact.clone()))
                .collect();
            State::of_work(&entries)
        };
        assert_eq!(state(&sorted()), State::Received);
        let begun = Fact::StatusChanged {
            to: Status::Open,
            by: by(),
            root_cause: None,
            reason: None,
        };
        let paused = |reason| Fact::Paused { reason, by: by() };
        for (fact, expected) in [
            (begun.clone(), State::InProgress),
            (Fact::Updated { by: by() }, State::InProgress),
            (paused(PauseReason::ThirdParty), State::InProgress),
            (paused(PauseReason::Requester), State::Waiting),
            (Fact::Answered { by: by() }, State::Answered),
        ] {
            let mut facts = sorted().to_vec();
            facts.push(fact.clone());
            assert_eq!(state(&facts), expected, "{fact:?}");
            facts.extend(sorted());
            assert_eq!(state(&facts), expected, "sorted again after {fact:?}");
        }
        let answered = Fact::Answered { by: by() };
        assert_eq!(state(&[answered, begun]), State::InProgress, "begun anew");
    }

    #[test]
    fn a_promise_is_told_until_it_is_kept_and_honestly_when_it_is_broken() {
        let (due, at) = (Timestamp::from_second(100).unwrap(), |second| {
            Timestamp::from_second(second).unwrap()
        });
        let told = |state, clock, now| promise_of(state, clock, due, at(now)).map(|(_, late)| late);
        use clocks::Status::*;
        for (state, clock, now, wanted) in [
            (State::Received, Running, 99, Some(false)),
            (State::InProgress, Running, 100, Some(false)),
            (State::InProgress, Running, 101, Some(true)),
            (State::InProgress, Breached, 101, Some(true)),
            (State::Received, Paused, 99, Option::None),
            (State::Received, None, 99, Option::None),
            (State::Answered, Met, 99, Option::None),
            (State::Answered, Breached, 101, Option::None),
            (State::Waiting, Running, 99, Option::None),
            (State::Unconfirmed, Running, 99, Option::None),
            (State::Closed, Running, 101, Option::None),
        ] {
            assert_eq!(told(state, clock, now), wanted, "{state:?} {clock:?} {now}");
        }
    }

    #[test]
    fn every_reason_for_closing_has_its_words_in_every_language() {
        use crate::{ticket::ClosingReason, words};
        let all = words::Words::load().unwrap();
        for locale in words::LOCALES {
            let words = all.of_site(&words::OwnWords::new(), "status", locale);
            let text = |reason: ClosingReason| {
                let key = format!("closing.{}", reason.as_str());
                words.get(&key).cloned().unwrap_or_default()
            };
            let mut texts = ClosingReason::ALL.map(text).to_vec();
            texts.sort();
            texts.dedup();
            assert_eq!(texts.len(), ClosingReason::ALL.len(), "{locale}: {texts:?}");
            assert!(texts.iter().all(|text| !text.is_empty()), "{locale}");
        }
    }

    #[test]
    fn a_workaround_is_a_step_for_the_requester_only_when_it_is_shown_to_them() {
        let found = |text: &str, is_shown| Fact::Found {
            reproduced: None,
            workaround: Some(crate::ticket::findings::Workaround {
                text: text.into(),
                is_shown,
            }),
            root_cause: Some("canary".into()),
            by: "canary".into(),
        };
        assert_eq!(step_of(&found("Use Firefox", true)), Some(Step::Workaround));
        assert_eq!(step_of(&found("Use Firefox", false)), None);
        assert_eq!(step_of(&found("", true)), None);
    }

    #[test]
    fn what_is_suspected_is_not_told() {
        let held = Fact::Held {
            reason: crate::ticket::HoldReason::HiddenField,
        };
        let timeline = [
            entry(
                1,
                0,
                Fact::Received {
                    attachments: 2,
                    terms: None,
                },
            ),
            entry(2, 0, held),
            entry(
                3,
                1,
                Fact::Released {
                    by: crate::ticket::Releaser::Staff("canary".into()),
                },
            ),
            entry(4, 2, Fact::Acknowledged),
        ];
        let seen: Vec<_> = steps(&timeline).into_iter().map(|(_, step)| step).collect();
        assert_eq!(seen, [Step::Received, Step::Acknowledged]);
    }
}
