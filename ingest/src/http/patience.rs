//! How often a client may ask what is answered beside a request: in memory, and in each process by itself, because none of it is worth a
//! write to the database. Whoever is put off can still send.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use cornerdesk_shared::problem::ProblemKind;
use tokio::time::Instant;

use super::problem::HttpError;
use crate::source::Source;

/// Counts begin anew after it.
const SPAN: Duration = Duration::from_secs(60);
/// So many clients are remembered for each kind of question. The others are not counted: who has as many addresses as this is put off by no
/// limit for each address, and everybody else would be locked out by them for a minute.
const CLIENTS_MOST: usize = 100_000;

/// What a client asks, each with an allowance of its own.
#[derive(Clone, Copy, Debug)]
pub enum Act {
    /// Which articles fit.
    Ask,
    /// To count what a reader said.
    Vote,
    /// Who a token says that the person is.
    Identify,
    /// Where a request stands.
    Follow,
    /// To send something from the page of a request.
    Write,
    /// For the link to a request.
    Find,
    /// By when an answer is due.
    Promise,
}

impl Act {
    const fn refusal(self) -> &'static str {
        match self {
            Self::Ask | Self::Vote => {
                "Too many questions for articles, or votes, within a minute. Ask again after Retry-After."
            }
            Self::Follow => {
                "Too many looks at requests from this network within a minute. Look again after Retry-After."
            }
            Self::Write => {
                "Too much was sent from this network within a minute. Send it again after Retry-After."
            }
            Self::Find => {
                "Too many questions for links from this network within a minute. Ask again after Retry-After."
            }
            Self::Promise => {
                "Too many questions about when an answer is due, within a minute. Ask again after Retry-After."
            }
            Self::Identify => {
                "Too many questions from this network about who somebody is, within a minute (abuse.identities_per_address). Ask again after Retry-After. A submission with the same Identity-Token is taken meanwhile."
            }
        }
    }
}

/// What each client has done in the last minute, in this process.
#[derive(Debug, Default)]
pub struct Patience {
    articles: Minute<2>,
    /// For itself, so that questions for articles leave room for those who are signed in.
    identity: Minute<1>,
    following: Minute<3>,
    /// For itself, for the same reason.
    promises: Minute<1>,
}

/// A minute, and how often each client did each of `KINDS` things in it.
#[derive(Debug)]
struct Minute<const KINDS: usize>(Mutex<(Instant, HashMap<Source, [u32; KINDS]>)>);

impl<const KINDS: usize> Default for Minute<KINDS> {
    fn default() -> Self {
        Self(Mutex::new((Instant::now(), HashMap::new())))
    }
}

impl Patience {
    /// Counts a client, who may do this `most` times within a minute.
    ///
    /// # Errors
    /// [`ProblemKind::TooManyRequests`].
    pub fn allow(
        &self,
        act: Act,
        most: u32,
        source: Option<Source>,
        now: Instant,
    ) -> Result<(), HttpError> {
        match self.wait(act, most, source, now) {
            None => Ok(()),
            Some(wait) => {
                let refusal = HttpError::new(ProblemKind::TooManyRequests, act.refusal());
                Err(refusal.again_in(wait))
            }
        }
    }

    /// Counts likewise; how long they have to wait, when it was too often.
    pub fn wait(
        &self,
        act: Act,
        most: u32,
        source: Option<Source>,
        now: Instant,
    ) -> Option<Duration> {
        let source = source?;
        let counted = match act {
            Act::Ask => self.articles.count(0, most, source, now),
            Act::Vote => self.articles.count(1, most, source, now),
            Act::Follow => self.following.count(0, most, source, now),
            Act::Write => self.following.count(1, most, source, now),
            Act::Find => self.following.count(2, most, source, now),
            Act::Identify => self.identity.count(0, most, source, now),
            Act::Promise => self.promises.count(0, most, source, now),
        };
        counted.err()
    }
}

impl<const KINDS: usize> Minute<KINDS> {
    /// Counts a client; how long they have to wait, when it was too often.
    fn count(&self, kind: usize, most: u32, source: Source, now: Instant) -> Result<(), Duration> {
        let mut guard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if now.saturating_duration_since(guard.0) >= SPAN {
            *guard = (now, HashMap::new());
        }
        let (since, clients) = &mut *guard;
        if clients.len() >= CLIENTS_MOST && !clients.contains_key(&source) {
            return Ok(());
        }
        let count = &mut clients.entry(source).or_insert([0; KINDS])[kind];
        if *count >= most {
            return Err(SPAN.saturating_sub(now.saturating_duration_since(*since)));
        }
        *count += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn a_client_does_each_thing_so_often_in_a_minute_and_then_again() {
        for (act, other) in [
            (Act::Ask, Act::Vote),
            (Act::Vote, Act::Identify),
            (Act::Identify, Act::Follow),
            (Act::Follow, Act::Write),
            (Act::Write, Act::Find),
            (Act::Find, Act::Promise),
            (Act::Promise, Act::Ask),
        ] {
            let (patience, now) = (Patience::default(), Instant::now());
            let source = Some(Source::of_person("a"));
            let is_allowed = |at| (0..7).all(|_| patience.allow(act, 7, source, at).is_ok());
            assert!(is_allowed(now));
            assert!(patience.allow(act, 7, source, now).is_err());
            assert!(patience.allow(other, 7, source, now).is_ok());
            let somebody = Some(Source::of_person("b"));
            assert!(patience.allow(act, 7, somebody, now).is_ok());
            assert!(is_allowed(now + SPAN * 2));
        }
    }

    #[test]
    fn more_clients_than_there_is_room_for_are_let_through_and_not_remembered() {
        let (patience, now) = (Patience::default(), Instant::now());
        let ask = |act, number: usize| {
            let address = Ipv4Addr::from_bits(u32::try_from(number).unwrap());
            patience.allow(act, 2, Some(Source::of(address.into())), now)
        };
        assert!((0..CLIENTS_MOST).all(|number| ask(Act::Ask, number).is_ok()));
        let other = CLIENTS_MOST + 1;
        assert!((0..5).all(|_| ask(Act::Ask, other).is_ok()));
        assert!(ask(Act::Ask, 0).is_ok(), "the second of two");
        assert!(
            ask(Act::Ask, 0).is_err(),
            "who is remembered is counted as ever"
        );
        assert_eq!(patience.articles.0.lock().unwrap().1.len(), CLIENTS_MOST);
        assert!((0..2).all(|_| ask(Act::Identify, other).is_ok()));
        assert!(
            ask(Act::Identify, other).is_err(),
            "articles take no room of identity"
        );
    }
}
