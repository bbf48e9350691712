//! What the requester of a ticket gets to see of it: where it stands, and what happened. Pure.

pub mod link;
pub mod reader;
mod step;

use jiff::{SignedDuration, Timestamp};

use crate::{
    grants,
    message::Kind,
    store::clocks,
    ticket::{Entry, Fact, Held, Status, Ticket, terms::PauseReason},
};

pub use step::{Step, step_of, steps};

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
    /// The requester wrote, and nobody has answered that.
    Heard,
    /// The requester says that it is not solved, and nobody has answered that.
    Unsolved,
    /// Staff say that it is done.
    Solved,
    /// It is over.
    Closed,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 10] = [
        Self::Received,
        Self::Unconfirmed,
        Self::InProgress,
        Self::Waiting,
        Self::WaitingAccess,
        Self::Answered,
        Self::Heard,
        Self::Unsolved,
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
            Self::Heard => "heard",
            Self::Unsolved => "unsolved",
            Self::Solved => "solved",
            Self::Closed => "closed",
        }
    }
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
        for (index, entry) in timeline.iter().enumerate() {
            let cause = step::cause_of(timeline, index);
            state = match (&entry.fact, state) {
                // It follows from what the requester did: nobody took anything up.
                (Fact::StatusChanged { .. } | Fact::Resumed { .. }, state)
                    if cause.is_some_and(step::is_of_requester) =>
                {
                    state
                }
                (
                    Fact::Answered { .. }
                    | Fact::Wrote {
                        what: Kind::Reply, ..
                    },
                    _,
                ) => Self::Answered,
                (
                    Fact::Wrote {
                        what: Kind::Answer, ..
                    },
                    _,
                ) => Self::Heard,
                (Fact::Judged { is_solved: false }, _) => Self::Unsolved,
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
                    Self::Received | Self::Heard | Self::Unsolved,
                ) => Self::InProgress,
                (_, state) => state,
            };
        }
        state
    }
}

/// May the requester say that it is solved, or that it is not? Neither before staff have said something, and nothing that was said already.
#[must_use]
pub fn may_judge(state: State, timeline: &[Entry], is_solved: bool) -> bool {
    let is_answer = |fact: &Fact| {
        matches!(
            fact,
            Fact::Answered { .. }
                | Fact::Wrote {
                    what: Kind::Reply,
                    ..
                }
        )
    };
    match state {
        State::Answered => true,
        State::Solved | State::Closed => !is_solved,
        State::InProgress
        | State::Waiting
        | State::WaitingAccess
        | State::Heard
        | State::Unsolved => is_solved && timeline.iter().any(|entry| is_answer(&entry.fact)),
        State::Received | State::Unconfirmed => false,
    }
}

/// Was it the requester who said that it is solved?
#[must_use]
pub fn is_solved_by_requester(timeline: &[Entry]) -> bool {
    let is_change = |entry: &Entry| matches!(entry.fact, Fact::StatusChanged { .. });
    let last = timeline.iter().rposition(is_change);
    let cause = last.and_then(|index| step::cause_of(timeline, index));
    matches!(cause, Some(Fact::Judged { is_solved: true }))
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
        State::Received | State::InProgress | State::WaitingAccess | State::Heard | State::Unsolved
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
    fn what_the_requester_did_last_is_heard_until_staff_do_something() {
        let wrote = |what| Fact::Wrote {
            message: uuid::Uuid::nil(),
            what,
            via: crate::message::Via::Page,
            by: None,
        };
        let by = || "Kim".to_owned();
        let opened = || Fact::StatusChanged {
            to: Status::Open,
            by: by(),
            root_cause: None,
            reason: None,
        };
        let state = |facts: &[(i64, Fact)]| {
            let entries: Vec<_> = (1..)
                .zip(facts)
                .map(|(seq, (second, fact))| entry(seq, *second, fact.clone()))
                .collect();
            State::of_work(&entries)
        };
        let (answer, reply) = (|| wrote(Kind::Answer), || wrote(Kind::Reply));
        let resumed = || Fact::Resumed { by: by() };
        for (facts, expected) in [
            (vec![(1, reply())], State::Answered),
            (vec![(1, reply()), (2, wrote(Kind::Note))], State::Answered),
            (vec![(1, reply()), (2, answer())], State::Heard),
            (vec![(2, answer()), (2, opened())], State::Heard),
            (vec![(2, answer()), (3, opened())], State::InProgress),
            (vec![(2, answer()), (2, resumed())], State::Heard),
            (
                vec![(2, answer()), (3, Fact::Updated { by: by() })],
                State::InProgress,
            ),
            (
                vec![(1, reply()), (2, Fact::Judged { is_solved: false })],
                State::Unsolved,
            ),
            (
                vec![(1, Fact::Judged { is_solved: false }), (2, answer())],
                State::Heard,
            ),
            (
                vec![(1, Fact::Judged { is_solved: false }), (2, reply())],
                State::Answered,
            ),
        ] {
            assert_eq!(state(&facts), expected, "{facts:?}");
        }
    }

    #[test]
    fn whether_it_is_solved_is_asked_after_an_answer_and_once() {
        let none: Vec<Entry> = Vec::new();
        let answered = vec![entry(1, 1, Fact::Answered { by: "Kim".into() })];
        for state in State::ALL {
            let may = |timeline: &[Entry]| {
                [true, false].map(|is_solved| may_judge(state, timeline, is_solved))
            };
            let (before, after) = match state {
                State::Received | State::Unconfirmed => ([false, false], [false, false]),
                State::Answered => ([true, true], [true, true]),
                State::Solved | State::Closed => ([false, true], [false, true]),
                _ => ([false, false], [true, false]),
            };
            assert_eq!((may(&none), may(&answered)), (before, after), "{state:?}");
        }
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
