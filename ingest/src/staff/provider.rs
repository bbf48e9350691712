//! Signing in with the account that somebody has at an OpenID provider (OpenID Connect Core 1.0, authorization code with PKCE). Pure.
//!
//! What the provider says of itself ([`document`]), the keys it signs with ([`keys`]), what it says of a person ([`token`]), a sign-in on its way
//! ([`attempt`]), and who of staff that person is ([`decide`]). See decision 0052.

pub mod attempt;
pub mod document;
pub mod keys;
pub mod token;

use uuid::Uuid;

use self::token::Person;
use super::Role;

/// What is known of the person whom the provider names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// Who of staff this very account of the provider belongs to.
    pub linked: Option<Uuid>,
    /// Who of staff has the address, and whether another account of the provider belongs to them already.
    pub by_address: Option<(Uuid, bool)>,
}

/// Who comes in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Somebody whose account this is.
    Enter(Uuid),
    /// Somebody who has the address: from now on the account is theirs.
    Link(Uuid),
    /// Nobody yet: an account of ours with this address and role.
    Create(String, Role),
    /// Nobody.
    Refuse(Why),
}

/// Why somebody is not let in, whom the provider knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The provider names no address.
    NoAddress,
    /// It does not say that the address is theirs.
    Unverified,
    /// Nobody here has the address.
    Unknown,
    /// Somebody here has the address, who signs in with another account of the provider.
    Another,
}

/// Decides. An account that belongs to somebody is enough; everybody else comes by an address that the provider has verified, once.
#[must_use]
pub fn decide(person: &Person, known: Known, create: Option<Role>, trusts_email: bool) -> Decision {
    if let Some(staff) = known.linked {
        return Decision::Enter(staff);
    }
    let Some(email) = &person.email else {
        return Decision::Refuse(Why::NoAddress);
    };
    if !person.is_verified && !trusts_email {
        return Decision::Refuse(Why::Unverified);
    }
    match (known.by_address, create) {
        (Some((_, true)), _) => Decision::Refuse(Why::Another),
        (Some((staff, false)), _) => Decision::Link(staff),
        (None, Some(role)) => Decision::Create(email.clone(), role),
        (None, None) => Decision::Refuse(Why::Unknown),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_linked_once_by_an_address_that_was_verified() {
        let id = Uuid::from_u128;
        let person = |email: Option<&str>, is_verified| Person {
            subject: "s".to_owned(),
            email: email.map(str::to_owned),
            is_verified,
            name: None,
        };
        let (verified, unverified) = (
            person(Some("a@b.example"), true),
            person(Some("a@b.example"), false),
        );
        let nobody = Known {
            linked: None,
            by_address: None,
        };
        let known = |linked: Option<u128>, by_address: Option<(u128, bool)>| Known {
            linked: linked.map(id),
            by_address: by_address.map(|(staff, is_other)| (id(staff), is_other)),
        };
        let create = Some(Role::Agent);
        let created = || Decision::Create("a@b.example".to_owned(), Role::Agent);
        let cases = [
            // By the account alone, whatever became of the address.
            (
                &verified,
                known(Some(1), Some((2, true))),
                None,
                false,
                Decision::Enter(id(1)),
            ),
            (
                &unverified,
                known(Some(1), None),
                None,
                false,
                Decision::Enter(id(1)),
            ),
            (
                &person(None, false),
                known(Some(1), None),
                None,
                false,
                Decision::Enter(id(1)),
            ),
            // By the address, once.
            (
                &verified,
                known(None, Some((2, false))),
                None,
                false,
                Decision::Link(id(2)),
            ),
            (
                &verified,
                known(None, Some((2, true))),
                create,
                true,
                Decision::Refuse(Why::Another),
            ),
            (
                &unverified,
                known(None, Some((2, false))),
                create,
                false,
                Decision::Refuse(Why::Unverified),
            ),
            (
                &unverified,
                known(None, Some((2, false))),
                None,
                true,
                Decision::Link(id(2)),
            ),
            (
                &person(None, true),
                nobody,
                create,
                true,
                Decision::Refuse(Why::NoAddress),
            ),
            // By nothing.
            (
                &verified,
                nobody,
                None,
                false,
                Decision::Refuse(Why::Unknown),
            ),
            (&verified, nobody, create, false, created()),
            (
                &unverified,
                nobody,
                create,
                false,
                Decision::Refuse(Why::Unverified),
            ),
        ];
        for (person, known, create, trusts_email, expected) in cases {
            let decided = decide(person, known, create, trusts_email);
            assert_eq!(decided, expected, "{person:?} {known:?}");
        }
    }
}
