//! Is the mail server, or a destination, there? Pure: time and jitter are arguments.
//!
//! One mail that fails waits by itself. When the server fails, a thousand mails need not find it out one by one: nothing is sent until one
//! mail, tried now and then, goes through. So a server that is away gets one connection at a time, mails do not use up their attempts, and
//! all of them are due at once when it is back, a few at first. What goes to a destination is here called a mail, too.

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};

/// So many failures of the server in a row, with nothing sent in between, and it counts as away.
const FAILURES: u32 = 3;
/// So many different mails put off in a row (4xx), with nothing sent in between, and the server counts as away: it says "not now" to everything.
const PUT_OFF: usize = 20;
/// Longest wait between two tries.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_mins(1);
/// An outage so long makes all waiting mails due when it is over.
const LONG: SignedDuration = SignedDuration::from_mins(1);

/// What an attempt says about the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// It took a mail, or said for good that it will not: it works.
    Works,
    /// It put this mail off (4xx); the number names the mail.
    PutOff(u64),
    /// It failed: not reached, no answer.
    Failed,
}

/// What changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Nothing.
    None,
    /// The server counts as away from now on.
    Away,
    /// The server is back.
    Back {
        /// It was away for long, so mails wait longer than they need to.
        after_long: bool,
    },
}

/// What is known about the server.
#[derive(Debug)]
pub struct Breaker {
    /// Most mails under way at a time.
    most: usize,
    /// Wait before the first try, doubled for each further one.
    first_wait: SignedDuration,
    state: State,
}

#[derive(Debug)]
enum State {
    Works {
        /// Mails that may be under way; grows by one with each mail that went through.
        room: usize,
        failures: u32,
        put_off: HashSet<u64>,
    },
    Away {
        since: Timestamp,
        /// When one mail may be tried.
        next: Timestamp,
        tries: u32,
    },
}

impl Breaker {
    /// A server that is believed to work.
    #[must_use]
    pub fn new(most: usize, first_wait: SignedDuration) -> Self {
        Self {
            most,
            first_wait,
            state: works(most),
        }
    }

    /// How many mails may be under way now.
    #[must_use]
    pub fn room(&self, now: Timestamp) -> usize {
        match &self.state {
            State::Works { room, .. } => *room,
            // A clock that was set back must not lengthen the wait.
            State::Away { next, .. }
                if *next <= now || next.duration_since(now) > LONGEST_WAIT * 2 =>
            {
                1
            }
            State::Away { .. } => 0,
        }
    }

    /// An attempt ended.
    pub fn note(&mut self, sign: Sign, now: Timestamp, fraction: f64) -> Change {
        let most = self.most;
        match (&mut self.state, sign) {
            (
                State::Works {
                    room,
                    failures,
                    put_off,
                },
                Sign::Works,
            ) => {
                *room = (*room + 1).min(most);
                *failures = 0;
                put_off.clear();
                Change::None
            }
            (
                State::Works {
                    failures, put_off, ..
                },
                sign,
            ) => {
                match sign {
                    Sign::PutOff(mail) => {
                        put_off.insert(mail);
                    }
                    _ => *failures += 1,
                }
                if *failures < FAILURES && put_off.len() < PUT_OFF {
                    return Change::None;
                }
                let next = now.saturating_add(self.wait(0, fraction)).unwrap_or(now);
                self.state = State::Away {
                    since: now,
                    next,
                    tries: 1,
                };
                Change::Away
            }
            (State::Away { since, .. }, Sign::Works) => {
                let after_long = now.duration_since(*since).abs() >= LONG;
                self.state = works(1);
                Change::Back { after_long }
            }
            // The end of a mail that was under way before.
            (State::Away { next, .. }, _)
                if now < *next && next.duration_since(now) <= LONGEST_WAIT * 2 =>
            {
                Change::None
            }
            (State::Away { tries, since, .. }, _) => {
                let (tries, since) = (*tries, *since);
                let next = now
                    .saturating_add(self.wait(tries, fraction))
                    .unwrap_or(now);
                self.state = State::Away {
                    since,
                    next,
                    tries: tries.saturating_add(1),
                };
                Change::None
            }
        }
    }

    /// Doubled up to the longest, less up to a fifth.
    fn wait(&self, tries: u32, fraction: f64) -> SignedDuration {
        let doubled = self
            .first_wait
            .checked_mul(
                1_i32
                    .checked_shl(tries)
                    .filter(|times| *times > 0)
                    .unwrap_or(i32::MAX),
            )
            .unwrap_or(LONGEST_WAIT)
            .min(LONGEST_WAIT);
        doubled.mul_f64(1.0 - 0.2 * fraction.clamp(0.0, 1.0))
    }
}

fn works(room: usize) -> State {
    State::Works {
        room,
        failures: 0,
        put_off: HashSet::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_795_000_000 + seconds).unwrap()
    }

    fn breaker() -> Breaker {
        Breaker::new(4, SignedDuration::from_secs(5))
    }

    fn away() -> Breaker {
        let mut breaker = breaker();
        for _ in 0..FAILURES {
            breaker.note(Sign::Failed, at(0), 0.0);
        }
        breaker
    }

    #[test]
    fn a_server_that_fails_thrice_in_a_row_is_left_alone() {
        let mut breaker = breaker();
        assert_eq!(breaker.room(at(0)), 4);
        for sign in [
            Sign::Failed,
            Sign::Failed,
            Sign::Works,
            Sign::Failed,
            Sign::Failed,
        ] {
            assert_eq!(breaker.note(sign, at(0), 0.0), Change::None);
        }
        assert_eq!(breaker.note(Sign::Failed, at(0), 0.0), Change::Away);
        assert_eq!(breaker.room(at(4)), 0);
        assert_eq!(breaker.room(at(5)), 1);
    }

    #[test]
    fn one_mail_that_is_put_off_again_and_again_says_nothing_about_the_server() {
        let mut breaker = breaker();
        for _ in 0..1_000 {
            assert_eq!(breaker.note(Sign::PutOff(7), at(0), 0.0), Change::None);
        }
    }

    #[test]
    fn twenty_mails_put_off_in_a_row_do() {
        let mut breaker = breaker();
        let changes: Vec<Change> = (0..20)
            .map(|mail| breaker.note(Sign::PutOff(mail), at(0), 0.0))
            .collect();
        assert_eq!(changes[19], Change::Away);
        assert!(changes[..19].iter().all(|change| *change == Change::None));
    }

    #[test]
    fn the_tries_come_after_longer_and_longer_waits_up_to_a_minute() {
        let mut breaker = away();
        let mut now = at(0);
        let mut waits = Vec::new();
        for _ in 0..6 {
            let due = (0..200)
                .map(SignedDuration::from_secs)
                .find(|wait| breaker.room(now + *wait) == 1)
                .unwrap();
            waits.push(due.as_secs());
            now += due;
            assert_eq!(breaker.note(Sign::Failed, now, 0.0), Change::None);
        }
        assert_eq!(waits, [5, 10, 20, 40, 60, 60]);
    }

    #[test]
    fn mails_that_were_under_way_do_not_lengthen_the_wait() {
        let mut breaker = away();
        for _ in 0..4 {
            breaker.note(Sign::Failed, at(1), 0.0);
        }
        assert_eq!(breaker.room(at(5)), 1);
    }

    #[test]
    fn a_server_that_is_back_gets_a_few_mails_at_first() {
        let mut breaker = away();
        assert_eq!(
            breaker.note(Sign::Works, at(59), 0.0),
            Change::Back { after_long: false }
        );
        let rooms: Vec<usize> = (0..5)
            .map(|_| {
                let room = breaker.room(at(60));
                breaker.note(Sign::Works, at(60), 0.0);
                room
            })
            .collect();
        assert_eq!(rooms, [1, 2, 3, 4, 4]);
    }

    #[test]
    fn a_long_outage_is_told_from_a_short_one() {
        assert_eq!(
            away().note(Sign::Works, at(60), 0.0),
            Change::Back { after_long: true }
        );
    }

    #[test]
    fn a_clock_that_is_set_back_by_a_day_does_not_stop_the_mail_for_a_day() {
        let mut breaker = away();
        assert_eq!(breaker.room(at(-86_400)), 1);
        assert_eq!(breaker.note(Sign::Failed, at(-86_400), 0.0), Change::None);
        assert_eq!(breaker.room(at(-86_400 + 5)), 0);
        assert_eq!(breaker.room(at(-86_400 + 10)), 1);
    }
}
