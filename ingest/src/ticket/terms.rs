//! Under which terms a ticket was received, and what staff say that a policy hears. Pure.

use serde::{Deserialize, Serialize};

/// What a ticket's clocks start from. Later facts change it; this stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// The version of the site's policy that was in force; nothing where the site has no policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_version: Option<u32>,
    /// Key of a category of the policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Key, title or alias of a plan of the policy (P-3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
    /// Who says that it is this plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan_from: Option<PlanSource>,
    /// Key of the account of the site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Key of a channel of the policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
}

/// Who says which plan a requester has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanSource {
    /// The product, which vouches for the requester and names the plan.
    Identity,
    /// The account that the product names for the requester, for whom it vouches.
    Account,
    /// The account to which the domain of the address belongs, which the product vouches for.
    VerifiedDomain,
    /// The account to which the domain of the address belongs; nobody has verified the address.
    ClaimedDomain,
    /// Whoever sent the request.
    Submission,
}

impl PlanSource {
    /// For staff.
    #[must_use]
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Identity => "named by the product",
            Self::Account => "of the account that the product names",
            Self::VerifiedDomain => "of the account with the domain of the verified address",
            Self::ClaimedDomain => {
                "of the account with the domain of the address, which nobody has verified"
            }
            Self::Submission => "claimed by the sender",
        }
    }
}

/// What a ticket waits for while its clock stands still.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub enum PauseReason {
    /// An answer of the requester.
    Requester,
    /// Access that the requester has to grant.
    Access,
    /// Somebody outside.
    ThirdParty,
    /// Somebody else inside.
    OtherDepartment,
}

impl PauseReason {
    /// Every reason.
    pub const ALL: [Self; 4] = [
        Self::Requester,
        Self::Access,
        Self::ThirdParty,
        Self::OtherDepartment,
    ];

    /// The name on the timeline and on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Requester => "requester",
            Self::Access => "access",
            Self::ThirdParty => "third_party",
            Self::OtherDepartment => "other_department",
        }
    }

    /// The reason with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == name)
    }

    /// For staff: what is waited for.
    #[must_use]
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Requester => "the requester",
            Self::Access => "access by the requester",
            Self::ThirdParty => "a third party",
            Self::OtherDepartment => "another department",
        }
    }
}
