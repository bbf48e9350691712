//! Access that staff asked for and wait for. Pure.

use jiff::Timestamp;

use crate::ticket::{Entry, Fact, Status};

/// A request for access that waits for the requester.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked<'a> {
    /// When staff made it; what tells it from others of the same ticket.
    pub at: Timestamp,
    /// What for, in the words of staff.
    pub purpose: &'a str,
    /// Whether a mail with it was handed to the mail server.
    pub is_sent: bool,
    /// Why the requester knows nothing of it by mail; nothing when a mail went or is on its way.
    pub unsent: Option<&'a str>,
}

/// What staff asked for last and still wait for. It is over with a grant, when the ticket is solved or closed, and when the mailbox disowns the
/// ticket.
#[must_use]
pub fn asked_for(timeline: &[Entry]) -> Option<Asked<'_>> {
    let mut asked: Option<Asked> = None;
    for Entry { at, fact, .. } in timeline {
        match fact {
            Fact::AccessRequested { purpose, .. } => {
                asked = Some(Asked {
                    at: *at,
                    purpose,
                    is_sent: false,
                    unsent: None,
                });
            }
            Fact::AccessGranted { .. }
            | Fact::Disowned
            | Fact::StatusChanged {
                to: Status::Solved | Status::Closed,
                ..
            } => asked = None,
            Fact::AccessAsked { asked_at } => {
                if let Some(asked) = of(&mut asked, *asked_at) {
                    (asked.is_sent, asked.unsent) = (true, None);
                }
            }
            // A reminder that was not sent takes nothing back.
            Fact::AccessNotAsked { asked_at, reason } => {
                if let Some(asked) = of(&mut asked, *asked_at).filter(|asked| !asked.is_sent) {
                    asked.unsent = Some(reason);
                }
            }
            _ => {}
        }
    }
    asked
}

/// The request that a mail was of, if it is the last one still.
fn of<'a, 'b>(asked: &'a mut Option<Asked<'b>>, asked_at: Timestamp) -> Option<&'a mut Asked<'b>> {
    asked.as_mut().filter(|asked| asked.at == asked_at)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn requested(purpose: &str) -> Fact {
        let (by, purpose) = ("Grace".to_owned(), purpose.to_owned());
        Fact::AccessRequested { by, purpose }
    }

    fn granted() -> Fact {
        Fact::AccessGranted {
            grant: Uuid::from_u128(1),
            purpose: "look".into(),
            until: at(100),
        }
    }

    fn status(to: Status) -> Fact {
        Fact::StatusChanged {
            to,
            by: "Grace".into(),
            root_cause: None,
            reason: None,
        }
    }

    fn sent(second: i64) -> Fact {
        let asked_at = at(second);
        Fact::AccessAsked { asked_at }
    }

    fn not_sent(second: i64) -> Fact {
        Fact::AccessNotAsked {
            asked_at: at(second),
            reason: "budget".into(),
        }
    }

    /// What is asked for when facts came a second after each other: when, what for, and why nobody was told.
    fn asked(facts: &[Fact]) -> Option<(Timestamp, String, Option<String>)> {
        let timeline: Vec<Entry> = (1..)
            .zip(facts)
            .map(|(seq, fact)| Entry {
                seq,
                at: at(seq.into()),
                fact: fact.clone(),
            })
            .collect();
        asked_for(&timeline).map(|asked| {
            (
                asked.at,
                asked.purpose.to_owned(),
                asked.unsent.map(str::to_owned),
            )
        })
    }

    #[test]
    fn what_was_asked_for_is_open_until_something_is_granted() {
        let mut facts = vec![requested("first"), requested("second")];
        assert_eq!(asked(&facts), Some((at(2), "second".into(), None)));
        facts.push(granted());
        assert_eq!(asked(&facts), None);
        facts.push(requested("third"));
        assert_eq!(asked(&facts), Some((at(4), "third".into(), None)));
    }

    #[test]
    fn nobody_waits_for_access_to_what_is_over_or_somebody_elses() {
        for over in [
            status(Status::Solved),
            status(Status::Closed),
            Fact::Disowned,
        ] {
            assert_eq!(asked(&[requested("look"), over.clone()]), None, "{over:?}");
        }
        assert!(asked(&[requested("look"), status(Status::Open)]).is_some());
        // Whoever asks about something that is solved wants to know all the same.
        assert!(asked(&[status(Status::Solved), requested("look")]).is_some());
    }

    #[test]
    fn a_request_whose_mail_was_not_sent_is_known_until_one_goes() {
        let unsent = |facts: &[Fact]| asked(facts).expect("a request").2;
        assert_eq!(unsent(&[requested("look"), sent(1)]), None);
        let why = Some("budget".to_owned());
        assert_eq!(unsent(&[requested("look"), not_sent(1)]), why);
        // Then the reminder goes; or it is the reminder that does not.
        assert_eq!(unsent(&[requested("look"), not_sent(1), sent(1)]), None);
        assert_eq!(unsent(&[requested("look"), sent(1), not_sent(1)]), None);
        // A mail of another request says nothing of this one.
        assert_eq!(unsent(&[requested("a"), requested("b"), not_sent(1)]), None);
    }
}
