//! Access that a requester grants to staff, for one ticket, with a purpose and an end: who may use it now, and until when. Pure: a fold over the
//! ticket's timeline, which is also the record of every use.

mod asked;
mod lasting;
pub mod product;

use jiff::Timestamp;
use uuid::Uuid;

pub use asked::{Asked, asked_for};
pub use lasting::{EndFault, Lasting, MOST_DAYS};

use crate::ticket::{Entry, Fact};

/// Longest purpose, in characters.
pub const PURPOSE_MOST_CHARS: usize = 300;

/// What somebody was allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Its id.
    pub id: Uuid,
    /// What for, in the words of whoever granted it.
    pub purpose: String,
    /// From when.
    pub from: Timestamp,
    /// Until when; at this instant it is over.
    pub until: Timestamp,
    /// When the requester ended it before.
    pub revoked_at: Option<Timestamp>,
    /// Whether everybody was told that it has run out.
    pub is_told: bool,
    /// Every use, oldest first.
    pub uses: Vec<Use>,
}

/// A use of a grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// When.
    pub at: Timestamp,
    /// Who, by the name that staff have.
    pub by: String,
    /// What for.
    pub purpose: String,
}

impl Grant {
    /// Does it allow anything at `now`?
    #[must_use]
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.from <= now && now < self.until
    }
}

/// Every grant of a ticket, oldest first.
#[must_use]
pub fn of(timeline: &[Entry]) -> Vec<Grant> {
    let mut grants: Vec<Grant> = Vec::new();
    for Entry { at, fact, .. } in timeline {
        let mut change = |id: &Uuid, how: &mut dyn FnMut(&mut Grant)| {
            grants
                .iter_mut()
                .filter(|known| known.id == *id)
                .for_each(how);
        };
        match fact {
            Fact::AccessRevoked { grant } => change(grant, &mut |known| {
                known.revoked_at.get_or_insert(*at);
            }),
            Fact::AccessExpired { grant } => change(grant, &mut |known| known.is_told = true),
            Fact::AccessUsed { grant, by, purpose } => change(grant, &mut |known| {
                known.uses.push(Use {
                    at: *at,
                    by: by.clone(),
                    purpose: purpose.clone(),
                });
            }),
            Fact::AccessGranted {
                grant,
                purpose,
                until,
            } => grants.push(Grant {
                id: *grant,
                purpose: purpose.clone(),
                from: *at,
                until: *until,
                revoked_at: None,
                is_told: false,
                uses: Vec::new(),
            }),
            _ => {}
        }
    }
    if let Some(disowned) = timeline.iter().find(|entry| entry.fact == Fact::Disowned) {
        end_all(&mut grants, disowned.at);
    }
    grants
}

/// Whoever reads the mailbox did not write to us: who granted anything was somebody else, and whatever was not over by then is.
fn end_all(grants: &mut [Grant], at: Timestamp) {
    for grant in grants.iter_mut().filter(|grant| at < grant.until) {
        grant.revoked_at.get_or_insert(at.max(grant.from));
    }
}

/// Why access is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Nothing was ever granted for this ticket.
    NotGranted,
    /// It has run out.
    Ended,
    /// The requester has ended it.
    Revoked,
    /// Nobody said what for.
    NoPurpose,
    /// The ticket is about another account.
    OtherAccount,
    /// There is no such ticket at this site, or none was named.
    NoTicket,
}

impl Refusal {
    /// Every reason.
    pub const ALL: [Self; 6] = [
        Self::NotGranted,
        Self::Ended,
        Self::Revoked,
        Self::NoPurpose,
        Self::OtherAccount,
        Self::NoTicket,
    ];

    /// The name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotGranted => "not_granted",
            Self::Ended => "ended",
            Self::Revoked => "revoked",
            Self::NoPurpose => "no_purpose",
            Self::OtherAccount => "other_account",
            Self::NoTicket => "no_ticket",
        }
    }

    /// For staff: what it is, and what to do.
    #[must_use]
    pub const fn describe(self) -> &'static str {
        match self {
            Self::NotGranted => "The requester has not granted access. Ask for it on the ticket.",
            Self::Ended => "The access has run out. Ask for it again on the ticket.",
            Self::Revoked => {
                "The requester has ended the access. Do not enter the account; ask for access again if it is needed."
            }
            Self::NoPurpose => "Say what the access is used for: the requester reads it.",
            Self::OtherAccount => "The ticket is about another account.",
            Self::NoTicket => "Access needs a ticket: name its reference.",
        }
    }
}

/// May the access be used at `now` for `purpose`? The grant that allows it, the one that lasts longest.
///
/// # Errors
/// [`Refusal`].
pub fn permit<'a>(
    grants: &'a [Grant],
    purpose: &str,
    now: Timestamp,
) -> Result<&'a Grant, Refusal> {
    if purpose.trim().is_empty() {
        return Err(Refusal::NoPurpose);
    }
    let open = grants.iter().filter(|grant| grant.is_open(now));
    match (open.max_by_key(|grant| grant.until), grants.last()) {
        (Some(open), _) => Ok(open),
        (None, None) => Err(Refusal::NotGranted),
        (None, Some(last)) if last.revoked_at.is_some() => Err(Refusal::Revoked),
        (None, Some(_)) => Err(Refusal::Ended),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: Uuid = Uuid::from_u128(1);

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn timeline(facts: Vec<(i64, Fact)>) -> Vec<Entry> {
        let entry = |(seq, (second, fact))| Entry {
            seq,
            at: at(second),
            fact,
        };
        (1..).zip(facts).map(entry).collect()
    }

    fn granted(grant: Uuid, until: i64) -> Fact {
        Fact::AccessGranted {
            grant,
            purpose: "look at the report".into(),
            until: at(until),
        }
    }

    #[test]
    fn access_granted_until_t_works_a_second_before_and_not_at_t() {
        let grants = of(&timeline(vec![(10, granted(ID, 100))]));
        assert_eq!(permit(&grants, "look", at(99)).unwrap().id, ID);
        assert_eq!(permit(&grants, "look", at(100)), Err(Refusal::Ended));
        assert_eq!(permit(&grants, "look", at(9)), Err(Refusal::Ended));
        assert_eq!(permit(&grants, " \n", at(99)), Err(Refusal::NoPurpose));
        assert_eq!(permit(&[], "look", at(99)), Err(Refusal::NotGranted));
    }

    #[test]
    fn revoked_access_ends_at_once_and_another_grant_stays() {
        let other = Uuid::from_u128(2);
        let mut facts = vec![
            (10, granted(ID, 100)),
            (20, Fact::AccessRevoked { grant: ID }),
        ];
        let grants = of(&timeline(facts.clone()));
        assert_eq!(permit(&grants, "look", at(20)), Err(Refusal::Revoked));
        facts.push((30, granted(other, 90)));
        let grants = of(&timeline(facts));
        assert_eq!(permit(&grants, "look", at(40)).unwrap().id, other);
        assert_eq!(permit(&grants, "look", at(95)), Err(Refusal::Ended));
    }

    #[test]
    fn a_mailbox_that_disowns_the_request_ends_every_grant() {
        let other = Uuid::from_u128(2);
        let facts = vec![
            (10, granted(ID, 20)),
            (30, granted(other, 100)),
            (40, Fact::Disowned),
            (40, granted(Uuid::from_u128(3), 100)),
        ];
        let grants = of(&timeline(facts));
        let revoked: Vec<_> = grants.iter().map(|grant| grant.revoked_at).collect();
        assert_eq!(revoked, [None, Some(at(40)), Some(at(40))]);
        assert_eq!(permit(&grants, "look", at(50)), Err(Refusal::Revoked));
    }

    #[test]
    fn every_use_is_listed_with_its_grant() {
        let used = |second| {
            let (by, purpose) = ("Grace".to_owned(), format!("look {second}"));
            (
                second,
                Fact::AccessUsed {
                    grant: ID,
                    by,
                    purpose,
                },
            )
        };
        let facts = vec![
            (10, granted(ID, 100)),
            used(20),
            used(30),
            (100, Fact::AccessExpired { grant: ID }),
        ];
        let grants = of(&timeline(facts));
        let uses: Vec<_> = grants[0]
            .uses
            .iter()
            .map(|used| (used.at, used.purpose.as_str()))
            .collect();
        assert_eq!(uses, [(at(20), "look 20"), (at(30), "look 30")]);
        assert!(grants[0].is_told && !grants[0].is_open(at(100)));
    }
}
