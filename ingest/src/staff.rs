//! The people who answer: what they may do, and whose tickets they get to see. Pure.

pub mod device;
pub mod invitation;
pub mod provider;
pub mod sealing;
pub mod totp;

use std::collections::BTreeSet;

use uuid::Uuid;

/// What somebody may do. Each may do what those before may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Works tickets.
    Agent,
    /// Looks after those who do.
    Lead,
    /// Says who may sign in, and reads the log of what they did. Sees all sites.
    Admin,
}

impl Role {
    /// All of them, the least first.
    pub const ALL: [Self; 3] = [Self::Agent, Self::Lead, Self::Admin];

    /// The name in the database, in forms and on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Lead => "lead",
            Self::Admin => "admin",
        }
    }

    /// The role of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == name)
    }

    /// As people read it.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Agent => "Agent",
            Self::Lead => "Lead",
            Self::Admin => "Admin",
        }
    }
}

/// The sites whose tickets somebody gets to see. There are no others for them: not in a list, not in a count, not by a reference.
///
/// A statement of the store that lists or counts tickets takes [`VisibleSites::all_flag`] and [`VisibleSites::staff`], and says
/// `($1 = 1 or site_id in (select staff_sites.site_id from staff_sites where staff_sites.staff_id = $2))`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VisibleSites {
    /// Every one, also those that are still to come.
    All,
    /// These, as the database has them for this person.
    Of {
        /// Whose.
        staff: Uuid,
        /// Keys of sites.
        sites: BTreeSet<String>,
    },
}

impl VisibleSites {
    /// Is this site among them?
    #[must_use]
    pub fn contains(&self, site: &str) -> bool {
        match self {
            Self::All => true,
            Self::Of { sites, .. } => sites.contains(site),
        }
    }

    /// Is no site left out?
    #[must_use]
    pub const fn is_all(&self) -> bool {
        matches!(self, Self::All)
    }

    /// For a statement: 1 when no site is left out.
    #[must_use]
    pub const fn all_flag(&self) -> i32 {
        if self.is_all() { 1 } else { 0 }
    }

    /// For a statement: whose rows of `staff_sites` say which.
    #[must_use]
    pub const fn staff(&self) -> Uuid {
        match self {
            Self::All => Uuid::nil(),
            Self::Of { staff, .. } => *staff,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_has_a_name_and_a_rank() {
        for role in Role::ALL {
            assert_eq!(Role::from_name(role.as_str()), Some(role));
        }
        assert_eq!(Role::from_name("root"), None);
        assert!(Role::Agent < Role::Lead && Role::Lead < Role::Admin);
    }

    #[test]
    fn a_site_that_is_not_named_is_not_seen() {
        let some = VisibleSites::Of {
            staff: Uuid::from_u128(7),
            sites: BTreeSet::from(["acme".to_owned()]),
        };
        for (visible, site, is_seen) in [
            (&VisibleSites::All, "acme", true),
            (&VisibleSites::All, "second", true),
            (&some, "acme", true),
            (&some, "second", false),
            (&some, "", false),
        ] {
            assert_eq!(visible.contains(site), is_seen, "{visible:?} {site}");
        }
        assert_eq!((some.all_flag(), some.staff()), (0, Uuid::from_u128(7)));
        assert_eq!(VisibleSites::All.all_flag(), 1);
    }
}
